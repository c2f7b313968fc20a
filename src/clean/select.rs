//! Choosing among many files: members of a rule, newest of each series, oldest above a sum, and orders of work.

use super::inventory::{Inventory, ItemId, ItemKind};
use super::series;
use super::steps::{Step, Verb};

/// The items that a rule means.
pub(super) fn members(inventory: &Inventory, rule: u16) -> Vec<ItemId> {
    let sets = inventory.sets_with(rule);
    if !sets.contains(&true) {
        return Vec::new();
    }
    (0..).zip(&inventory.items).filter(|(_, item)| sets[usize::from(item.set)]).map(|(id, _)| id).collect()
}

/// Calls `keep` with the newest items of each series; a series lies in one folder.
pub(super) fn newest(inventory: &Inventory, members: &[ItemId], count: u32, keep: &mut dyn FnMut(ItemId)) {
    let mut placed: Vec<(u64, i64, i64, ItemId)> = Vec::new();
    // A folder is listed in one go, so its items stand together.
    for folder in members.chunk_by(|a, b| inventory.item(*a).folder == inventory.item(*b).folder) {
        placed.clear();
        placed.extend(folder.iter().map(|&id| {
            let item = inventory.item(id);
            let generation = series::generation(inventory.name(item).to_bytes());
            (generation.series, item.modified, generation.rank, id)
        }));
        // Newest first within each series.
        placed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| (b.1, b.2, b.3).cmp(&(a.1, a.2, a.3))));
        for series in placed.chunk_by(|a, b| a.0 == b.0) {
            series.iter().take(count as usize).for_each(|(.., id)| keep(*id));
        }
    }
}

/// Leaves of `taken` the oldest, as many as bring the sum of all members down to a limit.
pub(super) fn oldest_above(inventory: &Inventory, members: &[ItemId], limit: u64, taken: &mut Vec<ItemId>) {
    let mut sum: u64 = members.iter().map(|id| inventory.item(*id).charge()).sum();
    taken.sort_by_key(|id| inventory.item(*id).modified);
    let enough = taken.iter().position(|id| {
        let is_enough = sum <= limit;
        sum = sum.saturating_sub(inventory.item(*id).charge());
        is_enough
    });
    taken.truncate(enough.unwrap_or(taken.len()));
}

/// What helps a full disk soonest: removing before compressing, oldest first; compressing small files first, because
/// it needs room itself.
pub(super) fn by_worth(inventory: &Inventory, steps: &mut [Step]) {
    steps.sort_by_key(|step| {
        let item = inventory.item(step.item);
        let within = if step.verb == Verb::Compress {
            i64::try_from(item.size).unwrap_or(i64::MAX)
        } else {
            item.modified
        };
        (step.verb, within)
    });
}

/// The order of work: kind by kind and folder by folder, by inode, as the disk has them; compression by size.
pub(super) fn by_place(inventory: &Inventory, steps: &mut [Step]) {
    steps.sort_unstable_by_key(|step| {
        let item = inventory.item(step.item);
        match step.verb {
            Verb::Compress => (step.verb, 0, item.size),
            // The programs of one rule's logs are told together.
            Verb::Rotate => (step.verb, u32::from(step.rule), item.inode),
            // Folders go last: their handles would be in the way of what lies beside them.
            _ if item.kind == ItemKind::Folder => (step.verb, u32::MAX, item.inode),
            _ => (step.verb, item.folder, item.inode),
        }
    });
}
