//! Which decisions are news for whoever is responsible: one notice an incident, a consequence under its cause.
//!
//! What follows from another target's incident is not told by itself; once that one is over and this one is not, it is.
//! What was told is always taken back, once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::alert::{Kind, Notice, Place, troubles};
use crate::model::{Finding, Severity};
use crate::monitor::{Decision, Fleet, Machine, Order, Pace};

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
    pub(super) place: &'a Place,
    /// Targets whose failure only degrades.
    pub(super) optional: &'a [String],
}

impl News {
    /// What of a decision has to be told.
    pub(super) fn of(&mut self, decision: &Decision, scene: Scene<'_>) -> Vec<Notice> {
        let target = &decision.target;
        match decision.order {
            Order::Open { .. } if is_consequence(target, scene) => Vec::new(),
            Order::Open { .. } => vec![self.open(target, &decision.evidence.join("; "), scene)],
            Order::Close { .. } => {
                let why = decision.evidence.join("; ");
                let closed =
                    self.told.remove(target).map(|told| notice(target, &told, Kind::Resolved, &why, scene));
                closed.into_iter().chain(self.uncovered(scene)).collect()
            }
            Order::Wait { pace: Pace::Slow, .. } => {
                let why = decision.evidence.join("; ");
                let why = format!("it falls over again and again: {why}");
                let told = self.told.get(target);
                told.map(|told| notice(target, told, Kind::Escalated, &why, scene)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The name of a target's incident, where somebody was told of it.
    pub(super) fn incident(&self, target: &str) -> Option<&str> {
        self.told.get(target).map(|told| told.incident.as_str())
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

    /// Incidents that were told under another one, which is over; who knows of one is not told of it again.
    fn uncovered(&mut self, scene: Scene<'_>) -> Vec<Notice> {
        let machines = scene.fleet.machines().iter();
        let open = machines.filter(|machine| machine.incident().is_some_and(|open| !open.is_acknowledged));
        let untold: Vec<&Machine> = open
            .filter(|machine| !self.told.contains_key(&machine.name) && !is_consequence(&machine.name, scene))
            .collect();
        untold.iter().map(|machine| self.open(&machine.name, machine.why(), scene)).collect()
    }
}

/// Whether what is wrong with a target follows from another one that has an incident, too.
fn is_consequence(target: &str, scene: Scene<'_>) -> bool {
    let causes = scene.findings.iter().filter(|finding| finding.target == target);
    let causes = causes.filter_map(|finding| finding.caused_by.as_ref());
    let mut roots = causes.filter_map(|cause| scene.findings.iter().find(|finding| finding.check == *cause));
    let is_open = |name: &str| scene.fleet.machine(name).is_some_and(|machine| machine.incident().is_some());
    roots.any(|root| root.target != target && is_open(&root.target))
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
    Notice { severity: told.severity, summary: why.to_owned(), opened_at: told.opened_at, ..base }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Cause;
    use crate::monitor::{Answer, Event, Policy};

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
        told: Vec<(String, Kind)>,
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
                let scene =
                    Scene { fleet: &self.fleet, findings: &self.findings, place: &place, optional: &[] };
                let notices = self.news.of(&decision, scene);
                self.told.extend(notices.into_iter().map(|notice| (notice.target, notice.kind)));
            }
        }

        fn told(&mut self) -> Vec<(String, Kind)> {
            std::mem::take(&mut self.told)
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
}
