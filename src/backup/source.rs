//! What is backed up: the databases and files that the config names.

use std::path::{Path, PathBuf};

use super::login::Login;
use super::manifest::{Kind, Origin};
use crate::config::{Backup, Check, CheckKind, PathPattern};

/// The name of the one backup of files.
const FILES: &str = "logs";
/// Begins an entry of `databases` that is a file.
const SQLITE: &str = "sqlite:";

/// Something to back up, and where backups of it are restored to.
#[derive(Clone, Debug)]
pub enum Source {
    Mysql(Login),
    Postgres(Login),
    Sqlite(PathBuf),
    Files(Vec<PathPattern>),
}

/// A source of the config; one that cannot be reached keeps no other from being backed up.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub origin: Origin,
    pub source: Result<Source, String>,
}

/// The sources that a config names, databases first.
pub fn sources(backup: &Backup, checks: &[Check], root: &Path) -> Vec<Wanted> {
    let databases = backup.databases.iter().map(|name| match name.strip_prefix(SQLITE) {
        Some(path) => of_file(Path::new(path), root),
        None => of_check(name, checks),
    });
    let mut wanted: Vec<Wanted> = databases.collect();
    if !backup.include.is_empty() {
        let origin = Origin { kind: Kind::Files, name: FILES.to_owned() };
        wanted.push(Wanted { origin, source: Ok(Source::Files(backup.include.clone())) });
    }
    wanted
}

/// What a config wants to be backed up. No url is looked at, so that no secret is opened.
pub fn origins(backup: &Backup, checks: &[Check], root: &Path) -> Vec<Origin> {
    let databases = backup.databases.iter().map(|name| match name.strip_prefix(SQLITE) {
        Some(path) => origin_of_file(Path::new(path), root),
        None => origin_of_check(name, checks),
    });
    let files = (!backup.include.is_empty()).then(|| Origin { kind: Kind::Files, name: FILES.to_owned() });
    databases.chain(files).collect()
}

/// The name of the source that a word means: the name itself, or what stands for a file in the config.
pub fn source_name(word: &str, root: &Path) -> String {
    match word.strip_prefix(SQLITE) {
        Some(path) => origin_of_file(&root.join(path), root).name,
        None => word.to_owned(),
    }
}

fn origin_of_file(path: &Path, root: &Path) -> Origin {
    Origin { kind: Kind::Sqlite, name: path.strip_prefix(root).unwrap_or(path).display().to_string() }
}

fn origin_of_check(name: &str, checks: &[Check]) -> Origin {
    let check = checks.iter().find(|check| check.name == name);
    let is_postgres = check.is_some_and(|check| matches!(check.kind, CheckKind::Postgres(_)));
    Origin { kind: if is_postgres { Kind::Postgres } else { Kind::Mysql }, name: name.to_owned() }
}

fn of_file(path: &Path, root: &Path) -> Wanted {
    Wanted { origin: origin_of_file(path, root), source: Ok(Source::Sqlite(path.to_owned())) }
}

fn of_check(name: &str, checks: &[Check]) -> Wanted {
    let origin = origin_of_check(name, checks);
    let Some(check) = checks.iter().find(|check| check.name == name) else {
        let why = "is no check; [backup] databases takes checks of type mysql or postgres, and sqlite:PATH";
        return Wanted { origin, source: Err(why.to_owned()) };
    };
    match &check.kind {
        CheckKind::Mysql(mysql) => {
            let login = Login::new(&mysql.url).map_err(|error| error.to_string());
            Wanted { origin, source: login.map(Source::Mysql) }
        }
        CheckKind::Postgres(postgres) => {
            let login = Login::new(&postgres.url).map_err(|error| error.to_string());
            Wanted { origin, source: login.map(Source::Postgres) }
        }
        other => {
            let why = format!("is a check of type {}; databases are of type mysql or postgres", other.word());
            Wanted { origin, source: Err(why) }
        }
    }
}

impl Source {
    /// Where it is, for people.
    pub fn place(&self) -> String {
        match self {
            Self::Mysql(login) | Self::Postgres(login) => login.place(),
            Self::Sqlite(path) => path.display().to_string(),
            Self::Files(patterns) => {
                patterns.iter().map(PathPattern::as_written).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, parse};

    #[test]
    fn origins_are_those_of_the_sources() {
        let text = "[[check]]\nname = \"my\"\ntype = \"mysql\"\nurl = \"mysql://r@h/d\"\n\
                    [[check]]\nname = \"pg\"\ntype = \"postgres\"\nurl = \"postgres://r@h/d\"\n\
                    [backup]\ndatabases = [\"my\", \"pg\", \"sqlite:a.db\"]\ninclude = [\"logs/*\"]\n";
        let root = Path::new("/srv");
        let config = parse(text, root, &Environment::default()).unwrap();
        let origins = origins(&config.backup, &config.checks, root);
        let sources = sources(&config.backup, &config.checks, root);
        assert_eq!(origins, sources.into_iter().map(|wanted| wanted.origin).collect::<Vec<_>>());
        assert_eq!(origins.len(), 4);
        for word in ["a.db", "sqlite:a.db", "sqlite:/srv/a.db"] {
            assert_eq!(source_name(word, root), origins[2].name, "{word}");
        }
        assert_eq!(source_name("my", root), "my");
    }
}
