//! What a plan leaves out because its file system is not that full.

use crate::text::human;

use super::inventory::Inventory;
use super::policy::Policy;
use super::pressure::{self, Gate};
use super::select;
use super::steps::{Step, Verb};

/// Leaves out what its file system does not need, and puts the rest in the order of work.
pub(super) fn within(
    inventory: &Inventory,
    mut steps: Vec<Step>,
    policy: &Policy,
    notes: &mut Vec<String>,
) -> Vec<Step> {
    let mut gates: Vec<Gate> =
        inventory.disks.iter().map(|disk| pressure::gate(&disk.space, policy.marks)).collect();
    if gates.iter().any(|gate| *gate != Gate::Open) {
        select::by_worth(inventory, &mut steps);
        steps.retain(|step| is_due(inventory, *step, &mut gates));
    }
    let closed = inventory.disks.iter().zip(&gates).filter(|(_, gate)| **gate == Gate::Closed);
    for (disk, _) in closed {
        let used = pressure::used_percent(&disk.space).max(pressure::used_inodes_percent(&disk.space));
        let mark = policy.marks.high.or(policy.marks.low).unwrap_or_default();
        notes.push(format!(
            "{}: {} used, not above {}: only rotation is due",
            disk.path.display(),
            human::percent(used),
            human::percent(mark),
        ));
    }
    select::by_place(inventory, &mut steps);
    steps
}

fn is_due(inventory: &Inventory, step: Step, gates: &mut [Gate]) -> bool {
    let item = inventory.item(step.item);
    let gate = &mut gates[inventory.disk(item.folder)];
    match *gate {
        _ if step.verb == Verb::Rotate => true,
        Gate::Open => true,
        Gate::Closed => false,
        Gate::Until(need) if need.is_met() => false,
        Gate::Until(need) => {
            let files = inventory.details.get(&step.item).map_or(0, |detail| detail.files);
            let inodes = if step.verb == Verb::Delete { files + 1 } else { 0 };
            let rest = need.after(step.frees(inventory), inodes);
            *gate = Gate::Until(rest);
            // What is nothing but holes makes no room: as with a second name, it would be lost for nothing.
            rest != need
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use crate::clean::policy::Marks;
    use crate::clean::testing::{Yard, steps};
    use crate::clean::{plan, survey};
    use crate::platform::files::Space;

    #[test]
    fn what_makes_no_room_is_no_help_to_a_full_disk() {
        let mut yard = Yard::new();
        yard.file("dense.old", 100_000, 9);
        let holes = yard.file("holes.old", 0, 10);
        File::options().write(true).open(&holes).unwrap().set_len(1 << 30).unwrap();
        yard.rule(&["*.old"], None).keep_last = Some(0);
        let with = |space: Space, yard: &Yard| {
            let mut inventory = survey(&yard.policy, &[]).unwrap();
            inventory.disks[0].space = space;
            steps(yard, &plan(inventory, &yard.policy, &Yard::clock()))
        };
        let full = Space { total_bytes: 1000 << 20, ..Space::default() };
        assert_eq!(
            with(full, &yard),
            ["delete dense.old", "delete holes.old"],
            "without marks the rules hold"
        );
        yard.policy.marks = Marks { high: Some(90.0), low: Some(80.0) };
        assert_eq!(with(full, &yard), ["delete dense.old"]);
        let crowded = Space { inodes_total: 1000, ..Space::default() };
        assert_eq!(with(crowded, &yard), ["delete dense.old", "delete holes.old"]);
    }
}
