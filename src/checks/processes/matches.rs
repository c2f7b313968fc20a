//! Counts processes by what their command line holds.

use crate::checks::Subject;
use crate::checks::processes::processes;
use crate::config::ProcessCheck;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::platform::{self, ProcessState};
use crate::process::Table;

/// Pids that a finding lists.
const SHOWN: usize = 32;

/// Finds the processes of a check; fuelops and those that started it do not count, for the pattern may stand in their own
/// command line.
pub(super) fn find(table: &Table, check: Option<&ProcessCheck>) -> Vec<u32> {
    let Some(check) = check else { return Vec::new() };
    let me = std::process::id();
    let uid = check.user.as_deref().map(|name| platform::account_of_name(name).map(|a| a.uid));
    let is_match = |pid: u32| {
        let words = table.words(pid).unwrap_or_default();
        let line: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        let is_right_user =
            uid.is_none_or(|uid| uid.is_some() && table.facts(pid).and_then(|facts| facts.owner) == uid);
        check.matches.is_match(&line.join(" ")) && is_right_user
    };
    let mut found: Vec<u32> = table
        .stats()
        .filter(|stat| !stat.is_kernel && stat.state != ProcessState::Zombie)
        .map(|stat| stat.pid)
        .filter(|pid| *pid != me && !table.descends(me, *pid) && is_match(*pid))
        .collect();
    found.sort_unstable();
    found
}

/// Judges a process check.
pub(in crate::checks) fn judge(subject: &Subject, check: &ProcessCheck, pids: &[u32]) -> Finding {
    let count = u32::try_from(pids.len()).unwrap_or(u32::MAX);
    let found = processes(count);
    let of = check.user.as_ref().map_or_else(String::new, |user| format!(" of {user}"));
    let what = format!("{found}{of} with {}", check.matches);
    let (severity, summary, cause) = if count < check.min {
        (Severity::Critical, format!("{what}, fewer than {}", check.min), Some(Cause::ProcessDown))
    } else if check.max.is_some_and(|max| count > max) {
        let max = check.max.unwrap_or(u32::MAX);
        (Severity::Warning, format!("{what}, more than {max}"), None)
    } else {
        (Severity::Ok, what, None)
    };
    let mut metric = Metric::new("processes", f64::from(count), Unit::Count);
    metric.min = Some(0.0);
    let mut finding = subject.finding(severity, summary).with("count", count);
    finding.cause = cause;
    finding.with("pids", pids.iter().take(SHOWN).copied().collect::<Vec<_>>()).metric(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TextMatch;

    fn check(min: u32, max: Option<u32>) -> ProcessCheck {
        ProcessCheck { matches: TextMatch::Contains("celery".into()), user: None, min, max }
    }

    #[test]
    fn too_few_are_red_and_too_many_yellow() {
        let at = |min, max, pids: &[u32]| judge(&Subject::check("x"), &check(min, max), pids).severity;
        assert_eq!(at(1, None, &[]), Severity::Critical);
        assert_eq!(at(1, None, &[7]), Severity::Ok);
        assert_eq!(at(1, Some(1), &[7, 8]), Severity::Warning);
        assert_eq!(at(0, Some(0), &[]), Severity::Ok);
    }

    #[test]
    fn own_command_line_does_not_count() {
        let table = Table::read().unwrap();
        let me = table.shown(std::process::id());
        let check = ProcessCheck { matches: TextMatch::Contains(me), user: None, min: 0, max: None };
        assert!(!find(&table, Some(&check)).contains(&std::process::id()));
    }

    #[test]
    fn unknown_user_has_no_processes() {
        let check = ProcessCheck {
            matches: TextMatch::Contains(String::new()),
            user: Some("no-such-user".into()),
            min: 1,
            max: None,
        };
        assert!(find(&Table::read().unwrap(), Some(&check)).is_empty());
    }
}
