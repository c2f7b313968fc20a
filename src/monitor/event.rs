//! What the state machine is told, and what it decides. Plain data: a journal of them is a recording that can be played
//! again.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::Pace;

/// `EX_CONFIG`: a program's word for it.
pub(super) const CONFIG: i32 = 78;

/// What has happened to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// Somebody has looked what of it runs, and what an operator wants.
    Found {
        pid: Option<u32>,
        wish: Wanted,
    },
    /// Its process has ended.
    Ended {
        pid: u32,
        how: Ending,
        wish: Wanted,
    },
    /// It was asked whether it works.
    Probed {
        answer: Answer,
    },
    /// It was looked at closely, together with everything else.
    Examined {
        remedy: Remedy,
    },
    /// A start or restart has come to its end.
    Acted {
        outcome: Outcome,
    },
    /// An operator: do nothing for now, or until then.
    Pause {
        #[serde(default)]
        until: Option<Duration>,
    },
    Resume,
    /// An operator knows of the incident.
    Acknowledge,
    /// Another fuelops has worked on it: what is known of it may be old.
    Touched,
    /// Time has passed.
    Tick,
}

/// What an operator wants of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    #[default]
    Up,
    Down,
    /// Another fuelops works on it at the moment.
    InWork,
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The kernel ended it for want of memory.
    #[serde(default)]
    pub is_out_of_memory: bool,
    /// What it said last, where it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl Ending {
    /// The exit code by which a program says that its configuration is no good: starting it again changes nothing.
    pub fn is_config(&self) -> bool {
        self.code == Some(CONFIG)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (_, Some(_)) if self.is_out_of_memory => {
                f.write_str("was killed by the kernel for want of memory")
            }
            (_, Some(signal)) => {
                write!(f, "was killed by signal {signal} ({})", crate::process::signal::name(signal))
            }
            (Some(code), None) if self.is_config() => {
                write!(f, "ended with exit code {code}: its configuration is no good")
            }
            (Some(code), None) => write!(f, "ended with exit code {code}"),
            (None, None) => f.write_str("ended; nobody was there to see how"),
        }?;
        self.said.as_ref().map_or(Ok(()), |said| write!(f, ": {said}"))
    }
}

/// What came of asking whether it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "why")]
pub enum Answer {
    Good,
    Bad(String),
    /// It could not be told, by no fault of the target: never a reason to act.
    Unknown(String),
}

/// What would help, read from everything that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Remedy {
    /// Nothing is wrong with it.
    Fine,
    /// It cannot be told what is wrong.
    Unknown { why: String },
    /// It does not run.
    Start { why: String },
    /// What runs of it is stopped, and it is started.
    Restart { reason: Reason, evidence: Vec<String> },
    /// It is no good, and a restart would not help.
    Leave { why: String },
}

/// Why a restart can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Two signs that have nothing to do with one another.
    Hang,
    MemoryLimit,
    /// Something of an earlier run of it lives on.
    Orphan,
}

impl Reason {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hang => "hang",
            Self::MemoryLimit => "memory-limit",
            Self::Orphan => "orphan",
        }
    }
}

/// What came of a start or restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    Runs {
        pid: u32,
    },
    /// It could not be started; trying again may help.
    Failed {
        why: String,
    },
    /// Something stands in its way that a start does not remove: another's process on its port, a missing file.
    Blocked {
        why: String,
    },
    /// Another fuelops is at work, or an operator has changed their mind.
    Yielded,
    /// Nothing was to be done for real.
    Rehearsed,
}

/// What is to be done, or is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "order")]
pub enum Order {
    /// Ask whether it works.
    Probe,
    /// Look closely, at everything.
    Examine,
    /// Look what of it runs and what is wanted.
    Consult,
    Start,
    Restart {
        reason: Reason,
    },
    /// Start or restart it then.
    Wait {
        until: Duration,
        pace: Pace,
    },
    /// Start it when this is well.
    Hold {
        need: String,
    },
    /// Nothing that is done here would help.
    Leave,
    /// Whoever is responsible is told that it is no good.
    Open {
        incident: u64,
    },
    /// … that it is well again, or nobody's concern any more.
    Close {
        incident: u64,
    },
    /// … that it still is no good.
    Remind {
        incident: u64,
    },
}

impl Order {
    /// Whether it stands in the journal: probing goes on all the time.
    pub fn is_told(&self) -> bool {
        !matches!(self, Self::Probe | Self::Consult)
    }
}

impl Decision {
    /// Whether it stands in the journal: what is tried or looked at again for no new reason does not.
    pub fn is_told(&self) -> bool {
        let is_routine = matches!(self.order, Order::Examine | Order::Start) && self.evidence.is_empty();
        self.order.is_told() && !is_routine
    }
}

/// A decision with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub target: String,
    #[serde(flatten)]
    pub order: Order,
    /// In words, and everything that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}
