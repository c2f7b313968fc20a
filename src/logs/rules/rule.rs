//! What a rule is made of.

use crate::model::Severity;

/// What kind of thing is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultClass {
    Memory,
    Disk,
    Files,
    Port,
    Permission,
    Network,
    Certificate,
    Database,
    Cache,
    Config,
    Dependency,
    Worker,
    Load,
    Data,
    Code,
}

impl FaultClass {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Files => "files",
            Self::Port => "port",
            Self::Permission => "permission",
            Self::Network => "network",
            Self::Certificate => "certificate",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Config => "config",
            Self::Dependency => "dependency",
            Self::Worker => "worker",
            Self::Load => "load",
            Self::Data => "data",
            Self::Code => "code",
        }
    }
}

/// Where a fault stands between cause and consequence: what is lower can explain what is higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// The machine itself: memory, disk, open files.
    Host,
    /// Names, routes and certificates between machines.
    Network,
    /// Databases, caches, brokers.
    Store,
    /// How the program was installed and configured.
    Setup,
    /// The program's own mistakes, and the data it was given.
    Code,
    /// What runs out while something else is slow or broken: pools, timeouts, limits.
    Pressure,
    /// What is only ever seen because of something else.
    Consequence,
}

impl Rank {
    /// The rank as a number, the root lowest.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// A known fault; made by the tables of this room only.
#[derive(Debug, PartialEq)]
pub struct Rule {
    /// Stable and kebab-case, such as `mysql-connection-refused`.
    pub id: &'static str,
    pub class: FaultClass,
    pub severity: Severity,
    pub rank: Rank,
    /// Lower-case literals: all of one row must stand in the text.
    pub(super) signs: &'static [&'static [&'static str]],
    /// What names the thing that it is about.
    pub(super) detail: Option<Detail>,
    pub(super) summary: Wording,
    /// What to do, in a clause.
    pub advice: &'static str,
    pub(super) command: Option<Wording>,
}

/// A text with and without the detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wording {
    pub(super) plain: &'static str,
    /// With `{}` for the detail.
    pub(super) named: Option<&'static str>,
}

/// Where a text names what it is about: behind one of the openings (lower case), up to one of the ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) after: &'static [&'static str],
    pub(super) until: &'static [char],
    pub(super) of: Kind,
}

/// What a detail must look like to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Words,
    Number,
}

impl Rule {
    /// Begins a rule; the parts follow in the order in which they are read.
    pub(super) const fn new(id: &'static str, class: FaultClass, severity: Severity, rank: Rank) -> Self {
        let summary = Wording { plain: "", named: None };
        Self { id, class, severity, rank, signs: &[], detail: None, summary, advice: "", command: None }
    }

    pub(super) const fn signs(mut self, signs: &'static [&'static [&'static str]]) -> Self {
        self.signs = signs;
        self
    }

    pub(super) const fn detail(mut self, after: &'static [&'static str], until: &'static [char]) -> Self {
        self.detail = Some(Detail { after, until, of: Kind::Words });
        self
    }

    pub(super) const fn number(mut self, after: &'static [&'static str], until: &'static [char]) -> Self {
        self.detail = Some(Detail { after, until, of: Kind::Number });
        self
    }

    pub(super) const fn says(mut self, plain: &'static str) -> Self {
        self.summary = Wording { plain, named: None };
        self
    }

    pub(super) const fn says_of(mut self, plain: &'static str, named: &'static str) -> Self {
        self.summary = Wording { plain, named: Some(named) };
        self
    }

    pub(super) const fn advises(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    pub(super) const fn run(mut self, command: &'static str) -> Self {
        self.command = Some(Wording { plain: command, named: None });
        self
    }

    /// A command with the detail, which is quoted, and one for when there is none.
    pub(super) const fn run_on(mut self, plain: &'static str, named: &'static str) -> Self {
        self.command = Some(Wording { plain, named: Some(named) });
        self
    }
}
