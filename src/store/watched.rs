//! What a monitor lets others read of what it watches: when it started what again, and what is no good.
//!
//! It stands under a key of its own in the file in which the monitor remembers everything.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is known of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    pub target: String,
    /// When it was started again, oldest first; only the last ones are remembered.
    pub restarted_at: Vec<DateTime<Utc>>,
    /// Since when it is no good, where it is.
    pub incident_since: Option<DateTime<Utc>>,
}

impl Watched {
    /// The file of the state folder in which a monitor remembers everything.
    pub const FILE: &str = "monitor.json";
    /// Largest such file that is read.
    pub const MAX_BYTES: u64 = 16 << 20;

    /// Everything that a monitor has left; nothing where none has, or it cannot be understood.
    pub fn all(state_dir: &Path) -> Vec<Self> {
        #[derive(Deserialize)]
        struct Memory {
            #[serde(default)]
            watched: Vec<Watched>,
        }
        let path = state_dir.join(Self::FILE);
        let is_fit = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= Self::MAX_BYTES);
        let text = if is_fit { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        serde_json::from_slice::<Memory>(&text).map(|memory| memory.watched).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_key_is_read_and_what_is_missing_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Watched::all(folder.path()), []);
        let watched = Watched {
            target: "api".to_owned(),
            restarted_at: vec![DateTime::UNIX_EPOCH],
            incident_since: None,
        };
        let text = serde_json::json!({ "fleet": { "machines": [7] }, "watched": [watched.clone()] });
        fs::write(folder.path().join(Watched::FILE), text.to_string()).unwrap();
        assert_eq!(Watched::all(folder.path()), [watched]);
        fs::write(folder.path().join(Watched::FILE), "{\"fleet\": {}}").unwrap();
        assert_eq!(Watched::all(folder.path()), []);
    }
}
