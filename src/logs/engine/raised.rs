//! When exceptions were raised: counts over time by fingerprint and origin, within a bound.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grouping::{Fingerprint, MAX_GROUPS};
use crate::logs::engine::overlap::moved;
use crate::logs::engine::pairs;
use crate::logs::pattern::Buckets;

/// Buckets of each exception.
const BUCKETS: usize = 256;
/// Exceptions are told apart as long as their groups are, and by two origins each.
const MAX_TRACKS: usize = 2 * MAX_GROUPS;

/// Printed chains over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Raised {
    #[serde(with = "pairs")]
    tracks: BTreeMap<(Fingerprint, u32), Buckets>,
}

impl Raised {
    pub(super) fn observe(&mut self, fingerprint: Fingerprint, origin: u32, us: i64) {
        let second = u32::try_from(us.div_euclid(1_000_000)).unwrap_or(if us < 0 { 0 } else { u32::MAX });
        let track = self.tracks.entry((fingerprint, origin)).or_default();
        track.add(second.unbounded_shr(u32::from(track.shift())), 1, BUCKETS);
        self.shrink();
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, track) in other.tracks {
            self.tracks.entry(key).or_default().merge(track, BUCKETS);
        }
        self.shrink();
    }

    /// Says that all of them stand in this series.
    pub(super) fn stand_in(&mut self, series: u32) {
        let tracks = std::mem::take(&mut self.tracks).into_iter();
        self.tracks = tracks.map(|((of, origin), track)| ((of, moved(origin, series)), track)).collect();
    }

    pub(super) fn weight(&self) -> usize {
        self.tracks.len() * 512
    }

    /// The counts by fingerprint, those of origins that repeat others left out where there are others.
    pub(super) fn finish(self, is_copy: impl Fn(u32) -> bool) -> BTreeMap<Fingerprint, Buckets> {
        let (copied, original): (Vec<_>, Vec<_>) =
            self.tracks.into_iter().partition(|((_, origin), _)| is_copy(*origin));
        let mut finished: BTreeMap<Fingerprint, Buckets> = BTreeMap::new();
        for ((fingerprint, _), track) in original {
            finished.entry(fingerprint).or_default().merge(track, BUCKETS);
        }
        for ((fingerprint, _), track) in copied {
            finished.entry(fingerprint).or_insert(track);
        }
        finished
    }

    /// Keeps the lowest fingerprints, like the groups.
    fn shrink(&mut self) {
        while self.tracks.len() > MAX_TRACKS {
            self.tracks.pop_last();
        }
    }
}
