//! A folder with files of chosen ages, and rules to try on it.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::config::PathPattern;

use super::clock::Clock;
use super::plan::plan;
use super::policy::{Act, Marks, Policy, Rule};
use super::steps::{Plan, Skip};
use super::{Outcome, apply, survey};

pub(super) const DAY: Duration = Duration::from_secs(86_400);

#[derive(Debug)]
pub(super) struct Yard {
    dir: TempDir,
    pub(super) policy: Policy,
}

impl Yard {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let policy = Policy {
            root,
            roots: Vec::new(),
            home: None,
            rules: Vec::new(),
            marks: Marks::default(),
            spared: Vec::new(),
            run_as: None,
            evidence_since: None,
        };
        Self { dir, policy }
    }

    pub(super) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(inside)
    }

    /// A file of so many bytes, last written to so many days ago.
    pub(super) fn file(&self, inside: impl AsRef<Path>, bytes: usize, days: u32) -> PathBuf {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![b'x'; bytes]).unwrap();
        let times = FileTimes::new().set_modified(SystemTime::now() - DAY * days);
        File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        path
    }

    /// Adds a rule that removes what is older than so many days.
    pub(super) fn rule(&mut self, paths: &[&str], older_days: Option<u32>) -> &mut Rule {
        let pattern = |text: &&str| PathPattern::new(&self.policy.root, text).unwrap();
        self.policy.rules.push(Rule {
            name: paths.join(", "),
            paths: paths.iter().map(pattern).collect(),
            older_than: older_days.map(|days| DAY * days),
            larger_than: None,
            total_above: None,
            keep_last: None,
            act: Act::Delete,
        });
        self.policy.rules.last_mut().unwrap()
    }

    pub(super) fn clock() -> Clock {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        Clock { now: i64::try_from(now).unwrap(), kernel: None, last: None }
    }

    pub(super) fn plan(&self) -> Plan {
        plan(survey(&self.policy, &[]).unwrap(), &self.policy, &Self::clock())
    }

    pub(super) fn apply(&self, plan: &Plan) -> Outcome {
        apply(plan, Self::clock().now, &AtomicBool::new(false), &mut |_| {})
    }

    /// Plans and applies; the names that went, sorted.
    pub(super) fn clean(&self) -> Vec<String> {
        let before = self.names();
        self.apply(&self.plan());
        let after = self.names();
        before.into_iter().filter(|name| !after.contains(name)).collect()
    }

    /// Every file and folder, relative to the root, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.strip_prefix(self.path("")).unwrap().to_string_lossy().into_owned());
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

/// The paths of what is planned, relative to the root, with the verb.
pub(super) fn steps(yard: &Yard, plan: &Plan) -> Vec<String> {
    let shown = |item| {
        let path = plan.inventory.path(plan.inventory.item(item));
        path.strip_prefix(yard.path("")).unwrap().to_string_lossy().into_owned()
    };
    let mut found: Vec<String> = plan
        .steps
        .iter()
        .map(|step| format!("{:?} {}", step.verb, shown(step.item)).to_lowercase())
        .collect();
    found.sort();
    found
}

/// Why files are left alone, by name.
pub(super) fn skips(plan: &Plan) -> Vec<String> {
    let why = |skip: &Skip| match skip {
        Skip::Barred(bar) => bar.to_string(),
        Skip::Evidence => "evidence".to_owned(),
    };
    let name = |item| plan.inventory.name(plan.inventory.item(item)).to_string_lossy().into_owned();
    plan.skipped.iter().map(|(item, skip)| format!("{}: {}", name(*item), why(skip))).collect()
}
