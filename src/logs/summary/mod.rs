//! From counts to a report: levels as they are, patterns with their source, incidents, changes, a verdict.
//!
//! Pure: everything that was read stands in the [`Analysis`], everything else that is known in the [`Surroundings`].
//! Nothing leaves here unredacted.

mod advice;
mod coverage;
mod ends;
mod judged;
mod minutes;
mod patterns;
mod real_errors;
mod silences;
mod symptoms;
mod timeline;
mod traffic;
mod troubles;

use std::collections::BTreeMap;

pub use ends::last_crash;
pub use real_errors::{RealErrors, errors_by_minute, real_errors};
pub use troubles::troubles;

use crate::logs::changes::{Baseline, PatternSeries, against, within};
use crate::logs::incidents::incidents;
use crate::logs::input::Source;
use crate::logs::restarts::restarts;
use crate::logs::source::SourceIndex;
use crate::logs::summary::judged::Judged;
use crate::logs::summary::timeline::Axis;
use crate::logs::verdict::{Span, Tally, VerdictBars, verdict};
use crate::logs::{Analysis, audit::TeamRules};
use crate::report::{LogReport, Restarts};

/// What is known besides the counts.
#[derive(Debug)]
pub struct Surroundings<'a> {
    pub rules: &'a TeamRules,
    /// The backend's own source; empty where it is not at hand.
    pub index: &'a SourceIndex,
    pub bars: VerdictBars,
    /// What the analysis before found.
    pub baseline: Option<&'a Baseline>,
    /// How times without an offset were read, in words.
    pub timezone: String,
}

/// A report, and what the next one compares itself with.
#[derive(Clone, Debug)]
pub struct Summary {
    pub report: LogReport,
    pub baseline: Baseline,
}

/// Reads all counts together.
pub fn summarize(analysis: &Analysis, sources: &[Source], known: &Surroundings<'_>) -> Summary {
    let judged = Judged::all(analysis, known.rules);
    let axis = Axis::of(analysis);
    let tracks = axis.tracks(&judged);
    let starts = restarts(analysis.events.clone(), &analysis.serving);
    let shown: Vec<String> = judged.iter().map(|j| j.pattern.id.to_string()).collect();
    let series: Vec<PatternSeries<'_>> = judged
        .iter()
        .zip(&shown)
        .zip(&tracks)
        .map(|((judged, id), buckets)| PatternSeries {
            id,
            level: judged.pattern.level,
            count: judged.count(),
            buckets,
        })
        .collect();
    let copied = judged.iter().map(|j| j.pattern.count - j.count()).sum();
    let records = analysis.books.records.saturating_sub(copied);
    let totals = axis.totals(&tracks);
    let minutes = axis.minutes();
    let shifts = match known.baseline {
        Some(before) => (against(before, &series, records, minutes), "previous-analysis"),
        None => (within(&series, &axis.clock(&totals)), "earlier-part"),
    };
    let changes = patterns::changes(&shifts.0, shifts.1, &judged, &starts);
    let baseline = Baseline::next(known.baseline, &series, records, minutes);
    let effective = judged::effective_levels(&judged, analysis);
    let http = traffic::http(&analysis.http, known.index);
    let found = incidents(symptoms::symptoms(analysis, &judged, &axis, &tracks), effective.errors());
    let found = symptoms::with_crashes(symptoms::with_endpoints(found, &http), &starts);
    let silences = silences::silences(analysis, sources, &judged);
    let spoken = (advice::story(&found), last_crash(analysis, sources));
    let (verdict, reasons) = judge(analysis, &judged, &starts, &http, spoken, known);
    let classes: BTreeMap<&str, _> = changes.iter().map(|c| (c.pattern_id.as_str(), c.class)).collect();
    let report = LogReport {
        verdict,
        reasons,
        coverage: coverage::coverage(analysis, sources, copied, &known.timezone),
        levels: coverage::levels(&analysis.books.levels),
        effective_levels: effective,
        mislevelled: judged::mislevelled(&judged, known.index),
        patterns: patterns::patterns(&judged, &tracks, &classes, known.index),
        other_records: analysis.patterns.other.total(),
        exceptions: symptoms::exceptions(analysis),
        recommendations: advice::recommendations(&found, &starts, &silences, &judged, analysis),
        timeline: axis.timeline(&judged, &totals),
        problems: coverage::problems(analysis),
        http,
        restarts: starts,
        silences,
        incidents: found,
        changes,
    };
    Summary { report, baseline }
}

fn judge(
    analysis: &Analysis,
    judged: &[Judged<'_>],
    starts: &Restarts,
    http: &crate::report::Http,
    (story, last_crash): (Option<String>, Option<String>),
    known: &Surroundings<'_>,
) -> (crate::model::Verdict, Vec<String>) {
    let (errors_by_minute, undated_errors) = minutes::errors(judged);
    let failed =
        |class: &str| http.by_status.iter().filter(|(s, _)| s.starts_with(class)).map(|(_, n)| n).sum();
    let tally = Tally {
        records: analysis.books.records,
        errors_by_minute: &errors_by_minute,
        covered_minutes: minutes::covered(analysis),
        undated_errors,
        crashes_per_day: minutes::crashes_per_day(starts),
        crash_loop: starts.crash_loop,
        last_crash,
        story,
        span: Span::Worst,
        failed_requests: failed("5"),
        requests: http.requests,
    };
    verdict(&tally, &known.bars)
}
