//! What may go and what must stay, as narrow input of the engine.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::config::{Action, CleanRule, PathPattern, Reopen};

/// Everything that one run is to follow.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Relative patterns start here. Absolute.
    pub root: PathBuf,
    /// Further folders that absolute patterns may reach into.
    pub roots: Vec<PathBuf>,
    /// The caller's home, which is nobody's to clean.
    pub home: Option<PathBuf>,
    pub rules: Vec<Rule>,
    pub marks: Marks,
    /// Files and folders that no rule takes, nor anything in them.
    pub spared: Vec<PathBuf>,
    /// Whose files are meant and whom commands run as, where the config is not the caller's own.
    pub run_as: Option<u32>,
    /// Files written to since then are evidence.
    pub evidence_since: Option<SystemTime>,
}

/// Percentages of a file system between which rules work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// Nothing is done below it. Absent: always.
    pub high: Option<f64>,
    /// Enough is done below it. Absent: all that the rules say.
    pub low: Option<f64>,
}

/// One rule: what stands in it must all hold for a file.
#[derive(Clone, Debug)]
pub struct Rule {
    /// How reports call it.
    pub name: String,
    pub paths: Vec<PathPattern>,
    pub older_than: Option<Duration>,
    pub larger_than: Option<u64>,
    /// The oldest go while all of the rule's files together are larger.
    pub total_above: Option<u64>,
    /// Said: that many of each series stay, whatever any rule says: none is removed or emptied, and if it is this rule that
    /// compresses, none is compressed. Unsaid: this rule spares the newest.
    pub keep_last: Option<u32>,
    pub act: Act,
}

/// What is done with a file that a rule takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Delete,
    Compress,
    Truncate,
    Rotate(Rotation),
}

/// How a log is put aside while its program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Renamed, and the program told to open its log anew; without a way to tell it, it is one that opens for each line.
    Rename(Option<Reopen>),
    /// Copied and truncated: what is written in between is lost.
    CopyTruncate,
}

/// The rules of a config, with what each stands for.
pub fn rules(config: &[CleanRule]) -> Vec<Rule> {
    config.iter().flat_map(|rule| [Some(Rule::from(rule)), surplus(rule)]).flatten().collect()
}

/// A rotation that says how many members to keep means that the others go.
fn surplus(rule: &CleanRule) -> Option<Rule> {
    let is_rotation = rule.action == Action::Rotate;
    let keep @ 1.. = rule.keep_last.filter(|_| is_rotation)? else { return None };
    let members =
        |path: &PathPattern| PathPattern::new(path.root(), &format!("{}.[0-9]*", path.as_written())).ok();
    Some(Rule {
        name: Rule::from(rule).name,
        paths: rule.paths.iter().filter_map(members).collect(),
        older_than: None,
        larger_than: None,
        total_above: None,
        keep_last: Some(keep),
        act: Act::Delete,
    })
}

impl From<&CleanRule> for Rule {
    fn from(rule: &CleanRule) -> Self {
        let patterns: Vec<&str> = rule.paths.iter().map(PathPattern::as_written).collect();
        let act = match rule.action {
            Action::Delete => Act::Delete,
            Action::Compress => Act::Compress,
            Action::Truncate => Act::Truncate,
            Action::Rotate if rule.copytruncate => Act::Rotate(Rotation::CopyTruncate),
            Action::Rotate => Act::Rotate(Rotation::Rename(rule.reopen.clone())),
        };
        Self {
            name: patterns.join(", "),
            paths: rule.paths.clone(),
            older_than: rule.older_than,
            larger_than: rule.larger_than.map(|size| size.0),
            total_above: rule.total_above.map(|size| size.0),
            // Of a rotation it is what is kept of the members: see `surplus`.
            keep_last: rule.keep_last.filter(|_| rule.action != Action::Rotate),
            act,
        }
    }
}

impl Rule {
    /// How many of each series are out of this rule's own reach.
    pub(super) fn own_keep(&self) -> u32 {
        self.keep_last.unwrap_or(match self.act {
            // Only what loses something has to be held back from the newest.
            Act::Delete => 1,
            Act::Compress | Act::Truncate | Act::Rotate(_) => 0,
        })
    }
}
