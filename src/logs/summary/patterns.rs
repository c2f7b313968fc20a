//! Patterns and what changed among them, as the report tells it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::logs::changes::Shift;
use crate::logs::source::SourceIndex;
use crate::logs::summary::coverage::moment;
use crate::logs::summary::judged::Judged;
use crate::model::Level;
use crate::report::{Change, ChangeClass, Pattern, Restarts, Skew};
use crate::text::{human, redact, sanitize};

/// A change this soon after a start has to do with it.
const NEAR_RESTART_S: i64 = 600;

/// Every pattern, most frequent first.
pub(super) fn patterns(
    judged: &[Judged<'_>],
    tracks: &[Vec<u64>],
    classes: &BTreeMap<&str, ChangeClass>,
    index: &SourceIndex,
) -> Vec<Pattern> {
    let pattern = |(judged, track): (&Judged<'_>, &Vec<u64>)| {
        let found = judged.pattern;
        let id = found.id.to_string();
        let sample =
            |s: &crate::logs::pattern::Sample| redact::secrets(&sanitize::bytes(&s.text)).into_owned();
        let source = index.find(&judged.message, found.level);
        Pattern {
            template: redact::secrets(&found.template).into_owned(),
            level: found.level,
            count: found.count,
            copies: found.count - judged.count(),
            first_at: moment(found.first_at),
            last_at: moment(found.last_at),
            change: classes.get(id.as_str()).copied().unwrap_or(ChangeClass::Steady),
            samples: found.samples.iter().map(sample).collect(),
            source: source.map(|s| format!("{}:{}", s.file, s.line)),
            skew: found.skew.iter().map(skew).collect(),
            trend: track.clone(),
            id,
        }
    };
    judged.iter().zip(tracks).map(pattern).collect()
}

fn skew(found: &crate::logs::pattern::SlotSkew) -> Skew {
    Skew { slot: found.slot, value: redact::secrets(&found.value).into_owned(), percent: found.percent }
}

/// What changed, the most severe first.
pub(super) fn changes(
    shifts: &[Shift],
    against: &str,
    judged: &[Judged<'_>],
    starts: &Restarts,
) -> Vec<Change> {
    let by_id: BTreeMap<String, &Judged<'_>> = judged.iter().map(|j| (j.pattern.id.to_string(), j)).collect();
    let mut changes: Vec<Change> = shifts
        .iter()
        .map(|shift| {
            let pattern = by_id.get(&shift.id).map(|j| j.pattern);
            let first = pattern.and_then(|p| p.first_at).map(|us| us.div_euclid(1_000_000));
            let onset = match shift.class {
                // Counts are kept in buckets; the first record tells the second.
                ChangeClass::New | ChangeClass::Regressed => first.or(shift.onset_s),
                _ => shift.onset_s,
            };
            Change {
                class: shift.class,
                pattern_id: shift.id.clone(),
                template: pattern.map_or_else(String::new, |p| redact::secrets(&p.template).into_owned()),
                level: pattern.and_then(|p| p.level),
                onset_at: onset.and_then(|s| DateTime::<Utc>::from_timestamp(s, 0)),
                rate_before_per_minute: shift.before_per_minute,
                rate_after_per_minute: shift.after_per_minute,
                against: against.to_owned(),
                near_restart: onset.and_then(|s| near_restart(s, starts)),
            }
        })
        .collect();
    let weight = |change: &Change| {
        let class = match change.class {
            ChangeClass::Gone => 1,
            ChangeClass::Steady | ChangeClass::Unknown => 2,
            _ => 0,
        };
        (class, std::cmp::Reverse(change.level.unwrap_or(Level::Trace)))
    };
    changes.sort_by_key(weight);
    changes
}

fn near_restart(onset_s: i64, starts: &Restarts) -> Option<String> {
    let at = |e: &crate::report::RestartEvent| e.at.map(|at| at.timestamp());
    let event = starts
        .events
        .iter()
        .filter(|e| at(e).is_some_and(|s| (0..=NEAR_RESTART_S).contains(&(onset_s - s))))
        .max_by_key(|e| at(e))?;
    let after = u64::try_from(onset_s - at(event)?).ok()?;
    let after = human::duration(std::time::Duration::from_secs(after));
    Some(format!("{after} after the {} at {}:{}", event.kind, event.path, event.line))
}
