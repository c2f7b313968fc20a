//! Finds the file, reads it with a cap, and decides whether it may be trusted.
//!
//! A config names commands to run, so whoever can write it can run them as its reader. It is refused when it, or its
//! folder, can be written by the group or by others, or belongs to anyone but root or the caller. The one exception: a
//! caller that is root may use a config that belongs to the owner of `root`; what it names then runs as that owner.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::read::absolute;
use super::{ConfigError, Environment};

/// The name that is looked for.
const FILE_NAME: &str = "fuelops.toml";

/// Where the system's config lies.
const SYSTEM_DIR: &str = "/etc/fuelops";

/// Larger is no config.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// Writable by the group or by others.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The superuser.
pub(super) const ROOT: u32 = 0;

/// How the file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `--config`.
    Option,
    /// `FUELOPS_CONFIG`.
    Variable,
    /// The current folder, or one above it.
    Folder,
    /// `$XDG_CONFIG_HOME/fuelops/`.
    User,
    /// `/etc/fuelops/`.
    System,
}

impl Via {
    /// How a person would say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Option => "--config",
            Self::Variable => "FUELOPS_CONFIG",
            Self::Folder => "the current folder or one above it",
            Self::User => "the user's config folder",
            Self::System => "the system's config folder",
        }
    }
}

/// A file that was found and read.
#[derive(Debug)]
pub(super) struct Found {
    /// Absolute.
    pub(super) path: PathBuf,
    pub(super) via: Via,
    pub(super) text: String,
    metadata: Metadata,
}

/// Looks for the file and reads it; `None` when there is none and none was asked for.
///
/// # Errors
/// When one was asked for and is not there, or when it cannot be read.
pub(super) fn find(option: Option<&Path>, environment: &Environment) -> Result<Option<Found>, ConfigError> {
    let asked = option
        .map(|path| (path.to_owned(), Via::Option))
        .or_else(|| environment.path("FUELOPS_CONFIG").map(|path| (path, Via::Variable)));
    if let Some((path, via)) = asked {
        let path = absolute(&environment.cwd, &path);
        return match read(&path, via)? {
            Some(found) => Ok(Some(found)),
            None => Err(ConfigError::Missing { path, via }),
        };
    }
    for (folder, via) in folders(environment) {
        if let Some(found) = read(&folder.join(FILE_NAME), via)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn folders(environment: &Environment) -> impl Iterator<Item = (PathBuf, Via)> {
    let user = environment
        .path("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| environment.path("HOME").map(|home| home.join(".config")))
        .map(|folder| (folder.join("fuelops"), Via::User));
    let above = environment.cwd.ancestors().map(|folder| (folder.to_owned(), Via::Folder));
    above.chain(user).chain([(PathBuf::from(SYSTEM_DIR), Via::System)])
}

/// Reads a file; `None` when it is not there.
fn read(path: &Path, via: Via) -> Result<Option<Found>, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    // Not blocking: a FIFO would be waited for without end.
    let file = match OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path) {
        Ok(file) => file,
        // A link that leads nowhere was meant to be a config: a lost mount must not look like "not configured".
        Err(error) if is_absent(&error) && !path.is_symlink() => return Ok(None),
        // Under sudo, cron or a plugin runner HOME may be somebody else's: nothing was asked for there.
        Err(error) if via == Via::User && error.kind() == ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder; name the file in it" } else { "not a regular file" };
        return Err(ConfigError::Unfit { path: path.to_owned(), why: format!("is {what}") });
    }
    let mut bytes = Vec::new();
    file.take(MAX_CONFIG_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_CONFIG_BYTES {
        let why = format!("is larger than 1 MiB ({} bytes), which no config is", metadata.len());
        return Err(ConfigError::Unfit { path: path.to_owned(), why });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Found { path: path.to_owned(), via, text, metadata })),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = memchr::memchr_iter(b'\n', &error.as_bytes()[..good]).count() + 1;
            Err(ConfigError::Unfit { path: path.to_owned(), why: format!("is not UTF-8 (line {line})") })
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl Found {
    /// The folder that a relative `root` starts at.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// Decides whether the file may be used; gives whom all that it names must run as, where that is not the caller.
    ///
    /// # Errors
    /// When it may not, with why and the cure.
    pub(super) fn trusted(&self, root: &Path, caller: u32) -> Result<Option<u32>, ConfigError> {
        let mut owners = vec![self.vetted(&self.path, &self.metadata)?];
        for folder in self.folders() {
            let metadata = std::fs::metadata(&folder)
                .map_err(|error| ConfigError::Unreadable { path: folder.clone(), error })?;
            owners.push(self.vetted(&folder, &metadata)?);
        }
        let strangers = owners.into_iter().filter(|(_, owner)| *owner != ROOT && *owner != caller);
        let owner_of_root = || std::fs::metadata(root).ok().map(|metadata| metadata.uid());
        let mut run_as = None;
        for (path, owner) in strangers {
            if caller != ROOT || owner_of_root() != Some(owner) {
                let why = format!("{} belongs to user {owner}, who is neither root nor you", path.display());
                let cure = format!("chown it to yourself, or run fuelops as user {owner}");
                return Err(ConfigError::Refused { path: self.path.clone(), why, cure });
            }
            run_as = Some(owner);
        }
        Ok(run_as)
    }

    /// The folder that the file is named in, and the one that it really lies in where a link leads there.
    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder().to_owned()];
        if let Ok(real) = self.path.canonicalize()
            && let Some(folder) = real.parent()
        {
            folders.push(folder.to_owned());
        }
        folders
    }

    /// Refuses what others can write; gives the owner of what they cannot.
    fn vetted(&self, path: &Path, metadata: &Metadata) -> Result<(PathBuf, u32), ConfigError> {
        if metadata.mode() & WRITABLE_BY_OTHERS == 0 {
            return Ok((path.to_owned(), metadata.uid()));
        }
        let why =
            format!("{} can be written by others (mode {:o})", path.display(), metadata.mode() & 0o7777);
        let cure = crate::text::shell::command(["chmod", "go-w", &path.to_string_lossy()]);
        Err(ConfigError::Refused { path: self.path.clone(), why, cure })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use nix::unistd::geteuid;

    use super::*;
    use crate::config::{Loaded, Origin, load};

    const STRANGER: u32 = 4711;

    struct Folder {
        dir: tempfile::TempDir,
        environment: Environment,
    }

    impl Folder {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let environment = Environment {
                cwd: dir.path().to_owned(),
                caller: geteuid().as_raw(),
                ..Environment::default()
            };
            Self { dir, environment }
        }

        fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
            let path = self.dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            path
        }

        fn mode(&self, name: &str, mode: u32) {
            fs::set_permissions(self.dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }

        fn load(&self) -> Result<Loaded, ConfigError> {
            load(None, &self.environment)
        }

        #[track_caller]
        fn check_error(&self, part: &str) {
            let error = self.load().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }

        fn found(&self) -> (PathBuf, Via) {
            match self.load().unwrap().origin {
                Origin::File { path, via } => (path.strip_prefix(self.dir.path()).unwrap().to_owned(), via),
                Origin::BuiltIn { .. } => panic!("no file was found"),
            }
        }
    }

    fn is_root() -> bool {
        let is_root = geteuid().is_root();
        if !is_root {
            eprintln!("skipped: only root can give files away");
        }
        is_root
    }

    #[test]
    fn option_outranks_variable_outranks_folder_outranks_parent_outranks_user() {
        let mut folder = Folder::new();
        for name in
            ["a/b/.keep", "home/.config/fuelops/fuelops.toml", "fuelops.toml", "a/b/fuelops.toml", "v.toml"]
        {
            folder.write(name, "");
        }
        let base = folder.dir.path().to_owned();
        folder.environment.cwd = base.join("a/b");
        folder.environment.variables.insert("HOME".into(), base.join("home").into());
        folder.environment.variables.insert("FUELOPS_CONFIG".into(), "../../v.toml".into());
        let by_option = load(Some(Path::new("fuelops.toml")), &folder.environment).unwrap();
        assert!(matches!(by_option.origin, Origin::File { via: Via::Option, .. }));
        assert_eq!(folder.found().1, Via::Variable);
        folder.environment.variables.insert("FUELOPS_CONFIG".into(), "".into());
        assert_eq!(folder.found(), ("a/b/fuelops.toml".into(), Via::Folder));
        fs::remove_file(base.join("a/b/fuelops.toml")).unwrap();
        assert_eq!(folder.found(), ("fuelops.toml".into(), Via::Folder));
        fs::remove_file(base.join("fuelops.toml")).unwrap();
        assert_eq!(folder.found(), ("home/.config/fuelops/fuelops.toml".into(), Via::User));
        folder.write("xdg/fuelops/fuelops.toml", "");
        folder.environment.variables.insert("XDG_CONFIG_HOME".into(), base.join("xdg").into());
        assert_eq!(folder.found(), ("xdg/fuelops/fuelops.toml".into(), Via::User));
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let folder = Folder::new();
        let error = load(Some(Path::new("nope.toml")), &folder.environment).unwrap_err();
        assert!(matches!(error, ConfigError::Missing { via: Via::Option, .. }));
        assert!(error.to_string().contains("nope.toml"), "{error}");
    }

    #[test]
    fn what_is_no_config_is_told_and_never_waited_for() {
        let folder = Folder::new();
        folder.write("fuelops.toml", vec![b'#'; 10_000_000]);
        folder.check_error("is larger than 1 MiB (10000000 bytes)");
        folder.write("fuelops.toml", b"a = 1\nb = \"\xff\"\n");
        folder.check_error("is not UTF-8 (line 2)");
        fs::remove_file(folder.dir.path().join("fuelops.toml")).unwrap();
        fs::create_dir(folder.dir.path().join("fuelops.toml")).unwrap();
        folder.check_error("is a folder; name the file in it");
        fs::remove_dir(folder.dir.path().join("fuelops.toml")).unwrap();
        nix::unistd::mkfifo(&folder.dir.path().join("fuelops.toml"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        folder.check_error("is not a regular file");
    }

    #[test]
    fn a_config_that_others_can_write_is_refused_with_the_cure() {
        let folder = Folder::new();
        let path = folder.write("fuelops.toml", "");
        folder.load().unwrap();
        for mode in [0o664, 0o646] {
            folder.mode("fuelops.toml", mode);
            folder.check_error(&format!(
                "can be written by others (mode {mode:o}); chmod go-w {}",
                path.display()
            ));
        }
        folder.mode("fuelops.toml", 0o600);
        for mode in [0o775, 0o1777] {
            folder.mode(".", mode);
            folder.check_error(&format!("can be written by others (mode {mode:o})"));
        }
    }

    #[test]
    fn a_link_is_judged_by_both_folders() {
        let folder = Folder::new();
        folder.write("open/real.toml", "");
        symlink("open/real.toml", folder.dir.path().join("fuelops.toml")).unwrap();
        folder.load().unwrap();
        folder.mode("open", 0o777);
        folder.check_error("open can be written by others");
    }

    #[test]
    fn a_config_of_a_stranger_is_refused() {
        if !is_root() {
            return;
        }
        let mut folder = Folder::new();
        let path = folder.write("fuelops.toml", "");
        chown(&path, Some(STRANGER), None).unwrap();
        folder.environment.caller = 1000;
        folder.check_error("belongs to user 4711, who is neither root nor you");
        folder.environment.caller = STRANGER;
        assert_eq!(folder.load().unwrap().config.run_as, None);
        chown(folder.dir.path(), Some(STRANGER + 1), None).unwrap();
        folder.check_error("belongs to user 4712");
    }

    #[test]
    fn root_may_use_a_config_of_the_owner_of_root_and_then_runs_all_as_that_owner() {
        if !is_root() {
            return;
        }
        let folder = Folder::new();
        let path = folder.write(
            "fuelops.toml",
            "root = \"app\"\n[[alert]]\nname = \"a\"\ntype = \"slack\"\nurl = { file = \"/etc/hostname\" }\n",
        );
        fs::create_dir(folder.dir.path().join("app")).unwrap();
        assert_eq!(folder.load().unwrap().config.run_as, None, "root's own");
        chown(&path, Some(STRANGER), None).unwrap();
        folder.check_error("belongs to user 4711");
        chown(folder.dir.path().join("app"), Some(STRANGER), None).unwrap();
        let config = folder.load().unwrap().config;
        assert_eq!(config.run_as, Some(STRANGER));
        let crate::config::Sink::Slack(slack) = &config.alerts[0].sink else { panic!() };
        let error = slack.url.expose().unwrap_err().to_string();
        assert!(error.contains("does not belong to the owner of the config"), "{error}");
        // A folder of theirs with a file of root's: they could replace it.
        chown(&path, Some(0), None).unwrap();
        chown(folder.dir.path(), Some(STRANGER), None).unwrap();
        assert_eq!(folder.load().unwrap().config.run_as, Some(STRANGER));
    }

    #[test]
    fn without_a_file_the_folder_decides() {
        let folder = Folder::new();
        let empty = folder.load().unwrap();
        assert_eq!(empty.origin, Origin::BuiltIn { found: Vec::new() });
        assert!(empty.config.services.is_empty());
        folder.write("main.py", "");
        folder.write("backend.log", "");
        folder.write("wialon_sync_enhanced.py", "");
        folder.write("venv/bin/python3", "");
        let loaded = folder.load().unwrap();
        let names: Vec<_> = loaded.config.services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(names, ["backend", "wialon-sync"]);
        let backend = &loaded.config.services[0];
        assert_eq!(backend.port, Some(8000));
        assert_eq!(backend.command.as_ref().unwrap().words(), ["venv/bin/python3", "main.py"]);
        assert_eq!(loaded.config.root, folder.dir.path());
        let port = loaded.entries.iter().find(|entry| entry.key == "service.backend.port").unwrap();
        assert_eq!(port.source.to_string(), "built-in, for this folder");
    }

    #[test]
    fn root_runs_what_lies_in_somebodys_folder_as_them() {
        if !is_root() {
            return;
        }
        let folder = Folder::new();
        folder.write("main.py", "");
        assert_eq!(folder.load().unwrap().config.run_as, None);
        chown(folder.dir.path(), Some(STRANGER), None).unwrap();
        assert_eq!(folder.load().unwrap().config.run_as, Some(STRANGER));
    }

    #[test]
    fn logs_alone_make_no_service() {
        let folder = Folder::new();
        folder.write("backend.log", "");
        let loaded = folder.load().unwrap();
        assert!(loaded.config.services.is_empty());
        assert_eq!(loaded.origin, Origin::BuiltIn { found: vec!["backend.log".into()] });
    }
}
