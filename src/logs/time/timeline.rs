//! The segments of a file joined in order, so that times that hung on what stood before a segment get their place.

use crate::logs::time::civil::DAY_US;
use crate::logs::time::clock::{Stretch, next_to};
use crate::logs::time::file::FileTime;
use crate::logs::time::zone::CachedZone;

/// A moment, or one that is known only relative to the file's first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Microseconds since 1970, UTC.
    Known(i64),
    /// Microseconds behind [`Ending::relative_us`], which the end of the file tells.
    FromFirstDay(i64),
}

/// Where the hanging times of one segment belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The time of its records that are [`super::At::Carried`]; `None` before the file's first time: they take [`Ending::first_us`].
    pub carried: Option<Anchor>,
    /// What is to be added to its [`super::At::Relative`] times.
    pub relative: Anchor,
}

/// What only the whole file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The moment that [`Anchor::FromFirstDay`] counts from.
    pub relative_us: i64,
    /// The first time in the file, for records before it; `None` if no line bore a time.
    pub first_us: Option<i64>,
}

/// The time line of one file. Push the stretches of its segments and seams in the order of the file.
#[derive(Clone, Debug)]
pub struct Timeline {
    file: FileTime,
    zone: CachedZone,
    last: Option<Anchor>,
    first: Option<Anchor>,
    /// Set when the first day is known, which is when a date follows times without one.
    first_day_us: Option<i64>,
}

impl Timeline {
    /// Creates the time line of a file.
    pub fn new(file: FileTime) -> Self {
        Self { file, zone: CachedZone::new(file.zone()), last: None, first: None, first_day_us: None }
    }

    /// Goes on where another file ended: a rotated set is one line.
    pub fn following(file: FileTime, before_us: Option<i64>) -> Self {
        Self { last: before_us.map(Anchor::Known), ..Self::new(file) }
    }

    /// Places the next stretch.
    pub fn push(&mut self, stretch: &Stretch) -> Placement {
        let carried = self.last;
        let relative = stretch.first_relative.map_or(Anchor::FromFirstDay(0), |first| self.anchor(first));
        if let Some(last) = stretch.last_relative {
            self.last = Some(shifted(relative, last));
            self.first = self.first.or(stretch.first_relative.map(|first| shifted(relative, first)));
        }
        if let Some(known) = stretch.first_known {
            if let Some(Anchor::FromFirstDay(us)) = self.last.filter(|_| self.first_day_us.is_none()) {
                self.first_day_us = Some(self.day_before(us, known));
            }
            self.first = self.first.or(Some(Anchor::Known(known)));
        }
        self.last = stretch.last_known.map(Anchor::Known).or(self.last);
        Placement { carried, relative }
    }

    /// Ends the file. Where no line bore a date, its last time of day is put on the file's last day.
    pub fn finish(mut self) -> Ending {
        let relative_us = match (self.first_day_us, self.last) {
            (Some(us), _) => us,
            (None, Some(Anchor::FromFirstDay(us))) => self.day_before(us, self.file.latest_us()),
            _ => 0,
        };
        let first_us = self.first.map(|first| match first {
            Anchor::Known(us) => us,
            Anchor::FromFirstDay(us) => us + relative_us,
        });
        Ending { relative_us, first_us }
    }

    /// The last known time so far, for a file that goes on with this one.
    pub fn last_us(&self) -> Option<i64> {
        match self.last {
            Some(Anchor::Known(us)) => Some(us),
            _ => None,
        }
    }

    /// What is to be added to a segment's relative times, given its first.
    fn anchor(&mut self, first: i64) -> Anchor {
        match self.last {
            None => Anchor::FromFirstDay(0),
            Some(Anchor::FromFirstDay(last)) => Anchor::FromFirstDay(next_to(last, first) - first),
            Some(Anchor::Known(last)) => {
                let wall = next_to(self.zone.wall_us(last), first);
                Anchor::Known(self.zone.utc_us(wall) - first)
            }
        }
    }

    /// The first day's midnight, given that `relative_us` behind it lies just before `known`.
    fn day_before(&mut self, relative_us: i64, known: i64) -> i64 {
        let wall = next_to(self.zone.wall_us(known), relative_us.rem_euclid(DAY_US));
        self.zone.utc_us(wall) - relative_us
    }
}

fn shifted(anchor: Anchor, us: i64) -> Anchor {
    match anchor {
        Anchor::Known(base) => Anchor::Known(base + us),
        Anchor::FromFirstDay(base) => Anchor::FromFirstDay(base + us),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::format::parse;
    use crate::logs::time::civil::SECOND_US;
    use crate::logs::time::zone::Zone;
    use crate::logs::time::{At, Clock};

    /// 2024-01-10T12:00:00Z.
    const LATEST: i64 = 1_704_888_000 * SECOND_US;

    /// The time of every line, the lines cut into segments at these places.
    fn resolved(lines: &[String], cuts: &[usize]) -> Vec<Option<i64>> {
        let file = FileTime::new(Zone::Fixed(3_600), LATEST);
        let mut line = Timeline::new(file);
        let mut hanging = Vec::new();
        let mut edges = cuts.to_vec();
        edges.push(lines.len());
        let mut from = 0;
        for to in edges {
            let mut clock = Clock::new(file);
            let times: Vec<At> =
                lines[from..to].iter().map(|text| clock.at(&parse(text.as_bytes()).line.stamp)).collect();
            let place = line.push(&clock.stretch());
            hanging.extend(times.into_iter().map(|at| (at, place)));
            from = to;
        }
        let ending = line.finish();
        let moment = |anchor| match anchor {
            Anchor::Known(us) => us,
            Anchor::FromFirstDay(us) => us + ending.relative_us,
        };
        let of = |(at, place): (At, Placement)| match at {
            At::Known { us, .. } => Some(us),
            At::Relative { us, .. } => Some(us + moment(place.relative)),
            At::Carried => place.carried.map(moment).or(ending.first_us),
        };
        hanging.into_iter().map(of).collect()
    }

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_log_of_bare_times_ends_at_the_files_last_day() {
        let log = lines(&["22:00:00 INFO a", "01:00:00 INFO b", "12:30:00 INFO c"]);
        let hour = 3_600 * SECOND_US;
        let last = LATEST - hour / 2;
        assert_eq!(
            resolved(&log, &[]),
            [Some(last - 14 * hour - hour / 2), Some(last - 11 * hour - hour / 2), Some(last)]
        );
    }

    #[test]
    fn a_log_without_any_time_stays_without() {
        assert_eq!(resolved(&lines(&["INFO:     x", "plain"]), &[1]), [None, None]);
    }

    #[test]
    fn lines_before_the_first_time_take_it() {
        let log = lines(&["INFO:     x", "2024-01-01 11:00:00 INFO y"]);
        assert_eq!(resolved(&log, &[1])[0], resolved(&log, &[])[1]);
    }

    proptest! {
        #[test]
        fn cuts_do_not_change_any_time(
            kinds in prop::collection::vec(0..4_u8, 1..40),
            steps in prop::collection::vec(0..400_i64, 40),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let mut minute = 0;
            let log: Vec<String> = kinds.iter().zip(&steps).map(|(kind, step)| {
                minute += step;
                let (day, hour, minute) = (minute / 1_440, minute / 60 % 24, minute % 60);
                match kind {
                    0 => format!("2024-01-{:02} {hour:02}:{minute:02}:00 INFO x", day + 1),
                    1 | 2 => format!("{hour:02}:{minute:02}:00 INFO x"),
                    _ => "INFO:     x".to_owned(),
                }
            }).collect();
            let mut cuts: Vec<usize> = picks.iter().map(|pick| pick.index(log.len())).collect();
            cuts.sort_unstable();
            prop_assert_eq!(resolved(&log, &cuts), resolved(&log, &[]));
        }
    }
}
