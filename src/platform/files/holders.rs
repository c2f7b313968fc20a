//! Who has files open, as far as this process may see.

use std::collections::HashMap;

use super::look::FileId;

/// A process that has a file open, or mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub access: Access,
}

/// What a holder may do with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    /// Every write goes to the end, wherever that is by then.
    Append,
    /// Writes go to a place that the writer remembers.
    Write,
}

/// Files that other processes have open.
#[derive(Debug)]
pub struct Holders {
    by_file: HashMap<FileId, Vec<Holder>>,
    /// Every process of the machine was looked into.
    pub is_complete: bool,
}

impl Holders {
    pub(super) fn new(is_complete: bool) -> Self {
        Self { by_file: HashMap::new(), is_complete }
    }

    /// Who has a file open; empty where nobody is known to.
    pub fn of(&self, file: FileId) -> &[Holder] {
        self.by_file.get(&file).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, file: FileId, holder: Holder) {
        let known = self.by_file.entry(file).or_default();
        match known.iter_mut().find(|other| other.pid == holder.pid) {
            // One process may have a file open twice: what matters is the harm that it could come to.
            Some(other) if rank(holder.access) > rank(other.access) => other.access = holder.access,
            Some(_) => {}
            None => known.push(holder),
        }
    }
}

fn rank(access: Access) -> u8 {
    match access {
        Access::Read => 0,
        Access::Append => 1,
        Access::Write => 2,
    }
}
