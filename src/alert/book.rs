//! The outbox: open incidents, and what each sink was told and has still to hear. Pure: events in, state out.
//!
//! The same events give the same state, which is what makes a journal of them enough. Invariants, each tested on random
//! histories: a sink that was told of an incident is told of its end; nothing is told twice but reminders; nothing grows
//! without bound, and what is dropped is counted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use crate::alert::line::{Counts, Line, Pick, Waiting};
use crate::alert::policy::{Due, Gathering};
use crate::alert::{Kind, Message, Notice, Policy};

/// Incidents that are kept; a storm of a thousand fits.
const MAX_INCIDENTS: usize = 1_200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Event {
    /// Somebody has news.
    Submitted { notice: Box<Notice> },
    /// Time went by.
    Ticked { at: DateTime<Utc> },
    /// A sink took these; where it has several receivers, maybe not for all.
    Sent {
        sink: String,
        ids: Vec<u64>,
        #[serde(default)]
        refused: Option<String>,
        at: DateTime<Utc>,
    },
    /// A sink took nothing.
    Failed { sink: String, why: String, retry_at: DateTime<Utc>, at: DateTime<Utc> },
    /// A sink will never take these.
    Refused { sink: String, ids: Vec<u64>, why: String, at: DateTime<Utc> },
    /// Of these, and of no others, nobody is reminded for now.
    Hushed { incidents: BTreeSet<String> },
}

/// Everything that has to survive a restart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Book {
    incidents: BTreeMap<String, Incident>,
    pub(super) lines: BTreeMap<String, Line>,
    /// Incidents of which nobody is reminded for now.
    pub(super) hushed: BTreeSet<String>,
    next_id: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Incident {
    /// As it was told last while it was open.
    news: Notice,
    #[serde(default)]
    is_acknowledged: bool,
    resolved: Option<Box<Notice>>,
    /// For dropping the oldest.
    number: u64,
}

impl Book {
    /// Takes over the sinks and rules of the config; what waited for a sink that is gone goes with it.
    pub(super) fn adopt(&mut self, sinks: &[(String, Policy)]) {
        let mut old = std::mem::take(&mut self.lines);
        self.lines = sinks
            .iter()
            .map(|(name, policy)| {
                let mut line = old.remove(name).unwrap_or_else(|| Line::new(policy.clone()));
                line.policy = policy.clone();
                (name.clone(), line)
            })
            .collect();
        self.sweep();
    }

    /// Takes an event in.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Submitted { notice } => self.hear(notice),
            Event::Ticked { at } => drop(self.tick(*at)),
            Event::Sent { sink, ids, refused, at } => {
                self.on_line(sink, |line| line.sent(ids, refused.clone(), *at));
            }
            Event::Failed { sink, why, retry_at, at } => {
                self.on_line(sink, |line| line.failed(why.clone(), *retry_at, *at));
            }
            Event::Refused { sink, ids, why, .. } => {
                self.on_line(sink, |line| line.refused(ids, why.clone()));
            }
            Event::Hushed { incidents } => self.hushed.clone_from(incidents),
        }
    }

    fn on_line(&mut self, sink: &str, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines.get_mut(sink) {
            change(line);
        }
        self.sweep();
    }

    fn hear(&mut self, notice: &Notice) {
        let (name, at) = (notice.incident.clone(), notice.at);
        match notice.kind {
            Kind::Resolved => self.resolve(notice),
            Kind::Acknowledged => {
                let Some(incident) = self.incidents.get_mut(&name) else { return };
                if incident.resolved.is_none() && !std::mem::replace(&mut incident.is_acknowledged, true) {
                    let id = &mut self.next_id;
                    self.lines.values_mut().for_each(|line| line.acknowledge(take(id), &name, at));
                }
            }
            Kind::Opened | Kind::Escalated | Kind::Reminder => {
                self.update(notice);
                self.settle(&name, at);
            }
        }
        self.make_room();
    }

    fn update(&mut self, notice: &Notice) {
        if let Some(known) = self.incidents.get_mut(&notice.incident)
            && known.resolved.is_none()
        {
            known.news = Notice { opened_at: known.news.opened_at, ..notice.clone() };
            return;
        }
        self.lines.values_mut().for_each(|line| line.meet(notice));
        let number = take(&mut self.next_id);
        let incident = Incident { news: notice.clone(), is_acknowledged: false, resolved: None, number };
        self.incidents.insert(notice.incident.clone(), incident);
    }

    fn resolve(&mut self, notice: &Notice) {
        let Some(incident) = self.incidents.get_mut(&notice.incident) else { return };
        if incident.resolved.is_some() {
            return;
        }
        let Notice { opened_at, severity, .. } = incident.news;
        incident.resolved = Some(Box::new(Notice { opened_at, severity, ..notice.clone() }));
        let id = &mut self.next_id;
        self.lines.values_mut().for_each(|line| line.resolve(take(id), &notice.incident, notice.at));
        self.sweep();
    }

    /// Decides for each sink whether an open incident is told now.
    fn settle(&mut self, name: &str, now: DateTime<Utc>) -> bool {
        let Some(incident) = self.incidents.get(name).filter(|one| one.resolved.is_none()) else {
            return false;
        };
        let is_muted = incident.is_acknowledged || self.hushed.contains(name);
        let mut is_changed = false;
        for line in self.lines.values_mut() {
            if let Due::Now(kind) = line.due(&incident.news, is_muted, now) {
                line.tell(take(&mut self.next_id), &incident.news, kind, now);
                is_changed = true;
            }
        }
        is_changed
    }

    /// Lets time go by; tells whether that changed anything.
    pub(super) fn tick(&mut self, now: DateTime<Utc>) -> bool {
        let mut is_changed = false;
        let open: Vec<String> = self.open().map(|news| news.incident.clone()).collect();
        for name in open {
            is_changed |= self.settle(&name, now);
        }
        for line in self.lines.values_mut() {
            is_changed |= line.age(now);
        }
        self.sweep();
        is_changed
    }

    /// The next time at which there is something to tell without anything happening.
    pub(super) fn next_tick(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let open = self.incidents.values().filter(|one| one.resolved.is_none());
        let due = open.flat_map(|one| {
            let is_muted = one.is_acknowledged || self.hushed.contains(&one.news.incident);
            self.lines.values().filter_map(move |line| match line.due(&one.news, is_muted, now) {
                Due::Now(_) => Some(now),
                Due::At(at) => Some(at),
                Due::Never => None,
            })
        });
        due.min()
    }

    /// What a sink is given now.
    pub(super) fn pick<Z: TimeZone>(&self, sink: &str, now: DateTime<Utc>, zone: &Z) -> Pick {
        self.lines.get(sink).map_or(Pick::Nothing, |line| line.pick(now, zone))
    }

    /// The message that these make.
    pub(super) fn message(&self, sink: &str, ids: &[u64]) -> Option<Message> {
        let line = self.lines.get(sink)?;
        let chosen = line.waiting.iter().filter(|one| ids.contains(&one.id));
        let notices: Vec<Notice> = chosen.filter_map(|one| self.notice(one)).collect();
        let (first, last) = (ids.first()?, ids.last()?);
        let key = match (notices.first(), first == last) {
            (Some(only), true) => format!("{}-{first}", only.incident),
            _ => format!("fuelops-{first}-{last}"),
        };
        let is_digest = line.policy.gathering == Gathering::Digest && ids.len() > 1;
        Some(Message { key, notices, is_digest, dropped: line.counts.dropped })
    }

    fn notice(&self, one: &Waiting) -> Option<Notice> {
        let incident = self.incidents.get(&one.incident)?;
        let told = match (&incident.resolved, one.kind) {
            (Some(resolved), Kind::Resolved) => (**resolved).clone(),
            _ => incident.news.clone(),
        };
        Some(Notice { kind: one.kind, repeats: one.repeats, at: one.at, ..told })
    }

    /// Incidents that are open, as they were told last.
    pub(super) fn open(&self) -> impl Iterator<Item = &Notice> {
        self.incidents.values().filter(|one| one.resolved.is_none()).map(|one| &one.news)
    }

    /// What became of everything, for each sink.
    pub(super) fn counts(&self) -> BTreeMap<String, Counts> {
        self.lines.iter().map(|(name, line)| (name.clone(), line.counts)).collect()
    }

    /// Forgets incidents that are over and told.
    fn sweep(&mut self) {
        let waiting = || self.lines.values().flat_map(|line| &line.waiting);
        let told: BTreeSet<&str> = waiting().map(|one| one.incident.as_str()).collect();
        self.incidents.retain(|name, one| one.resolved.is_none() || told.contains(name.as_str()));
    }

    fn make_room(&mut self) {
        while self.incidents.len() > MAX_INCIDENTS && self.drop_oldest() {}
    }

    /// Drops the oldest incident, one that is over before one that is open; the sinks' counts tell. False: there is none.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let order = |one: &Incident| (one.resolved.is_none(), one.number);
        let oldest = self.incidents.iter().min_by_key(|(_, one)| order(one)).map(|(name, _)| name.clone());
        let Some(name) = oldest else { return false };
        self.incidents.remove(&name);
        self.lines.values_mut().for_each(|line| line.forget(&name));
        true
    }
}

/// The next number.
fn take(next: &mut u64) -> u64 {
    *next += 1;
    *next
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::alert::testing::{later, minutes, notice, policy, start};
    use crate::model::Severity;

    fn book() -> Book {
        let mut book = Book::default();
        book.adopt(&[("chat".to_owned(), policy())]);
        book
    }

    fn say(book: &mut Book, notice: &Notice) {
        book.apply(&Event::Submitted { notice: Box::new(notice.clone()) });
    }

    /// Lets the sink take everything, and tells what it took.
    fn deliver(book: &mut Book, now: DateTime<Utc>) -> Vec<(Kind, String, u32)> {
        let mut taken = Vec::new();
        while let Pick::Send(ids) = book.pick("chat", now, &Utc) {
            let message = book.message("chat", &ids).unwrap();
            taken.extend(message.notices.into_iter().map(|n| (n.kind, n.incident, n.repeats)));
            book.apply(&Event::Sent { sink: "chat".to_owned(), ids, refused: None, at: now });
        }
        taken
    }

    #[test]
    fn an_incident_is_told_once_and_so_is_its_end() {
        let mut book = book();
        let first = notice("i", "api");
        say(&mut book, &first);
        say(&mut book, &later(&first, Kind::Opened, start() + minutes(1)));
        assert_eq!(deliver(&mut book, start() + minutes(1)), [(Kind::Opened, "i".to_owned(), 0)]);
        say(&mut book, &later(&first, Kind::Resolved, start() + minutes(2)));
        say(&mut book, &later(&first, Kind::Resolved, start() + minutes(2)));
        assert_eq!(deliver(&mut book, start() + minutes(2)), [(Kind::Resolved, "i".to_owned(), 0)]);
        assert_eq!(book.open().count() + book.incidents.len(), 0, "nothing is left behind");
    }

    #[test]
    fn what_comes_and_goes_is_folded_and_told_when_it_stays() {
        let mut book = book();
        for n in 0..5 {
            let one = Notice { at: start() + minutes(n), ..notice(&format!("i{n}"), "api") };
            say(&mut book, &one);
            if n < 4 {
                say(&mut book, &later(&one, Kind::Resolved, one.at + TimeDelta::seconds(10)));
            }
        }
        let told = deliver(&mut book, start() + minutes(5));
        assert_eq!(told, [(Kind::Opened, "i0".to_owned(), 0), (Kind::Resolved, "i0".to_owned(), 0)]);
        assert_eq!(book.next_tick(start() + minutes(5)), Some(start() + minutes(15)));
        book.apply(&Event::Ticked { at: start() + minutes(15) });
        assert_eq!(deliver(&mut book, start() + minutes(15)), [(Kind::Opened, "i4".to_owned(), 3)]);
        assert_eq!(book.counts()["chat"].folded, 4);
    }

    #[test]
    fn an_acknowledged_incident_is_not_reminded_of() {
        let mut book = book();
        let first = notice("i", "api");
        say(&mut book, &first);
        deliver(&mut book, start());
        say(&mut book, &later(&first, Kind::Acknowledged, start() + minutes(1)));
        assert_eq!(deliver(&mut book, start() + minutes(1)), [(Kind::Acknowledged, "i".to_owned(), 0)]);
        book.apply(&Event::Ticked { at: start() + minutes(600) });
        assert_eq!(deliver(&mut book, start() + minutes(600)), []);
        say(&mut book, &later(&first, Kind::Resolved, start() + minutes(700)));
        assert_eq!(deliver(&mut book, start() + minutes(700)), [(Kind::Resolved, "i".to_owned(), 0)]);
    }

    #[test]
    fn a_silent_incident_is_not_reminded_of_before_the_silence_is_over() {
        let mut book = book();
        let first = notice("i", "api");
        say(&mut book, &first);
        deliver(&mut book, start());
        book.apply(&Event::Hushed { incidents: BTreeSet::from(["i".to_owned()]) });
        assert_eq!(book.next_tick(start()), None);
        let late = start() + minutes(600);
        book.apply(&Event::Ticked { at: late });
        assert_eq!(deliver(&mut book, late), []);
        book.apply(&Event::Hushed { incidents: BTreeSet::new() });
        book.apply(&Event::Ticked { at: late });
        assert_eq!(deliver(&mut book, late), [(Kind::Reminder, "i".to_owned(), 0)]);
    }

    #[test]
    fn a_storm_of_a_thousand_is_one_message_and_so_is_its_end() {
        let mut book = book();
        for n in 0..1_000 {
            say(&mut book, &notice(&format!("i{n}"), &format!("t{n}")));
        }
        assert_eq!(deliver(&mut book, start()).len(), 1_000);
        assert_eq!(book.counts()["chat"].sent, 1);
        for n in 0..1_000 {
            say(
                &mut book,
                &later(&notice(&format!("i{n}"), &format!("t{n}")), Kind::Resolved, start() + minutes(2)),
            );
        }
        assert_eq!(deliver(&mut book, start() + minutes(2)).len(), 1_000);
        assert_eq!(book.counts()["chat"].sent, 2);
        assert!(book.incidents.is_empty());
    }

    #[test]
    fn a_sink_that_takes_nothing_costs_no_more_than_there_is_room() {
        let mut book = book();
        for n in 0..3_000 {
            say(&mut book, &notice(&format!("i{n}"), &format!("t{n}")));
        }
        assert_eq!(book.incidents.len(), MAX_INCIDENTS);
        assert_eq!(book.counts()["chat"].dropped, 1_800);
        assert!(book.incidents.contains_key("i2999"));
    }

    #[test]
    fn an_hour_without_the_sink_is_told_as_one_when_it_is_back() {
        let mut book = book();
        let mut attempts = 0;
        for minute in 0..60 {
            let now = start() + minutes(minute);
            let name = format!("i{minute}");
            say(&mut book, &Notice { at: now, opened_at: now, ..notice(&name, &name) });
            if let Pick::Send(_) = book.pick("chat", now, &Utc) {
                let pause = TimeDelta::from_std(book.lines["chat"].pause(None, 1.0)).unwrap();
                book.apply(&Event::Failed {
                    sink: "chat".into(),
                    why: "down".into(),
                    retry_at: now + pause,
                    at: now,
                });
                attempts += 1;
            }
        }
        assert!((10..25).contains(&attempts), "{attempts} attempts in an hour");
        // It is back: at most five minutes later it knows everything, by one message.
        let told = deliver(&mut book, start() + minutes(65));
        assert_eq!((told.len(), book.counts()["chat"].sent), (60, 1));
        assert!(book.lines["chat"].failing.is_none());
    }

    #[test]
    fn a_repeated_or_unknown_end_is_no_news() {
        let mut book = book();
        say(&mut book, &later(&notice("i", "api"), Kind::Resolved, start()));
        say(&mut book, &later(&notice("i", "api"), Kind::Acknowledged, start()));
        assert_eq!(book.pick("chat", start(), &Utc), Pick::Nothing);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Say(u8, Kind, Severity),
        Deliver,
        Fail,
        Wait(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let kind =
            prop::sample::select(vec![Kind::Opened, Kind::Escalated, Kind::Acknowledged, Kind::Resolved]);
        let severity = prop::sample::select(vec![Severity::Warning, Severity::Critical]);
        let step = prop_oneof![
            5 => (0u8..6, kind, severity).prop_map(|(n, kind, severity)| Step::Say(n, kind, severity)),
            3 => Just(Step::Deliver),
            1 => Just(Step::Fail),
            2 => (1i64..400).prop_map(Step::Wait),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Whatever happens: each end is told exactly once to whom the beginning was told, nothing is told as begun twice
        /// without an end in between, and in the end the sink knows what is open.
        #[test]
        fn a_sink_always_learns_the_truth(steps in steps()) {
            let (mut book, mut now) = (book(), start());
            let mut replayed = book.clone();
            let mut told: BTreeMap<String, bool> = BTreeMap::new();
            let mut rounds = [0u32; 6];
            let note = |taken: Vec<(Kind, String, u32)>, told: &mut BTreeMap<String, bool>| {
                for (kind, incident, _) in taken {
                    let is_open = told.get(&incident).copied().unwrap_or(false);
                    match kind {
                        Kind::Opened => assert!(!is_open, "{incident} is told as new twice"),
                        Kind::Reminder | Kind::Acknowledged => assert!(is_open, "{incident} was never told"),
                        Kind::Resolved => assert!(is_open, "the end of {incident} came without its beginning"),
                        Kind::Escalated => {}
                    }
                    told.insert(incident, kind != Kind::Resolved);
                }
            };
            for step in steps {
                match step {
                    Step::Say(n, kind, severity) => {
                        let incident = format!("i{n}-{}", rounds[usize::from(n)]);
                        let one = Notice { severity, kind, at: now, opened_at: now, ..notice(&incident, &format!("t{n}")) };
                        say(&mut book, &one);
                        say(&mut replayed, &one);
                        rounds[usize::from(n)] += u32::from(kind == Kind::Resolved);
                    }
                    Step::Deliver => {
                        let at = now;
                        note(deliver(&mut book, at), &mut told);
                        deliver(&mut replayed, at);
                    }
                    Step::Fail => {
                        let event = Event::Failed { sink: "chat".into(), why: "x".into(), retry_at: now + minutes(1), at: now };
                        book.apply(&event);
                        replayed.apply(&event);
                    }
                    Step::Wait(minutes_later) => {
                        now += minutes(minutes_later);
                        book.apply(&Event::Ticked { at: now });
                        replayed.apply(&Event::Ticked { at: now });
                    }
                }
            }
            let stored = serde_json::to_string(&replayed).unwrap();
            let restarted: Book = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(&book, &restarted, "neither a replay nor a restart changes anything");
            // Far enough for cooldowns and pauses to be over.
            for _ in 0..3 {
                now += minutes(20);
                book.apply(&Event::Ticked { at: now });
                note(deliver(&mut book, now), &mut told);
            }
            let acknowledged = |name: &str| book.incidents[name].is_acknowledged;
            let open: BTreeSet<String> = book.open().map(|n| n.incident.clone()).filter(|n| !acknowledged(n)).collect();
            let believed: BTreeSet<String> = told.iter().filter(|(_, open)| **open).map(|(n, _)| n.clone()).collect();
            prop_assert!(open.is_subset(&believed), "open, but not told: {:?} {:?}", open, believed);
            prop_assert!(believed.iter().all(|name| book.incidents.contains_key(name)), "told as open, but over");
        }
    }
}
