//! What programs say of their own lives, where they say it; bounded.

use serde::{Deserialize, Serialize};

use crate::logs::pattern::Place;
use crate::logs::restarts::Mark;

/// Events that are kept: the first ones of the sources, in their order.
const MAX_EVENTS: usize = 16_384;

/// A step in a process's life, as a record tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub place: Place,
    /// Microseconds since 1970.
    pub at: Option<i64>,
    /// When the record before it was written.
    pub before_at: Option<i64>,
    pub mark: Mark,
    pub pid: Option<u32>,
}

/// Events by place.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Events {
    kept: Vec<Event>,
    dropped: u64,
}

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        self.kept.push(event);
        if self.kept.len() >= 2 * MAX_EVENTS {
            self.shrink();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.dropped += other.dropped;
        self.kept.extend(other.kept);
        self.shrink();
    }

    /// The events by place, and how many more there were.
    pub(super) fn finish(mut self) -> (Vec<Event>, u64) {
        self.shrink();
        (self.kept, self.dropped)
    }

    /// The events by place.
    pub(super) fn in_order(&mut self) -> &[Event] {
        self.shrink();
        &self.kept
    }

    /// Says that all of them stand in this source.
    pub(super) fn stand_in(&mut self, source: u32) {
        self.kept.iter_mut().for_each(|event| event.place.source = source);
    }

    pub(super) fn weight(&self) -> usize {
        self.kept.capacity() * size_of::<Event>()
    }

    fn shrink(&mut self) {
        self.kept.sort_unstable_by_key(|event| (event.place.source, event.place.offset));
        self.dropped += self.kept.len().saturating_sub(MAX_EVENTS) as u64;
        self.kept.truncate(MAX_EVENTS);
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Events, MAX_EVENTS};
    use crate::logs::pattern::Place;
    use crate::logs::restarts::Mark;

    #[test]
    fn the_first_events_stay_and_the_rest_is_counted() {
        let (mut one, mut two) = (Events::default(), Events::default());
        for offset in (0..5 * MAX_EVENTS as u64).rev() {
            let place = Place { offset, ..Place::default() };
            let event = Event { place, at: None, before_at: None, mark: Mark::Start, pid: None };
            if offset % 3 == 0 { one.push(event) } else { two.push(event) }
        }
        one.merge(two);
        let (kept, dropped) = one.finish();
        assert_eq!(dropped, 4 * MAX_EVENTS as u64);
        assert!(kept.iter().enumerate().all(|(at, event)| event.place.offset == at as u64));
    }
}
