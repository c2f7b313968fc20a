//! Whether a new backup may take the place of those before it. Pure.
//!
//! What was dumped without an error may still be next to nothing: an emptied database, a wrong one, one whose tables the
//! user may no longer read. Such a backup is kept, but the older ones go on counting.

use std::collections::HashSet;

use super::manifest::{Kind, Manifest};
use crate::text::human;

/// Backups that a new one is compared with.
const COMPARED: usize = 5;
/// Content or rows below this part of what is usual are suspicious, in percent.
const LEAST_PERCENT: u64 = 50;
/// Tables below this part of the last ones are suspicious, in percent.
const LEAST_TABLES_PERCENT: u64 = 50;
/// Tables that are named.
const SHOWN: usize = 5;
/// Content that is too small to be judged by its size: a dump's own frame takes as much.
const SMALL: u64 = 16 * 1024;
/// Rows that come and go every day.
const FEW: u64 = 100;

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// Not empty: it does not replace the ones before it.
    pub(super) doubts: Vec<String>,
    /// Worth knowing, no more.
    pub(super) remarks: Vec<String>,
}

/// Compares a new backup with the verified ones of the same origin, newest first.
pub(super) fn judge(new: &Manifest, before: &[&Manifest]) -> Judgement {
    let mut judgement = Judgement::default();
    if new.origin.kind == Kind::Files {
        return judgement;
    }
    if new.table_count == 0 {
        judgement.doubts.push("it holds no table".to_owned());
    }
    let Some(last) = before.first() else { return judgement };
    if new.rows() == 0 && last.rows() > 0 {
        let rows = human::plural(last.rows(), "row");
        judgement.doubts.push(format!("it holds no row; the one before held {rows}"));
    }
    if new.table_count * 100 < last.table_count * LEAST_TABLES_PERCENT {
        let (now, then) = (human::plural(new.table_count, "table"), human::count(last.table_count));
        judgement.doubts.push(format!("{now} of {then} are left"));
    }
    let rows = usual(before, Manifest::rows);
    if new.rows() > 0 && rows > FEW && new.rows() < share(rows, LEAST_PERCENT) {
        let (now, then) = (human::plural(new.rows(), "row"), human::count(rows));
        judgement.doubts.push(format!("it holds {now}; usual are {then}"));
    }
    let usual = usual(before, |manifest| manifest.content_bytes);
    if usual > SMALL && new.content_bytes < share(usual, LEAST_PERCENT) {
        let (now, then) = (human::bytes(new.content_bytes), human::bytes(usual));
        judgement.doubts.push(format!("it holds {now}; usual are {then}"));
    }
    let there: HashSet<&str> = new.tables.iter().map(|table| table.name.as_str()).collect();
    let before = last.tables.iter().map(|table| table.name.as_str());
    let gone: Vec<&str> = before.filter(|name| !there.contains(name)).collect();
    if !gone.is_empty() && new.tables.len() as u64 == new.table_count {
        let more = if gone.len() > SHOWN { ", …" } else { "" };
        let names = gone[..gone.len().min(SHOWN)].join(", ");
        judgement.remarks.push(format!("no longer there: {names}{more}"));
    }
    judgement
}

/// The median of the last ones.
fn usual(before: &[&Manifest], measure: impl Fn(&Manifest) -> u64) -> u64 {
    let mut measured: Vec<u64> = before.iter().take(COMPARED).map(|manifest| measure(manifest)).collect();
    measured.sort_unstable();
    measured.get(measured.len() / 2).copied().unwrap_or(0)
}

fn share(whole: u64, percent: u64) -> u64 {
    whole / 100 * percent + whole % 100 * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::manifest::Table;
    use crate::backup::manifest::tests::manifest;

    fn with(rows: u64, tables: u64, bytes: u64) -> Manifest {
        let mut made = manifest("mysql", 9);
        let table = |n| Table { name: format!("t{n}"), rows: rows / tables.max(1), sha256: String::new() };
        made.tables = (0..tables).map(table).collect();
        made.table_count = tables;
        made.content_bytes = bytes;
        made
    }

    fn doubts(new: &Manifest, before: &[&Manifest]) -> usize {
        judge(new, before).doubts.len()
    }

    #[test]
    fn a_first_backup_needs_a_table() {
        assert_eq!(doubts(&with(0, 1, 100), &[]), 0);
        assert_eq!(doubts(&with(0, 0, 100), &[]), 1);
    }

    #[test]
    fn what_shrank_to_nothing_is_doubted() {
        let last = with(1_000_000, 10, 100_000_000);
        assert_eq!(doubts(&with(900_000, 10, 90_000_000), &[&last]), 0);
        assert!(doubts(&with(0, 10, 20_000), &[&last]) >= 1);
        assert!(doubts(&with(900_000, 4, 90_000_000), &[&last]) >= 1);
        assert!(doubts(&with(900_000, 10, 40_000_000), &[&last]) >= 1);
        assert!(doubts(&with(10, 10, 90_000_000), &[&last]) >= 1);
    }

    #[test]
    fn one_odd_size_among_the_last_does_not_set_the_measure() {
        let (usual, odd) = (with(10, 1, 100_000_000), with(10, 1, 900_000_000));
        assert_eq!(doubts(&with(10, 1, 90_000_000), &[&odd, &usual, &usual]), 0);
    }

    #[test]
    fn a_dropped_table_is_worth_a_word_only() {
        let judged = judge(&with(90, 9, 99_000_000), &[&with(100, 10, 100_000_000)]);
        assert_eq!(judged, Judgement { doubts: vec![], remarks: vec!["no longer there: t9".to_owned()] });
    }

    #[test]
    fn small_dumps_are_not_judged_by_their_size() {
        assert_eq!(doubts(&with(1, 1, 2_000), &[&with(100, 1, 10_000)]), 0);
    }
}
