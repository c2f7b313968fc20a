//! What no rule takes, whatever it says: databases, repositories, and what a running process is known by.

use std::fmt;

use crate::platform::files::FileKind;

/// What keeps a folder from going as a whole for now.
pub(super) const OPEN_FILE: &str = "an open file";
const IMMUTABLE_FILE: &str = "an immutable file";
const FOREIGN_FILE: &str = "a file of another user";
pub(super) const DATABASE: &str = "a database";
const REPOSITORY: &str = "a repository";

/// Why a file that a rule means is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bar {
    Special(FileKind),
    Mount,
    /// It has so many names: removing one frees nothing.
    Linked(u64),
    /// The file system refuses changes.
    Locked,
    Sticky,
    /// Another user's, whose business it is, and nobody but root can tell whether it is open.
    Foreign,
    Database,
    /// By which a working tree finds its repository.
    Repository,
    LivePid(u32),
    Spared,
    /// A folder with something in it that must stay.
    Holds(&'static str),
    /// Open in this process; 0 is the kernel.
    Open {
        pid: u32,
        others: usize,
    },
}

impl Bar {
    /// What a folder holds that has such a file in it, where that keeps the folder from going as a whole.
    pub(super) fn holds(&self) -> Option<&'static str> {
        match self {
            // A link goes without what it points to, a second name without its file.
            Self::Special(FileKind::Link) | Self::Linked(_) => None,
            Self::Special(_) => Some("a pipe, a socket or a device"),
            Self::Mount => Some("a mounted file system"),
            Self::Locked => Some(IMMUTABLE_FILE),
            Self::Sticky => Some("a file that is marked to stay"),
            Self::Foreign => Some(FOREIGN_FILE),
            Self::Database => Some(DATABASE),
            Self::Repository => Some(REPOSITORY),
            Self::LivePid(_) => Some("the number of a living process"),
            Self::Spared => Some("what is protected"),
            Self::Holds(what) => Some(what),
            Self::Open { .. } => Some(OPEN_FILE),
        }
    }
}

impl Bar {
    /// Whether it is in the way of a rule, and not what the rule should never have meant.
    pub(super) fn is_obstacle(&self) -> bool {
        match self {
            Self::Locked | Self::Foreign | Self::Open { .. } => true,
            Self::Holds(what) => [OPEN_FILE, IMMUTABLE_FILE, FOREIGN_FILE].contains(what),
            Self::Special(_)
            | Self::Mount
            | Self::Linked(_)
            | Self::Sticky
            | Self::Database
            | Self::Repository
            | Self::LivePid(_)
            | Self::Spared => false,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Special(FileKind::Link) => f.write_str("a symbolic link"),
            Self::Special(FileKind::Fifo) => f.write_str("a named pipe"),
            Self::Special(FileKind::Socket) => f.write_str("a socket"),
            Self::Special(FileKind::Device) => f.write_str("a device"),
            Self::Special(_) => f.write_str("no regular file"),
            Self::Mount => f.write_str("another file system is mounted there"),
            Self::Linked(names) => write!(f, "has {names} names: removing one of them frees nothing"),
            Self::Locked => f.write_str("immutable (chattr +i or +a)"),
            Self::Sticky => f.write_str("marked to stay (sticky bit)"),
            Self::Foreign => f.write_str("belongs to another user"),
            Self::Database => f.write_str(DATABASE),
            Self::Repository => f.write_str("belongs to a repository"),
            Self::LivePid(pid) => write!(f, "names process {pid}, which is alive"),
            Self::Spared => f.write_str("protected"),
            Self::Holds(what) => write!(f, "holds {what}"),
            Self::Open { pid: 0, .. } => f.write_str("in use by the kernel (a loop device)"),
            Self::Open { pid, others: 0 } => write!(f, "open in process {pid}"),
            Self::Open { pid, others } => write!(f, "open in process {pid} and {others} more"),
        }
    }
}

const DATABASE_ENDINGS: [&[u8]; 17] = [
    b".db",
    b".db3",
    b".sqlite",
    b".sqlite3",
    b".mdb",
    b".ibd",
    b".frm",
    b".myd",
    b".myi",
    b".rdb",
    b".aof",
    b".duckdb",
    b".ldb",
    b".sst",
    b".wt",
    b".s3db",
    b".wal",
];

/// What SQLite lays beside its files.
const COMPANIONS: [&[u8]; 3] = [b"-wal", b"-shm", b"-journal"];

/// Whether a name is one that databases have.
pub(super) fn is_database(name: &[u8]) -> bool {
    let base = companion_of(name).unwrap_or(name);
    DATABASE_ENDINGS.iter().any(|ending| {
        base.len() > ending.len() && base[base.len() - ending.len()..].eq_ignore_ascii_case(ending)
    })
}

/// The name of the database that a file would lie beside.
pub(super) fn companion_of(name: &[u8]) -> Option<&[u8]> {
    COMPANIONS.iter().find_map(|companion| name.strip_suffix(*companion)).filter(|base| !base.is_empty())
}

/// What a torn database would have beside it.
pub(super) fn journals(base: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    ["-wal", "-journal"].into_iter().map(move |ending| [base, ending.as_bytes()].concat())
}

/// The smallest page of SQLite; those of DuckDB are whole multiples of it.
const PAGE: u64 = 512;

/// Whether a file has the length of a database that is made of whole pages, so that its first bytes are worth a look
/// while very many files are walked. Its name tells nothing.
pub(super) fn has_whole_pages(size: u64) -> bool {
    size > 0 && size.is_multiple_of(PAGE)
}

/// Whether a file of this name leads from a working tree to its repository: that of a worktree or submodule of git, or of
/// a checkout of Fossil.
pub(super) fn is_repository(name: &[u8]) -> bool {
    matches!(name, b".git" | b".fslckout" | b"_FOSSIL_")
}

/// Folders that are never entered, not even by a pattern that spells them.
pub(super) fn closed(name: &[u8]) -> Option<&'static str> {
    match name {
        b".git" | b".hg" | b".svn" | b".jj" | b".bzr" | b"_darcs" | b"CVS" => Some(REPOSITORY),
        b"lost+found" => Some("what a file system check found"),
        _ => None,
    }
}

/// Names that tell what a whole folder is; collected while it is listed.
#[derive(Debug, Default)]
pub(super) struct Markers {
    seen: u16,
}

impl Markers {
    const POSTGRES: u16 = 1;
    const INNODB: u16 = 2;
    const PYTHON: u16 = 4;
    const HEAD: u16 = 8;
    const OBJECTS: u16 = 16;
    const REFS: u16 = 32;
    const REDIS: u16 = 64;
    const CURRENT: u16 = 128;
    const MANIFEST: u16 = 256;
    const WIRED_TIGER: u16 = 512;

    /// Notes a name.
    pub(super) fn note(&mut self, name: &[u8]) {
        self.seen |= match name {
            b"PG_VERSION" => Self::POSTGRES,
            b"ibdata1" | b"aria_log_control" => Self::INNODB,
            b"pyvenv.cfg" => Self::PYTHON,
            b"HEAD" => Self::HEAD,
            b"objects" => Self::OBJECTS,
            b"refs" => Self::REFS,
            b"CURRENT" => Self::CURRENT,
            b"WiredTiger" | b"WiredTiger.wt" => Self::WIRED_TIGER,
            _ if name.starts_with(b"MANIFEST-") => Self::MANIFEST,
            _ if name.ends_with(b".aof.manifest") => Self::REDIS,
            _ => 0,
        };
    }

    /// What the folder is, where that closes it.
    pub(super) fn closed(&self) -> Option<&'static str> {
        const BARE: u16 = Markers::HEAD | Markers::OBJECTS | Markers::REFS;
        const LEVELS: u16 = Markers::CURRENT | Markers::MANIFEST;
        let has = |mark: u16| self.seen & mark == mark;
        if has(Self::POSTGRES) {
            Some("a PostgreSQL database")
        } else if has(Self::INNODB) {
            Some("a MariaDB or MySQL database")
        } else if has(Self::REDIS) {
            Some("a Redis database")
        } else if has(LEVELS) {
            Some("a LevelDB or RocksDB database")
        } else if has(Self::WIRED_TIGER) {
            Some("a MongoDB database")
        } else if has(Self::PYTHON) {
            Some("a Python environment")
        } else if has(BARE) {
            Some(REPOSITORY)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_with_what_lies_beside_them() {
        for name in ["errors.db", "x.sqlite3-wal", "orders.IBD", "a.db-journal"] {
            assert!(is_database(name.as_bytes()), "{name}");
        }
        for name in ["db", ".db", "app.log.1", "x.db.gz", "debug.log"] {
            assert!(!is_database(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_database_is_made_of_whole_pages() {
        for (size, is_whole) in
            [(0, false), (511, false), (512, true), (1000, false), (1024, true), (65_536, true)]
        {
            assert_eq!(has_whole_pages(size), is_whole, "{size}");
        }
    }

    #[test]
    fn folders_of_databases_are_known_by_what_holds_them_together() {
        let closed = |names: &[&str]| {
            let mut markers = Markers::default();
            names.iter().for_each(|name| markers.note(name.as_bytes()));
            markers.closed()
        };
        assert_eq!(
            closed(&["appendonly.aof.1.incr.aof", "appendonly.aof.manifest"]),
            Some("a Redis database")
        );
        assert_eq!(closed(&["CURRENT", "LOCK", "MANIFEST-000004"]), Some("a LevelDB or RocksDB database"));
        assert_eq!(closed(&["WiredTiger", "WiredTiger.lock"]), Some("a MongoDB database"));
        // Redis writes its snapshot wherever it was started, in the folder of the backend too.
        for names in [&["CURRENT", "app.log"][..], &["MANIFEST.in"], &["dump.rdb", "app.log.1"]] {
            assert_eq!(closed(names), None, "{names:?}");
        }
    }

    #[test]
    fn a_bare_repository_needs_all_three_of_its_names() {
        let mut markers = Markers::default();
        markers.note(b"HEAD");
        markers.note(b"refs");
        assert_eq!(markers.closed(), None);
        markers.note(b"objects");
        assert_eq!(markers.closed(), Some("a repository"));
    }
}
