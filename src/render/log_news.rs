//! What changed in followed logs, a line each.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use chrono::TimeZone;

use crate::model::Severity;
use crate::render::terminal::to_ascii;
use crate::render::{Glyphs, TerminalStyle};
use crate::report::LogNews;
use crate::text::{human, sanitize, width};

/// Columns of the longest word for what changed.
const KIND: usize = 12;
/// What is left of a summary on the narrowest terminal.
const LEAST: usize = 24;

/// One line: when, what, how often, where. `columns` is what the line is fitted to; `None` leaves it as long as it is.
pub fn log_news<Z: TimeZone<Offset: Display>>(
    news: &LogNews,
    zone: &Z,
    style: &TerminalStyle,
    columns: Option<usize>,
) -> String {
    let at = news.at.with_timezone(zone).format("%Y-%m-%d %H:%M:%S");
    let mark = news.severity.mark();
    let kind = format!("{:KIND$}", news.kind.word());
    let count = if news.count > 1 { format!("  {}×", human::count(news.count)) } else { String::new() };
    let place = news.place.as_ref().map(|place| format!("  {}", sanitize::line(place))).unwrap_or_default();
    let around = width::of(&format!("{at}  {mark} {kind} {count}{place}"));
    let mut summary = sanitize::line(&news.summary).into_owned();
    if let Some(columns) = columns {
        summary = width::fit(&summary, columns.saturating_sub(around).max(LEAST));
    }
    let (paint, dim) = match style.color {
        true => (appearance(news.severity), Style::new().dimmed()),
        false => (Style::new(), Style::new()),
    };
    let line =
        format!("{dim}{at}{dim:#}  {paint}{mark} {kind}{paint:#} {summary}{count}{dim}{place}{dim:#}\n");
    if style.glyphs == Glyphs::Ascii { to_ascii(&line) } else { line }
}

fn appearance(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Ok => AnsiColor::Green.on_default(),
        Severity::Unknown => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::model::Verdict;
    use crate::report::NewsKind;

    fn shown(summary: &str, color: bool, columns: Option<usize>) -> String {
        let news = LogNews {
            at: DateTime::from_timestamp(1_772_445_602, 0).unwrap(),
            kind: NewsKind::New,
            severity: Severity::Warning,
            summary: summary.into(),
            count: 1_200,
            place: Some("backend.log:7".into()),
            verdict: Verdict::Degraded,
        };
        log_news(&news, &Utc, &TerminalStyle { width: 80, color, glyphs: Glyphs::Unicode }, columns)
    }

    #[test]
    fn one_line_says_when_what_how_often_and_where() {
        let line = "2026-03-02 10:00:02  ▲ new          KeyError: 'x'  1,200×  backend.log:7\n";
        assert_eq!(shown("KeyError: 'x'", false, None), line);
    }

    #[test]
    fn long_summaries_leave_room_for_the_place_and_no_text_commands_the_terminal() {
        let line = shown(&"x".repeat(300), false, Some(90));
        assert!(width::of(line.trim_end()) == 90 && line.ends_with("…  1,200×  backend.log:7\n"), "{line}");
        let line = shown("a\x1b]52;c;ZXZpbA==\x07\nb", false, None);
        assert!(!line.contains('\x1b') && line.lines().count() == 1, "{line}");
    }
}
