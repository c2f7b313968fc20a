//! Programs that ended and have not told of a start since: no restart stands for such a crash.

use crate::grouping::ExceptionGroup;
use crate::logs::input::Source;
use crate::logs::{Analysis, FormatId};
use crate::model::Level;
use crate::text::{redact, sanitize};

/// A crash this long before the last record is still news.
const NEWS_US: i64 = 3_600_000_000;
/// A crash is recorded to the second.
const SLACK_US: i64 = 2_000_000;

/// The crash of the last hour that was read, in words: a crash record, or else a traceback with which a log ends.
pub fn last_crash(analysis: &Analysis, sources: &[Source]) -> Option<String> {
    recorded(analysis, sources).or_else(|| ended(analysis, sources))
}

/// The newest record in a file of crash records.
fn recorded(analysis: &Analysis, sources: &[Source]) -> Option<String> {
    let end = analysis.books.last_at?;
    let (at, source) = analysis
        .sources
        .iter()
        .zip(sources)
        .filter(|(books, _)| books.formats.keys().all(|(_, format)| *format == FormatId::CrashBlock))
        .filter_map(|(books, source)| Some((books.last_at?, source)))
        .max_by_key(|(at, _)| *at)
        .filter(|(at, _)| end - at <= NEWS_US)?;
    // Only what stands in the record itself: one that was killed ended of no exception that it had logged elsewhere.
    let last_in = |group: &ExceptionGroup| analysis.raised_in(group, &source.series).last_at;
    let is_of_it = |group: &&ExceptionGroup| last_in(group).is_some_and(|last| (last - at).abs() <= SLACK_US);
    let name = sanitize::line(&source.name);
    Some(match analysis.exceptions.iter().find(is_of_it) {
        Some(group) => format!("a crash ({name}): {}", raised(group)),
        None => format!("a crash stands in {name}"),
    })
}

/// A log whose last lines are a traceback that the program did not log itself: its interpreter printed it and ended. One
/// that ended so before is known by its restarts.
fn ended(analysis: &Analysis, sources: &[Source]) -> Option<String> {
    let last_at = analysis.books.last_at;
    let is_last = |group: &&ExceptionGroup| {
        let Some(number) = sources.iter().rposition(|source| source.name == group.place.path) else {
            return false;
        };
        let source = &sources[number];
        let is_newest = !sources[number + 1..].iter().any(|other| other.series == source.series);
        let lines = source.lines_before + analysis.sources.get(number).map_or(0, |books| books.lines);
        let is_news = last_at.zip(group.place.at).is_none_or(|(last, at)| last - at <= NEWS_US);
        is_newest && is_news && group.place.line + group.sample.lines().count() as u64 > lines
    };
    let printed = |group: &&ExceptionGroup| group.level.is_none_or(|level| level < Level::Warning);
    let group = analysis.exceptions.iter().filter(printed).find(is_last)?;
    let name = sanitize::line(&group.place.path);
    Some(format!("{name} ends with {}, and no start after it", raised(group)))
}

fn raised(group: &ExceptionGroup) -> String {
    let place = group.location.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    let told = format!("{}: {}{place}", group.kind, group.message.lines().next().unwrap_or(""));
    redact::secrets(&sanitize::line(&told)).into_owned()
}
