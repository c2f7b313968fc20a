//! The steps of a recovery, in order, on one clock. Everything that touches the machine goes through [`Hands`].

use std::collections::BTreeSet;
use std::time::Instant;

use chrono::{DateTime, Local, SecondsFormat, Utc};

use crate::model::Severity;
use crate::recover::budget::Budget;
use crate::recover::hands::{Hands, StepResult};
use crate::recover::journal::{Entry, Scribe};
use crate::recover::log::RecoveryLog;
use crate::recover::plan::Plan;
use crate::recover::preserve::Kept;
use crate::recover::verify::{self, Seen};
use crate::report::{
    Outcome, RecoverEvent, RecoverStep, RefusedProcess, StartedService, StepStatus, StoppedProcess,
};
use crate::service::Patience;

/// A step that may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Snapshot,
    Preserve,
    Free,
    Verify,
    Archive,
}

/// How a plan is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    pub budget: Budget,
    pub skip: BTreeSet<Step>,
    /// When the services went down, where an earlier, unfinished run stopped them.
    pub down_since: Option<DateTime<Utc>>,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Processes that were to end and did not.
    pub refused: Vec<RefusedProcess>,
    pub outcome: Option<Outcome>,
    pub summary: String,
    pub steps: Vec<RecoverStep>,
    pub stopped: Vec<StoppedProcess>,
    pub started: Vec<StartedService>,
    pub kept: Kept,
    /// Names, sizes and hashes of what was put aside.
    pub manifest: Option<std::path::PathBuf>,
    pub freed_bytes: u64,
    pub downtime_ms: Option<u64>,
    pub timeline: Vec<RecoverEvent>,
}

/// Carries a plan out as it stands.
pub fn run(
    plan: &Plan,
    options: &Options,
    hands: &mut dyn Hands,
    scribe: &mut Scribe,
    log: &mut RecoveryLog,
) -> Done {
    let mut run = Run { plan, options, hands, scribe, log, done: Done::default(), degraded: Vec::new() };
    run.all();
    run.done
}

/// A service that could not be brought up.
struct Trouble {
    service: String,
    why: String,
}

struct Run<'a> {
    plan: &'a Plan,
    options: &'a Options,
    hands: &'a mut dyn Hands,
    scribe: &'a mut Scribe,
    log: &'a mut RecoveryLog,
    done: Done,
    /// What is missing although the services are up.
    degraded: Vec<String>,
}

impl Run<'_> {
    fn all(&mut self) {
        let obstacles = self.hands.prepare(&self.plan.started());
        if let Some(why) = obstacles.first() {
            return self.refuse(why);
        }
        self.soft_step("snapshot", Some(Step::Snapshot), |run, now| {
            let until = run.options.budget.snapshot_until(now);
            run.hands.snapshot(run.plan, until)
        });
        if let Err(why) = self.hands.post_guard() {
            self.degraded.push(format!("no guard: {why}"));
            self.tell(&format!("no guard could be posted: {why}"));
        }
        let down_since = self.hands.now();
        let mut failed = self.stop();
        self.preserve();
        self.free();
        self.start(&mut failed);
        let seen = self.verify(&failed);
        self.downtime(down_since, &seen);
        let kept = self.done.kept.clone();
        if self.hands.is_interrupted() {
            self.degraded
                .push("interrupted: it was not watched for long, and its logs are not archived".to_owned());
            self.note("archive", StepStatus::Skipped, 0, "interrupted".to_owned());
            return self.conclude(&failed, &seen);
        }
        self.soft_step("archive", Some(Step::Archive), |run, _| run.hands.archive(&kept));
        self.conclude(&failed, &seen);
    }

    /// Ends what the plan says; returns the services of which something is left, and why.
    fn stop(&mut self) -> Vec<Trouble> {
        if self.plan.stop.is_empty() {
            self.note("stop", StepStatus::Empty, 0, "nothing of it runs".to_owned());
            return Vec::new();
        }
        let begun = self.intend("stop");
        self.scribe.stopping(self.plan);
        let mut survivors = Vec::new();
        for stop in &self.plan.stop {
            let (now, _) = self.hands.now();
            let grace = self.options.budget.grace(now, self.hands.stop_timeout(&stop.service));
            let patience = Patience { grace, kill: self.options.budget.kill() };
            let scribe = &mut *self.scribe;
            let ended = self.hands.stop(stop, patience, &mut |pid, signal| {
                scribe.write(&Entry::Signal { pid, signal: signal.to_owned() });
            });
            for end in ended {
                self.scribe.write(&Entry::Stopped { pid: end.pid, signal: end.signal.clone() });
                let member = stop.members.iter().find(|member| member.pid == end.pid);
                let (command, proof, started_at) = match member {
                    Some(m) => (m.command.clone(), m.why.clone(), m.started_at.clone()),
                    None => (end.command.clone(), end.proof.clone(), String::new()),
                };
                let how = end.signal.as_deref().unwrap_or("no signal");
                if let Some(why) = end.survives {
                    let told = format!("pid {} of {} is still there: {why}", end.pid, stop.service);
                    self.done.refused.push(RefusedProcess { pid: end.pid, command, why: told.clone() });
                    survivors.push(Trouble { service: stop.service.clone(), why: told });
                    continue;
                }
                self.tell(&format!("stopped pid {} of {} ({how})", end.pid, stop.service));
                self.done.stopped.push(StoppedProcess {
                    service: stop.service.clone(),
                    pid: end.pid,
                    started_at,
                    command,
                    signal: end.signal,
                    proof,
                });
            }
        }
        let count = self.done.stopped.len();
        let detail = format!("{count} process{}", if count == 1 { "" } else { "es" });
        match survivors.first() {
            None => self.end("stop", StepStatus::Done, begun, detail),
            Some(first) => self.end("stop", StepStatus::Failed, begun, first.why.clone()),
        }
        survivors
    }

    fn preserve(&mut self) {
        if self.skips("preserve", Step::Preserve) {
            return;
        }
        let begun = self.intend("preserve");
        let kept = self.hands.preserve(self.plan);
        let detail = match (&kept.folder, kept.files.len()) {
            (_, 0) => "no log to keep".to_owned(),
            (Some(folder), n) => format!("{n} in {}", folder.display()),
            (None, n) => format!("{n} beside their old places"),
        };
        let status = match (kept.files.is_empty(), kept.problems.first()) {
            (_, Some(problem)) => {
                self.degraded.push(format!("logs are not all kept: {problem}"));
                StepStatus::Partial
            }
            (true, None) => StepStatus::Empty,
            (false, None) => StepStatus::Done,
        };
        self.done.kept = kept;
        self.end("preserve", status, begun, detail);
    }

    fn free(&mut self) {
        if !self.plan.frees_space {
            self.note("free", StepStatus::Empty, 0, "the disk has room".to_owned());
            return;
        }
        if self.skips("free", Step::Free) {
            return;
        }
        let begun = self.intend("free");
        let freed = self.hands.free(self.options.budget.free_until(begun));
        self.done.freed_bytes = freed.bytes;
        let status = if freed.problem.is_some() { StepStatus::Partial } else { StepStatus::Done };
        let detail = freed.problem.clone().unwrap_or(freed.detail);
        self.degraded.extend(freed.problem);
        self.end("free", status, begun, detail);
    }

    /// Starts what the plan says, but beside nothing that is left of an old one, and nothing whose need has failed.
    fn start(&mut self, failed: &mut Vec<Trouble>) {
        if self.plan.start.is_empty() {
            return self.note("start", StepStatus::Empty, 0, "everything runs".to_owned());
        }
        let begun = self.intend("start");
        for start in &self.plan.start {
            if failed.iter().any(|trouble| trouble.service == start.service) {
                continue;
            }
            if let Some(need) = start.after.iter().find(|need| failed.iter().any(|t| t.service == **need)) {
                let why = format!("{}: {need}, which it needs, did not start", start.service);
                failed.push(Trouble { service: start.service.clone(), why });
                continue;
            }
            if !start.after.is_empty() {
                let until = self.options.budget.ready_until();
                verify::ready(&start.after, self.hands, until);
            }
            match self.hands.start(&start.service) {
                Ok(pid) => {
                    let of = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                    self.tell(&format!("started {}{of}", start.service));
                    self.done.started.push(StartedService { service: start.service.clone(), pid });
                }
                Err(why) => {
                    self.tell(&format!("{} did not start: {why}", start.service));
                    failed.push(Trouble {
                        service: start.service.clone(),
                        why: format!("{}: {why}", start.service),
                    });
                }
            }
        }
        let status = if failed.is_empty() { StepStatus::Done } else { StepStatus::Failed };
        let detail =
            failed.first().map_or_else(|| self.plan.started().join(", "), |trouble| trouble.why.clone());
        self.end("start", status, begun, detail);
    }

    fn verify(&mut self, failed: &[Trouble]) -> Seen {
        let mut services = self.plan.started();
        services.retain(|service| failed.iter().all(|trouble| trouble.service != *service));
        if self.skips("verify", Step::Verify) || services.is_empty() {
            return Seen::default();
        }
        let begun = self.intend("verify");
        let mut seen = verify::ready(&services, self.hands, self.options.budget.ready_until());
        if seen.ready_at.is_some() {
            self.tell(&format!("{} answers", services.join(", ")));
        }
        if let Some(ready_at) = seen.ready_at.filter(|_| !self.hands.is_interrupted()) {
            seen = Seen { ready_at: Some(ready_at), ..verify::stable(&services, self.hands) };
        }
        let status = match seen.bad.iter().map(|bad| bad.severity).max() {
            None => StepStatus::Done,
            Some(Severity::Critical) => StepStatus::Failed,
            Some(_) => StepStatus::Partial,
        };
        for bad in &mut seen.bad {
            // Why it fell over stands in what it said last, as often as not.
            let is_news =
                |words: &String| !bad.why.contains("last words") && !bad.why.contains(words.as_str());
            if let Some(words) = self.hands.bad_words(&bad.service).filter(is_news) {
                bad.why = format!("{}; it said: {words}", bad.why);
            }
        }
        let detail = seen.bad.first().map_or_else(
            || "answers, and has kept answering".to_owned(),
            |bad| format!("{}: {}", bad.service, bad.why),
        );
        self.end("verify", status, begun, detail);
        seen
    }

    /// From the first signal, or from the start of the run where nothing ran, until the services answered.
    fn downtime(&mut self, stopping: (Instant, DateTime<Utc>), seen: &Seen) {
        let Some(ready_at) = seen.ready_at else { return };
        let (now, wall) = self.hands.now();
        let since_ready = now.saturating_duration_since(ready_at);
        let down = match self.options.down_since {
            Some(since) => (wall - since).to_std().unwrap_or_default().saturating_sub(since_ready),
            None => ready_at.saturating_duration_since(stopping.0),
        };
        self.done.downtime_ms = Some(milliseconds(down));
    }

    fn conclude(&mut self, failed: &[Trouble], seen: &Seen) {
        let red = seen.bad.iter().find(|bad| bad.severity == Severity::Critical);
        if let Some(problem) = self.scribe.problem() {
            self.degraded.push(problem.to_owned());
        }
        if self.log.unwritten() > 0 {
            self.degraded.push("recovery.log could not be written".to_owned());
        }
        let yellow = seen.bad.first().map(|bad| format!("{}: {}", bad.service, bad.why));
        self.degraded.extend(yellow.filter(|_| red.is_none()));
        let broken = self.plan.left.iter().find(|(service, _)| self.is_broken(service)).cloned();
        let services = self.plan.started().join(", ");
        let (outcome, summary) = match (failed.first(), red) {
            (Some(trouble), _) => (Outcome::Failed, trouble.why.clone()),
            (None, Some(bad)) if seen.fell_over => {
                (Outcome::Failed, format!("{} answered and fell over again: {}", bad.service, bad.why))
            }
            (None, Some(bad)) => (Outcome::Failed, format!("{} does not answer: {}", bad.service, bad.why)),
            (None, None) => match (self.degraded.first(), &broken) {
                (Some(why), _) => (Outcome::Degraded, format!("{services} is up; {why}")),
                (None, Some((service, why))) => {
                    (Outcome::Degraded, format!("{services} is up; {service} was left: {why}"))
                }
                _ if services.is_empty() => {
                    (Outcome::Recovered, "there is room on the disk again".to_owned())
                }
                _ => (Outcome::Recovered, format!("{services} answers again")),
            },
        };
        self.done.outcome = Some(outcome);
        self.done.summary = summary;
        let (_, at) = self.hands.now();
        self.scribe.write(&Entry::End { outcome, at });
        let text = format!("{}: {}", outcome.word().to_uppercase(), self.done.summary);
        self.tell(&text);
    }

    /// Ends before anything was touched.
    fn refuse(&mut self, why: &str) {
        let (_, at) = self.hands.now();
        self.done.outcome = Some(Outcome::Refused);
        self.done.summary = format!("nothing was stopped, because it could not be started again: {why}");
        self.scribe.write(&Entry::End { outcome: Outcome::Refused, at });
        let text = format!("REFUSED: {}", self.done.summary);
        self.tell(&text);
    }

    /// Whether a service that was left alone is one that does not work.
    fn is_broken(&self, service: &str) -> bool {
        self.plan.broken.iter().any(|name| name == service)
    }

    /// A step whose failure does not matter for the services.
    fn soft_step(
        &mut self,
        name: &'static str,
        step: Option<Step>,
        act: impl FnOnce(&mut Self, Instant) -> StepResult,
    ) {
        if step.is_some_and(|step| self.skips(name, step)) {
            return;
        }
        let begun = self.intend(name);
        let result = act(self, begun);
        let status = if result.problem.is_some() { StepStatus::Partial } else { StepStatus::Done };
        let detail = result.problem.clone().unwrap_or(result.detail);
        self.degraded.extend(result.problem.map(|problem| format!("{name}: {problem}")));
        self.end(name, status, begun, detail);
    }

    fn skips(&mut self, name: &str, step: Step) -> bool {
        let is_skipped = self.options.skip.contains(&step);
        if is_skipped {
            self.note(name, StepStatus::Skipped, 0, "left out, as asked".to_owned());
        }
        is_skipped
    }

    fn intend(&mut self, name: &str) -> Instant {
        let (now, at) = self.hands.now();
        self.scribe.write(&Entry::Intent { step: name.to_owned(), at });
        now
    }

    fn end(&mut self, name: &str, status: StepStatus, begun: Instant, detail: String) {
        let (now, at) = self.hands.now();
        let elapsed = milliseconds(now.saturating_duration_since(begun));
        self.scribe.write(&Entry::Done { step: name.to_owned(), status, at, detail: detail.clone() });
        self.note(name, status, elapsed, detail);
    }

    fn note(&mut self, name: &str, status: StepStatus, elapsed_ms: u64, detail: String) {
        self.done.steps.push(RecoverStep { name: name.to_owned(), status, elapsed_ms, detail });
    }

    /// Into the timeline and `recovery.log`.
    fn tell(&mut self, text: &str) {
        let (now, at) = self.hands.now();
        self.log.line(at.with_timezone(&Local), text);
        self.done.timeline.push(RecoverEvent {
            at: at.to_rfc3339_opts(SecondsFormat::Millis, true),
            elapsed_ms: milliseconds(self.options.budget.elapsed(now)),
            text: text.to_owned(),
        });
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
