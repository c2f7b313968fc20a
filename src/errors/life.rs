//! The life of an issue: which state it is in, and what an event does to it. Pure.

use serde::{Deserialize, Serialize};

/// How long an issue counts as new, in microseconds.
const NEW_FOR: i64 = 7 * 86_400 * 1_000_000;
/// Events in an hour up to which nothing escalates.
pub(super) const ESCALATION_FLOOR: u64 = 10;
/// How many times the usual hour is an escalation.
const ESCALATION_FACTOR: f64 = 4.0;

/// What an issue is, seen from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueState {
    /// It came back after it was resolved.
    Regressed,
    /// It happens far more often than usual.
    Escalating,
    /// First seen in the last seven days.
    New,
    Ongoing,
    Ignored,
    Resolved,
}

impl IssueState {
    /// Every state, the most pressing first.
    pub const ALL: [Self; 6] =
        [Self::Regressed, Self::Escalating, Self::New, Self::Ongoing, Self::Ignored, Self::Resolved];

    /// The word that stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Escalating => "escalating",
            Self::New => "new",
            Self::Ongoing => "ongoing",
            Self::Ignored => "ignored",
            Self::Resolved => "resolved",
        }
    }

    /// Whether somebody should look at it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Ignored | Self::Resolved)
    }
}

/// What was decided about an issue, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    #[default]
    Open,
    Regressed,
    /// With the release in which it was, or will be, gone: only events of later releases bring it back.
    Resolved {
        at: i64,
        in_release: Option<String>,
    },
    Ignored(IgnoreRule),
}

/// Until when an issue is ignored; without any, for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IgnoreRule {
    /// Microseconds since 1970.
    pub until: Option<i64>,
    /// The number of its events from which on it is looked at again.
    pub until_count: Option<u64>,
    pub until_escalating: bool,
}

/// An event, as far as it matters to the life of its issue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening<'a> {
    pub(super) at: i64,
    pub(super) release: &'a str,
}

/// Whether an event brings a resolved issue back. `is_later` tells whether a release came after another.
pub(super) fn regresses(
    standing: &Standing,
    happening: Happening<'_>,
    is_later: impl Fn(&str, &str) -> bool,
) -> bool {
    let Standing::Resolved { at, in_release } = standing else { return false };
    match in_release {
        // An event that was on its way when somebody resolved its issue is no regression.
        _ if happening.at <= *at => false,
        Some(fixed) if !happening.release.is_empty() => is_later(happening.release, fixed),
        _ => true,
    }
}

/// Whether an ignored issue is to be looked at again.
pub(super) fn wakes(rule: &IgnoreRule, now: i64, count: u64, escalates: bool) -> bool {
    rule.until.is_some_and(|until| now >= until)
        || rule.until_count.is_some_and(|limit| count >= limit)
        || (rule.until_escalating && escalates)
}

/// Whether the last hour is far above the usual one.
pub(super) fn escalates(last_hour: u64, before: u64, hours_before: u64) -> bool {
    // An issue of one day is new: there is no usual hour yet.
    if hours_before < 24 || last_hour <= ESCALATION_FLOOR {
        return false;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of hours")]
    let (last, usual) = (last_hour as f64, before as f64 / hours_before as f64);
    // Far above the mean, and beyond what chance does to a mean of that size.
    last > ESCALATION_FACTOR * usual && last > usual + 4.0 * usual.sqrt()
}

/// The state that is shown.
pub(super) fn state(standing: &Standing, first_seen: i64, escalates: bool, now: i64) -> IssueState {
    match standing {
        Standing::Resolved { .. } => IssueState::Resolved,
        Standing::Ignored(rule) if !wakes(rule, now, 0, escalates) => IssueState::Ignored,
        Standing::Regressed => IssueState::Regressed,
        _ if escalates => IssueState::Escalating,
        _ if now - first_seen < NEW_FOR => IssueState::New,
        _ => IssueState::Ongoing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400 * 1_000_000;

    #[test]
    fn what_was_on_its_way_when_resolved_is_no_regression() {
        let resolved = Standing::Resolved { at: 100, in_release: None };
        let later = |a: &str, b: &str| a > b;
        assert!(!regresses(&resolved, Happening { at: 100, release: "" }, later));
        assert!(regresses(&resolved, Happening { at: 101, release: "" }, later));
        let next = Standing::Resolved { at: 100, in_release: Some("1.0".into()) };
        assert!(!regresses(&next, Happening { at: 200, release: "1.0" }, later));
        assert!(!regresses(&next, Happening { at: 200, release: "0.9" }, later));
        assert!(regresses(&next, Happening { at: 200, release: "1.1" }, later));
    }

    #[test]
    fn new_becomes_ongoing_and_ignored_wakes_by_its_rule() {
        assert_eq!(state(&Standing::Open, 0, false, DAY), IssueState::New);
        assert_eq!(state(&Standing::Open, 0, false, 8 * DAY), IssueState::Ongoing);
        assert_eq!(state(&Standing::Open, 0, true, 8 * DAY), IssueState::Escalating);
        let rule = IgnoreRule { until: Some(DAY), ..IgnoreRule::default() };
        assert_eq!(state(&Standing::Ignored(rule), 0, false, DAY - 1), IssueState::Ignored);
        assert!(wakes(&rule, DAY, 0, false) && !wakes(&IgnoreRule::default(), i64::MAX, u64::MAX, true));
        assert!(wakes(&IgnoreRule { until_count: Some(7), ..IgnoreRule::default() }, 0, 7, false));
    }

    #[test]
    fn escalation_needs_a_usual_hour_and_a_real_jump() {
        assert!(!escalates(500, 0, 3));
        assert!(escalates(50, 168, 168) && !escalates(10, 0, 168) && !escalates(50, 168 * 20, 168));
    }
}
