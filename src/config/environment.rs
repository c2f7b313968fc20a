//! What a config may depend on beside its own text.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The surroundings in which a config is looked for and read; handed in, so that nothing below reads them by itself.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The current folder, absolute.
    pub cwd: PathBuf,
    pub variables: BTreeMap<OsString, OsString>,
    /// Effective user id of the caller.
    pub caller: u32,
}

impl Environment {
    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value of a variable that holds a path, unless it is empty.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}
