//! The steps against a machine that exists only here, so that every order of events can be tried.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::*;
use crate::model::{Cause, Finding, Severity};
use crate::report::{Outcome, StepStatus};
use crate::service::{Ended, Member, Patience, Stop, Witness};

/// A machine with a clock that moves only when somebody waits.
struct World {
    begun: Instant,
    clock: Duration,
    /// When a started service answers, after its start; absent: never.
    ready_after: BTreeMap<String, Duration>,
    /// It dies so long after its start.
    dies_after: Option<Duration>,
    deaf: bool,
    bad_words: Option<String>,
    interrupted: bool,
    obstacle: Option<String>,
    ends_at_once: bool,
    started_at: BTreeMap<String, Duration>,
    acts: Vec<String>,
}

impl World {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            clock: Duration::ZERO,
            ready_after: BTreeMap::from([("api".to_owned(), Duration::from_secs(1))]),
            dies_after: None,
            deaf: false,
            bad_words: None,
            interrupted: false,
            obstacle: None,
            ends_at_once: false,
            started_at: BTreeMap::new(),
            acts: Vec::new(),
        }
    }

    fn answers(&self, service: &str) -> bool {
        let Some(since) = self.started_at.get(service) else { return false };
        let age = self.clock.saturating_sub(*since);
        let is_ready = self.ready_after.get(service).is_some_and(|after| age >= *after);
        is_ready && self.dies_after.is_none_or(|after| age < after)
    }
}

impl Hands for World {
    fn now(&self) -> (Instant, DateTime<Utc>) {
        (self.begun + self.clock, DateTime::UNIX_EPOCH + self.clock)
    }

    fn snapshot(&mut self, _: &Plan, _: Instant) -> StepResult {
        self.acts.push("snapshot".to_owned());
        StepResult::default()
    }

    fn prepare(&mut self, _: &[String]) -> Vec<String> {
        self.obstacle.iter().cloned().collect()
    }

    fn has_ended(&self, service: &str) -> bool {
        self.started_at.contains_key(service) && self.ends_at_once
    }

    fn post_guard(&mut self) -> Result<(), String> {
        self.acts.push("guard".to_owned());
        Ok(())
    }

    fn stop(&mut self, stop: &Stop, patience: Patience, witness: &mut Witness<'_>) -> Vec<Ended> {
        self.acts.push(format!("stop {}", stop.service));
        stop.members.iter().for_each(|member| witness(member.pid, "TERM"));
        self.clock += if self.deaf { patience.grace + patience.kill } else { Duration::from_millis(100) };
        let survives = self.deaf.then(|| "waits for a disk".to_owned());
        let end = |m: &Member| Ended {
            pid: m.pid,
            signal: Some("TERM".into()),
            survives: survives.clone(),
            ..Ended::default()
        };
        stop.members.iter().map(end).collect()
    }

    fn stop_timeout(&self, _: &str) -> Duration {
        Duration::from_secs(10)
    }

    fn preserve(&mut self, _: &Plan) -> Kept {
        self.acts.push("preserve".to_owned());
        Kept::default()
    }

    fn free(&mut self, _: Instant) -> Freed {
        self.acts.push("free".to_owned());
        Freed { bytes: 7, ..Freed::default() }
    }

    fn start(&mut self, service: &str) -> Result<Option<u32>, String> {
        self.acts.push(format!("start {service}"));
        self.started_at.insert(service.to_owned(), self.clock);
        Ok(Some(99))
    }

    fn look(&mut self, services: &[String]) -> Vec<Finding> {
        let down = services.iter().filter(|s| !self.answers(s));
        down.map(|s| {
            Finding::new(format!("service.{s}.process"), s.clone(), Severity::Critical, "is down")
                .because(Cause::ProcessDown)
        })
        .collect()
    }

    fn bad_words(&mut self, _: &str) -> Option<String> {
        self.bad_words.clone()
    }

    fn archive(&mut self, _: &Kept) -> StepResult {
        self.acts.push("archive".to_owned());
        StepResult::default()
    }

    fn wait(&mut self, pause: Duration) {
        self.clock += pause;
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted
    }
}

fn a_plan() -> Plan {
    let member = Member { pid: 10, why: "words and folder".to_owned(), ..Member::default() };
    let stop = Stop { service: "api".to_owned(), members: vec![member], evicted: Vec::new() };
    let start = Start { service: "api".to_owned(), after: Vec::new() };
    Plan { decision: Decision::Act, stop: vec![stop], start: vec![start], ..Plan::default() }
}

fn done(world: &mut World, plan: &Plan, skip: &[Step]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let begin = Entry::Begin {
        run_id: "r".into(),
        boot_id: "b".into(),
        at: DateTime::UNIX_EPOCH,
        pid: 1,
        start: plan.started(),
        faults: Vec::new(),
        past: Vec::new(),
    };
    let mut scribe = Scribe::begin(&folder.path().join(JOURNAL), &begin);
    let mut log = RecoveryLog::new(&folder.path().join("recovery.log"));
    let budget = Budget::new(world.begun, Duration::from_secs(30));
    let options = Options { budget, skip: skip.iter().copied().collect::<BTreeSet<_>>(), down_since: None };
    let done = run(plan, &options, world, &mut scribe, &mut log);
    let last = LastRun::read(&folder.path().join(JOURNAL)).unwrap().unwrap();
    assert_eq!(last.outcome, done.outcome, "the journal says the same");
    done
}

#[test]
fn evidence_comes_before_the_first_signal_and_archiving_after_the_service_is_up() {
    let mut world = World::new();
    let done = done(&mut world, &a_plan(), &[]);
    assert_eq!(world.acts, ["snapshot", "guard", "stop api", "preserve", "start api", "archive"]);
    assert_eq!(done.outcome, Some(Outcome::Recovered));
    let downtime = done.downtime_ms.unwrap();
    assert!((1_000..2_000).contains(&downtime), "{downtime} ms: stop, start, and not the watching after it");
}

#[test]
fn no_second_instance_is_started_beside_a_process_that_cannot_be_killed() {
    let mut world = World::new();
    world.deaf = true;
    let done = done(&mut world, &a_plan(), &[]);
    assert!(!world.acts.contains(&"start api".to_owned()));
    assert_eq!(done.outcome, Some(Outcome::Failed));
    assert!(done.summary.contains("pid 10"), "{}", done.summary);
}

#[test]
fn nothing_is_stopped_that_could_not_be_started_again() {
    let mut world = World::new();
    world.obstacle = Some("api: .env: not there".to_owned());
    let done = done(&mut world, &a_plan(), &[]);
    assert_eq!((done.outcome, world.acts.len()), (Some(Outcome::Refused), 0));
    assert!(done.summary.contains(".env"), "{}", done.summary);
}

#[test]
fn a_survivor_of_one_service_keeps_another_from_nothing() {
    let mut world = World::new();
    world.deaf = true;
    let mut plan = a_plan();
    plan.start.insert(0, Start { service: "sync".to_owned(), after: Vec::new() });
    world.ready_after.insert("sync".to_owned(), Duration::ZERO);
    let done = done(&mut world, &plan, &[]);
    assert!(world.acts.contains(&"start sync".to_owned()) && !world.acts.contains(&"start api".to_owned()));
    assert_eq!((done.outcome, done.stopped.len(), done.refused.len()), (Some(Outcome::Failed), 0, 1));
}

#[test]
fn what_ends_at_once_is_not_waited_for() {
    let mut world = World::new();
    world.ready_after.clear();
    world.ends_at_once = true;
    world.bad_words = Some("no module named x".to_owned());
    let done = done(&mut world, &a_plan(), &[]);
    assert!(world.clock < Duration::from_secs(3), "{:?}", world.clock);
    assert!(done.summary.contains("no module named x"), "{}", done.summary);
}

#[test]
fn what_never_answers_has_failed_within_the_budget() {
    let mut world = World::new();
    world.ready_after.clear();
    let done = done(&mut world, &a_plan(), &[]);
    assert_eq!(done.outcome, Some(Outcome::Failed));
    assert!(world.clock < Duration::from_secs(30), "{:?}", world.clock);
    assert_eq!(done.downtime_ms, None);
}

#[test]
fn up_and_dead_again_is_no_recovery() {
    let mut world = World::new();
    world.dies_after = Some(Duration::from_millis(2_500));
    let done = done(&mut world, &a_plan(), &[]);
    assert_eq!(done.outcome, Some(Outcome::Failed));
    assert!(done.summary.contains("fell over again"), "{}", done.summary);
}

#[test]
fn a_traceback_in_the_fresh_log_degrades() {
    let mut world = World::new();
    world.bad_words = Some("KeyError: 'x'".to_owned());
    let done = done(&mut world, &a_plan(), &[]);
    assert_eq!(done.outcome, Some(Outcome::Degraded));
    assert!(done.summary.contains("KeyError"), "{}", done.summary);
}

#[test]
fn an_interrupt_finishes_the_start_and_leaves_out_what_can_wait() {
    let mut world = World::new();
    world.interrupted = true;
    let done = done(&mut world, &a_plan(), &[]);
    assert!(world.acts.contains(&"start api".to_owned()) && !world.acts.contains(&"archive".to_owned()));
    assert_eq!(done.outcome, Some(Outcome::Degraded));
}

#[test]
fn what_is_left_out_is_said() {
    let mut world = World::new();
    let done = done(&mut world, &a_plan(), &[Step::Snapshot, Step::Preserve, Step::Verify, Step::Archive]);
    assert_eq!(world.acts, ["guard", "stop api", "start api"]);
    let skipped = done.steps.iter().filter(|s| s.status == StepStatus::Skipped).count();
    assert_eq!(skipped, 4);
}

#[test]
fn a_service_is_started_only_when_what_it_needs_answers() {
    let mut world = World::new();
    world.ready_after.insert("web".to_owned(), Duration::ZERO);
    let mut plan = a_plan();
    plan.start.push(Start { service: "web".to_owned(), after: vec!["api".to_owned()] });
    done(&mut world, &plan, &[]);
    let gap = world.started_at["web"] - world.started_at["api"];
    assert!(gap >= Duration::from_secs(1), "{gap:?}");
}
