//! The programs that databases come with: where they are, and what to install where they are not.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where programs are looked for when the caller has no search path, as cron's jobs have none to speak of.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";

/// A program that a backup needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    MysqlDump,
    MysqlClient,
    PgDump,
    PgRestore,
    Psql,
}

impl Tool {
    /// What it may be called, the better one first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::MysqlDump => &["mariadb-dump", "mysqldump"],
            Self::MysqlClient => &["mariadb", "mysql"],
            Self::PgDump => &["pg_dump"],
            Self::PgRestore => &["pg_restore"],
            Self::Psql => &["psql"],
        }
    }

    /// Packages that bring it.
    fn packages(self) -> &'static str {
        match self {
            Self::MysqlDump | Self::MysqlClient => {
                "apt install mariadb-client, dnf install mariadb, or brew install mariadb"
            }
            Self::PgDump | Self::PgRestore | Self::Psql => {
                "apt install postgresql-client, dnf install postgresql, or brew install libpq"
            }
        }
    }
}

/// No program of these names is on the search path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not on this machine: {}", names.join(" or "), packages)]
pub(super) struct MissingTool {
    names: &'static [&'static str],
    packages: &'static str,
}

/// Where programs are looked for.
#[derive(Clone, Debug)]
pub struct SearchPath(OsString);

impl SearchPath {
    /// The caller's search path; the usual one where there is none.
    pub fn new(path: Option<OsString>) -> Self {
        Self(path.filter(|path| !path.is_empty()).unwrap_or_else(|| USUAL_PATH.into()))
    }

    pub(super) fn as_os_str(&self) -> &OsStr {
        &self.0
    }

    /// Finds a program.
    pub(super) fn find(&self, tool: Tool) -> Result<PathBuf, MissingTool> {
        let in_folders = |name: &&str| {
            let folders = std::env::split_paths(&self.0).filter(|folder| folder.is_absolute());
            folders.map(|folder| folder.join(name)).find(|path| is_program(path))
        };
        let missing = || MissingTool { names: tool.names(), packages: tool.packages() };
        tool.names().iter().find_map(in_folders).ok_or_else(missing)
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_name_wins_and_only_programs_count() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, mode| {
            let path = folder.path().join(name);
            std::fs::write(&path, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let path = SearchPath::new(Some(folder.path().as_os_str().to_owned()));
        let missing = path.find(Tool::MysqlDump).unwrap_err().to_string();
        assert!(
            missing.starts_with("mariadb-dump or mysqldump is not on this machine: apt install"),
            "{missing}"
        );
        let plain = make("mysqldump", 0o755);
        make("mariadb-dump", 0o644);
        assert_eq!(path.find(Tool::MysqlDump), Ok(plain));
        make("mariadb-dump", 0o755);
        assert_eq!(path.find(Tool::MysqlDump), Ok(folder.path().join("mariadb-dump")));
    }
}
