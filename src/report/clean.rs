//! The report of `fuelops clean`.
//!
//! A run may be about hundreds of thousands of files, so its lists are made while they are written and never stand in
//! memory as a whole.

use std::fmt;

use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};

/// What a cleaning run will do, or has done.
#[derive(Debug, Serialize)]
pub struct CleanReport<'a> {
    /// Name of the system, from the config.
    pub name: String,
    pub outcome: CleanOutcome,
    pub planned: CleanList<'a>,
    pub done: CleanList<'a>,
    /// What rules meant and what was left alone all the same.
    pub skipped: Vec<CleanSkip>,
    pub errors: Vec<CleanError>,
    /// Done, but not everything followed.
    pub warnings: Vec<CleanSkip>,
    /// What the file systems are going to gain.
    pub planned_bytes: u64,
    /// What the files took up that are gone.
    pub freed_bytes: u64,
    /// What the file systems themselves gained meanwhile, by everybody's doing; absent where nothing was done.
    pub gained_bytes: Option<i64>,
    /// What each rule takes, or has taken, in the order of the rules.
    pub rules: Vec<CleanRuleTotal>,
    pub disks: Vec<CleanDisk>,
    /// What explains a plan: a clock that is not believed, a disk that is not full.
    pub notes: Vec<String>,
    pub elapsed_ms: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CleanOutcome {
    NothingToDo,
    Planned,
    Done,
    /// Something was left alone or failed.
    Degraded,
    /// Nothing of what was planned could be done.
    Failed,
    /// Somebody asked for an end before all was done.
    Interrupted,
}

/// One thing to do, or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CleanEntry<'a> {
    pub path: &'a str,
    pub action: &'a str,
    pub bytes: u64,
    pub rule: &'a str,
}

/// A file that was left alone, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CleanSkip {
    pub path: String,
    pub why: String,
}

/// A file that something failed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CleanError {
    pub path: String,
    pub error: String,
}

/// What one rule does in sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CleanRuleTotal {
    pub rule: String,
    pub action: &'static str,
    pub files: u64,
    pub bytes: u64,
}

/// A file system before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CleanDisk {
    /// A folder on it that was cleaned.
    pub path: String,
    pub used_percent: f64,
    pub inodes_used_percent: f64,
    pub free_bytes: u64,
    /// Absent where nothing was done.
    pub used_percent_after: Option<f64>,
    pub free_bytes_after: Option<u64>,
}

/// A list that is made while it is read.
pub struct CleanList<'a> {
    /// How long it is.
    pub len: usize,
    /// Calls its argument with every entry.
    pub each: Box<Walk<'a>>,
}

/// Goes over a list.
type Walk<'a> = dyn Fn(&mut dyn FnMut(CleanEntry<'_>)) + 'a;

impl fmt::Debug for CleanList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} entries]", self.len)
    }
}

impl Serialize for CleanList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len))?;
        let mut failed = None;
        (self.each)(&mut |entry| {
            if failed.is_none() {
                failed = list.serialize_element(&entry).err();
            }
        });
        match failed {
            Some(error) => Err(S::Error::custom(error)),
            None => list.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_as_it_is_made() {
        let entry = CleanEntry { path: "/a", action: "delete", bytes: 1, rule: "r" };
        let list = CleanList { len: 2, each: Box::new(move |each| (0..2).for_each(|_| each(entry))) };
        let one = r#"{"path":"/a","action":"delete","bytes":1,"rule":"r"}"#;
        assert_eq!(serde_json::to_string(&list).unwrap(), format!("[{one},{one}]"));
    }
}
