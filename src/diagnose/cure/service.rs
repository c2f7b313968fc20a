//! Cures for a service's process and port.

use crate::config::Service;
use crate::diagnose::cure::Case;
use crate::diagnose::cure::command::{hint, kill, listed, words};
use crate::diagnose::cure::observed::{number, numbers, strangers};
use crate::diagnose::cure::server::{absent, server};
use crate::diagnose::naming::last_fault_of;
use crate::logs::rules::{FaultClass, rules};
use crate::model::{Cause, Hint};
use crate::text::arguments::without_secrets;
use crate::text::{redact, shell};

/// See why it ended, then start it again as it is configured.
pub(super) fn down(case: Case<'_>) -> Option<Hint> {
    let Some(service) = case.service else { return Some(absent(case)) };
    if case.known.evidence.stopped_ago(&service.name).is_some() {
        let start = case.fuelops(["start", &service.name]);
        return Some(hint(
            "start it once it may run again: nothing else will",
            start.or_else(|| by_hand(service)),
        ));
    }
    if let Some(user) = case.finding.observed.get("missing_user").and_then(serde_json::Value::as_str) {
        let text = format!("create the user {user}, or name another one as `user` of {}", service.name);
        return Some(hint(text, case.fuelops(["config", "check"])));
    }
    let (tail, start) = (case.last_lines(), case.start(service));
    if case.finding.cause == Some(Cause::CrashLoop) {
        return Some(hint("it will end again until what its log says is mended", tail.or(start)));
    }
    if let (Some(start), Some(port)) = (&start, lost_port(case, service)) {
        let text = format!("port {port} was taken when it ended, and is free now: start it again");
        return Some(hint(text, Some(start.clone())));
    }
    if let Some(first) = what_to_free(case, service) {
        let then = start.or_else(|| by_hand(service)).map(|start| format!(": {start}")).unwrap_or_default();
        return Some(hint(format!("{} first, then start it again{then}", first.text), first.command));
    }
    if let (Some(start), Some(advice)) = (&start, what_keeps_it_down(case, service)) {
        let last = tail.map(|tail| format!("; what it said last: {tail}")).unwrap_or_default();
        return Some(hint(format!("{advice}; then start it again{last}"), Some(start.clone())));
    }
    Some(match (start, tail, by_hand(service)) {
        (Some(start), Some(tail), _) => {
            hint(format!("start it again; what it said last: {tail}"), Some(start))
        }
        (Some(start), None, _) => hint("start it again", Some(start)),
        (None, Some(tail), Some(line)) => {
            hint(format!("see what it said last, then start it: {line}"), Some(tail))
        }
        (None, tail, line) => hint("start it again", Some(tail.or(line)?)),
    })
}

/// Its port, where that was taken when it ended: were it taken still, that would be told in place of this.
fn lost_port(case: Case<'_>, service: &Service) -> Option<u16> {
    let fault = last_fault_of(case.known.evidence, &service.name)?;
    service.port.filter(|_| fault.rule == "port-in-use")
}

/// The space that it lacked when it ended: without that, it would end again.
fn what_to_free(case: Case<'_>, service: &Service) -> Option<Hint> {
    let fault = last_fault_of(case.known.evidence, &service.name)?;
    let is_space = matches!(fault.rule, "disk-full" | "disk-quota");
    let look = words(["df", "-h", &service.cwd.to_string_lossy()]);
    is_space.then(|| hint("free space where this shows none", Some(look)))
}

/// What to do first, where its last words name a fault that a start does not cure.
fn what_keeps_it_down(case: Case<'_>, service: &Service) -> Option<&'static str> {
    const LASTING: [FaultClass; 7] = [
        FaultClass::Memory,
        FaultClass::Files,
        FaultClass::Dependency,
        FaultClass::Config,
        FaultClass::Permission,
        FaultClass::Certificate,
        FaultClass::Code,
    ];
    let fault = last_fault_of(case.known.evidence, &service.name)?;
    let rule = rules().find(|rule| rule.id == fault.rule)?;
    LASTING.contains(&fault.class).then_some(rule.advice)
}

/// Something is wrong with a service and has no name: a second copy, or a port that it does not take.
pub(super) fn nameless(case: Case<'_>) -> Option<Hint> {
    let pid = number(case.finding, "pid");
    let copies: Vec<u64> = pid.into_iter().chain(numbers(case.finding, "copies")).collect();
    if copies.len() > 1 {
        let look = listed("pid,ppid,user,lstart,args", &copies);
        return Some(hint("see which of them is meant to run, and stop the other", Some(look)));
    }
    if let Some(hint) = pid.and_then(|pid| pid_file(case, pid)) {
        return Some(hint);
    }
    let pid = number(case.finding, "service_pid")?.to_string();
    let look = case.program(["lsof", "-nP", "-iTCP", "-sTCP:LISTEN", "-a", "-p", &pid]);
    let text = format!("it runs as pid {pid}: see whether it listens elsewhere, or has not come so far");
    Some(hint(text, look.or_else(|| case.last_lines())))
}

/// It runs, and its pid file names another process, or none.
fn pid_file(case: Case<'_>, pid: u64) -> Option<Hint> {
    case.finding.observed.get("pid_file_is_wrong")?;
    let path = case.service?.pid_file.as_ref()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = format!("scripts that act on {name} would miss it: write the pid of what runs into it");
    Some(hint(text, Some(format!("echo {pid} > {}", shell::quote(&path.to_string_lossy())))))
}

impl Case<'_> {
    /// What is left of a service that an operator stopped is ended; `recover` would leave it alone.
    fn stop_for_good(self) -> Option<Hint> {
        let service = self.service?;
        self.known.evidence.stopped_ago(&service.name)?;
        let stop = self.fuelops(["stop", &service.name])?;
        Some(hint("an operator stopped it, and it is meant to be down: end what is left of it", Some(stop)))
    }
}

fn by_hand(service: &Service) -> Option<String> {
    let line =
        redact::secrets(&shell::command(without_secrets(service.command.as_ref()?.words()))).into_owned();
    Some(format!("cd {} && {line}", shell::quote(&service.cwd.to_string_lossy())))
}

pub(super) fn orphan(case: Case<'_>) -> Hint {
    if let Some(stop) = case.stop_for_good() {
        return stop;
    }
    let mut pids = numbers(case.finding, "pids");
    pids.extend(strangers(case.finding));
    if let Some(recover) = case.fuelops(["recover"]) {
        return hint(
            "end the workers that have lost their parent, and start the service anew",
            Some(recover),
        );
    }
    let command = (!pids.is_empty()).then(|| kill("-TERM", &pids));
    hint(
        "end the workers that have lost their parent, then start the service: until then its port is taken",
        command,
    )
}

pub(super) fn taken(case: Case<'_>) -> Hint {
    let strangers = strangers(case.finding);
    if strangers.is_empty() {
        return hint(
            "see as root who it is",
            Some(words(["sudo", "fuelops", "health", "--target", &case.finding.target])),
        );
    }
    hint(
        "find out whose it is and stop it there, or give the service another port",
        Some(listed("pid,ppid,user,lstart,args", &strangers)),
    )
}

fn stopped(pid: u64) -> Hint {
    hint("let it go on; somebody or a debugger has stopped it", Some(kill("-CONT", &[pid])))
}

pub(super) fn hung(case: Case<'_>) -> Hint {
    // Of a process finding: the process is stopped. Of an answer that does not come: it depends on what it waits for.
    if let Some(pid) = number(case.finding, "pid") {
        return stopped(pid);
    }
    if let Some(server) = server(case).filter(|server| server.is_stopped) {
        return stopped(server.pid.into());
    }
    if let Some(stop) = case.stop_for_good() {
        return stop;
    }
    let restart = case.service.and_then(|service| case.start(service));
    if restart.is_some() {
        return hint("it lives and does not answer: restart it", restart);
    }
    let look = case.last_lines().unwrap_or_else(|| case.again());
    hint("it lives and does not answer: see what it was doing last, then restart it", Some(look))
}
