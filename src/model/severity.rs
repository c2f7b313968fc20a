//! Severity of one finding, verdict over many.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad one finding is. The order is the roll-up order: critical outranks warning, warning unknown, unknown ok.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Measured, and within its thresholds.
    Ok,
    /// fuelops could not measure or tell.
    Unknown,
    /// Yellow.
    Warning,
    /// Red.
    Critical,
}

impl Severity {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The word that Nagios plugins print.
    pub fn nagios_word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Unknown => "UNKNOWN",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }

    /// One column wide, so that severity never depends on colour alone.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✔",
            Self::Unknown => "?",
            Self::Warning => "▲",
            Self::Critical => "✖",
        }
    }

    /// Lowers critical to warning: what a target that is not `required` may cost at most.
    #[must_use]
    pub fn capped(self, required: bool) -> Self {
        if required { self } else { self.min(Self::Warning) }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The answer of a whole report; its number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All checks green.
    Healthy,
    /// At least one yellow, none red.
    Degraded,
    /// At least one red.
    Critical,
    /// Nothing measured, or nothing worse than "could not tell".
    Unknown,
}

impl Verdict {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }

    /// The severity that colours this verdict.
    pub fn severity(self) -> Severity {
        match self {
            Self::Healthy => Severity::Ok,
            Self::Degraded => Severity::Warning,
            Self::Critical => Severity::Critical,
            Self::Unknown => Severity::Unknown,
        }
    }

    /// Exit code by the Nagios convention: 0, 1, 2, 3.
    pub fn code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Degraded => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

impl From<Severity> for Verdict {
    fn from(worst: Severity) -> Self {
        match worst {
            Severity::Ok => Self::Healthy,
            Severity::Unknown => Self::Unknown,
            Severity::Warning => Self::Degraded,
            Severity::Critical => Self::Critical,
        }
    }
}

/// Rolls up; an empty set is unknown, never healthy.
impl FromIterator<Severity> for Verdict {
    fn from_iter<I: IntoIterator<Item = Severity>>(severities: I) -> Self {
        severities.into_iter().max().map_or(Self::Unknown, Self::from)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_set_is_unknown() {
        assert_eq!(Verdict::from_iter([]), Verdict::Unknown);
    }

    #[test]
    fn critical_outranks_warning_outranks_unknown_outranks_ok() {
        use Severity::{Critical, Ok, Unknown, Warning};
        let roll = |list: &[Severity]| list.iter().copied().collect::<Verdict>();
        assert_eq!(roll(&[Ok, Ok]), Verdict::Healthy);
        assert_eq!(roll(&[Ok, Unknown]), Verdict::Unknown);
        assert_eq!(roll(&[Unknown, Warning]), Verdict::Degraded);
        assert_eq!(roll(&[Warning, Critical, Unknown]), Verdict::Critical);
    }

    #[test]
    fn optional_target_costs_a_warning_at_most() {
        assert_eq!(Severity::Critical.capped(false), Severity::Warning);
        assert_eq!(Severity::Unknown.capped(false), Severity::Unknown);
        assert_eq!(Severity::Critical.capped(true), Severity::Critical);
    }
}
