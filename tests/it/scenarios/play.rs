//! Plays one scenario and holds `health` to what stands in its row.

use std::collections::BTreeSet;

use serde_json::Value;

use super::stage::Stage;

/// One row.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// How the stack is broken, or why it is not, for a person.
    pub(super) what: &'static str,
    /// Builds it; false where this machine cannot, which has been said aloud.
    pub(super) act: fn(&mut Stage) -> bool,
    pub(super) expected: Expected,
}

/// What has to be said.
pub(super) enum Expected {
    /// These causes and no other.
    Causes(&'static [Diagnosis]),
    /// Nothing: every check is green, and the exit code is 0.
    Well,
}

/// A cause and all that follows from it. `{mount}` and the like stand for what the stage says.
pub(super) struct Diagnosis {
    /// Id of the finding that has to be named first.
    pub(super) root: &'static str,
    /// Empty where there is no word for it.
    pub(super) cause: &'static str,
    /// Part of its line.
    pub(super) says: &'static str,
    /// Ids of all findings that have to be folded under it.
    pub(super) folded: &'static [&'static str],
    /// Part of the command to type next.
    pub(super) hint: &'static str,
    pub(super) code: i32,
}

/// Builds the stack, runs `health` on it and compares.
#[track_caller]
pub(super) fn play(table: &[Scenario], name: &str) {
    let scenario = table.iter().find(|row| row.name == name).unwrap();
    let mut stage = Stage::new(name);
    if !(scenario.act)(&mut stage) {
        return;
    }
    let json = stage.health(&["--format", "json"]);
    let report = json.json();
    let findings = report["findings"].as_array().unwrap();
    let context = || format!("{name}: {}\n{json}\n{}", scenario.what, stage.log());
    match &scenario.expected {
        Expected::Well => {
            let bad: Vec<_> = findings.iter().filter(|f| f["severity"] != "ok").collect();
            assert!(bad.is_empty(), "{bad:#?}\n{}", context());
            assert!(
                findings.iter().all(|f| f["cause"].is_null() && f["caused_by"].is_null()),
                "{}",
                context()
            );
            assert_eq!(json.code, Some(0), "{}", context());
        }
        Expected::Causes(causes) => {
            let table = stage.health(&[]);
            let worst = causes.iter().map(|cause| cause.code).max().unwrap();
            assert_eq!((json.code, table.code), (Some(worst), Some(worst)), "{}\n{table}", context());
            for (at, cause) in causes.iter().enumerate() {
                let seen = Seen::of(cause, &stage, findings);
                assert_eq!(seen, Seen::wanted(cause, &stage), "{}", context());
                let first = table.stdout.lines().next().unwrap_or_default();
                let says = stage.filled(cause.says);
                assert!(at > 0 || one_line(&table.stdout).contains(&says), "{first}\n{}", context());
                let shown = stage.filled(cause.hint);
                assert!(table.stdout.contains(&shown), "`{shown}` is not shown\n{table}");
            }
            let roots = findings.iter().filter(|f| f["severity"] != "ok" && f["caused_by"].is_null());
            let roots: BTreeSet<_> = roots.map(|f| f["check"].as_str().unwrap().to_owned()).collect();
            let wanted: BTreeSet<_> = causes.iter().map(|cause| stage.filled(cause.root)).collect();
            assert_eq!(roots, wanted, "{}", context());
        }
    }
}

/// The headline, which may be broken over several lines.
fn one_line(table: &str) -> String {
    let headline = table.lines().take_while(|line| !line.trim().is_empty());
    headline.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// What was said of a cause.
#[derive(Debug, PartialEq)]
struct Seen {
    cause: String,
    folded: BTreeSet<String>,
    is_root: bool,
    says: String,
    hint: String,
}

impl Seen {
    fn of(wanted: &Diagnosis, stage: &Stage, findings: &[Value]) -> Self {
        let root = stage.filled(wanted.root);
        let Some(finding) = findings.iter().find(|f| f["check"] == *root) else {
            panic!("there is no {root}")
        };
        let folded = findings.iter().filter(|f| f["caused_by"] == *root);
        let keep = |text: Option<&str>, part: &str| {
            let (text, part) = (text.unwrap_or_default(), stage.filled(part));
            // All of it is shown where the part is missing.
            if text.contains(&part) { part } else { text.to_owned() }
        };
        Self {
            cause: finding["cause"].as_str().unwrap_or_default().to_owned(),
            folded: folded.map(|f| f["check"].as_str().unwrap().to_owned()).collect(),
            is_root: finding["caused_by"].is_null(),
            says: keep(finding["summary"].as_str(), wanted.says),
            hint: keep(finding["hint"]["command"].as_str(), wanted.hint),
        }
    }

    fn wanted(diagnosis: &Diagnosis, stage: &Stage) -> Self {
        Self {
            cause: diagnosis.cause.to_owned(),
            folded: diagnosis.folded.iter().map(|id| stage.filled(id)).collect(),
            is_root: true,
            says: stage.filled(diagnosis.says),
            hint: stage.filled(diagnosis.hint),
        }
    }
}
