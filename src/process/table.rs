//! All processes at one moment.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use crate::platform::{self, Executable, ProcessHold, ProcessStat};
use crate::text::arguments::without_secrets;

/// A snapshot of the process table. What is dear to read is read when it is first asked for.
#[derive(Debug)]
pub struct Table {
    rows: HashMap<u32, Row>,
    children: HashMap<u32, Vec<u32>>,
}

#[derive(Debug)]
struct Row {
    stat: ProcessStat,
    words: OnceCell<Option<Vec<OsString>>>,
    facts: OnceCell<Facts>,
}

/// A process, with its words and facts where they are known beforehand.
pub(super) type KnownRow = (ProcessStat, Option<(Vec<OsString>, Facts)>);

/// What only some may read of a process; `None` without rights, or when it is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub executable: Option<Executable>,
    pub working_dir: Option<PathBuf>,
    pub owner: Option<u32>,
    /// It lives in a container: its paths are not ours.
    pub is_contained: bool,
}

impl Facts {
    /// Reads what is known of a process; `None` when it has ended, also when another one has its number by now.
    fn read(stat: &ProcessStat) -> Option<Self> {
        let hold = ProcessHold::take(stat.pid);
        platform::process_stat(stat.pid).filter(|now| now.started == stat.started)?;
        let facts = Self {
            executable: platform::executable(stat.pid),
            working_dir: platform::working_dir(stat.pid),
            owner: platform::process_owner(stat.pid),
            is_contained: platform::is_contained(stat.pid).unwrap_or(false),
        };
        // A kernel that gives no hold (before 5.3) leaves the start time as the only proof.
        hold.is_none_or(|hold| hold.is_alive()).then_some(facts)
    }
}

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    /// When the system does not list its processes.
    pub fn read() -> io::Result<Self> {
        Ok(Self::of(platform::processes()?.into_iter().map(|stat| (stat, None)).collect()))
    }

    /// Reads the rows of these processes only.
    pub fn read_only(pids: &[u32]) -> Self {
        Self::of(
            pids.iter().filter_map(|pid| platform::process_stat(*pid)).map(|stat| (stat, None)).collect(),
        )
    }

    /// Makes a table of known rows.
    pub(super) fn of(rows: Vec<KnownRow>) -> Self {
        let mut table = Self { rows: HashMap::new(), children: HashMap::new() };
        for (stat, known) in rows {
            table.children.entry(stat.parent).or_default().push(stat.pid);
            let (words, facts) = known.map_or((OnceCell::new(), OnceCell::new()), |(words, facts)| {
                (OnceCell::from(Some(words)), OnceCell::from(facts))
            });
            table.rows.insert(stat.pid, Row { stat, words, facts });
        }
        table
    }

    /// Returns a process of the snapshot.
    pub fn stat(&self, pid: u32) -> Option<&ProcessStat> {
        self.rows.get(&pid).map(|row| &row.stat)
    }

    /// Returns every process of the snapshot, in no order.
    pub fn stats(&self) -> impl Iterator<Item = &ProcessStat> {
        self.rows.values().map(|row| &row.stat)
    }

    /// Returns the words of a process's command line; hostile text.
    pub fn words(&self, pid: u32) -> Option<&[OsString]> {
        let row = self.rows.get(&pid)?;
        row.words.get_or_init(|| platform::command_line(pid)).as_deref()
    }

    /// Returns what is known of a process beside its words.
    pub fn facts(&self, pid: u32) -> Option<&Facts> {
        let row = self.rows.get(&pid)?;
        Some(row.facts.get_or_init(|| Facts::read(&row.stat).unwrap_or_default()))
    }

    /// Returns a process and all its descendants, itself first.
    pub fn tree(&self, root: u32) -> Vec<u32> {
        let mut found = vec![root];
        let mut seen = HashSet::from([root]);
        let mut next = 0;
        while let Some(pid) = found.get(next) {
            for &child in self.children.get(pid).into_iter().flatten() {
                // Rows are read one after the other: a pid that was reused meanwhile must not make a circle.
                if seen.insert(child) {
                    found.push(child);
                }
            }
            next += 1;
        }
        found
    }

    /// Whether one process descends from another; a process does not descend from itself.
    pub fn descends(&self, pid: u32, from: u32) -> bool {
        let mut at = pid;
        // No tree is deeper than there are processes.
        for _ in 0..self.rows.len() {
            match self.stat(at).map(|stat| stat.parent) {
                Some(parent) if parent == from => return true,
                Some(parent) if parent > 0 => at = parent,
                _ => return false,
            }
        }
        false
    }

    /// A process's command on one line, for showing, without secrets; its short name where there is none. Hostile text.
    pub fn shown(&self, pid: u32) -> String {
        let words = self.words(pid).unwrap_or_default();
        if words.is_empty() {
            return self.stat(pid).map_or_else(String::new, |stat| stat.name.clone());
        }
        // Beyond what is shown stands nothing that tells what is shown to be a secret.
        let start =
            |word: &OsString| -> String { word.to_string_lossy().chars().take(2 * MAX_SHOWN).collect() };
        let words: Vec<String> = words.iter().take(MAX_SHOWN).map(start).collect();
        without_secrets(&words).join(" ").chars().take(MAX_SHOWN).collect()
    }
}

/// Characters of a command that are shown.
const MAX_SHOWN: usize = 120;

#[cfg(test)]
mod tests {
    use super::super::locate::tests::stat;
    use super::*;

    #[test]
    fn tree_is_whole_and_a_circle_ends() {
        let rows =
            |list: &[(u32, u32)]| list.iter().map(|(pid, parent)| (stat(*pid, *parent), None)).collect();
        let table = Table::of(rows(&[(1, 0), (2, 1), (3, 2), (4, 1)]));
        let mut tree = table.tree(2);
        tree.sort_unstable();
        assert_eq!(tree, [2, 3]);
        assert!(table.descends(3, 1) && !table.descends(2, 2) && !table.descends(1, 3));
        let circle = Table::of(rows(&[(5, 6), (6, 5)]));
        assert_eq!(circle.tree(5).len(), 2);
        assert!(!circle.descends(5, 9));
    }

    #[test]
    fn own_process_is_in_the_table() {
        let table = Table::read().unwrap();
        let me = std::process::id();
        assert!(table.stat(me).is_some());
        assert_eq!(table.facts(me).unwrap().owner, Some(platform::caller_uid()));
        assert!(!table.shown(me).is_empty());
    }
}
