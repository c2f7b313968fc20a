//! systemd, by `systemctl`.

mod order;

pub(super) use order::carry_out;

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

use crate::text::suggest;
use crate::units::tool::{self, Printed};
use crate::units::{Scope, UnitFault, UnitState};

const PROPERTIES: &str = "--property=LoadState,LoadError,ActiveState,SubState,Result,NRestarts,MainPID,ExecMainStatus,\
    Type,FragmentPath,UnitFileState,NeedDaemonReload,StateChangeTimestampMonotonic";
/// Near misses that are told.
const MAX_NEAR: usize = 3;

/// Asks both managers; states of units that one of them knows.
pub(super) fn ask(unit: &str, deadline: Instant) -> Result<Vec<UnitState>, UnitFault> {
    let (system, user) = thread::scope(|scope| {
        let user = scope.spawn(|| of_scope(unit, Scope::User, deadline));
        (of_scope(unit, Scope::System, deadline), user.join())
    });
    let user = user.unwrap_or(Err(UnitFault::Silent));
    let is_known = |state: &UnitState| state.load != "not-found";
    // The caller need not have a manager; one that knows the unit has a say.
    let mut known: Vec<_> = [&system, &user].into_iter().flatten().filter(|s| is_known(s)).cloned().collect();
    if known.len() == 2 && known[0].file == known[1].file && known[1].active != "active" {
        known.pop();
    }
    match system {
        _ if !known.is_empty() => Ok(known),
        Err(fault) => Err(fault),
        Ok(_) => Err(UnitFault::Unknown { known: near(unit, deadline) }),
    }
}

fn of_scope(unit: &str, scope: Scope, deadline: Instant) -> Result<UnitState, UnitFault> {
    let whose = if scope == Scope::User { "--user" } else { "--system" };
    let printed = tool::run("systemctl", &[whose, "show", "--no-pager", PROPERTIES, "--", unit], deadline)?;
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    read(&printed.output, scope, now).ok_or_else(|| fault_of(&printed))
}

fn fault_of(printed: &Printed) -> UnitFault {
    let said = printed.errors.lines().next().unwrap_or("").trim();
    UnitFault::NoManager(match said {
        "" => "systemctl says nothing".to_owned(),
        said if said.contains("not been booted") || said.contains("Host is down") => {
            "systemd does not run this machine".to_owned()
        }
        said => format!("systemctl: {said}"),
    })
}

/// Reads what `systemctl show` prints; `None` where it is no unit's state.
fn read(text: &str, scope: Scope, now: Duration) -> Option<UnitState> {
    let fields: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let word = |name: &str| fields.get(name).copied().unwrap_or("").trim().to_owned();
    let load = fields.get("LoadState").filter(|load| !load.is_empty())?;
    let changed = word("StateChangeTimestampMonotonic").parse().ok().filter(|at: &u64| *at > 0);
    Some(UnitState {
        scope,
        load: (*load).to_owned(),
        // A name on the bus, and then the words.
        load_error: word("LoadError")
            .split_once(' ')
            .map_or("", |(_, words)| words)
            .trim_matches('"')
            .to_owned(),
        active: word("ActiveState"),
        sub: word("SubState"),
        result: word("Result"),
        restarts: word("NRestarts").parse().ok(),
        since: changed.map(|at| now.saturating_sub(Duration::from_micros(at))),
        main_pid: word("MainPID").parse().ok().filter(|pid| *pid != 0),
        exit_status: word("ExecMainStatus").parse().ok(),
        is_oneshot: word("Type") == "oneshot",
        file: word("FragmentPath"),
        enabled: word("UnitFileState"),
        is_outdated: word("NeedDaemonReload") == "yes",
    })
}

/// Units that the name may have been meant for.
fn near(unit: &str, deadline: Instant) -> Vec<String> {
    let list = ["list-units", "--all", "--plain", "--no-legend", "--no-pager"];
    let Ok(printed) = tool::run("systemctl", &list, deadline) else { return Vec::new() };
    let names = printed.output.lines().filter_map(|line| line.split_whitespace().next());
    let mut names: Vec<&str> = names.filter(|name| *name != unit).collect();
    let mut near = Vec::new();
    while near.len() < MAX_NEAR {
        let Some(found) = suggest::nearest(unit, names.iter().copied()) else { break };
        near.push(found.to_owned());
        names.retain(|name| *name != found);
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As systemd 252 printed it.
    const FAILED: &str = "\
Type=simple
MainPID=0
Result=exit-code
NRestarts=5
ExecMainStatus=1
LoadState=loaded
ActiveState=failed
SubState=failed
FragmentPath=/run/systemd/system/foo.service
UnitFileState=static
StateChangeTimestampMonotonic=1000000
NeedDaemonReload=no
";

    #[test]
    fn state_is_read() {
        let state = read(FAILED, Scope::System, Duration::from_secs(31)).unwrap();
        assert_eq!((state.active.as_str(), state.result.as_str()), ("failed", "exit-code"));
        assert_eq!((state.restarts, state.exit_status, state.main_pid), (Some(5), Some(1), None));
        assert_eq!(state.since, Some(Duration::from_secs(30)));
        assert!(!state.is_oneshot && !state.is_outdated);
    }

    #[test]
    fn a_unit_that_cannot_be_loaded_says_why() {
        let text = "LoadState=bad-setting\nLoadError=org.freedesktop.systemd1.BadUnitSetting \"Unit x has a bad one.\"\n";
        let state = read(text, Scope::User, Duration::ZERO).unwrap();
        assert_eq!(state.load_error, "Unit x has a bad one.");
        assert_eq!(read("", Scope::System, Duration::ZERO), None);
    }
}
