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
    /// How many steps were come to: what was neither left, nor failed, nor gone among them is done.
    pub(super) tried: u32,
    /// Steps that were done and freed something else than was planned, with the bytes. In the order of the steps, as
    /// are all of these lists.
    pub(super) otherwise: Vec<(u32, u64)>,
    /// Steps that were left alone, or done in part, and why.
    pub(super) left: Vec<(u32, String)>,
    pub(super) failed: Vec<(u32, String)>,
    /// Steps whose files somebody else had removed.
    pub(super) gone: Vec<u32>,
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
            let planned = plan.steps[at].frees(&plan.inventory);
            outcome.note(planned, fate);
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
    /// How many steps were done.
    pub(super) fn done(&self) -> usize {
        (self.tried as usize).saturating_sub(self.left.len() + self.failed.len() + self.gone.len())
    }

    /// Calls `each` with the steps that were done and the bytes that came free by them.
    pub(super) fn each_done(&self, plan: &Plan, each: &mut dyn FnMut(u32, u64)) {
        let mut left = self.left.iter().map(|(step, _)| *step).peekable();
        let mut failed = self.failed.iter().map(|(step, _)| *step).peekable();
        let mut gone = self.gone.iter().peekable();
        let mut otherwise = self.otherwise.iter().peekable();
        for (number, step) in (0..self.tried).zip(&plan.steps) {
            let is_undone = left.next_if_eq(&number).or_else(|| failed.next_if_eq(&number)).is_some();
            if !is_undone && gone.next_if_eq(&&number).is_none() {
                let freed = otherwise.next_if(|(other, _)| *other == number).map(|(_, freed)| *freed);
                each(number, freed.unwrap_or_else(|| step.frees(&plan.inventory)));
            }
        }
    }

    fn note(&mut self, planned: u64, fate: Fate) {
        let step = self.tried;
        self.tried += 1;
        self.freed = self.freed.saturating_add(fate.freed);
        self.warned.extend(fate.warning.map(|warning| (step, warning)));
        if let Some(error) = fate.failed {
            self.failed.push((step, error));
        } else if let Some(why) = fate.left {
            self.left.push((step, why));
        } else if fate.is_gone {
            self.gone.push(step);
        } else if fate.freed != planned {
            self.otherwise.push((step, fate.freed));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::policy::Rotation;
    use crate::clean::testing::Yard;

    #[test]
    fn what_somebody_else_did_meanwhile_is_no_merit_and_is_told_in_words() {
        let mut yard = Yard::new();
        let files = ["a.old", "b.old", "c.old"].map(|name| yard.file(name, 5_000, 10));
        yard.rule(&["*.old"], None).keep_last = Some(0);
        let plan = yard.plan();
        std::fs::remove_file(&files[0]).unwrap();
        std::fs::remove_file(&files[1]).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &files[1]).unwrap();
        let outcome = yard.apply(&plan);
        assert_eq!((outcome.done(), outcome.gone.len(), outcome.failed.len()), (1, 1, 0));
        assert_eq!(outcome.left[0].1, "a symbolic link since it was planned");
        assert!(files[1].is_symlink());
        let report = crate::clean::tell(&plan, Some(&outcome), "fuel", 0);
        assert_eq!(report.notes, ["1 file was gone already: somebody else removed it"]);
    }

    #[test]
    fn a_database_that_came_into_a_files_place_is_left_by_every_rule() {
        for act in [Act::Delete, Act::Compress, Act::Truncate, Act::Rotate(Rotation::CopyTruncate)] {
            let mut yard = Yard::new();
            let path = yard.file("a.old", 0, 10);
            let rule = yard.rule(&["*.old"], None);
            (rule.keep_last, rule.act) = (Some(0), act.clone());
            // Torn: not of whole pages.
            std::fs::write(&path, [&b"SQLite format 3\0"[..], &[b'x'; 50_000]].concat()).unwrap();
            let outcome = yard.apply(&yard.plan());
            assert_eq!(outcome.left, [(0, "a database".to_owned())], "{act:?}");
        }
    }

    #[test]
    fn what_was_neither_left_nor_failed_among_the_steps_tried_is_done() {
        let mut yard = Yard::new();
        for n in 0..6 {
            yard.file(format!("{n}.old"), 5_000, 10);
        }
        yard.rule(&["*.old"], None).keep_last = Some(0);
        let plan = yard.plan();
        let planned = plan.steps[0].frees(&plan.inventory);
        let mut outcome = Outcome::default();
        let failed = Fate { failed: Some("no".to_owned()), ..Fate::default() };
        let gone = Fate { is_gone: true, ..Fate::default() };
        for fate in
            [Fate::left("open"), Fate::done(planned), Fate::done(7), failed, gone, Fate::done(planned)]
        {
            outcome.note(planned, fate);
        }
        let mut done = Vec::new();
        outcome.each_done(&plan, &mut |step, freed| done.push((step, freed)));
        assert_eq!(done, [(1, planned), (2, 7), (5, planned)]);
        assert_eq!((outcome.done(), outcome.freed), (3, 2 * planned + 7));
    }
}
