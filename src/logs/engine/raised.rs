//! When exceptions were raised: counts over time by fingerprint, within the bound that the groups themselves have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grouping::{Fingerprint, MAX_GROUPS};
use crate::logs::pattern::Buckets;

/// Buckets of each exception.
const BUCKETS: usize = 256;

/// Printed chains over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Raised {
    tracks: BTreeMap<Fingerprint, Buckets>,
}

impl Raised {
    pub(super) fn observe(&mut self, fingerprint: Fingerprint, us: i64) {
        let second = u32::try_from(us.div_euclid(1_000_000)).unwrap_or(if us < 0 { 0 } else { u32::MAX });
        let track = self.tracks.entry(fingerprint).or_default();
        track.add(second.unbounded_shr(u32::from(track.shift())), 1, BUCKETS);
        self.shrink();
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (fingerprint, track) in other.tracks {
            self.tracks.entry(fingerprint).or_default().merge(track, BUCKETS);
        }
        self.shrink();
    }

    pub(super) fn weight(&self) -> usize {
        self.tracks.len() * 512
    }

    pub(super) fn finish(self) -> BTreeMap<Fingerprint, Buckets> {
        self.tracks
    }

    /// Keeps the lowest fingerprints, like the groups.
    fn shrink(&mut self) {
        while self.tracks.len() > MAX_GROUPS {
            self.tracks.pop_last();
        }
    }
}
