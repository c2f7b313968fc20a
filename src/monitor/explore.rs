//! The state machine under every short sequence of events, and under long random ones.

use std::time::Duration;

use proptest::prelude::*;

use crate::monitor::{
    Answer, Decision, Ending, Event, Machine, Order, Outcome, Phase, Policy, Reason, Remedy, Restarts,
    Surroundings, Wanted,
};

const BEGIN: Duration = Duration::from_secs(86_400);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn policy() -> Policy {
    Policy {
        period: seconds(30),
        start_timeout: seconds(15),
        stop_timeout: seconds(5),
        failure_threshold: 3,
        success_threshold: 1,
        needs: Vec::new(),
        restart: Some(Restarts {
            max: 3,
            window: seconds(600),
            backoff: seconds(1),
            backoff_max: seconds(60),
            slow: vec![seconds(300), seconds(900), seconds(1800)],
            reset_after: seconds(600),
        }),
    }
}

/// A machine with its clock, everything that it ever decided, and the invariants that hold after every event.
#[derive(Clone)]
struct World {
    machine: Machine,
    now: Duration,
    is_need_missing: bool,
    next_pid: u32,
    restarts: Vec<Duration>,
    open: Vec<u64>,
    was_open: Vec<u64>,
}

impl World {
    fn new() -> Self {
        Self {
            machine: Machine::new("api", policy(), 5, BEGIN),
            now: BEGIN,
            is_need_missing: false,
            next_pid: 100,
            restarts: Vec::new(),
            open: Vec::new(),
            was_open: Vec::new(),
        }
    }

    /// One that runs and is well.
    fn well() -> Self {
        let mut world = Self::new();
        world.send(Event::Found { pid: Some(7), wish: Wanted::Up });
        world.send(Event::Probed { answer: Answer::Good });
        world
    }

    fn send(&mut self, event: Event) -> Vec<Decision> {
        let around = Surroundings { missing: self.is_need_missing.then_some("mysql") };
        let counted = self.machine.restarts();
        let decisions = self.machine.step(event, around, self.now);
        for decision in &decisions {
            self.hold(decision, counted);
        }
        if self.machine.budget().is_fresh() {
            // By an operator's hand, or after a long time of health.
            self.restarts.clear();
        }
        let horizon = self.now + seconds(1800 * 11 / 10 + 90);
        assert!(self.machine.next() <= horizon, "nothing is pending: {:?}", self.machine);
        decisions
    }

    fn hold(&mut self, decision: &Decision, counted: u64) {
        match decision.order {
            Order::Open { incident } => {
                assert!(!self.was_open.contains(&incident), "told twice");
                self.open.push(incident);
                self.was_open.push(incident);
            }
            Order::Close { incident } => {
                let at = self.open.iter().position(|open| *open == incident);
                self.open.remove(at.expect("taken back what was never told"));
            }
            Order::Remind { incident } => assert!(self.open.contains(&incident)),
            Order::Start | Order::Restart { .. } => {
                assert!(!self.machine.is_paused(), "nothing is done while it is paused");
                if self.machine.restarts() > counted {
                    self.restarts.push(self.now);
                }
            }
            _ => {}
        }
    }

    fn pid(&mut self) -> u32 {
        self.next_pid += 1;
        self.next_pid
    }

    /// One of the few things that can happen next.
    fn happen(&mut self, what: u8) {
        let pid = self.machine.pid();
        let how = Ending { code: Some(1), ..Ending::default() };
        let event = match what {
            0 => Event::Probed { answer: Answer::Good },
            1 => Event::Probed { answer: Answer::Bad("no answer".into()) },
            2 => Event::Probed { answer: Answer::Unknown("this machine slept".into()) },
            3 => match pid {
                Some(pid) => Event::Ended { pid, how, wish: Wanted::Up },
                None => Event::Tick,
            },
            4 => Event::Examined { remedy: hang() },
            5 => Event::Acted { outcome: Outcome::Runs { pid: self.pid() } },
            6 => Event::Acted { outcome: Outcome::Failed { why: "no memory to fork".into() } },
            7 => {
                self.now = self.now.max(self.machine.next());
                Event::Tick
            }
            8 => Event::Examined { remedy: Remedy::Leave { why: "mysql is down".into() } },
            9 => Event::Found { pid: None, wish: Wanted::Up },
            10 => Event::Acted { outcome: Outcome::Blocked { why: "its port is taken".into() } },
            11 => Event::Examined { remedy: Remedy::Fine },
            12 => Event::Pause { until: None },
            13 => Event::Resume,
            14 => Event::Found { pid: None, wish: Wanted::Down },
            15 => Event::Found { pid, wish: Wanted::InWork },
            16 => {
                self.is_need_missing = !self.is_need_missing;
                Event::Tick
            }
            17 => Event::Touched,
            _ => Event::Acted { outcome: Outcome::Yielded },
        };
        self.now += Duration::from_millis(200);
        self.send(event);
    }

    /// From now on everything works: it has to come up, and nothing may stay told.
    fn comes_up(&mut self) {
        self.is_need_missing = false;
        let mut decisions = self.send(Event::Resume);
        for _ in 0..400 {
            if matches!(self.machine.phase(), Phase::Healthy { .. }) && self.open.is_empty() {
                return;
            }
            let mut more = Vec::new();
            for decision in std::mem::take(&mut decisions) {
                self.now += Duration::from_millis(10);
                more.extend(match decision.order {
                    Order::Probe => self.send(Event::Probed { answer: Answer::Good }),
                    Order::Examine => self.send(Event::Examined { remedy: Remedy::Fine }),
                    Order::Consult => {
                        let pid = self.machine.pid();
                        self.send(Event::Found { pid, wish: Wanted::Up })
                    }
                    Order::Start | Order::Restart { .. } => {
                        let pid = self.pid();
                        self.send(Event::Acted { outcome: Outcome::Runs { pid } })
                    }
                    _ => Vec::new(),
                });
            }
            decisions = more;
            if decisions.is_empty() {
                self.now = self.now.max(self.machine.next());
                decisions = self.send(Event::Tick);
            }
        }
        panic!("it does not come up: {:#?}", self.machine);
    }

    /// Within any window there are the quick ones at most, and slow ones no nearer than the shortest slow wait.
    fn keeps_to_its_budget(&self) {
        for (n, at) in self.restarts.iter().enumerate().skip(3) {
            let (first, before) = (self.restarts[n - 3], self.restarts[n - 1]);
            let is_slow = *at - before >= seconds(300);
            assert!(*at - first >= seconds(600) || is_slow, "restarts at {:?}", self.restarts);
        }
    }
}

fn hang() -> Remedy {
    let evidence = vec!["no answer".to_owned(), "it uses no processor".to_owned()];
    Remedy::Restart { reason: Reason::Hang, evidence }
}

/// Everything that can happen in so many steps.
fn explore(world: &World, alphabet: &[u8], depth: u32, seen: &mut usize) {
    *seen += 1;
    world.clone().comes_up();
    world.keeps_to_its_budget();
    if depth > 0 {
        for what in alphabet {
            let mut next = world.clone();
            next.happen(*what);
            explore(&next, alphabet, depth - 1, seen);
        }
    }
}

#[test]
fn after_every_short_history_it_comes_up_and_nothing_stays_told() {
    let mut seen = 0;
    let everything: Vec<u8> = (0..=18).collect();
    explore(&World::new(), &everything, 3, &mut seen);
    explore(&World::well(), &everything, 3, &mut seen);
    assert!(seen > 10_000);
}

#[test]
fn after_every_history_of_failures_it_comes_up_and_nothing_stays_told() {
    let mut seen = 0;
    explore(&World::well(), &[0, 1, 3, 4, 5, 7], 6, &mut seen);
    assert!(seen > 40_000);
}

proptest! {
    #[test]
    fn long_histories_keep_to_the_budget_and_end_well(history in prop::collection::vec(0_u8..=18, 0..300)) {
        let mut world = World::well();
        for what in history {
            world.happen(what);
        }
        world.keeps_to_its_budget();
        world.comes_up();
    }

    #[test]
    fn crashes_at_any_pace_keep_to_the_budget(waits in prop::collection::vec(0_u64..400, 1..200)) {
        let mut world = World::well();
        for wait in waits {
            world.happen(3);
            world.now += seconds(wait);
            world.send(Event::Tick);
            world.happen(5);
        }
        world.keeps_to_its_budget();
        world.comes_up();
    }
}

fn orders(decisions: &[Decision]) -> Vec<&Order> {
    decisions.iter().map(|decision| &decision.order).collect()
}

#[test]
fn first_exit_is_answered_at_once_and_told_with_how_it_ended() {
    let mut world = World::well();
    let how = Ending { signal: Some(9), ..Ending::default() };
    let decisions = world.send(Event::Ended { pid: 7, how, wish: Wanted::Up });
    assert_eq!(orders(&decisions), [&Order::Open { incident: 1 }, &Order::Start]);
    assert_eq!(decisions[0].evidence, ["pid 7 was killed by signal 9 (SIGKILL)"]);
    world.send(Event::Acted { outcome: Outcome::Runs { pid: 8 } });
    let decisions = world.send(Event::Probed { answer: Answer::Good });
    assert_eq!(orders(&decisions), [&Order::Close { incident: 1 }]);
}

#[test]
fn what_an_operator_stopped_stays_down_and_what_is_in_work_is_left_alone() {
    for (wish, phase) in [(Wanted::Down, Phase::Stopped), (Wanted::InWork, Phase::InWork)] {
        let mut world = World::well();
        assert_eq!(world.send(Event::Ended { pid: 7, how: Ending::default(), wish }), []);
        assert_eq!(world.machine.phase(), &phase);
        world.now = world.machine.next();
        assert_eq!(orders(&world.send(Event::Tick)), [&Order::Consult]);
    }
}

#[test]
fn silence_that_cannot_be_told_is_never_a_reason() {
    let mut world = World::well();
    for _ in 0..50 {
        world.now = world.machine.next();
        world.send(Event::Tick);
        world.send(Event::Probed { answer: Answer::Unknown("this machine slept".into()) });
    }
    assert!(world.restarts.is_empty() && world.was_open.is_empty());
}

#[test]
fn failures_count_only_after_the_grace_of_a_start() {
    let mut world = World::new();
    world.send(Event::Found { pid: Some(7), wish: Wanted::Up });
    let bad = || Event::Probed { answer: Answer::Bad("refused".into()) };
    for _ in 0..20 {
        assert_eq!(world.send(bad()), []);
        world.now += Duration::from_millis(500);
    }
    world.now += seconds(15);
    let decisions = world.send(bad());
    assert_eq!(orders(&decisions), [&Order::Examine]);
}

#[test]
fn service_whose_need_is_missing_is_held_and_started_when_it_is_there() {
    let mut world = World::well();
    world.is_need_missing = true;
    let how = Ending { code: Some(3), ..Ending::default() };
    let decisions = world.send(Event::Ended { pid: 7, how, wish: Wanted::Up });
    assert_eq!(orders(&decisions)[1], &Order::Hold { need: "mysql".into() });
    for _ in 0..10 {
        world.now = world.machine.next();
        assert_eq!(world.send(Event::Tick), []);
    }
    world.is_need_missing = false;
    world.now = world.machine.next();
    assert_eq!(orders(&world.send(Event::Tick)), [&Order::Start]);
}

#[test]
fn one_that_fails_from_the_first_is_not_well_for_those_who_need_it_and_one_that_slips_once_is() {
    let mut world = World::new();
    world.send(Event::Found { pid: Some(7), wish: Wanted::Up });
    world.now += seconds(20);
    world.send(Event::Probed { answer: Answer::Bad("refused".into()) });
    assert!(world.machine.phase() == &Phase::Suspect && !world.machine.is_well());
    let mut world = World::well();
    world.send(Event::Probed { answer: Answer::Bad("refused".into()) });
    assert!(world.machine.phase() == &Phase::Suspect && world.machine.is_well());
}

#[test]
fn a_program_that_says_its_configuration_is_no_good_is_not_started_quickly() {
    let mut world = World::well();
    let how = Ending { code: Some(crate::monitor::event::CONFIG), ..Ending::default() };
    let decisions = world.send(Event::Ended { pid: 7, how, wish: Wanted::Up });
    assert!(matches!(decisions[1].order, Order::Wait { pace: crate::monitor::Pace::Slow, .. }));
}

#[test]
fn a_memory_limit_has_to_be_seen_twice_before_a_service_that_answers_is_stopped() {
    let mut world = World::well();
    let over = || Event::Examined {
        remedy: Remedy::Restart { reason: Reason::MemoryLimit, evidence: vec!["2 GiB of 1 GiB".into()] },
    };
    assert_eq!(orders(&world.send(over())), [&Order::Examine]);
    assert!(world.machine.is_doubted() && world.machine.why() == "2 GiB of 1 GiB");
    let decisions = world.send(over());
    assert_eq!(orders(&decisions)[1], &Order::Restart { reason: Reason::MemoryLimit });
}

#[test]
fn a_pause_with_an_end_ends_in_the_next_monitor_too() {
    let mut world = World::well();
    let until = Some(world.now + seconds(1800));
    world.send(Event::Pause { until });
    let now = seconds(50_000);
    let (then, fresh) = (world.now + seconds(600), Machine::new("api", policy(), 5, now));
    let mut machine = fresh.resumed(world.machine, then, now);
    assert!(machine.is_paused() && machine.next() <= now + seconds(1200));
    machine.step(Event::Tick, Surroundings::default(), now + seconds(1199));
    assert!(machine.is_paused());
    machine.step(Event::Tick, Surroundings::default(), now + seconds(1200));
    assert!(!machine.is_paused());
}

#[test]
fn a_restart_may_take_as_long_as_stopping_and_starting_may() {
    let mut world = World::well();
    world.machine.set_policy(Policy { stop_timeout: seconds(600), ..policy() }, world.now);
    world.send(Event::Ended { pid: 7, how: Ending::default(), wish: Wanted::Up });
    world.now += seconds(600);
    assert_eq!(world.send(Event::Tick), []);
    assert_eq!(world.send(Event::Found { pid: None, wish: Wanted::Up }), []);
    world.now += seconds(90 + 15);
    assert_eq!(orders(&world.send(Event::Tick)), [&Order::Consult]);
}

#[test]
fn what_stands_in_the_way_of_a_start_is_told_once() {
    let mut world = World::new();
    let mut told = Vec::new();
    for _ in 0..5 {
        told.extend(world.send(Event::Found { pid: None, wish: Wanted::Up }));
        let why = "port 8000 is taken".to_owned();
        told.extend(world.send(Event::Acted { outcome: Outcome::Blocked { why } }));
        world.now = world.machine.next();
        told.extend(world.send(Event::Tick));
    }
    told.retain(Decision::is_told);
    assert_eq!(orders(&told), [&Order::Start, &Order::Open { incident: 1 }, &Order::Leave]);
    assert!(world.now > BEGIN + seconds(5 + 5 + 10 + 20), "it is tried ever more rarely");
}

#[test]
fn a_reason_that_was_measured_anew_is_no_news() {
    let mut world = World::well();
    let mut told = Vec::new();
    for why in ["answers 500, in 4 ms: no cure", "answers 500, in 1.2 s: no cure", "refuses: no cure"] {
        for _ in 0..3 {
            told.extend(world.send(Event::Probed { answer: Answer::Bad("no good".into()) }));
        }
        told.extend(world.send(Event::Examined { remedy: Remedy::Leave { why: why.into() } }));
    }
    told.retain(|decision| decision.order == Order::Leave);
    assert_eq!(
        told.iter().map(|leave| leave.evidence[0].as_str()).collect::<Vec<_>>(),
        ["answers 500, in 4 ms: no cure", "refuses: no cure"]
    );
}

#[test]
fn what_an_operator_has_started_is_looked_for_at_once_and_counted_anew() {
    let mut world = World::well();
    let how = Ending { code: Some(crate::monitor::event::CONFIG), ..Ending::default() };
    world.send(Event::Ended { pid: 7, how, wish: Wanted::Up });
    assert_eq!(orders(&world.send(Event::Touched)), [&Order::Consult]);
    assert_eq!(orders(&world.send(Event::Found { pid: Some(8), wish: Wanted::Up })), [&Order::Probe]);
    assert!(world.machine.budget().is_fresh());
    let decisions = world.send(Event::Probed { answer: Answer::Good });
    assert_eq!(orders(&decisions), [&Order::Close { incident: 1 }]);
}

#[test]
fn an_operator_who_stops_what_waits_is_seen_soon() {
    let mut world = World::well();
    let how = Ending { code: Some(crate::monitor::event::CONFIG), ..Ending::default() };
    world.send(Event::Ended { pid: 7, how, wish: Wanted::Up });
    assert!(matches!(world.machine.phase(), Phase::Waiting { .. }));
    assert!(world.machine.next() <= world.now + seconds(30));
    world.now = world.machine.next();
    assert_eq!(orders(&world.send(Event::Tick)), [&Order::Consult]);
    world.send(Event::Found { pid: None, wish: Wanted::Down });
    assert_eq!(world.machine.phase(), &Phase::Stopped);
}

#[test]
fn those_who_are_well_are_asked_together_and_keep_their_period() {
    let answered_at = |millis: u64| {
        let mut world = World::well();
        world.now = BEGIN + seconds(100) + Duration::from_millis(millis);
        world.send(Event::Probed { answer: Answer::Good });
        world
    };
    let (mut first, second) = (answered_at(30), answered_at(310));
    assert_eq!(first.machine.next(), BEGIN + seconds(130));
    assert_eq!(second.machine.next(), first.machine.next());
    first.now = first.machine.next() + Duration::from_millis(2);
    first.send(Event::Probed { answer: Answer::Good });
    assert_eq!(first.machine.next(), BEGIN + seconds(160));
}

#[test]
fn on_the_brink_is_who_has_one_failure_left() {
    let mut world = World::well();
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(world.machine.is_on_the_brink());
        world.send(Event::Probed { answer: Answer::Bad("silent".into()) });
    }
    told.push(world.machine.is_on_the_brink());
    assert_eq!(told, [false, false, true, false]);
}
