//! How the databases' own programs are told where to log in: by files in a private folder, never on a command line.
//!
//! MySQL's programs read an option file, those of PostgreSQL a password file; everything else goes by the environment of
//! the program. The folder is gone when its value is dropped; what a killed run leaves is swept by the next.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{Url, UrlError, UrlParts};

/// Begins the names of the private folders in the state folder.
const FOLDER: &str = "backup-login-";
/// What a private folder holds.
const OPTIONS: &str = "options.cnf";
const PASSWORDS: &str = "pgpass";

/// Parameters of a URL that the programs of PostgreSQL take by their environment.
const PG_PARAMETERS: [(&str, &str); 15] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslcrl", "PGSSLCRL"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("gssencmode", "PGGSSENCMODE"),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("application_name", "PGAPPNAME"),
    ("options", "PGOPTIONS"),
];

/// Where a database is, and how one gets in.
#[derive(Clone)]
pub struct Login {
    host: String,
    port: Option<u16>,
    user: Option<String>,
    password: Option<String>,
    database: String,
    /// The URL's query, decoded.
    parameters: Vec<(String, String)>,
}

/// Why a URL is no way to a database.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    Url(#[from] UrlError),
    #[error("its url names no database; add it at the end: …/NAME")]
    NoDatabase,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("place", &self.place()).finish_non_exhaustive()
    }
}

impl Login {
    /// Opens a URL's secrets.
    ///
    /// # Errors
    /// When a secret cannot be opened, or no database is named.
    pub fn new(url: &Url) -> Result<Self, LoginError> {
        let UrlParts { user, password, host, port, target, .. } = url.parts()?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let database = percent_decoded(path.trim_start_matches('/'));
        if database.is_empty() {
            return Err(LoginError::NoDatabase);
        }
        let pair = |text: &str| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            (percent_decoded(name), percent_decoded(value))
        };
        let parameters = query.split('&').filter(|text| !text.is_empty()).map(pair).collect();
        Ok(Self { host, port, user, password, database, parameters })
    }

    /// The database's name.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// The same server, another database.
    pub(super) fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// Host, port and database, for people.
    pub fn place(&self) -> String {
        let host =
            if self.host.is_empty() { self.parameter("host").unwrap_or("local socket") } else { &self.host };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{host}{port}/{}", self.database)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The option file of MySQL's programs.
    fn options(&self) -> String {
        let socket = self.parameter("socket").or_else(|| self.parameter("unix_socket"));
        let mut lines = vec![("[client]".to_owned(), None)];
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                lines.push((name.to_owned(), Some(option_quoted(value))));
            }
        };
        add("user", self.user.as_deref());
        // An empty one, too: the programs would ask for it, or take one from elsewhere.
        add("password", Some(self.password.as_deref().unwrap_or("")));
        match socket {
            Some(_) => add("socket", socket),
            None if self.host.is_empty() => {}
            None => {
                add("host", Some(&self.host));
                add("port", self.port.map(|port| port.to_string()).as_deref());
                add("protocol", Some("tcp"));
            }
        }
        let wants_tls = self.parameter("require_ssl") == Some("true")
            || self.parameter("ssl-mode").or_else(|| self.parameter("ssl_mode")).is_some_and(is_strict);
        if wants_tls {
            lines.push(("ssl".to_owned(), None));
        }
        lines
            .iter()
            .map(|(name, value)| {
                value.as_ref().map_or_else(|| format!("{name}\n"), |v| format!("{name}={v}\n"))
            })
            .collect()
    }
}

fn is_strict(mode: &str) -> bool {
    !matches!(mode.to_ascii_uppercase().as_str(), "DISABLED" | "PREFERRED")
}

/// A value in an option file: what stands between the outer quotes is taken as it is, but for the backslash.
fn option_quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn percent_decoded(text: &str) -> String {
    // The one decoder is that of URLs.
    UrlParts::parse(&format!("x://{text}@h"))
        .ok()
        .and_then(|parts| parts.user)
        .unwrap_or_else(|| text.to_owned())
}

/// A folder that only its owner can enter, for as long as a program needs to log in.
#[derive(Debug)]
pub(super) struct Private {
    path: PathBuf,
}

impl Private {
    /// Makes one in the state folder.
    pub(super) fn new(state_dir: &Path) -> io::Result<Self> {
        let mut number = 0;
        loop {
            let path = state_dir.join(format!("{FOLDER}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes what killed runs left. Only for the holder of the lock.
    pub(super) fn sweep(state_dir: &Path) -> io::Result<()> {
        for entry in fs::read_dir(state_dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(FOLDER) && entry.file_type()?.is_dir() {
                empty_and_remove(&entry.path());
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// Tells one of MySQL's programs where to log in. Must come before its other arguments.
    pub(super) fn mysql(&self, login: &Login, command: &mut Command) -> io::Result<()> {
        let path = self.path.join(OPTIONS);
        if !path.exists() {
            self.write(OPTIONS, &login.options())?;
        }
        let mut option = std::ffi::OsString::from("--defaults-extra-file=");
        option.push(path);
        // The options of a home folder would be read after ours, and win.
        command.arg(option).env("HOME", &self.path);
        Ok(())
    }

    /// Tells one of PostgreSQL's programs where to log in.
    pub(super) fn postgres(&self, login: &Login, command: &mut Command) -> io::Result<()> {
        command.env("PGDATABASE", &login.database);
        if !login.host.is_empty() {
            command.env("PGHOST", &login.host);
        }
        if let Some(port) = login.port {
            command.env("PGPORT", port.to_string());
        }
        if let Some(user) = &login.user {
            command.env("PGUSER", user);
        }
        for (name, variable) in PG_PARAMETERS {
            if let Some(value) = login.parameter(name) {
                command.env(variable, value);
            }
        }
        if let Some(password) = &login.password {
            let path = self.path.join(PASSWORDS);
            if !path.exists() {
                let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
                self.write(PASSWORDS, &format!("*:*:*:*:{escaped}\n"))?;
            }
            command.env("PGPASSFILE", path);
        }
        Ok(())
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        empty_and_remove(&self.path);
    }
}

/// Removes the two files that may stand in such a folder, and whatever a program has put beside them.
fn empty_and_remove(path: &Path) {
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        fs::remove_file(entry.path()).unwrap_or(());
    }
    fs::remove_dir(path).unwrap_or(());
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn login(url: &str) -> Login {
        Login::new(&Url::literal(url).unwrap()).unwrap()
    }

    #[test]
    fn urls_become_option_files() {
        let made = login("mysql://ro%40ot:p%22a%5Cs%23s@db:3307/fu%65l?require_ssl=true").options();
        assert_eq!(
            made,
            "[client]\nuser=\"ro@ot\"\npassword=\"p\"a\\\\s#s\"\nhost=\"db\"\nport=\"3307\"\nprotocol=\"tcp\"\nssl\n"
        );
        assert_eq!(login("mysql://db/x").place(), "db/x");
        let socket = login("mysql://u@localhost/x?socket=/run/my.sock").options();
        assert!(socket.contains("socket=\"/run/my.sock\"\n") && !socket.contains("host"), "{socket}");
        assert!(matches!(Login::new(&Url::literal("mysql://db/").unwrap()), Err(LoginError::NoDatabase)));
    }

    #[test]
    fn passwords_stand_in_private_files_only_and_not_for_long() {
        let state = tempfile::tempdir().unwrap();
        let private = Private::new(state.path()).unwrap();
        let login = login("postgres://u:s3:cr\\et@db:5433/fuel?sslmode=require&host=/run/pg");
        let mut command = Command::new("pg_dump");
        private.postgres(&login, &mut command).unwrap();
        private.mysql(&login, &mut command).unwrap();
        assert!(!format!("{command:?}").contains("s3"));
        let variables: Vec<_> = command
            .get_envs()
            .map(|(name, value)| (name.to_str().unwrap(), value.unwrap().to_str().unwrap()))
            .collect();
        assert!(variables.contains(&("PGSSLMODE", "require")) && variables.contains(&("PGHOST", "/run/pg")));
        let passwords = private.path.join(PASSWORDS);
        assert_eq!(fs::read_to_string(&passwords).unwrap(), "*:*:*:*:s3\\:cr\\\\et\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&private.path), mode(&passwords)), (0o700, 0o600));
        std::mem::forget(private);
        Private::sweep(state.path()).unwrap();
        drop(Private::new(state.path()).unwrap());
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_login_shows_no_password() {
        assert_eq!(format!("{:?}", login("mysql://u:s3cret@db/x")), "Login { place: \"db/x\", .. }");
    }
}
