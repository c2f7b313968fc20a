//! Where the counters of paths stand that were asked for lately, so that few paths need their ids folded.
//!
//! Memory of work done and nothing else: what is counted does not depend on it.

/// Paths that are remembered, each in the one place that its hash gives it.
const PLACES: usize = 8192;

/// Places in a table of paths, by the hash of a path as it was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(Vec<(u64, u32)>);

impl Recent {
    /// Returns where the counters of a path stand.
    #[inline]
    pub(super) fn find(&self, hash: u64) -> Option<usize> {
        let &(known, place) = self.0.get(hash as usize % PLACES)?;
        (known == hash).then_some(place as usize)
    }

    /// Remembers where the counters of a path stand.
    #[inline]
    pub(super) fn remember(&mut self, hash: u64, place: usize) {
        if self.0.is_empty() {
            // No path has this hash in the place for it: the first place is for hashes that end in zeros.
            self.0 = vec![(1, 0); PLACES];
            self.0[1] = (0, 0);
        }
        self.0[hash as usize % PLACES] = (hash, place as u32);
    }

    /// Forgets everything, because counters were moved.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// What is remembered makes no difference.
impl PartialEq for Recent {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Recent};

    #[test]
    fn what_was_remembered_last_is_found() {
        let mut recent = Recent::default();
        assert_eq!(recent.find(7), None);
        recent.remember(7, 3);
        assert_eq!((recent.find(7), recent.find(7 + PLACES as u64)), (Some(3), None));
        assert_eq!((recent.find(0), recent.find(1)), (None, None));
        recent.remember(7 + PLACES as u64, 4);
        assert_eq!((recent.find(7), recent.find(7 + PLACES as u64)), (None, Some(4)));
        recent.clear();
        assert_eq!(recent.find(7), None);
    }
}
