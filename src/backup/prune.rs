//! Which backups may go: only verified ones count, and the last good one of each source stays, whatever the policy says.
//!
//! Age is measured from the newest verified backup of the source and not from now: where backups have ceased, or the clock
//! has jumped, nothing becomes too old. What was made while the clock was ahead stands for nothing, and stays.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::flaw::prove_or_note;
use super::key::Key;
use super::manifest::{Manifest, Origin};
use super::shelf::{Entry, Shelf, is_ahead};

/// How long backups stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The newest verified ones stay, whatever their age.
    pub keep_last: u32,
    /// Older ones may go.
    pub max_age: Duration,
}

/// What is to be removed, oldest last, and for each source the backup that stands for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub removals: Vec<Manifest>,
    pub pillars: BTreeMap<Origin, Manifest>,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Pruned {
    pub removed: Vec<Manifest>,
    /// What was kept although it might have gone, and why.
    pub failed: Vec<(String, String)>,
}

impl Pruned {
    /// Bytes of what was removed.
    pub fn freed_bytes(&self) -> u64 {
        self.removed.iter().map(|manifest| manifest.bytes).sum()
    }
}

/// Decides. Entries stand newest first.
pub fn plan(entries: &[Entry], retention: Retention, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    let mut kept: BTreeMap<&Origin, u32> = BTreeMap::new();
    for entry in entries {
        let Some(manifest) = entry.manifest.as_ref().filter(|m| !is_ahead(m, now)) else { continue };
        let kept = kept.entry(&manifest.origin).or_default();
        if entry.verified().is_some() {
            let pillar = plan.pillars.entry(manifest.origin.clone()).or_insert_with(|| manifest.clone());
            let is_pillar = pillar.id == manifest.id;
            *kept += 1;
            if is_pillar || *kept <= retention.keep_last || !is_older(manifest, pillar, retention) {
                continue;
            }
            plan.removals.push(manifest.clone());
        } else if let Some(pillar) = plan.pillars.get(&manifest.origin)
            && is_older(manifest, pillar, retention)
        {
            // What is no good backup counts for nothing, and goes when it is old and a better one is there.
            plan.removals.push(manifest.clone());
        }
    }
    plan
}

fn is_older(manifest: &Manifest, pillar: &Manifest, retention: Retention) -> bool {
    let age = pillar.created_at.signed_duration_since(manifest.created_at).to_std();
    age.is_ok_and(|age| age > retention.max_age)
}

/// Removes what the plan says, of each source only after the backup that stands for it was read to its end. `proven` are
/// the ids of those that were so just now.
pub fn apply(shelf: &Shelf, key: &Key, plan: &Plan, proven: &[String], now: DateTime<Utc>) -> Pruned {
    let mut pruned = Pruned::default();
    let mut broken: BTreeMap<&Origin, String> = BTreeMap::new();
    let concerned =
        plan.pillars.iter().filter(|(origin, _)| plan.removals.iter().any(|gone| gone.origin == **origin));
    for (origin, pillar) in concerned {
        if !proven.contains(&pillar.id)
            && let Err(error) = prove_or_note(shelf, key, pillar, now)
        {
            broken.insert(origin, format!("{} is damaged, so nothing older goes: {error:#}", pillar.id));
        }
    }
    // The oldest first: cut short, what is left is a plan's beginning.
    for manifest in plan.removals.iter().rev() {
        let removed = match broken.get(&manifest.origin) {
            Some(why) => Err(io::Error::other(why.clone())),
            None => shelf.remove(manifest),
        };
        match removed {
            Ok(()) => pruned.removed.push(manifest.clone()),
            Err(error) => pruned.failed.push((manifest.id.clone(), error.to_string())),
        }
    }
    pruned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::manifest::tests::manifest;
    use crate::backup::shelf::State;

    const POLICY: Retention = Retention { keep_last: 2, max_age: Duration::from_secs(10 * 3600) };

    fn entry(name: &str, hour: i64, state: State) -> Entry {
        let made = manifest(name, hour);
        Entry { id: made.id.clone(), state, why: None, manifest: Some(made) }
    }

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(hour * 3600, 0).unwrap()
    }

    fn gone(entries: &[Entry], policy: Retention) -> Vec<String> {
        plan(entries, policy, at(100)).removals.into_iter().map(|manifest| manifest.id).collect()
    }

    #[test]
    fn what_is_old_and_not_among_the_newest_goes() {
        let entries = [100, 95, 92, 80, 70].map(|hour| entry("a", hour, State::Verified));
        assert_eq!(gone(&entries, POLICY), ["a-80", "a-70"]);
        let many = Retention { keep_last: 9, ..POLICY };
        assert!(gone(&entries, many).is_empty());
    }

    #[test]
    fn the_last_good_one_stays_whatever_the_policy_says() {
        let none = Retention { keep_last: 0, max_age: Duration::ZERO };
        let entries = [
            entry("a", 100, State::Suspicious),
            entry("a", 90, State::Damaged),
            entry("a", 50, State::Verified),
            entry("a", 40, State::Verified),
            entry("b", 1, State::Verified),
        ];
        assert_eq!(gone(&entries, none), ["a-40"]);
    }

    #[test]
    fn only_verified_ones_count() {
        let entries = [
            entry("a", 100, State::Verified),
            entry("a", 99, State::Suspicious),
            entry("a", 98, State::Suspicious),
            entry("a", 80, State::Verified),
            entry("a", 79, State::Suspicious),
            entry("a", 78, State::Verified),
        ];
        assert_eq!(gone(&entries, POLICY), ["a-79", "a-78"]);
    }

    #[test]
    fn what_a_restore_has_replaced_stands_for_nothing() {
        let mut entries = [100, 99, 98, 80].map(|hour| entry("a", hour, State::Verified));
        for at in [0, 3] {
            entries[at].manifest.as_mut().unwrap().is_safety = true;
        }
        let plan = plan(&entries, Retention { keep_last: 0, max_age: Duration::from_secs(3600) }, at(100));
        assert_eq!(plan.pillars.values().map(|pillar| pillar.id.as_str()).collect::<Vec<_>>(), ["a-99"]);
        assert_eq!(plan.removals.iter().map(|gone| gone.id.as_str()).collect::<Vec<_>>(), ["a-80"]);
    }

    #[test]
    fn what_was_made_while_the_clock_was_ahead_neither_counts_nor_goes() {
        let ahead = [9000, 8900, 102].map(|hour| entry("a", hour, State::Verified));
        let honest = [101, 99, 95, 80].map(|hour| entry("a", hour, State::Verified));
        let all = [ahead.as_slice(), honest.as_slice()].concat();
        assert_eq!(gone(&all, POLICY), ["a-80"]);
        assert!(gone(&ahead, Retention { keep_last: 0, max_age: Duration::ZERO }).is_empty());
    }

    #[test]
    fn what_cannot_be_proven_is_left_alone() {
        let mut stranger = entry("a", 1, State::Unproven);
        stranger.manifest = None;
        let entries = [entry("a", 100, State::Verified), stranger];
        assert!(gone(&entries, Retention { keep_last: 0, max_age: Duration::ZERO }).is_empty());
    }

    #[test]
    fn nothing_goes_when_the_one_to_stay_is_damaged() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(place.path()).unwrap();
        let plan = plan(&[100, 95, 92, 80].map(|hour| entry("a", hour, State::Verified)), POLICY, at(100));
        let key = Key::of(&[7; 32]);
        let pruned = apply(&shelf, &key, &plan, &[], at(100));
        assert!(pruned.removed.is_empty());
        assert!(pruned.failed[0].1.starts_with("a-100 is damaged"), "{:?}", pruned.failed);
        let pruned = apply(&shelf, &key, &plan, &["a-100".to_owned()], at(100));
        assert_eq!(pruned.removed, plan.removals);
    }
}
