//! The whole config.

use std::path::{Component, Path, PathBuf};

use crate::config::read::{Reader, Schema, Section, Setting, Table, absolute, section};
use crate::config::{Alert, Backup, Check, Clean, Errors, Logs, Monitor, Serve, Service, Thresholds};

/// Longest name of the whole, in characters.
const MAX_NAME: usize = 100;

/// Everything that a `fuelops.toml` says, with what it leaves to defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of the whole; the name of `root`'s folder where none is given.
    pub name: String,
    /// Absolute; relative paths start here.
    pub root: PathBuf,
    /// Absolute.
    pub state_dir: PathBuf,
    pub thresholds: Thresholds,
    pub services: Vec<Service>,
    pub checks: Vec<Check>,
    pub logs: Logs,
    pub errors: Errors,
    pub clean: Clean,
    pub backup: Backup,
    pub monitor: Monitor,
    /// Absent: nothing listens.
    pub serve: Option<Serve>,
    pub alerts: Vec<Alert>,
    /// Set where root uses a config that belongs to somebody else: everything that it names runs as that user.
    pub run_as: Option<u32>,
}

section! {
    /// What everything else depends on.
    pub(in crate::config) struct Place {
        /// What the whole is called. Left out: the name of the folder root.
        pub name: Option<String>,
        /// Relative paths start here; itself it starts at the folder of this file.
        pub root: PathBuf = ".",
        /// Locks, journal, embedded store; 0700.
        pub state_dir: String = ".fuelops",
    }
}

section! {
    /// The tables of the file.
    pub(in crate::config) struct Tables {
        /// Where yellow and red begin.
        pub thresholds: Thresholds = {},
        /// Processes that are started, stopped and watched.
        pub services("service"): Vec<Service> = [],
        /// Anything else that is worth knowing.
        pub checks("check"): Vec<Check> = [],
        /// Where logs are and how they are read.
        pub logs: Logs = {},
        /// Where error events are kept, and how long.
        pub errors: Errors = {},
        /// When files are removed, and which.
        pub clean: Clean = {},
        /// What is backed up, where to, and how long it stays.
        pub backup: Backup = {},
        /// How services and checks are watched.
        pub monitor: Monitor = {},
        /// Where fuelops listens; it does so only if this section is there.
        pub serve: Option<Serve>,
        /// Who is told.
        pub alerts("alert"): Vec<Alert> = [],
    }
}

impl Place {
    /// Reads it and makes its paths absolute, so that the other sections can start from them.
    pub(in crate::config) fn settled(table: &mut Table<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let mut place = Self::read_fields(table, cx)?;
        cx.root = settle_root(&place.root);
        if !cx.root.is_dir() {
            table.problem(cx, "root", format!("{} is not a folder", cx.root.display()));
        }
        cx.state_dir = absolute(&cx.root, &place.state_dir);
        let folder = cx.root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = place.name.get_or_insert_with(|| folder.unwrap_or_else(|| "fuelops".to_owned()));
        if name.chars().any(char::is_control) || name.chars().count() > MAX_NAME {
            table.problem(
                cx,
                "name",
                format!("holds control characters, or more than {MAX_NAME} characters"),
            );
        }
        let shown = [("name", name.show()), ("root", cx.root.show()), ("state_dir", cx.state_dir.show())];
        for (key, value) in shown {
            cx.amend(key, value.unwrap_or_default());
        }
        place.root.clone_from(&cx.root);
        Some(place)
    }
}

/// Takes `..` out of a root, so that what starts from it is readable.
fn settle_root(root: &Path) -> PathBuf {
    let climbs = root.components().any(|part| part == Component::ParentDir);
    climbs.then(|| root.canonicalize().ok()).flatten().unwrap_or_else(|| root.to_owned())
}

impl Config {
    /// The JSON Schema of the file.
    pub fn schema() -> serde_json::Value {
        Schema::default().document(&[Place::shape, Tables::shape])
    }

    /// Puts the parts together.
    pub(in crate::config) fn new(place: Place, tables: Tables, run_as: Option<u32>) -> Self {
        let state_dir = absolute(&place.root, &place.state_dir);
        Self {
            name: place.name.unwrap_or_default(),
            root: place.root,
            state_dir,
            thresholds: tables.thresholds,
            services: tables.services,
            checks: tables.checks,
            logs: tables.logs,
            errors: tables.errors,
            clean: tables.clean,
            backup: tables.backup,
            monitor: tables.monitor,
            serve: tables.serve,
            alerts: tables.alerts,
            run_as,
        }
    }
}
