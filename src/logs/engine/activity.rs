//! How many records of each level were written when.

use serde::{Deserialize, Serialize};

use crate::logs::pattern::Buckets;
use crate::model::Level;

/// Buckets that are kept for each level.
const BUCKETS: usize = 4096;

/// Records over time, by level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    tracks: [Track; 7],
}

/// The records of one level; the last bucket is counted apart, since the next record mostly falls into it again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Buckets", into = "Buckets")]
struct Track {
    bucket: u32,
    pending: u32,
    buckets: Buckets,
}

impl Activity {
    /// Counts a record.
    #[inline]
    pub(super) fn observe(&mut self, level: Option<Level>, second: u32) {
        let track = &mut self.tracks[index(level)];
        if second.unbounded_shr(u32::from(track.buckets.shift())) != track.bucket || track.pending == 0 {
            track.settle();
            track.bucket = second.unbounded_shr(u32::from(track.buckets.shift()));
        }
        track.pending += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, mut theirs) in self.tracks.iter_mut().zip(other.tracks) {
            mine.settle();
            theirs.settle();
            mine.buckets.merge(theirs.buckets, BUCKETS);
        }
    }

    /// The records of one level over time.
    pub fn of(&mut self, level: Option<Level>) -> &Buckets {
        let track = &mut self.tracks[index(level)];
        track.settle();
        &track.buckets
    }
}

impl Track {
    fn settle(&mut self) {
        if self.pending > 0 {
            self.buckets.add(self.bucket, self.pending, BUCKETS);
            self.pending = 0;
        }
    }
}

impl From<Buckets> for Track {
    fn from(buckets: Buckets) -> Self {
        Self { buckets, ..Self::default() }
    }
}

impl From<Track> for Buckets {
    fn from(mut track: Track) -> Self {
        track.settle();
        track.buckets
    }
}

impl PartialEq for Track {
    fn eq(&self, other: &Self) -> bool {
        Buckets::from(self.clone()) == Buckets::from(other.clone())
    }
}

impl Eq for Track {}

fn index(level: Option<Level>) -> usize {
    level.map_or(6, |level| level as usize)
}
