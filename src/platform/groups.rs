//! Process groups that were started and have not ended: whoever is told to end takes them along.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::platform::kill_group;

static LIVE: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A group of our own making, from its leader's start to this value's end.
#[derive(Debug)]
pub struct LiveGroup {
    leader: u32,
}

impl LiveGroup {
    /// Notes the group of a process that was started as its leader.
    pub fn of(leader: u32) -> Self {
        live().insert(leader);
        Self { leader }
    }
}

impl Drop for LiveGroup {
    fn drop(&mut self) {
        live().remove(&self.leader);
    }
}

/// Kills every group that is still noted; for a program that is about to end by a signal.
pub fn kill_live_groups() {
    for leader in live().iter() {
        kill_group(*leader);
    }
}

fn live() -> MutexGuard<'static, BTreeSet<u32>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}
