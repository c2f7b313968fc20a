//! Which process is meant: more than its number, which the next process may get.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What tells one process from every other, also in a later run of fuelops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: u32,
    /// A number that no other process gets until the next boot, where the kernel gives one.
    pub unique: Option<u64>,
    /// Mark of its start; two processes may share it.
    pub started: u64,
    /// The boot that it lives in.
    pub boot: Option<String>,
    pub owner: Option<u32>,
    pub executable: Option<PathBuf>,
    pub control_group: Option<String>,
}

impl Identity {
    /// Whether both can be the same process. Executable and control group are left out: a process may change them itself.
    pub fn is_same(&self, other: &Self) -> bool {
        let agrees = match (self.unique, other.unique) {
            (Some(mine), Some(theirs)) => mine == theirs,
            // Neither number nor start alone is proof; without a number of its own the owner has to agree, too.
            _ => self.started == other.started && self.owner == other.owner,
        };
        self.pid == other.pid && self.boot.is_some() && self.boot == other.boot && agrees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(unique: Option<u64>, boot: &str) -> Identity {
        Identity {
            pid: 7,
            unique,
            started: 9,
            boot: Some(boot.to_owned()),
            owner: Some(0),
            executable: None,
            control_group: None,
        }
    }

    #[test]
    fn number_and_start_prove_nothing_where_the_kernel_counts_processes() {
        let one = identity(Some(1), "b");
        assert!(one.is_same(&one));
        assert!(!one.is_same(&identity(Some(2), "b")));
        assert!(!one.is_same(&identity(Some(1), "c")), "another boot");
        assert!(identity(None, "b").is_same(&identity(None, "b")));
    }
}
