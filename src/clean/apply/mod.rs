//! Does what a plan says, step by step, and leaves alone what is no longer what was planned for.

mod compress;
mod delete;
mod fate;
mod folder;
mod members;
mod reopen;
mod rotate;
mod truncate;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::platform::files::{Folder, Space};

use super::inventory::{Disk, Item, ItemKind};
use super::policy::Act;
use super::reach::Reach;
use super::steps::{Plan, Step, Verb};

use fate::Fate;

/// Steps between two calls of the watcher.
const BEAT: usize = 256;

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps that were done, with the bytes that came free.
    pub(super) done: Vec<(u32, u64)>,
    /// Steps that were left alone, or done in part, and why.
    pub(super) left: Vec<(u32, String)>,
    pub(super) failed: Vec<(u32, String)>,
    /// Steps that were done and did not have all the effect that they should have.
    pub(super) warned: Vec<(u32, String)>,
    /// What the files took up that are gone now.
    pub(super) freed: u64,
    /// What the disks say before and afterwards, in the order of the inventory's.
    pub(super) disks: Vec<Option<Measured>>,
    /// Somebody asked for an end before the last step.
    pub(super) is_interrupted: bool,
}

/// A disk before the first step and after the last.
#[derive(Clone, Copy, Debug)]
pub(in crate::clean) struct Measured {
    pub(in crate::clean) before: Space,
    pub(in crate::clean) after: Space,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub steps: usize,
    pub of: usize,
    pub freed: u64,
}

/// Carries a plan out. `now` is the time in nanoseconds since 1970; once `stop` is set, the step at hand is the last.
pub fn apply(plan: &Plan, now: i64, stop: &AtomicBool, watch: &mut dyn FnMut(Progress)) -> Outcome {
    let mut outcome = Outcome::default();
    let mut work = Work { plan, now, stop, reach: Reach::new(&plan.inventory) };
    let before: Vec<_> = plan.inventory.disks.iter().map(space).collect();
    let mut at = 0;
    while let Some(step) = plan.steps.get(at) {
        if stop.load(Ordering::Relaxed) {
            outcome.is_interrupted = true;
            break;
        }
        if at.is_multiple_of(BEAT) || is_batch(*step) {
            watch(Progress { steps: at, of: plan.steps.len(), freed: outcome.freed });
        }
        let fates = match step.verb {
            Verb::Compress => work.compress(at),
            Verb::Rotate => work.rotate(at),
            Verb::Truncate => work.truncate(at),
            Verb::Delete => vec![work.delete(*step)],
        };
        for fate in fates {
            outcome.note(u32::try_from(at).unwrap_or(u32::MAX), fate);
            at += 1;
        }
    }
    let after = plan.inventory.disks.iter().map(space);
    outcome.disks =
        before.into_iter().zip(after).map(|(b, a)| Some(Measured { before: b?, after: a? })).collect();
    outcome
}

fn space(disk: &Disk) -> Option<Space> {
    Folder::open_trusted(&disk.path).and_then(|folder| folder.space()).ok()
}

impl Outcome {
    fn note(&mut self, step: u32, fate: Fate) {
        self.freed = self.freed.saturating_add(fate.freed);
        self.warned.extend(fate.warning.map(|warning| (step, warning)));
        if let Some(error) = fate.failed {
            self.failed.push((step, error));
        } else if let Some(why) = fate.left {
            self.left.push((step, why));
        } else {
            self.done.push((step, fate.freed));
        }
    }
}

fn is_batch(step: Step) -> bool {
    step.verb != Verb::Delete
}

/// What every step needs.
struct Work<'a> {
    plan: &'a Plan,
    now: i64,
    stop: &'a AtomicBool,
    reach: Reach<'a>,
}

impl Work<'_> {
    fn delete(&mut self, step: Step) -> Fate {
        let item = self.plan.inventory.item(step.item);
        let name = self.plan.inventory.name(item);
        let care = self.care(item);
        let folder = match self.reach.folder(item.folder) {
            Ok(folder) => folder,
            Err(error) => return Fate::from_error(&error),
        };
        match item.kind {
            ItemKind::File => delete::file(folder, name, item, care),
            ItemKind::Folder => folder::remove(&self.plan.inventory, folder, step.item, care),
        }
    }

    /// Empties the files from one step on, as many as are looked up together among what processes have open.
    fn truncate(&mut self, from: usize) -> Vec<Fate> {
        let steps = self.plan.steps[from..].iter().take_while(|step| step.verb == Verb::Truncate);
        let items: Vec<&Item> = steps.take(BEAT).map(|step| self.plan.inventory.item(step.item)).collect();
        truncate::files(&self.plan.inventory, &mut self.reach, &items)
    }

    /// Compresses the steps from one on that go together.
    fn compress(&mut self, from: usize) -> Vec<Fate> {
        let inventory = &self.plan.inventory;
        let steps = &self.plan.steps[from..];
        let steps = &steps[..compress::batch(inventory, steps)];
        let items: Vec<(&Item, delete::Care)> =
            steps.iter().map(|step| inventory.item(step.item)).map(|item| (item, self.care(item))).collect();
        compress::files(inventory, &mut self.reach, &items, self.stop)
    }

    /// Rotates the logs from one step on that one rule means.
    fn rotate(&mut self, from: usize) -> Vec<Fate> {
        let first = self.plan.steps[from];
        let together = |step: &&Step| step.verb == Verb::Rotate && step.rule == first.rule;
        let steps = self.plan.steps[from..].iter().take_while(together);
        let items: Vec<&Item> = steps.map(|step| self.plan.inventory.item(step.item)).collect();
        let Act::Rotate(rotation) = &self.plan.rules[usize::from(first.rule)].act else {
            return vec![Fate::left("no rotation")];
        };
        rotate::files(&self.plan.inventory, &mut self.reach, &items, rotation, self.plan.run_as)
    }

    fn care(&self, item: &Item) -> delete::Care {
        delete::Care::of(self.plan, item, self.now)
    }
}
