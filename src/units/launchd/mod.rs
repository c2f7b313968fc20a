//! launchd, by `launchctl`.

mod order;

pub(super) use order::carry_out;

use std::time::Instant;

use crate::units::tool;
use crate::units::{Scope, UnitFault, UnitState};

/// A job, and the domain that it lives in.
#[derive(Debug)]
struct Job {
    domain: String,
    state: UnitState,
}

/// Asks for a job of the machine, and for one of the caller.
pub(super) fn ask(label: &str, deadline: Instant) -> Result<Vec<UnitState>, UnitFault> {
    Ok(find(label, deadline)?.into_iter().map(|job| job.state).collect())
}

fn find(label: &str, deadline: Instant) -> Result<Vec<Job>, UnitFault> {
    let mut known: Vec<Job> = Vec::new();
    for (scope, domain) in domains() {
        if known.iter().any(|job| job.state.scope == scope) {
            continue;
        }
        let printed = tool::run("launchctl", &["print", &format!("{domain}/{label}")], deadline)?;
        let state = read(&printed.output, scope).filter(|_| printed.status.success());
        known.extend(state.map(|state| Job { domain, state }));
    }
    if known.is_empty() { Err(UnitFault::Unknown { known: Vec::new() }) } else { Ok(known) }
}

/// Where jobs live: those of the machine, and those of the caller.
fn domains() -> [(Scope, String); 3] {
    let uid = rustix::process::getuid().as_raw();
    [
        (Scope::System, "system".to_owned()),
        (Scope::User, format!("gui/{uid}")),
        (Scope::User, format!("user/{uid}")),
    ]
}

/// Reads what `launchctl print` prints; `None` where it is no job's state.
fn read(text: &str, scope: Scope) -> Option<UnitState> {
    let field = |name: &str| fields(text).find(|(key, _)| *key == name).map(|(_, value)| value);
    let state = field("state")?;
    let runs: Option<u64> = field("runs").and_then(|runs| runs.parse().ok());
    let exit = field("last exit code").map(|code| code.split([':', ' ']).next().unwrap_or(code));
    let exit_status: Option<i32> = exit.and_then(|code| code.parse().ok());
    let main_pid = field("pid").and_then(|pid| pid.parse().ok());
    let has_failed = main_pid.is_none() && exit_status.is_some_and(|code| code != 0);
    let active = match state {
        "running" => "active",
        "spawn scheduled" | "spawning" => "activating",
        _ if has_failed => "failed",
        // On demand: it waits for what starts it.
        "waiting" => "active",
        _ => "inactive",
    };
    Some(UnitState {
        scope,
        load: "loaded".to_owned(),
        load_error: String::new(),
        active: active.to_owned(),
        sub: state.to_owned(),
        result: if has_failed { "exit-code" } else { "success" }.to_owned(),
        // The first run is no restart.
        restarts: runs.map(|runs| runs.saturating_sub(1)),
        since: None,
        main_pid,
        exit_status,
        is_oneshot: false,
        file: field("path").unwrap_or("").to_owned(),
        enabled: String::new(),
        is_outdated: false,
    })
}

/// `key = value` of the job itself; what stands in its inner blocks is left out.
fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut depth = 0_usize;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.ends_with('{') {
            depth += 1;
            return None;
        }
        if line == "}" {
            depth = depth.saturating_sub(1);
            return None;
        }
        line.split_once(" = ").filter(|_| depth == 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the shape of macOS 13 and 14; not recorded here, where there is no launchd.
    fn printed(state: &str, more: &str) -> String {
        format!(
            "system/dev.backend = {{\n\tactive count = 1\n\tpath = /Library/LaunchDaemons/dev.backend.plist\n\
             \ttype = LaunchDaemon\n\tstate = {state}\n\n\tprogram = /usr/bin/python3\n\targuments = {{\n\
             \t\tstate = none of its own\n\t\tmain.py\n\t}}\n\n\tdefault environment = {{\n\
             \t\tPATH => /usr/bin:/bin\n\t}}\n\n\truns = 4\n{more}\n\tspawn type = daemon (3)\n}}\n"
        )
    }

    #[test]
    fn running_job_has_its_pid_and_its_restarts() {
        let text = printed("running", "\tpid = 512\n\tlast exit code = 1");
        let state = read(&text, Scope::System).unwrap();
        assert_eq!((state.active.as_str(), state.sub.as_str()), ("active", "running"));
        assert_eq!((state.main_pid, state.restarts, state.exit_status), (Some(512), Some(3), Some(1)));
        assert_eq!(state.file, "/Library/LaunchDaemons/dev.backend.plist");
    }

    #[test]
    fn job_that_ended_badly_has_failed() {
        let failed = read(&printed("not running", "\tlast exit code = 78: EX_CONFIG"), Scope::User).unwrap();
        assert_eq!((failed.active.as_str(), failed.exit_status), ("failed", Some(78)));
        let never = read(&printed("not running", "\tlast exit code = (never exited)"), Scope::User).unwrap();
        assert_eq!((never.active.as_str(), never.exit_status), ("inactive", None));
        let again = read(&printed("spawn scheduled", "\tlast exit code = 1"), Scope::User).unwrap();
        assert_eq!(again.active, "activating");
        assert_eq!(read("Could not find service \"x\" in domain for system", Scope::System), None);
    }
}
