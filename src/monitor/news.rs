//! Which decisions are news for whoever is responsible: one notice an incident, a consequence under its cause.
//!
//! What follows from another target's incident is not told by itself; once that one is over and this one is not, it is.
//! What was told is always taken back, once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::alert::{Kind, Notice, Place, troubles};
use crate::model::{Finding, Hint, Severity};
use crate::monitor::cover::{self, Ties};
use crate::monitor::silence::Silences;
use crate::monitor::{Decision, Fleet, Machine, Order, Pace, Phase};
use crate::text::shell;

/// What somebody was told of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    /// Names the incident, over restarts of the monitor.
    incident: String,
    opened_at: DateTime<Utc>,
    severity: Severity,
}

/// Incidents that somebody was told of and that are not over, by target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct News {
    told: BTreeMap<String, Told>,
}

/// What stands beside a decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) fleet: &'a Fleet,
    /// Of the last close look.
    pub(super) findings: &'a [Finding],
    pub(super) ties: &'a Ties,
    pub(super) silences: &'a Silences,
    pub(super) place: &'a Place,
    /// Targets whose failure only degrades.
    pub(super) optional: &'a [String],
}

impl News {
    /// Whether such a decision may have to be told at all.
    pub(super) fn may_be(order: &Order) -> bool {
        matches!(order, Order::Open { .. } | Order::Close { .. } | Order::Wait { .. })
    }

    /// What of a decision has to be told.
    pub(super) fn of(&mut self, decision: &Decision, scene: Scene<'_>) -> Vec<Notice> {
        let target = &decision.target;
        match decision.order {
            Order::Open { .. } if is_withheld(target, scene) => Vec::new(),
            Order::Open { .. } => vec![self.open(target, &decision.evidence.join("; "), scene)],
            Order::Close { .. } => {
                let why = decision.evidence.join("; ");
                let closed =
                    self.told.remove(target).map(|told| notice(target, &told, Kind::Resolved, &why, scene));
                closed.into_iter().chain(self.uncovered(scene)).collect()
            }
            Order::Wait { .. } if is_silent(target, scene) => Vec::new(),
            Order::Wait { pace: Pace::Slow, .. } => {
                let why = decision.evidence.join("; ");
                let why = format!("it falls over again and again: {why}");
                let told = self.told.get(target);
                told.map(|told| notice(target, told, Kind::Escalated, &why, scene)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes over incidents that somebody was told of. What this memory knows nothing of is taken back: if it is still so,
    /// it is told anew.
    pub(super) fn take_over(&mut self, standing: Vec<Notice>, scene: Scene<'_>) -> Vec<Notice> {
        let held: BTreeSet<String> = standing.iter().map(|notice| notice.incident.clone()).collect();
        let mut over = Vec::new();
        for notice in standing {
            let is_known = self.told.get(&notice.target).is_some_and(|told| told.incident == notice.incident);
            let is_open = scene.fleet.machine(&notice.target).is_some_and(|m| m.incident().is_some());
            if is_open && !self.told.contains_key(&notice.target) {
                let Notice { incident, opened_at, severity, .. } = notice;
                self.told.insert(notice.target, Told { incident, opened_at, severity });
            } else if !is_known {
                let summary = "the monitor has begun anew; what is no good is told again".to_owned();
                over.push(Notice { kind: Kind::Resolved, summary, hint: None, at: scene.place.at, ..notice });
            }
        }
        // And what they lost, or never had, is told them again under its name.
        let lost =
            self.told.iter().filter(|(_, told)| !held.contains(&told.incident)).map(|(target, told)| {
                let why = scene.fleet.machine(target).map_or("", Machine::why);
                notice(target, told, Kind::Opened, why, scene)
            });
        over.extend(lost);
        over
    }

    /// The name of a target's incident, where somebody was told of it.
    pub(super) fn incident(&self, target: &str) -> Option<&str> {
        self.told.get(target).map(|told| told.incident.as_str())
    }

    /// Incidents that somebody was told of, and of which nobody is to hear for now.
    pub(super) fn hushed(&self, silences: &Silences, now: DateTime<Utc>) -> BTreeSet<String> {
        let silent = self.told.iter().filter(|(target, _)| silences.covers(target, now));
        silent.map(|(_, told)| told.incident.clone()).collect()
    }

    fn open(&mut self, target: &str, why: &str, scene: Scene<'_>) -> Notice {
        let told = Told {
            incident: format!("{target}-{}", scene.place.at.timestamp_millis()),
            opened_at: scene.place.at,
            severity: Severity::Critical.capped(!scene.optional.iter().any(|name| name == target)),
        };
        let opened = notice(target, &told, Kind::Opened, why, scene);
        self.told.insert(target.to_owned(), told);
        opened
    }

    /// Incidents that nobody was told of, for another one or a silence that is over; who knows of one is not told of it
    /// again.
    pub(super) fn uncovered(&mut self, scene: Scene<'_>) -> Vec<Notice> {
        let machines = scene.fleet.machines().iter();
        let open = machines.filter(|machine| machine.incident().is_some_and(|open| !open.is_acknowledged));
        let untold: Vec<&Machine> = open
            .filter(|machine| !self.told.contains_key(&machine.name) && !is_withheld(&machine.name, scene))
            .collect();
        untold.iter().map(|machine| self.open(&machine.name, machine.why(), scene)).collect()
    }
}

/// Whether nobody is told for now: it follows from another incident, or an operator wants it so.
fn is_withheld(target: &str, scene: Scene<'_>) -> bool {
    is_silent(target, scene) || is_consequence(target, scene)
}

fn is_silent(target: &str, scene: Scene<'_>) -> bool {
    scene.silences.covers(target, scene.place.at)
}

fn is_consequence(target: &str, scene: Scene<'_>) -> bool {
    cover::cause(target, scene.fleet, scene.findings, scene.ties).is_some()
}

fn notice(target: &str, told: &Told, kind: Kind, why: &str, scene: Scene<'_>) -> Notice {
    let troubles = troubles(scene.findings);
    let trouble = troubles.iter().find(|trouble| trouble.root.target == target && kind != Kind::Resolved);
    let known = trouble.map(|trouble| Notice::of(trouble, kind, told.incident.clone(), scene.place));
    let base = known.unwrap_or_else(|| Notice {
        incident: told.incident.clone(),
        kind,
        severity: told.severity,
        target: target.to_owned(),
        summary: String::new(),
        cause: None,
        consequences: Vec::new(),
        more_consequences: 0,
        hint: None,
        opened_at: told.opened_at,
        at: scene.place.at,
        repeats: 0,
        host: scene.place.host.clone(),
        project: scene.place.project.clone(),
    });
    let hint = if kind == Kind::Resolved { None } else { of_fallen(target, scene.fleet).or(base.hint) };
    Notice { severity: told.severity, summary: why.to_owned(), opened_at: told.opened_at, hint, ..base }
}

/// What a service that does not stay up has said comes before any other advice.
fn of_fallen(target: &str, fleet: &Fleet) -> Option<Hint> {
    let machine = fleet.machine(target).filter(|machine| machine.pid().is_none())?;
    let text = match machine.phase() {
        Phase::Waiting { pace: Pace::Slow, .. } => {
            let start = shell::command(["fuelops", "start", target]);
            format!("see why it ends; once that is mended, `{start}` does not wait for the next try")
        }
        Phase::Waiting { .. } | Phase::Acting => "see what it said before it ended".to_owned(),
        _ => return None,
    };
    Some(Hint { text, command: Some(shell::command(["fuelops", "logs", target])) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Cause;
    use crate::monitor::{Answer, Ending, Event, Outcome, Policy, Restarts, Wanted};
    use crate::report::MonitorSilence;

    fn policy() -> Policy {
        Policy {
            period: Duration::from_secs(30),
            start_timeout: Duration::ZERO,
            stop_timeout: Duration::ZERO,
            failure_threshold: 1,
            success_threshold: 1,
            needs: Vec::new(),
            restart: None,
        }
    }

    /// Two checks, the second of which follows from the first; what was told, in order.
    struct Desk {
        fleet: Fleet,
        news: News,
        findings: Vec<Finding>,
        ties: Ties,
        silences: Silences,
        told: Vec<Notice>,
        clock: Duration,
    }

    impl Desk {
        fn new() -> Self {
            let mut fleet = Fleet::new();
            let targets = vec![("mysql".to_owned(), policy()), ("api".to_owned(), policy())];
            fleet.set_targets(targets, 1, Duration::ZERO);
            let root = Finding::new("check.mysql", "mysql", Severity::Critical, "refuses")
                .because(Cause::DatabaseDown);
            let mut follows = Finding::new("check.api", "api", Severity::Critical, "answers 500");
            follows.caused_by = Some("check.mysql".to_owned());
            Self {
                fleet,
                news: News::default(),
                findings: vec![root, follows],
                ties: Ties::default(),
                silences: Silences::default(),
                told: Vec::new(),
                clock: Duration::ZERO,
            }
        }

        fn probed(&mut self, target: &str, is_good: bool) {
            let answer = if is_good { Answer::Good } else { Answer::Bad("no good".to_owned()) };
            self.happened(target, Event::Probed { answer });
        }

        fn happened(&mut self, target: &str, event: Event) {
            self.clock += Duration::from_secs(1);
            let at = DateTime::UNIX_EPOCH + self.clock;
            let place = Place { host: "h".to_owned(), project: "p".to_owned(), at };
            for decision in self.fleet.step(target, event, self.clock) {
                let scene = Scene {
                    fleet: &self.fleet,
                    findings: &self.findings,
                    ties: &self.ties,
                    silences: &self.silences,
                    place: &place,
                    optional: &[],
                };
                self.told.extend(self.news.of(&decision, scene));
            }
        }

        fn told(&mut self) -> Vec<(String, Kind)> {
            std::mem::take(&mut self.told).into_iter().map(|notice| (notice.target, notice.kind)).collect()
        }
    }

    fn news(target: &str, kind: Kind) -> (String, Kind) {
        (target.to_owned(), kind)
    }

    #[test]
    fn a_consequence_is_told_under_its_cause_and_not_by_itself() {
        let mut desk = Desk::new();
        desk.probed("mysql", false);
        desk.probed("api", false);
        assert_eq!(desk.told(), [news("mysql", Kind::Opened)]);
        desk.probed("api", true);
        desk.probed("mysql", true);
        assert_eq!(desk.told(), [news("mysql", Kind::Resolved)], "what was not told is not taken back");
    }

    #[test]
    fn a_consequence_that_outlives_its_cause_is_told_then_and_taken_back_once() {
        let mut desk = Desk::new();
        desk.probed("mysql", false);
        desk.probed("api", false);
        desk.findings.clear();
        desk.probed("mysql", true);
        desk.probed("api", true);
        let expected = [
            news("mysql", Kind::Opened),
            news("mysql", Kind::Resolved),
            news("api", Kind::Opened),
            news("api", Kind::Resolved),
        ];
        assert_eq!(desk.told(), expected);
    }

    #[test]
    fn a_consequence_that_somebody_knows_of_is_not_told_when_its_cause_is_over() {
        let mut desk = Desk::new();
        desk.probed("mysql", false);
        desk.probed("api", false);
        desk.happened("api", Event::Acknowledge);
        desk.findings.clear();
        desk.probed("mysql", true);
        desk.probed("api", true);
        assert_eq!(desk.told(), [news("mysql", Kind::Opened), news("mysql", Kind::Resolved)]);
    }

    #[test]
    fn a_check_of_a_port_is_told_under_the_service_that_is_down_and_has_it() {
        let mut desk = Desk::new();
        desk.findings.clear();
        desk.ties = Ties::between(&[("api", "mysql")]);
        desk.probed("mysql", false);
        desk.probed("api", false);
        assert_eq!(desk.told(), [news("mysql", Kind::Opened)]);
        desk.probed("mysql", true);
        assert_eq!(
            desk.told(),
            [news("mysql", Kind::Resolved), news("api", Kind::Opened)],
            "it goes on alone"
        );
    }

    #[test]
    fn what_a_killed_monitor_told_is_taken_over_or_taken_back() {
        let mut desk = Desk::new();
        desk.findings.clear();
        desk.probed("mysql", false);
        let [told] = &desk.told[..] else { panic!("{:?}", desk.told) };
        let unknown = Notice { incident: "api-1".to_owned(), target: "api".to_owned(), ..told.clone() };
        let (standing, mut after) = (vec![told.clone(), unknown], News::default());
        let place = Place { host: "h".to_owned(), project: "p".to_owned(), at: DateTime::UNIX_EPOCH };
        let scene = Scene {
            fleet: &desk.fleet,
            findings: &[],
            ties: &desk.ties,
            silences: &desk.silences,
            place: &place,
            optional: &[],
        };
        let over = after.take_over(standing.clone(), scene);
        assert_eq!(after.incident("mysql"), Some(standing[0].incident.as_str()));
        let [over] = &over[..] else { panic!("{over:?}") };
        assert_eq!((over.kind, over.incident.as_str()), (Kind::Resolved, "api-1"));
        assert!(after.take_over(standing[..1].to_vec(), scene).is_empty(), "it is known by now");
        let again = after.take_over(Vec::new(), scene);
        assert_eq!((again[0].kind, &again[0].incident), (Kind::Opened, &standing[0].incident));
    }

    #[test]
    fn a_silent_incident_is_told_once_the_silence_is_over_and_it_is_not() {
        let mut desk = Desk::new();
        let silence = |target: &str, seconds| MonitorSilence {
            target: Some(target.to_owned()),
            since: DateTime::UNIX_EPOCH,
            until: DateTime::UNIX_EPOCH + Duration::from_secs(seconds),
            reason: None,
        };
        desk.findings.clear();
        desk.silences.begin(silence("mysql", 2)).unwrap();
        desk.silences.begin(silence("api", 60)).unwrap();
        desk.probed("mysql", false);
        desk.probed("api", false);
        assert_eq!(desk.told(), []);
        desk.probed("api", true);
        assert_eq!(desk.told(), [news("mysql", Kind::Opened)], "the other one came and went in silence");
    }

    #[test]
    fn of_one_that_falls_over_its_logs_are_the_first_advice() {
        let mut desk = Desk::new();
        let restart = Restarts {
            max: 1,
            window: Duration::from_secs(600),
            backoff: Duration::from_secs(1),
            backoff_max: Duration::from_secs(1),
            slow: vec![Duration::from_secs(300)],
            reset_after: Duration::from_secs(600),
        };
        let service = Policy { restart: Some(restart), ..policy() };
        desk.fleet.set_targets(vec![("api".to_owned(), service)], 1, Duration::ZERO);
        let how = Ending { code: Some(1), said: Some("KeyError: 'truck'".to_owned()), ..Ending::default() };
        desk.happened("api", Event::Found { pid: Some(7), wish: Wanted::Up });
        desk.happened("api", Event::Ended { pid: 7, how: how.clone(), wish: Wanted::Up });
        desk.happened("api", Event::Acted { outcome: Outcome::Runs { pid: 8 } });
        desk.happened("api", Event::Ended { pid: 8, how, wish: Wanted::Up });
        let [opened, escalated] = &desk.told[..] else { panic!("{:?}", desk.told) };
        assert_eq!((opened.kind, escalated.kind), (Kind::Opened, Kind::Escalated));
        assert!(escalated.summary.contains("exit code 1: KeyError: 'truck'"), "{}", escalated.summary);
        for notice in [opened, escalated] {
            assert_eq!(notice.hint.as_ref().unwrap().command.as_deref(), Some("fuelops logs api"));
        }
    }
}
