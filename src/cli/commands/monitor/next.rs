//! What to type after `monitor status`, the most helpful first.

use std::path::Path;

use crate::model::{Hint, Severity};
use crate::report::{MonitorReport, MonitoredKind, MonitoredTarget};
use crate::text::shell;

/// Hints that are given; more would not be read.
const MOST: usize = 6;

/// Reads them from a report; `config` was named on the command line.
pub(super) fn next(report: &MonitorReport, config: Option<&Path>) -> Vec<Hint> {
    let hint = |text: &str, words: &[&str]| {
        let config = config.map(|path| ["--config".to_owned(), path.to_string_lossy().into_owned()]);
        let words = words.iter().map(|word| (*word).to_owned());
        let words = ["fuelops".to_owned()].into_iter().chain(config.into_iter().flatten()).chain(words);
        Hint { text: text.to_owned(), command: Some(shell::command(words)) }
    };
    if report.pid.is_none() {
        return vec![hint("start it", &["monitor"])];
    }
    let wanting = report.targets.iter().filter(|target| target.caused_by.is_none());
    let mut hints: Vec<Hint> = Vec::new();
    for target in wanting {
        for (text, words) in of(target) {
            let hint = hint(text, &words);
            if !hints.iter().any(|other| other.command == hint.command) {
                hints.push(hint);
            }
        }
    }
    hints.truncate(MOST);
    hints
}

fn of(target: &MonitoredTarget) -> Vec<(&'static str, Vec<&str>)> {
    let name = target.target.as_str();
    let is_in_trouble = target.severity > Severity::Ok && target.incident_seconds.is_some();
    match (target.phase.as_str(), target.kind) {
        _ if target.is_paused => vec![("let it be watched again", vec!["monitor", "resume", name])],
        ("backing-off" | "slow-retry" | "restarting", MonitoredKind::Service) if is_in_trouble => vec![
            ("see what it said before it ended", vec!["logs", name]),
            ("see which errors its logs hold", vec!["analyze-logs"]),
            ("once that is mended, do not wait for the next try", vec!["start", name]),
        ],
        ("held", _) => Vec::new(),
        (_, MonitoredKind::Service) if is_in_trouble => {
            vec![
                ("see what it says", vec!["logs", name]),
                ("measure everything, with causes", vec!["health"]),
            ]
        }
        (_, MonitoredKind::Check) if is_in_trouble => {
            vec![("measure everything, with causes", vec!["health"])]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;

    fn target(name: &str, phase: &str, kind: MonitoredKind) -> MonitoredTarget {
        MonitoredTarget {
            target: name.to_owned(),
            kind,
            phase: phase.to_owned(),
            severity: Severity::Critical,
            pid: None,
            is_paused: false,
            restarts: 0,
            restarts_today: 0,
            incident_seconds: Some(5),
            is_acknowledged: false,
            caused_by: None,
            why: None,
            next: String::new(),
            next_ms: 0,
        }
    }

    fn commands(targets: Vec<MonitoredTarget>, pid: Option<u32>) -> Vec<String> {
        let report = MonitorReport {
            name: "fuel".to_owned(),
            verdict: Verdict::Critical,
            pid,
            uptime_seconds: None,
            targets,
            lost_lines: 0,
            refused_config: None,
            silences: Vec::new(),
            next: Vec::new(),
        };
        next(&report, Some(Path::new("/etc/f.toml"))).into_iter().filter_map(|hint| hint.command).collect()
    }

    #[test]
    fn of_one_that_falls_over_its_logs_come_first_and_what_follows_from_it_needs_nothing() {
        let mut port = target("port", "failing", MonitoredKind::Check);
        port.caused_by = Some("api".to_owned());
        let told = commands(vec![port, target("api", "slow-retry", MonitoredKind::Service)], Some(7));
        let expected = ["logs api", "analyze-logs", "start api"];
        assert_eq!(told, expected.map(|words| format!("fuelops --config /etc/f.toml {words}")));
    }

    #[test]
    fn where_none_runs_it_is_said_how_to_start_one() {
        assert_eq!(commands(Vec::new(), None), ["fuelops --config /etc/f.toml monitor"]);
    }
}
