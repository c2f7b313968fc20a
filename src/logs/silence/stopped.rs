//! Logs that stopped while others went on.

use crate::logs::silence::Silence;

/// Shorter silences are told by nobody.
const LEAST_S: i64 = 600;
/// How many times longer than the longest pause before.
const TIMES_LONGER: i64 = 3;
/// A log of fewer records has no usual pause.
const LEAST_RECORDS: u64 = 20;
/// Another log that begins this soon goes on in its place.
const HANDOVER_S: i64 = 120;

/// One log, or rotated set, over time.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    pub first_s: i64,
    pub last_s: i64,
    pub records: u64,
    /// The longest time without a record between the first and the last.
    pub longest_pause_s: i64,
    /// The last that it says of its program is that it was stopped.
    pub ends_stopped: bool,
}

/// Says which logs fell silent, the longest silence first.
pub fn stopped(tracks: &[Track]) -> Vec<Silence> {
    let Some(end) = tracks.iter().map(|track| track.last_s).max() else { return Vec::new() };
    let mut found: Vec<Silence> = tracks
        .iter()
        .enumerate()
        .filter(|(_, track)| !track.ends_stopped && track.records >= LEAST_RECORDS)
        .map(|(of, track)| Silence {
            of,
            last_s: track.last_s,
            silent_s: end - track.last_s,
            usual_s: track.longest_pause_s,
        })
        .filter(|silence| silence.silent_s >= LEAST_S.max(silence.usual_s.saturating_mul(TIMES_LONGER)))
        .filter(|silence| !is_handed_over(tracks, silence))
        .collect();
    found.sort_by_key(|silence| (std::cmp::Reverse(silence.silent_s), silence.of));
    found
}

/// Whether another log begins where this one ends: a rotation under a name that nobody recognised.
fn is_handed_over(tracks: &[Track], silence: &Silence) -> bool {
    let slack = HANDOVER_S.max(silence.usual_s);
    tracks
        .iter()
        .any(|other| (other.first_s - silence.last_s).abs() <= slack && other.last_s > silence.last_s)
}

#[cfg(test)]
mod tests {
    use super::{Track, stopped};

    const HOUR: i64 = 3_600;

    fn track(first_s: i64, last_s: i64) -> Track {
        Track { first_s, last_s, records: 1000, longest_pause_s: 60, ends_stopped: false }
    }

    #[test]
    fn a_log_that_stopped_while_another_went_on_is_told() {
        let found = stopped(&[track(0, 8 * HOUR), track(0, 5 * HOUR)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].of, found[0].last_s, found[0].silent_s), (1, 5 * HOUR, 3 * HOUR));
    }

    #[test]
    fn a_log_with_long_pauses_is_not_silent_yet() {
        let slow = Track { longest_pause_s: 2 * HOUR, ..track(0, 5 * HOUR) };
        assert_eq!(stopped(&[track(0, 8 * HOUR), slow]), []);
        assert_eq!(stopped(&[track(0, 12 * HOUR), slow]).len(), 1);
    }

    #[test]
    fn a_clean_stop_a_rotation_and_a_few_lines_are_no_silence() {
        let clean = Track { ends_stopped: true, ..track(0, 5 * HOUR) };
        let few = Track { records: 3, ..track(0, 5 * HOUR) };
        for other in [clean, few] {
            assert_eq!(stopped(&[track(0, 8 * HOUR), other]), []);
        }
        assert_eq!(stopped(&[track(0, 5 * HOUR), track(5 * HOUR + 2, 9 * HOUR)]), []);
    }

    #[test]
    fn one_log_alone_cannot_be_silent() {
        assert_eq!(stopped(&[track(0, 8 * HOUR)]), []);
        assert_eq!(stopped(&[]), []);
    }
}
