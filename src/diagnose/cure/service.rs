//! Cures for a service's process and port.

use crate::config::Service;
use crate::diagnose::cure::Case;
use crate::diagnose::cure::command::{hint, kill, listed, words};
use crate::diagnose::cure::observed::{number, numbers, strangers};
use crate::model::{Cause, Hint};
use crate::text::{redact, shell};

/// See why it ended, then start it again as it is configured.
pub(super) fn down(case: Case<'_>) -> Option<Hint> {
    let Some(service) = case.service else { return Some(elsewhere(case)) };
    let (tail, start) = (case.last_lines(), case.start(service));
    if case.finding.cause == Some(Cause::CrashLoop) {
        return Some(hint("it will end again until what its log says is mended", tail.or(start)));
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

/// What a check asks is not there, and no service of the config is behind it.
fn elsewhere(case: Case<'_>) -> Hint {
    hint("see whether what it asks runs, and at that address", Some(case.again()))
}

fn by_hand(service: &Service) -> Option<String> {
    let line = redact::secrets(&shell::command(service.command.as_ref()?.words())).into_owned();
    Some(format!("cd {} && {line}", shell::quote(&service.cwd.to_string_lossy())))
}

pub(super) fn orphan(case: Case<'_>) -> Hint {
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

pub(super) fn hung(case: Case<'_>) -> Hint {
    // Of a process finding: the process is stopped. Of an answer that does not come: it depends on what it waits for.
    if let Some(pid) = number(case.finding, "pid") {
        return hint("let it go on; somebody or a debugger has stopped it", Some(kill("-CONT", &[pid])));
    }
    let restart = case.service.and_then(|service| case.start(service));
    if restart.is_some() {
        return hint("it lives and does not answer: restart it", restart);
    }
    let look = case.last_lines().unwrap_or_else(|| case.again());
    hint("it lives and does not answer: see what it was doing last, then restart it", Some(look))
}
