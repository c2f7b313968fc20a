//! Without a config: defaults that fit what lies in the current folder.
//!
//! A backend of the usual layout is `main.py` on port 8000 with `backend.pid` and `backend.log`, and perhaps a sync
//! worker beside it. What is not there is not watched: a folder without such files has no service at all.

use std::path::{Path, PathBuf};

/// Files by which the layout is known.
const USUAL: [&str; 7] =
    ["main.py", "backend.pid", "backend.log", "wialon_sync.log", "monitor.log", "recovery.log", "logs"];

/// Scripts of the sync worker, the first that is there.
const SYNC_SCRIPTS: [&str; 2] = ["wialon_sync.py", "wialon_sync_enhanced.py"];

/// Interpreters, the first that is there; a folder's own environment knows its packages.
const INTERPRETERS: [&str; 2] = [".venv/bin/python3", "venv/bin/python3"];

/// Whether a backend of the usual layout lies in a folder.
pub fn has_backend(folder: &Path) -> bool {
    ["main.py", "backend.pid"].iter().any(|name| folder.join(name).exists())
}

/// What was found in a folder.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) found: Vec<PathBuf>,
    has_backend: bool,
    sync_script: Option<&'static str>,
    interpreter: &'static str,
}

impl Layout {
    /// Looks at a folder.
    pub(super) fn of(folder: &Path) -> Self {
        let is_there = |name: &&str| folder.join(name).exists();
        let sync_script = SYNC_SCRIPTS.into_iter().find(is_there);
        let found = USUAL.into_iter().filter(is_there).chain(sync_script).map(PathBuf::from).collect();
        Self {
            found,
            has_backend: has_backend(folder),
            sync_script,
            interpreter: INTERPRETERS.into_iter().find(is_there).unwrap_or("python3"),
        }
    }

    /// The config that fits.
    pub(super) fn to_toml(&self) -> String {
        let python = self.interpreter;
        let backend = format!(
            r#"
            [[service]]
            name = "backend"
            command = ["{python}", "main.py"]
            pid_file = "backend.pid"
            log_file = "backend.log"
            port = 8000
            health_url = "http://127.0.0.1:8000/health"
            "#
        );
        let sync = self.sync_script.map(|script| {
            format!(
                r#"
                [[service]]
                name = "wialon-sync"
                command = ["{python}", "{script}"]
                pid_file = "wialon_sync.pid"
                log_file = "wialon_sync.log"
                required = false
                "#
            )
        });
        let services = [self.has_backend.then_some(backend), sync];
        services.into_iter().flatten().collect()
    }
}
