//! Who goes: a pure function of what was found, what is wanted and what time it is.
//!
//! For each rule: its files, without the newest of each series that it must leave, that meet every condition in it. What
//! any rule keeps by a `keep_last` that was written down, none removes, neither by itself nor with a folder around it; it
//! may be compressed, unless it is a compressing rule that keeps it. A file that several rules take is removed rather than
//! anything else, and otherwise belongs to the first of them. A folder that goes takes what is in it along.

use crate::text::human;

use super::clock::{self, Clock};
use super::gates;
use super::guard::Bar;
use super::inventory::{Inventory, ItemId, ItemKind};
use super::policy::{Act, Policy, Rotation, Rule};
use super::sample;
use super::select;
use super::steps::{Plan, Skip, Step, Verb};

/// Decides what goes.
pub fn plan(inventory: Inventory, policy: &Policy, clock: &Clock) -> Plan {
    let future = clock::in_future(inventory.items.iter().map(|item| item.changed), clock.now);
    let suspicion = clock.suspicion(future, inventory.items.len());
    let mut notes = Vec::new();
    if let Some(why) = &suspicion {
        notes.push(format!("{why}: rules by age are switched off"));
    }
    if inventory.overflow > 0 {
        let more = human::plural(inventory.overflow, "more matching file");
        notes.push(format!("{more} wait for the next run"));
    }
    let ages = if suspicion.is_some() { Ages::Off } else { Ages::Since(clock.now) };
    let evidence_since = policy.evidence_since.map(nanoseconds);
    let mut draft = Draft::new(&inventory, &policy.rules, ages, evidence_since);
    for index in 0..policy.rules.len() {
        draft.apply(index);
    }
    notes.extend(draft.sparing());
    let (steps, skipped) = draft.finish();
    let steps = gates::within(&inventory, steps, policy, &mut notes);
    notes.extend(losses(&steps, &policy.rules));
    Plan { steps, skipped, notes, rules: policy.rules.clone(), run_as: policy.run_as, inventory }
}

fn nanoseconds(time: std::time::SystemTime) -> i64 {
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[derive(Clone, Copy, Debug)]
enum Ages {
    /// The clock is not to be trusted.
    Off,
    Since(i64),
}

struct Draft<'a> {
    inventory: &'a Inventory,
    rules: &'a [Rule],
    ages: Ages,
    evidence_since: Option<i64>,
    /// By item: kept by some rule that says how many, or a folder around what is kept.
    kept: Vec<bool>,
    /// By item: kept by a rule that compresses, and so not compressed either.
    kept_as_is: Vec<bool>,
    /// By item: what is done with it.
    chosen: Vec<Option<(u16, Verb)>>,
    skipped: Vec<(ItemId, Skip)>,
    /// What a rule would have taken if it were not the newest of its series.
    spared: Vec<ItemId>,
}

impl<'a> Draft<'a> {
    fn new(inventory: &'a Inventory, rules: &'a [Rule], ages: Ages, evidence_since: Option<i64>) -> Self {
        let mut kept = vec![false; inventory.items.len()];
        // Not a copy of the other: pages that nobody writes take no memory.
        let mut kept_as_is = vec![false; inventory.items.len()];
        for (index, rule) in (0..).zip(rules) {
            if let Some(keep @ 1..) = rule.keep_last {
                select::newest(inventory, &select::members(inventory, index), keep, &mut |id| {
                    kept[id as usize] = true;
                    kept_as_is[id as usize] |= rule.act == Act::Compress;
                    let around = inventory.wholes_around(inventory.item(id));
                    around.for_each(|whole| kept[whole as usize] = true);
                });
            }
        }
        let chosen = vec![None; inventory.items.len()];
        Self {
            inventory,
            rules,
            ages,
            evidence_since,
            kept,
            kept_as_is,
            chosen,
            skipped: Vec::new(),
            spared: Vec::new(),
        }
    }

    fn apply(&mut self, index: usize) {
        let rule = &self.rules[index];
        let Ok(number) = u16::try_from(index) else { return };
        let verb = match rule.act {
            Act::Delete => Verb::Delete,
            Act::Compress => Verb::Compress,
            Act::Truncate => Verb::Truncate,
            Act::Rotate(_) => Verb::Rotate,
        };
        let members = select::members(self.inventory, number);
        let mut taken = members.clone();
        taken.retain(|id| self.may_go(*id, verb) && self.meets(*id, rule));
        if let (None, keep @ 1..) = (rule.keep_last, rule.own_keep()) {
            let mut newest = Vec::new();
            select::newest(self.inventory, &members, keep, &mut |id| newest.push(id));
            newest.sort_unstable();
            let is_newest = |id: &ItemId| newest.binary_search(id).is_ok();
            self.spared.extend(taken.extract_if(.., |id| is_newest(id)));
        }
        if let Some(limit) = rule.total_above {
            select::oldest_above(self.inventory, &members, limit, &mut taken);
        }
        for id in taken {
            self.take(id, number, verb);
        }
    }

    fn may_go(&self, id: ItemId, verb: Verb) -> bool {
        let item = self.inventory.item(id);
        match verb {
            Verb::Delete => !self.kept[id as usize],
            Verb::Truncate => !self.kept[id as usize] && item.kind == ItemKind::File && item.allocated > 0,
            Verb::Rotate => item.kind == ItemKind::File && item.size > 0,
            Verb::Compress => !self.kept_as_is[id as usize] && sample::is_compressible(self.inventory, item),
        }
    }

    fn meets(&self, id: ItemId, rule: &Rule) -> bool {
        let item = self.inventory.item(id);
        let since = if let Act::Rotate(_) = rule.act {
            self.inventory.details.get(&id).and_then(|detail| detail.born).unwrap_or(item.modified)
        } else {
            item.modified
        };
        let is_old = match (rule.older_than, self.ages) {
            (None, _) => true,
            (Some(_), Ages::Off) => false,
            (Some(age), Ages::Since(now)) => {
                i128::from(now) - i128::from(since) > i128::try_from(age.as_nanos()).unwrap_or(i128::MAX)
            }
        };
        is_old && rule.larger_than.is_none_or(|limit| item.size > limit)
    }

    fn take(&mut self, id: ItemId, rule: u16, verb: Verb) {
        let item = self.inventory.item(id);
        if let Some(bar) = self.inventory.bars.get(&id).filter(|bar| blocks(bar, verb)) {
            return self.skip(id, Skip::Barred(bar.clone()));
        }
        if verb != Verb::Rotate && self.evidence_since.is_some_and(|since| item.modified >= since) {
            return self.skip(id, Skip::Evidence);
        }
        let chosen = &mut self.chosen[id as usize];
        let is_stronger = |old: Verb| verb == Verb::Delete && old != Verb::Delete;
        if chosen.is_none_or(|(_, old)| is_stronger(old)) {
            *chosen = Some((rule, verb));
        }
    }

    /// Tells of what nobody has to look for among what goes, although it is old enough.
    fn sparing(&self) -> Option<String> {
        let mut spared: Vec<ItemId> = self.spared.clone();
        let has_no_other_end =
            |id: &ItemId| self.chosen[*id as usize].is_none() && !self.inventory.bars.contains_key(id);
        spared.retain(has_no_other_end);
        spared.sort_unstable();
        spared.dedup();
        let files = human::plural(spared.len() as u64, "file");
        (!spared.is_empty())
            .then(|| format!("the newest of each series stays, here {files}; keep_last = 0 lifts that"))
    }

    fn skip(&mut self, id: ItemId, why: Skip) {
        self.skipped.push((id, why));
    }

    fn finish(mut self) -> (Vec<Step>, Vec<(ItemId, Skip)>) {
        let mut steps = Vec::new();
        for (id, choice) in (0..).zip(&self.chosen) {
            let Some((rule, verb)) = *choice else { continue };
            let item = self.inventory.item(id);
            let goes_along =
                self.inventory.wholes_around(item).any(|whole| self.chosen[whole as usize].is_some());
            let step = Step { item: id, rule, verb };
            if !goes_along && (verb != Verb::Compress || step.frees(self.inventory) > 0) {
                steps.push(step);
            }
        }
        self.skipped.sort_by_key(|(id, _)| *id);
        self.skipped.dedup_by_key(|(id, _)| *id);
        (steps, self.skipped)
    }
}

/// An open log is just what rotation and truncation are for; a second name may be what an interrupted rotation left.
fn blocks(bar: &Bar, verb: Verb) -> bool {
    let is_fine = matches!(
        (bar, verb),
        (Bar::Open { .. }, Verb::Rotate | Verb::Truncate) | (Bar::Linked(2), Verb::Rotate)
    );
    !is_fine
}

/// What is lost by copying and truncating, which was asked for, is said all the same.
fn losses(steps: &[Step], rules: &[Rule]) -> Option<String> {
    let loses = |step: &&Step| rules[usize::from(step.rule)].act == Act::Rotate(Rotation::CopyTruncate);
    let logs = steps.iter().filter(loses).count();
    (logs > 0).then(|| {
        let logs = human::plural(logs as u64, "log");
        format!("{logs} copied and truncated: lines that are written in between may be lost")
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;
    use crate::clean::testing::{DAY, Yard, skips, steps};
    use crate::platform::KernelClock;

    #[test]
    fn what_is_older_goes_and_the_newest_of_each_series_stays() {
        let mut yard = Yard::new();
        for n in 1..4_u32 {
            yard.file(format!("logs/app.log.{n}"), 10, 10 + n);
            yard.file(format!("logs/worker.log.{n}"), 10, 10 + n);
        }
        yard.file("logs/app.log", 10, 0);
        yard.file("logs/young.log.1", 10, 1);
        yard.rule(&["logs/*.log.*"], Some(7));
        let gone = ["logs/app.log.2", "logs/app.log.3", "logs/worker.log.2", "logs/worker.log.3"];
        assert_eq!(
            yard.plan().notes,
            ["the newest of each series stays, here 2 files; keep_last = 0 lifts that"]
        );
        assert_eq!(yard.clean(), gone);
    }

    #[test]
    fn keep_last_0_lifts_the_protection_and_a_written_keep_wins_over_every_rule() {
        let mut yard = Yard::new();
        for n in 1..6_u32 {
            yard.file(format!("logs/app.log.{n}"), 10, 10 + n);
        }
        yard.rule(&["logs/*"], Some(7)).keep_last = Some(0);
        yard.rule(&["logs/app.log.*"], Some(100)).keep_last = Some(2);
        assert_eq!(steps(&yard, &yard.plan()).len(), 3);
        yard.policy.rules.pop();
        assert_eq!(steps(&yard, &yard.plan()).len(), 5);
    }

    #[test]
    fn what_is_kept_does_not_go_with_the_folder_around_it() {
        let mut yard = Yard::new();
        yard.file("logs/crash_1/parts/app.log.1", 10, 40);
        yard.file("logs/crash_1/notes.txt", 10, 40);
        yard.file("logs/crash_2/core.bin", 10, 40);
        yard.rule(&["logs/crash_*"], Some(7)).keep_last = Some(0);
        yard.rule(&["logs/crash_*/**/*.log.*"], Some(7)).keep_last = Some(2);
        assert_eq!(steps(&yard, &yard.plan()), ["delete logs/crash_2"]);
    }

    #[test]
    fn what_a_rotation_keeps_is_compressed_and_what_a_compressing_rule_keeps_is_not() {
        let mut yard = Yard::new();
        for n in 1..4_u32 {
            yard.file(format!("app.log.{n}"), 50_000, n);
        }
        yard.rule(&["app.log.[0-9]*"], None).keep_last = Some(5);
        yard.rule(&["app.log.[0-9]*"], None).act = Act::Compress;
        let all = ["compress app.log.1", "compress app.log.2", "compress app.log.3"];
        assert_eq!(steps(&yard, &yard.plan()), all);
        yard.policy.rules[1].keep_last = Some(1);
        assert_eq!(steps(&yard, &yard.plan()), all[1..]);
    }

    #[test]
    fn a_rule_by_count_alone_leaves_the_newest() {
        let mut yard = Yard::new();
        for n in 1..6_u32 {
            yard.file(format!("logs/analysis_2026010{n}_120000.txt"), 10, 6 - n);
        }
        yard.rule(&["logs/analysis_*.txt"], None).keep_last = Some(3);
        assert_eq!(yard.clean(), ["logs/analysis_20260101_120000.txt", "logs/analysis_20260102_120000.txt"]);
    }

    #[test]
    fn conditions_of_one_rule_must_all_hold() {
        let mut yard = Yard::new();
        yard.file("a.old", 100, 10);
        yard.file("b.old", 5_000, 10);
        yard.file("c.old", 5_000, 1);
        let rule = yard.rule(&["*.old"], Some(7));
        rule.larger_than = Some(1_000);
        rule.keep_last = Some(0);
        assert_eq!(steps(&yard, &yard.plan()), ["delete b.old"]);
    }

    #[test]
    fn above_a_total_the_oldest_go_until_it_is_met() {
        let mut yard = Yard::new();
        for n in 1..9_u32 {
            yard.file(format!("d{n}/x.dat"), 100_000, n);
        }
        let rule = yard.rule(&["**/x.dat"], None);
        rule.total_above = Some(350_000);
        rule.keep_last = Some(0);
        let planned = steps(&yard, &yard.plan());
        assert_eq!(planned, ["d4", "d5", "d6", "d7", "d8"].map(|d| format!("delete {d}/x.dat")));
    }

    #[test]
    fn a_sparse_file_counts_for_what_it_takes_up() {
        let mut yard = Yard::new();
        let path = yard.file("huge.old", 10, 10);
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        yard.rule(&["*.old"], None).keep_last = Some(0);
        yard.policy.rules[0].total_above = Some(1 << 20);
        assert!(yard.plan().is_empty());
        yard.policy.rules[0].total_above = None;
        let plan = yard.plan();
        assert!(plan.steps[0].frees(&plan.inventory) < 100_000);
    }

    #[test]
    fn what_several_rules_take_is_removed_rather_than_compressed() {
        let mut yard = Yard::new();
        yard.file("a.log.1", 50_000, 10);
        yard.file("b.log.1", 50_000, 3);
        yard.rule(&["*.log.*"], Some(1)).act = Act::Compress;
        yard.rule(&["*.log.*"], Some(7)).keep_last = Some(0);
        assert_eq!(steps(&yard, &yard.plan()), ["compress b.log.1", "delete a.log.1"]);
    }

    #[test]
    fn databases_pipes_links_and_repositories_are_left_and_named() {
        let mut yard = Yard::new();
        let known = ["errors.db", ".git/config.old", "pg/PG_VERSION", "pg/x.old", "own.pid", "OWN.PID.1"];
        for name in known {
            yard.file(name, 10, 10);
        }
        std::fs::write(yard.path("own.pid"), format!("{}\n", std::process::id())).unwrap();
        let json = format!("{{\"pid\": {}}}", std::process::id());
        std::fs::write(yard.path("OWN.PID.1"), json).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", yard.path("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, yard.path("pipe"), rustix::fs::Mode::RUSR).unwrap();
        yard.rule(&["**/*"], None).keep_last = Some(0);
        let plan = yard.plan();
        assert!(plan.is_empty(), "{:?}", steps(&yard, &plan));
        let mut told = skips(&plan);
        told.sort();
        let [shouted, own] = ["OWN.PID.1", "own.pid"]
            .map(|name| format!("{name}: names process {}, which is alive", std::process::id()));
        let link = "link: a symbolic link";
        assert_eq!(told, [&shouted, "errors.db: a database", link, &own, "pipe: a named pipe"]);
        assert_eq!(plan.inventory.closed.len(), 1, "{:?}", plan.inventory.closed);
    }

    #[test]
    fn databases_that_nobody_holds_open_are_kept_whole() {
        let mut yard = Yard::new();
        let known = [
            "redis/appendonlydir/appendonly.aof.manifest",
            "redis/appendonlydir/temp-rewriteaof",
            "redis/dump.rdb",
            "level/CURRENT",
            "level/MANIFEST-000004",
            "level/000005.log",
            "level/LOCK",
            "mongo/WiredTiger",
            "mongo/journal/WiredTigerLog.0000000001",
            "analysis.duckdb.wal",
        ];
        for name in known {
            yard.file(name, 10, 10);
        }
        for (name, start) in
            [("cache", &b"REDIS0011\xfa\x09redis-ver"[..]), ("facts", b"\0\0\0\0\0\0\0\0DUCK\x40\0\0\0")]
        {
            let path = yard.file(name, 0, 10);
            let mut content = start.to_vec();
            content.resize(12_288, 0);
            std::fs::write(path, content).unwrap();
        }
        yard.file("plain.log", 10, 10);
        yard.rule(&["**"], None).keep_last = Some(0);
        assert_eq!(yard.clean(), ["plain.log"]);
    }

    #[test]
    fn what_leads_to_a_repository_stays_and_logs_in_a_checkout_go() {
        let mut yard = Yard::new();
        for name in
            [".git/HEAD", "worktree/.git", "worktree/app.log.1", "fossil/.fslckout", "jj/.jj/repo/type"]
        {
            yard.file(name, 10, 10);
        }
        yard.rule(&["**"], None).keep_last = Some(0);
        assert_eq!(yard.clean(), ["worktree/app.log.1"]);
    }

    #[test]
    fn a_database_that_is_torn_without_its_journal_is_left_by_every_rule() {
        const ROLLBACK: &[u8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7 and pages";
        let mut yard = Yard::new();
        for (name, act) in [("a", Act::Delete), ("b", Act::Compress), ("c", Act::Truncate)] {
            yard.file(format!("{name}/state.1"), 50_000, 10);
            yard.file(format!("{name}/plain.1"), 50_000, 10);
            yard.file(format!("{name}/state.1-journal"), 10, 10);
            std::fs::write(yard.path(format!("{name}/state.1-journal")), ROLLBACK).unwrap();
            yard.rule(&[&format!("{name}/*")], None).act = act;
            yard.policy.rules.last_mut().unwrap().keep_last = Some(0);
        }
        // Named and not listed.
        yard.file("d/state.1", 50_000, 10);
        std::fs::write(yard.path("d/state.1-wal"), b"\x37\x7f\x06\x83 and frames").unwrap();
        yard.rule(&["d/state.1"], None).keep_last = Some(0);
        let plan = yard.plan();
        assert_eq!(steps(&yard, &plan), ["compress b/plain.1", "delete a/plain.1", "truncate c/plain.1"]);
        assert_eq!(skips(&plan).iter().filter(|why| why.ends_with(": a database")).count(), 7);
    }

    #[test]
    fn a_folder_goes_as_one_by_its_youngest_file() {
        let mut yard = Yard::new();
        yard.file("logs/crash_20250101_000000/backend.log", 10, 400);
        yard.file("logs/crash_20250102_000000/backend.log", 10, 399);
        yard.file("logs/crash_20250102_000000/notes/late.txt", 10, 1);
        yard.file("logs/crash_20250103_000000/backend.log", 10, 398);
        yard.rule(&["logs/crash_*"], Some(30)).keep_last = Some(0);
        yard.rule(&["logs/**/*.log"], Some(7)).keep_last = Some(0);
        assert_eq!(
            steps(&yard, &yard.plan()),
            [
                "delete logs/crash_20250101_000000",
                "delete logs/crash_20250102_000000/backend.log",
                "delete logs/crash_20250103_000000",
            ]
        );
        let gone = yard.clean();
        assert!(gone.contains(&"logs/crash_20250101_000000".to_owned()));
        assert!(yard.path("logs/crash_20250102_000000/notes/late.txt").exists());
    }

    #[test]
    fn a_folder_with_something_precious_in_it_stays() {
        let mut yard = Yard::new();
        yard.file("logs/crash_1/errors.db", 10, 400);
        yard.file("logs/crash_2/a/.git/HEAD", 10, 400);
        yard.file("logs/crash_2/a/x.log", 10, 400);
        yard.rule(&["logs/crash_*"], Some(30)).keep_last = Some(0);
        let plan = yard.plan();
        assert!(plan.is_empty());
        let mut told = skips(&plan);
        told.sort();
        assert_eq!(told, ["crash_1: holds a database", "crash_2: holds a repository"]);
    }

    #[test]
    fn evidence_since_the_last_recovery_stays() {
        let mut yard = Yard::new();
        yard.file("a.old", 10, 3);
        yard.file("b.old", 10, 1);
        yard.rule(&["*.old"], None).keep_last = Some(0);
        yard.policy.evidence_since = Some(SystemTime::now() - DAY * 2);
        let plan = yard.plan();
        assert_eq!(steps(&yard, &plan), ["delete a.old"]);
        assert_eq!(skips(&plan), ["b.old: evidence"]);
    }

    #[test]
    fn a_clock_that_is_wrong_switches_ages_off_and_counts_go_on() {
        let mut yard = Yard::new();
        for n in 1..4_u32 {
            yard.file(format!("a.log.{n}"), 10, n);
            yard.file(format!("b_2026010{n}.txt"), 10, 4 - n);
        }
        yard.rule(&["*.log.*"], Some(7)).keep_last = Some(0);
        yard.rule(&["b_*.txt"], None).keep_last = Some(1);
        let mut clock = Yard::clock();
        clock.kernel = Some(KernelClock { wall_ns: clock.now, since_boot_ns: 0, boot: None });
        clock.now += i64::try_from((DAY * 30).as_nanos()).unwrap();
        let inventory = crate::clean::survey(&yard.policy, &[]).unwrap();
        let plan = plan(inventory, &yard.policy, &clock);
        assert_eq!(steps(&yard, &plan), ["delete b_20260101.txt", "delete b_20260102.txt"]);
        assert_eq!(plan.notes, ["the clock is 30d off the kernel's: rules by age are switched off"]);
    }

    #[test]
    fn an_open_file_is_left_and_its_holder_named() {
        let mut yard = Yard::new();
        let path = yard.file("a.log.1", 10, 10);
        yard.rule(&["*.log.*"], Some(7)).keep_last = Some(0);
        let mut child =
            std::process::Command::new("sleep").arg("60").stdin(File::open(&path).unwrap()).spawn().unwrap();
        let told = skips(&yard.plan());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(told, [format!("a.log.1: open in process {}", child.id())]);
        assert_eq!(yard.clean(), ["a.log.1"]);
    }

    #[test]
    fn a_second_name_keeps_a_file() {
        let mut yard = Yard::new();
        let path = yard.file("a.log.1", 10, 10);
        std::fs::hard_link(&path, yard.path("elsewhere")).unwrap();
        yard.rule(&["*.log.*"], Some(7)).keep_last = Some(0);
        let plan = yard.plan();
        assert_eq!(skips(&plan), ["a.log.1: has 2 names: removing one of them frees nothing"]);
    }
}
