//! What managers are told to do with a unit, and how that ends.

use std::fmt;
use std::time::Duration;

use crate::units::UnitFault;
use crate::units::tool::Printed;

/// What is to become of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Start,
    Stop,
    /// Started where it does not run.
    Restart,
}

/// How long a unit may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until it runs.
    pub start: Duration,
    /// Until it has ended by itself; then it is killed, where its manager can do that.
    pub stop: Duration,
}

/// An order that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obeyed {
    /// What runs now, where its manager tells.
    pub pid: Option<u32>,
    /// What was wanted was so already.
    pub was_so: bool,
}

/// An order that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFault {
    pub why: String,
    /// What to type next.
    pub next: Option<String>,
}

impl fmt::Display for OrderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for OrderFault {}

impl Obeyed {
    pub(super) fn now(pid: Option<u32>) -> Self {
        Self { pid, was_so: false }
    }

    pub(super) fn already(pid: Option<u32>) -> Self {
        Self { pid, was_so: true }
    }
}

impl OrderFault {
    pub(super) fn new(why: impl Into<String>, next: Option<String>) -> Self {
        Self { why: why.into(), next }
    }

    /// A manager that could not be asked; `list` shows which units there are.
    pub(super) fn of(fault: UnitFault, unit: &str, list: &str) -> Self {
        match fault {
            UnitFault::Unknown { known } => {
                let near = match known.as_slice() {
                    [] => String::new(),
                    names => format!("; did you mean {}?", names.join(" or ")),
                };
                Self::new(format!("there is no unit {unit}{near}"), Some(list.to_owned()))
            }
            other => Self::new(other.to_string(), None),
        }
    }

    /// What a tool said when it refused.
    pub(super) fn said(tool: &str, printed: &Printed, next: String) -> Self {
        let mut lines = printed.errors.lines().chain(printed.output.lines()).map(str::trim);
        let said = lines.find(|line| !line.is_empty()).unwrap_or("it has failed");
        Self::new(format!("{tool}: {said}"), Some(next))
    }
}
