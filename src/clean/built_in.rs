//! Rules for those who have written none: what every backend leaves behind, and how long it is worth keeping.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::PathPattern;

use super::policy::{Act, Rule};

const LEFTOVERS: &str = "own temporary files";
const DAY: Duration = Duration::from_secs(86_400);

/// Name, patterns, days, and how many of each series stay where that is not just the newest.
type Line = (&'static str, &'static [&'static str], u32, Option<u32>);

const LINES: [Line; 5] = [
    (
        "rotated logs",
        &["*.log.*", "*.log-*", "logs/**/*.log.*", "logs/**/*.log-*", "logs/**/*_daily*.log"],
        7,
        None,
    ),
    ("crash folders", &["logs/crash_*"], 30, None),
    (
        "dumps",
        &["core", "core.[0-9]*", "*.core", "*.hprof", "*.heapsnapshot", "logs/core.[0-9]*", "logs/*.hprof"],
        7,
        None,
    ),
    ("Python caches", &["**/__pycache__"], 30, Some(0)),
    ("temporary files", &["*.tmp", "logs/**/*.tmp", "tmp/**", "**/.fuelops-*.tmp"], 2, Some(0)),
];

/// Below the folder of reports.
const REPORT_LINE: Line = ("reports", &["analysis_*.txt"], 30, None);

/// Beside a log that a service writes to, wherever that is: `%` stands for its name.
const BESIDE_LOG: [&str; 2] = ["%.[0-9]*", "%-[0-9]*"];

/// Below the state folder: reports and journals of what fuelops did itself, and what it left behind when it was killed.
const OWN_LINES: [Line; 2] = [
    ("own journals", &["journal/*", "journals/*", "*.journal", "*.journal.*", "reports/*"], 90, Some(20)),
    (LEFTOVERS, &[".fuelops-*.tmp", "*.tmp"], 1, Some(0)),
];

/// What the rules start from.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    pub root: &'a Path,
    pub state_dir: &'a Path,
    /// Where analyses are saved.
    pub report_dir: &'a Path,
    /// Logs that services write to.
    pub logs: &'a [PathBuf],
}

/// The rules that hold where the config has none.
pub fn rules(places: Places<'_>) -> Vec<Rule> {
    let of = |folder: &Path, line: &Line| {
        let (name, patterns, days, keep_last) = *line;
        let pattern = |text: &&str| PathPattern::new(folder, text).ok();
        Rule {
            name: name.to_owned(),
            paths: patterns.iter().filter_map(pattern).collect(),
            older_than: Some(DAY * days),
            larger_than: None,
            total_above: None,
            keep_last,
            act: Act::Delete,
        }
    };
    let own = OWN_LINES.iter().map(|line| of(places.state_dir, line));
    let reports = std::iter::once(of(places.report_dir, &REPORT_LINE));
    let mut rules: Vec<Rule> =
        LINES.iter().map(|line| of(places.root, line)).chain(reports).chain(own).collect();
    rules[0].paths.extend(places.logs.iter().flat_map(|log| beside(log)));
    rules
}

/// The rotated members of one log.
fn beside(log: &Path) -> Vec<PathPattern> {
    let (Some(folder), Some(name)) = (log.parent(), log.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let name = globset::escape(name);
    BESIDE_LOG.iter().filter_map(|text| PathPattern::new(folder, &text.replace('%', &name)).ok()).collect()
}

/// What runs of ours that were killed left beside the files of some rules, whatever those rules are about.
pub fn leftovers(rules: &[Rule]) -> Option<Rule> {
    let works = |rule: &&Rule| matches!(rule.act, Act::Compress | Act::Rotate(_));
    let beside = |path: &PathPattern| {
        let folder = path.as_written().rsplit_once('/').map_or("", |(folder, _)| folder);
        let slash = if path.as_written().contains('/') { "/" } else { "" };
        PathPattern::new(path.root(), &format!("{folder}{slash}.fuelops-*.tmp")).ok()
    };
    let paths: Vec<PathPattern> =
        rules.iter().filter(works).flat_map(|rule| &rule.paths).filter_map(beside).collect();
    let rule = Rule {
        name: LEFTOVERS.to_owned(),
        paths,
        older_than: Some(DAY),
        larger_than: None,
        total_above: None,
        keep_last: Some(0),
        act: Act::Delete,
    };
    (!rule.paths.is_empty()).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_pattern_is_valid() {
        let places = Places {
            root: Path::new("/srv"),
            state_dir: Path::new("/srv/.fuelops"),
            report_dir: Path::new("/srv/logs"),
            logs: &[PathBuf::from("/var/log/app/a[1].log")],
        };
        let found: usize = rules(places).iter().map(|r| r.paths.len()).sum();
        let lines = LINES.iter().chain(&OWN_LINES).chain([&REPORT_LINE]);
        let written: usize = lines.map(|line| line.1.len()).sum();
        assert_eq!(found, written + BESIDE_LOG.len());
    }

    #[test]
    fn what_a_killed_run_left_is_looked_for_beside_the_files_of_its_rules() {
        let rule = |text: &str, act: Act| Rule {
            name: text.to_owned(),
            paths: vec![PathPattern::new(Path::new("/srv"), text).unwrap()],
            older_than: None,
            larger_than: None,
            total_above: None,
            keep_last: None,
            act,
        };
        let rules = ["logs/*.log", "*.log", "**/x.log", "/var/log/a/*.log"];
        let rules: Vec<Rule> = rules.iter().map(|text| rule(text, Act::Compress)).collect();
        let found: Vec<String> =
            leftovers(&rules).unwrap().paths.iter().map(|path| path.as_written().to_owned()).collect();
        let tmp = ".fuelops-*.tmp";
        let wanted =
            [format!("logs/{tmp}"), tmp.to_owned(), format!("**/{tmp}"), format!("/var/log/a/{tmp}")];
        assert_eq!(found, wanted);
        assert!(leftovers(&[rule("logs/*", Act::Delete)]).is_none());
    }
}
