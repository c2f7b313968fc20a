//! What a unit's state means. Pure.

use std::time::Duration;

use crate::checks::Subject;
use crate::checks::unit::{UnitManager, UnitObservation};
use crate::model::{Cause, Finding, Severity};
use crate::text::{human, shell};
use crate::units::{Scope, UnitFault, UnitState};

/// A unit that was started again by its manager, and is younger than this, may not stay up.
const YOUNG: Duration = Duration::from_secs(60);
/// So many restarts are no single accident.
const MANY_RESTARTS: u64 = 2;

/// Judges a unit.
pub(in crate::checks) fn judge(subject: &Subject, timeout: Duration, seen: &UnitObservation) -> Finding {
    let unit = &seen.unit;
    match &seen.states {
        Ok(states) => of_states(subject, seen, states),
        Err(UnitFault::NoManager(why)) => subject.unknown(format!("cannot be asked: {why}")),
        Err(UnitFault::Silent) => {
            let manager = if seen.manager == UnitManager::Systemd { "systemd" } else { "launchd" };
            let within = human::duration(timeout);
            subject.finding(Severity::Critical, format!("{manager} gives no answer within {within}"))
        }
        Err(UnitFault::Unknown { known }) => {
            let near = match known.as_slice() {
                [] => String::new(),
                names => format!("; did you mean {}?", names.join(" or ")),
            };
            let list = match seen.manager {
                UnitManager::Systemd => shell::command(["systemctl", "list-unit-files"]),
                UnitManager::Launchd => shell::command(["launchctl", "list"]),
            };
            subject
                .finding(Severity::Critical, format!("there is no unit {unit}{near}"))
                .because(Cause::UnitFailed)
                .hint("install it, or correct its name in the config", Some(list))
        }
    }
    .with("unit", unit.clone())
}

fn of_states(subject: &Subject, seen: &UnitObservation, states: &[UnitState]) -> Finding {
    // The one that runs counts; where none does, the machine's.
    let Some(state) = states.iter().find(|s| s.active == "active").or(states.first()) else {
        return subject.unknown("its manager says nothing of it");
    };
    let (severity, cause, words) = of_state(state);
    let mut finding = subject.finding(severity, words);
    finding.cause = cause;
    let active = states.iter().filter(|state| state.active == "active").count();
    if active > 1 {
        finding = subject
            .finding(Severity::Warning, "runs twice: once as a unit of the machine, once as one of this user")
            .hint("stop and disable one of the two", Some(command(seen, state, &["status"])));
    } else if severity > Severity::Ok {
        finding = finding.hint(advice(state), Some(look(seen, state)));
    }
    finding
        .with("scope", state.scope.word())
        .with("load_state", state.load.clone())
        .with("active_state", state.active.clone())
        .with("sub_state", state.sub.clone())
        .with("result", state.result.clone())
        .with("restarts", state.restarts)
        .with("since_seconds", state.since.map(|since| since.as_secs()))
        .with("pid", state.main_pid)
        .with("exit_status", state.exit_status)
        .with("file", state.file.clone())
        .with("enabled", state.enabled.clone())
        .with("needs_reload", state.is_outdated)
}

type Judged = (Severity, Option<Cause>, String);

fn of_state(state: &UnitState) -> Judged {
    let red = |cause, words: String| (Severity::Critical, Some(cause), words);
    match state.load.as_str() {
        "loaded" => {}
        "masked" => return red(Cause::UnitFailed, "is masked: nobody can start it".to_owned()),
        other if state.load_error.is_empty() => {
            return red(Cause::UnitFailed, format!("cannot be loaded: {other}"));
        }
        _ => return red(Cause::UnitFailed, format!("cannot be loaded: {}", state.load_error)),
    }
    let restarts = state.restarts.unwrap_or(0);
    let times = human::plural(restarts, "restart");
    match (state.active.as_str(), state.sub.as_str()) {
        ("active", _) => active(state, restarts),
        ("activating", "auto-restart") | ("activating", "spawn scheduled") => {
            red(Cause::CrashLoop, format!("ends again and again: {}, {times} so far", ending(state)))
        }
        // systemd keeps the result of the last end, and gives up in silence.
        ("failed", _) if restarts > 0 => {
            red(Cause::CrashLoop, format!("was given up after {times}: {}{}", ending(state), since(state)))
        }
        ("failed", _) if state.result == "start-limit-hit" => {
            red(Cause::CrashLoop, format!("was given up after too many starts{}", since(state)))
        }
        ("failed", _) => red(Cause::UnitFailed, format!("has failed: {}{}", ending(state), since(state))),
        ("inactive", _) if state.is_oneshot && state.result == "success" => {
            (Severity::Ok, None, format!("has done its work{}", since(state)))
        }
        ("inactive", _) => red(Cause::ProcessDown, format!("does not run ({}){}", state.sub, since(state))),
        (other, sub) => (Severity::Warning, None, format!("is {other} ({sub}){}", since(state))),
    }
}

fn active(state: &UnitState, restarts: u64) -> Judged {
    let pid = state.main_pid.map_or_else(String::new, |pid| format!(", pid {pid}"));
    let age = state.since.map_or_else(String::new, |since| format!(" for {}", human::duration(whole(since))));
    let words = format!("is {}{age}{pid}", state.sub);
    let is_young = state.since.is_some_and(|since| since < YOUNG);
    if is_young && restarts >= MANY_RESTARTS {
        let words = format!("{words}, after {}", human::plural(restarts, "restart"));
        return (Severity::Warning, Some(Cause::CrashLoop), words);
    }
    let words = match restarts {
        0 => words,
        n => format!("{words}, {} since it was started", human::plural(n, "restart")),
    };
    if state.is_outdated {
        let words = format!("{words}; its definition has changed since, and was not read again");
        return (Severity::Warning, None, words);
    }
    (Severity::Ok, None, words)
}

/// How the main process ended, in words.
fn ending(state: &UnitState) -> String {
    let status = state.exit_status.unwrap_or(0);
    match state.result.as_str() {
        "exit-code" => format!("exit code {status}"),
        "signal" | "core-dump" => format!("killed by signal {status}"),
        "oom-kill" => "killed for want of memory".to_owned(),
        "timeout" => "it took too long to start or to stop".to_owned(),
        "watchdog" => "it gave no sign of life".to_owned(),
        "success" => "it ended by itself".to_owned(),
        other => other.to_owned(),
    }
}

fn since(state: &UnitState) -> String {
    match state.since.map(whole) {
        None => String::new(),
        Some(Duration::ZERO) => ", just now".to_owned(),
        Some(since) => format!(", {} ago", human::duration(since)),
    }
}

fn whole(since: Duration) -> Duration {
    Duration::from_secs(since.as_secs())
}

fn advice(state: &UnitState) -> &'static str {
    match (state.load.as_str(), state.active.as_str()) {
        ("masked", _) => "see who masked it, and unmask it",
        ("loaded", "active") if state.is_outdated => "have the definitions read again, then restart it",
        ("loaded", _) => "see what it said last, then start it",
        _ => "see what is wrong with its definition",
    }
}

/// What it said last; its manager's own view where that is not kept.
fn look(seen: &UnitObservation, state: &UnitState) -> String {
    if seen.manager == UnitManager::Systemd && state.load == "loaded" && !state.is_outdated {
        let unit = if state.scope == Scope::User { "--user-unit" } else { "--unit" };
        return shell::command(["journalctl", unit, &seen.unit, "--lines=50", "--no-pager"]);
    }
    command(seen, state, &["status"])
}

fn command(seen: &UnitObservation, state: &UnitState, words: &[&str]) -> String {
    match seen.manager {
        UnitManager::Systemd => {
            let whose = (state.scope == Scope::User).then_some("--user");
            let all = ["systemctl"].into_iter().chain(whose).chain(words.iter().copied());
            shell::command(all.chain(["--no-pager", seen.unit.as_str()]))
        }
        UnitManager::Launchd if state.scope == Scope::System => {
            shell::command(["launchctl", "print", &format!("system/{}", seen.unit)])
        }
        UnitManager::Launchd => format!("launchctl print gui/$(id -u)/{}", shell::quote(&seen.unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(active: &str, sub: &str, result: &str) -> UnitState {
        UnitState {
            scope: Scope::System,
            load: "loaded".into(),
            load_error: String::new(),
            active: active.into(),
            sub: sub.into(),
            result: result.into(),
            restarts: Some(0),
            since: Some(Duration::from_millis(3_600_500)),
            main_pid: (active == "active").then_some(7),
            exit_status: Some(1),
            is_oneshot: false,
            file: "/etc/systemd/system/x.service".into(),
            enabled: "enabled".into(),
            is_outdated: false,
        }
    }

    fn judged(states: Result<Vec<UnitState>, UnitFault>) -> Finding {
        let seen = UnitObservation { manager: UnitManager::Systemd, unit: "x.service".into(), states };
        judge(&Subject::check("x"), Duration::from_secs(5), &seen)
    }

    #[test]
    fn states_are_told_in_words() {
        let of = |state: UnitState| {
            let finding = judged(Ok(vec![state]));
            (finding.severity, finding.cause, finding.summary)
        };
        let (ok, red) = (Severity::Ok, Severity::Critical);
        assert_eq!(of(state("active", "running", "success")), (ok, None, "is running for 1h, pid 7".into()));
        let failed = (red, Some(Cause::UnitFailed), "has failed: exit code 1, 1h ago".into());
        assert_eq!(of(state("failed", "failed", "exit-code")), failed);
        let looping = UnitState { restarts: Some(5), ..state("activating", "auto-restart", "exit-code") };
        let words = "ends again and again: exit code 1, 5 restarts so far";
        assert_eq!(of(looping), (red, Some(Cause::CrashLoop), words.into()));
        let given_up = of(UnitState { restarts: Some(5), ..state("failed", "failed", "exit-code") });
        assert_eq!(given_up.1, Some(Cause::CrashLoop));
        assert_eq!(given_up.2, "was given up after 5 restarts: exit code 1, 1h ago");
        assert_eq!(of(state("failed", "failed", "start-limit-hit")).1, Some(Cause::CrashLoop));
        let stopped = (red, Some(Cause::ProcessDown), "does not run (dead), 1h ago".into());
        assert_eq!(of(state("inactive", "dead", "success")), stopped);
        let done = UnitState { is_oneshot: true, ..state("inactive", "dead", "success") };
        assert_eq!(of(done).0, ok);
        let young = UnitState {
            restarts: Some(3),
            since: Some(Duration::from_secs(2)),
            ..state("active", "running", "")
        };
        assert_eq!((of(young.clone()).0, of(young).1), (Severity::Warning, Some(Cause::CrashLoop)));
    }

    #[test]
    fn missing_masked_and_double_units_are_told() {
        let missing = judged(Err(UnitFault::Unknown { known: vec!["y.service".into()] }));
        assert_eq!(missing.summary, "there is no unit x.service; did you mean y.service?");
        let masked = UnitState { load: "masked".into(), ..state("inactive", "dead", "success") };
        assert_eq!(judged(Ok(vec![masked])).summary, "is masked: nobody can start it");
        let user = UnitState { scope: Scope::User, ..state("active", "running", "success") };
        let twice = judged(Ok(vec![state("active", "running", "success"), user.clone()]));
        assert!(twice.summary.starts_with("runs twice"), "{}", twice.summary);
        let own = judged(Ok(vec![state("inactive", "dead", "success"), user]));
        assert_eq!((own.severity, &own.observed["scope"]), (Severity::Ok, &"user".into()));
        let none = judged(Err(UnitFault::NoManager("systemctl is not on this machine".into())));
        assert_eq!(none.severity, Severity::Unknown);
        assert_eq!(judged(Err(UnitFault::Silent)).severity, Severity::Critical);
    }
}
