//! A plan and its outcome as a report.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::report::{
    CleanDisk, CleanEntry, CleanError, CleanList, CleanOutcome, CleanReport, CleanRuleTotal, CleanSkip,
};
use crate::text::{human, sanitize};

use super::apply::{Measured, Outcome};
use super::inventory::{Disk, FolderId};
use super::pressure;
use super::steps::{Plan, Skip, Step, Verb};

/// What disks may be off by for reasons of their own: blocks of folders, of the journal.
const BLOCKS: u64 = 1024 * 1024;

/// Tells what will be done; with an outcome, what has been done.
pub fn tell<'a>(
    plan: &'a Plan,
    outcome: Option<&'a Outcome>,
    name: &str,
    elapsed_ms: u64,
) -> CleanReport<'a> {
    let inventory = &plan.inventory;
    let all = move |each: &mut dyn FnMut(u32, u64)| {
        (0..).zip(&plan.steps).for_each(|(step, planned): (u32, &Step)| each(step, planned.frees(inventory)));
    };
    let done = move |each: &mut dyn FnMut(u32, u64)| {
        outcome.into_iter().for_each(|o| o.each_done(plan, each));
    };
    CleanReport {
        name: name.to_owned(),
        outcome: verdict(plan, outcome),
        planned: list(plan, plan.steps.len(), all),
        done: list(plan, outcome.map_or(0, Outcome::done), done),
        skipped: skipped(plan, outcome),
        errors: errors(plan, outcome),
        warnings: outcome.map_or_else(Vec::new, |o| reasons(plan, &o.warned)),
        planned_bytes: plan.steps.iter().map(|step| step.frees(inventory)).sum(),
        freed_bytes: outcome.map_or(0, |o| o.freed),
        gained_bytes: outcome.map(gained),
        rules: if outcome.is_some() { totals(plan, done) } else { totals(plan, all) },
        disks: inventory
            .disks
            .iter()
            .enumerate()
            .map(|(index, disk)| told_disk(disk, outcome.and_then(|o| o.disks.get(index).copied().flatten())))
            .collect(),
        notes: plan
            .notes
            .iter()
            .cloned()
            .chain(outcome.and_then(gone))
            .chain(outcome.and_then(gap))
            .collect(),
        elapsed_ms,
    }
}

/// A mark of what was left alone by a run that did nothing and in which nothing failed.
pub fn left_alone(plan: &Plan, outcome: &Outcome) -> Option<u64> {
    let is_quiet = outcome.done() == 0 && outcome.failed.is_empty() && plan.inventory.faults.is_empty();
    let mut hasher = DefaultHasher::new();
    for CleanSkip { path, why } in skipped(plan, Some(outcome)) {
        (path, why).hash(&mut hasher);
    }
    is_quiet.then(|| hasher.finish())
}

fn told_disk(disk: &Disk, measured: Option<Measured>) -> CleanDisk {
    let before = measured.map_or(disk.space, |m| m.before);
    CleanDisk {
        path: shown(&disk.path),
        used_percent: pressure::used_percent(&before),
        inodes_used_percent: pressure::used_inodes_percent(&before),
        free_bytes: before.available_bytes,
        used_percent_after: measured.map(|m| pressure::used_percent(&m.after)),
        free_bytes_after: measured.map(|m| m.after.available_bytes),
    }
}

/// What the disks themselves say has come free; negative where others wrote more meanwhile.
fn gained(outcome: &Outcome) -> i64 {
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let disks = outcome.disks.iter().flatten();
    disks.map(|m| signed(m.after.free_bytes).saturating_sub(signed(m.before.free_bytes))).sum()
}

/// What somebody else removed between the plan and the work is no merit of this run.
fn gone(outcome: &Outcome) -> Option<String> {
    let files = outcome.gone.len() as u64;
    match files {
        0 => None,
        1 => Some("1 file was gone already: somebody else removed it".to_owned()),
        _ => Some(format!("{} were gone already: somebody else removed them", human::plural(files, "file"))),
    }
}

/// Explains why the disks did not gain what the files took up that are gone.
fn gap(outcome: &Outcome) -> Option<String> {
    let (freed, gained) = (outcome.freed, gained(outcome));
    let off = i128::from(freed).abs_diff(i128::from(gained));
    if off <= u128::from(freed / 100).max(u128::from(BLOCKS)) {
        return None;
    }
    let size = |bytes: i64| {
        let sign = if bytes < 0 { "-" } else { "" };
        format!("{sign}{}", human::bytes(bytes.unsigned_abs()))
    };
    let why = if gained < 0 || gained.unsigned_abs() < freed {
        "other programs wrote meanwhile, somebody still has a removed file open, or a snapshot holds it"
    } else {
        "other programs removed files meanwhile"
    };
    Some(format!("the files took up {}, the disks gained {}: {why}", human::bytes(freed), size(gained)))
}

fn verdict(plan: &Plan, outcome: Option<&Outcome>) -> CleanOutcome {
    let is_unread = !plan.inventory.faults.is_empty();
    let is_obstructed = plan.skipped.iter().any(|(_, skip)| skip.is_obstacle());
    match outcome {
        Some(o) if o.is_interrupted => CleanOutcome::Interrupted,
        _ if plan.steps.is_empty() && is_unread => CleanOutcome::Degraded,
        _ if plan.steps.is_empty() => CleanOutcome::NothingToDo,
        None => CleanOutcome::Planned,
        Some(o) if o.done() == 0 && !o.failed.is_empty() => CleanOutcome::Failed,
        Some(o)
            if is_unread
                || is_obstructed
                || !(o.failed.is_empty() && o.left.is_empty() && o.warned.is_empty()) =>
        {
            CleanOutcome::Degraded
        }
        Some(_) => CleanOutcome::Done,
    }
}

/// A list over steps; a folder's path is put together once for all of its files.
fn list<'a>(plan: &'a Plan, len: usize, steps: impl Fn(&mut dyn FnMut(u32, u64)) + 'a) -> CleanList<'a> {
    let each = move |each: &mut dyn FnMut(CleanEntry<'_>)| {
        let mut path = PathLine::default();
        steps(&mut |step, bytes| {
            let step = &plan.steps[step as usize];
            let entry = CleanEntry {
                path: path.of(plan, step),
                action: step.verb.word(),
                bytes,
                rule: &plan.rules[usize::from(step.rule)].name,
            };
            each(entry);
        });
    };
    CleanList { len, each: Box::new(each) }
}

/// The text of a path, of which the folder's part is kept.
#[derive(Default)]
struct PathLine {
    text: String,
    folder: Option<FolderId>,
    length: usize,
}

impl PathLine {
    fn of(&mut self, plan: &Plan, step: &Step) -> &str {
        let item = plan.inventory.item(step.item);
        if self.folder != Some(item.folder) {
            self.text = shown(&plan.inventory.folder_path(item.folder));
            if !self.text.ends_with('/') {
                self.text.push('/');
            }
            self.length = self.text.len();
            self.folder = Some(item.folder);
        }
        self.text.truncate(self.length);
        let name = plan.inventory.name(item);
        match name.to_str() {
            Ok(name) => self.text.push_str(name),
            Err(_) => self.text.push_str(&sanitize::bytes(name.to_bytes())),
        }
        &self.text
    }
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Truncate => "truncate",
            Self::Rotate => "rotate",
            Self::Compress => "compress",
        }
    }
}

fn totals(plan: &Plan, steps: impl Fn(&mut dyn FnMut(u32, u64))) -> Vec<CleanRuleTotal> {
    let mut totals: Vec<CleanRuleTotal> = Vec::new();
    steps(&mut |step, bytes| {
        let step = &plan.steps[step as usize];
        let (rule, action) = (&plan.rules[usize::from(step.rule)].name, step.verb.word());
        match totals.iter_mut().find(|total| total.rule == *rule && total.action == action) {
            Some(total) => {
                total.files += 1;
                total.bytes += bytes;
            }
            None => totals.push(CleanRuleTotal { rule: rule.clone(), action, files: 1, bytes }),
        }
    });
    totals
}

fn skipped(plan: &Plan, outcome: Option<&Outcome>) -> Vec<CleanSkip> {
    let inventory = &plan.inventory;
    let closed = inventory.closed.iter().map(|(path, why)| CleanSkip { path: shown(path), why: why.clone() });
    let barred = plan.skipped.iter().map(|(item, skip)| CleanSkip {
        path: shown(&inventory.path(inventory.item(*item))),
        why: match skip {
            Skip::Barred(bar) => bar.to_string(),
            Skip::Evidence => "younger than the last recovery".to_owned(),
        },
    });
    let left = outcome.map_or_else(Vec::new, |o| reasons(plan, &o.left));
    // First what the rules meant.
    left.into_iter().chain(barred).chain(closed).collect()
}

fn errors(plan: &Plan, outcome: Option<&Outcome>) -> Vec<CleanError> {
    let faults = plan.inventory.faults.iter();
    let faults = faults.map(|(path, error)| CleanError { path: shown(path), error: error.clone() });
    let more = (plan.inventory.more_faults > 0).then(|| {
        let error = human::plural(plan.inventory.more_faults, "more folder or file");
        CleanError { path: String::new(), error: format!("{error} could not be read") }
    });
    let faults = faults.chain(more);
    let failed = outcome.map_or_else(Vec::new, |o| reasons(plan, &o.failed));
    faults.chain(failed.into_iter().map(|CleanSkip { path, why }| CleanError { path, error: why })).collect()
}

fn reasons(plan: &Plan, steps: &[(u32, String)]) -> Vec<CleanSkip> {
    let inventory = &plan.inventory;
    let told = |(step, why): &(u32, String)| {
        let item = inventory.item(plan.steps[*step as usize].item);
        CleanSkip { path: shown(&inventory.path(item)), why: why.clone() }
    };
    steps.iter().map(told).collect()
}

/// A path as text; bytes that are none show as `\xNN`.
fn shown(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.to_owned(),
        None => sanitize::bytes(path.as_os_str().as_bytes()),
    }
}
