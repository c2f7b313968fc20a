//! The view of a log analysis: the verdict and what changed first, the evidence behind it, what to type last.

use chrono::{DateTime, TimeZone, Utc};

use crate::model::{Level, Severity};
use crate::render::{Block, Cell, Column, Document, Plot, Role, Series, Table, Text};
use crate::report::{
    Change, ChangeClass, Endpoint, Exception, Incident, LevelCounts, LogReport, Mislevelled, Pattern,
    RestartEvent, Silence, SilenceKind,
};
use crate::text::human;

/// How the view is cut and in which zone it tells times.
#[derive(Clone, Copy, Debug)]
pub struct LogView<Tz> {
    /// Rows of each table.
    pub top: usize,
    pub zone: Tz,
}

const SHOWN_CHANGES: usize = 3;
const SHOWN_REASONS: usize = 4;
const SHOWN_SILENCES: usize = 2;
const TEMPLATE_CHARS: usize = 160;

/// Turns an analysis into a document.
pub fn logs<Tz>(report: &LogReport, view: &LogView<Tz>) -> Document
where
    Tz: TimeZone + Copy,
    Tz::Offset: std::fmt::Display,
{
    let page = Page { report, view };
    let mut document = Document::new("Log analysis");
    document.push(Block::Headline { severity: report.verdict.severity(), text: page.headline() });
    document.push(Block::List(page.opening()));
    let mut next = page.recommendations().into_iter();
    next.by_ref().take(1).for_each(|block| document.push(block));
    let sections: [Option<(String, Block)>; 8] = [
        page.incidents(),
        page.exceptions(),
        page.patterns(),
        page.endpoints(),
        page.restarts(),
        page.last_words(),
        page.level_audit(),
        page.levels(),
    ];
    if let Some(plot) = page.timeline() {
        document.push(Block::Plot(plot));
    }
    for (title, block) in sections.into_iter().flatten() {
        document.push(Block::Heading(title));
        document.push(block);
    }
    document.push(Block::Heading("What was read".to_owned()));
    document.push(Block::List(page.coverage()));
    if next.len() > 0 {
        document.push(Block::Heading("Next".to_owned()));
        next.for_each(|block| document.push(block));
    }
    document
}

type CountOf = fn(&LevelCounts) -> u64;

struct Page<'a, Tz> {
    report: &'a LogReport,
    view: &'a LogView<Tz>,
}

impl<Tz> Page<'_, Tz>
where
    Tz: TimeZone + Copy,
    Tz::Offset: std::fmt::Display,
{
    fn headline(&self) -> Text {
        let verdict = self.report.verdict;
        let main = self.report.reasons.first().map_or("nothing was read", String::as_str);
        Text::of(Role::Severity(verdict.severity()), verdict.word().to_uppercase()).plain("  ").plain(main)
    }

    /// What stands in the first lines: what changed, then the other reasons.
    fn opening(&self) -> Vec<Text> {
        let written = self.report.levels.errors();
        let real = self.report.effective_levels.errors();
        let mut lines = vec![
            Text::of(Role::Strong, human::plural(real, "real error"))
                .plain(format!(" ({} written as such)", human::count(written))),
        ];
        let notable = self.report.changes.iter().filter(|c| c.class != ChangeClass::Steady);
        lines.extend(notable.take(SHOWN_CHANGES).map(|change| self.change(change)));
        lines.extend(self.report.silences.iter().take(SHOWN_SILENCES).map(|silence| self.silence(silence)));
        lines.extend(self.report.reasons.iter().skip(1).take(SHOWN_REASONS).map(|r| Text::from(r.clone())));
        lines.extend(self.report.problems.iter().map(|p| {
            Text::of(Role::Severity(Severity::Warning), "not read: ")
                .plain(format!("{}: {}", p.path, p.problem))
        }));
        lines
    }

    fn change(&self, change: &Change) -> Text {
        let role = match change.class {
            ChangeClass::Gone => Role::Severity(Severity::Ok),
            _ => level_role(change.level),
        };
        let text =
            Text::of(role, change.class.word().to_uppercase()).plain(format!(" {}", short(&change.template)));
        let rates = format!(
            "{} → {} a minute",
            rate(change.rate_before_per_minute),
            rate(change.rate_after_per_minute)
        );
        let since = change.onset_at.map(|at| format!(" since {}", self.time(at))).unwrap_or_default();
        let restart = change.near_restart.as_ref().map(|r| format!(", {r}")).unwrap_or_default();
        text.and(Role::Dim, format!("{since} ({rates}{restart})"))
    }

    fn silence(&self, silence: &Silence) -> Text {
        let span = |ms| human::duration(std::time::Duration::from_millis(ms));
        let since = silence.last_at.map(|at| format!(" since {}", self.time(at))).unwrap_or_default();
        let (what, how) = match silence.kind {
            SilenceKind::LogStopped => ("SILENT", format!("others went on for {}", span(silence.silent_ms))),
            SilenceKind::HeartbeatCeased => ("CEASED", format!("came every {}", span(silence.usual_ms))),
        };
        Text::of(Role::Severity(Severity::Warning), what)
            .plain(format!(" {}", short(&silence.subject)))
            .and(Role::Dim, format!("{since} ({how})"))
    }

    fn timeline(&self) -> Option<Plot> {
        let timeline = &self.report.timeline;
        if timeline.buckets.len() < 2 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts are drawn, not reckoned with")]
        let series = |name: &str, role, value: fn(&crate::report::TimelineBucket) -> u64| Series {
            name: name.to_owned(),
            role,
            values: timeline.buckets.iter().map(|b| value(b) as f64).collect(),
        };
        Some(Plot {
            title: format!(
                "Records every {}",
                human::duration(std::time::Duration::from_secs(timeline.bucket_seconds))
            ),
            unit: "records".to_owned(),
            labels: timeline.buckets.iter().map(|b| self.time(b.at)).collect(),
            series: vec![
                series("errors", Role::Severity(Severity::Critical), |b| b.errors),
                series("warnings", Role::Severity(Severity::Warning), |b| b.warnings),
                series("others", Role::Plain, |b| b.records.saturating_sub(b.errors + b.warnings)),
            ],
        })
    }

    fn incidents(&self) -> Option<(String, Block)> {
        let columns = vec![
            Column::new("errors").right(),
            Column::new("share").right().droppable(1),
            Column::new("since").droppable(2),
            Column::new("what went wrong"),
            Column::new("evidence").droppable(3),
        ];
        let row = |incident: &Incident| -> Vec<Cell> {
            let role = Role::Severity(incident.severity);
            let lead = if incident.caused_by.is_some() { "└ " } else { "" };
            vec![
                Text::of(role, human::count(incident.errors)),
                human::percent(incident.explains_percent).into(),
                self.moment(incident.first_at),
                Text::from(format!("{lead}{}", incident.summary)).and(Role::Dim, consequences(incident)),
                Text::of(Role::Dim, incident.evidence.first().cloned().unwrap_or_default()),
            ]
        };
        self.table("What went wrong", columns, &self.report.incidents, row)
    }

    fn exceptions(&self) -> Option<(String, Block)> {
        let columns = vec![
            Column::new("count").right(),
            Column::new("exception"),
            Column::new("where").droppable(1),
            Column::new("last").droppable(2),
        ];
        let row = |exception: &Exception| -> Vec<Cell> {
            let root =
                (exception.root_type != exception.r#type).then(|| format!(" ← {}", exception.root_type));
            vec![
                human::count(exception.once()).into(),
                Text::of(Role::Strong, exception.r#type.clone())
                    .plain(root.unwrap_or_default())
                    .and(Role::Dim, format!(": {}", short(exception.message.lines().next().unwrap_or("")))),
                exception.location.clone().unwrap_or_default().into(),
                self.moment(exception.last_at),
            ]
        };
        self.table("Exceptions", columns, &self.report.exceptions, row)
    }

    fn patterns(&self) -> Option<(String, Block)> {
        let columns = vec![
            Column::new("count").right(),
            Column::new("level"),
            Column::new("change").droppable(2),
            Column::new("pattern"),
            Column::new("source").droppable(1),
        ];
        let row = |pattern: &&Pattern| -> Vec<Cell> {
            let skew = pattern.skew.first();
            let skew = skew.map(|s| format!(" ({} are {})", human::percent(s.percent), short(&s.value)));
            vec![
                human::count(pattern.once()).into(),
                Text::of(level_role(pattern.level), pattern.level.map_or("none", Level::word)),
                change_word(pattern.change).into(),
                Text::from(short(&pattern.template)).and(Role::Dim, skew.unwrap_or_default()),
                Text::of(Role::Dim, pattern.source.clone().unwrap_or_default()),
            ]
        };
        let mut patterns: Vec<&Pattern> =
            self.report.patterns.iter().filter(|pattern| pattern.once() > 0).collect();
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.once()));
        self.table("Patterns", columns, &patterns, row)
    }

    fn endpoints(&self) -> Option<(String, Block)> {
        let class = |e: &Endpoint, name: &str| e.by_class.get(name).copied().unwrap_or(0);
        let mut endpoints: Vec<&Endpoint> =
            self.report.http.endpoints.iter().filter(|e| !e.scanner).collect();
        endpoints.sort_by_key(|e| std::cmp::Reverse((class(e, "5xx"), class(e, "4xx"), e.requests)));
        let columns = vec![
            Column::new("5xx").right(),
            Column::new("4xx").right(),
            Column::new("requests").right(),
            Column::new("p95").right().droppable(1),
            Column::new("endpoint"),
        ];
        let row = |endpoint: &&Endpoint| -> Vec<Cell> {
            let failing = class(endpoint, "5xx");
            let role = if failing > 0 { Role::Severity(Severity::Critical) } else { Role::Plain };
            vec![
                Text::of(role, human::count(failing)),
                human::count(class(endpoint, "4xx")).into(),
                human::count(endpoint.requests).into(),
                endpoint.latency_ms.map_or_else(Text::new, |l| format!("{:.0} ms", l.p95).into()),
                format!("{} {}", endpoint.method, short(&endpoint.route)).into(),
            ]
        };
        let scanned: u64 = self.report.http.endpoints.iter().filter(|e| e.scanner).map(|e| e.requests).sum();
        let apart = if scanned > 0 {
            format!(", {} by scanners left out", human::count(scanned))
        } else {
            String::new()
        };
        let title = format!("Endpoints ({}{apart})", human::plural(self.report.http.requests, "request"));
        self.table(&title, columns, &endpoints, row)
    }

    fn restarts(&self) -> Option<(String, Block)> {
        let restarts = &self.report.restarts;
        let title = format!(
            "Starts: {}, of which {} after a crash and {} by a reloader",
            restarts.starts, restarts.crashes, restarts.reloads
        );
        let columns = vec![
            Column::new("when"),
            Column::new("what"),
            Column::new("where").droppable(1),
            Column::new("last words"),
        ];
        let row = |event: &&RestartEvent| -> Vec<Cell> {
            let bad = event.kind.contains("crash") || event.kind.contains("kill");
            let role = if bad { Role::Severity(Severity::Critical) } else { Role::Plain };
            vec![
                self.moment(event.at),
                Text::of(role, event.kind.clone()),
                Text::of(Role::Dim, format!("{}:{}", event.path, event.line)),
                short(event.last_words.last().map_or("", String::as_str)).into(),
            ]
        };
        let mut events: Vec<&RestartEvent> = restarts.events.iter().collect();
        events.sort_by_key(|e| (e.last_words.is_empty(), std::cmp::Reverse(e.at)));
        self.table(&title, columns, &events, row)
    }

    /// What stood before the newest crash.
    fn last_words(&self) -> Option<(String, Block)> {
        let told = self.report.restarts.events.iter().filter(|event| !event.last_words.is_empty());
        let newest = told.max_by_key(|event| event.at)?;
        let lines = newest.last_words.iter().map(|line| Text::from(short(line))).collect();
        let what = newest.kind.replace('-', " ");
        Some((format!("Last words before the {what} at {}:{}", newest.path, newest.line), Block::List(lines)))
    }

    fn level_audit(&self) -> Option<(String, Block)> {
        let columns = vec![
            Column::new("count").right(),
            Column::new("written"),
            Column::new("is"),
            Column::new("pattern"),
            Column::new("why").droppable(1),
            Column::new("source").droppable(2),
        ];
        let row = |m: &Mislevelled| -> Vec<Cell> {
            vec![
                human::count(m.count).into(),
                Text::of(level_role(m.written), m.written.map_or("none", Level::word)),
                Text::of(level_role(m.effective), m.effective.map_or("none", Level::word)),
                short(&m.pattern).into(),
                m.why.clone().into(),
                Text::of(Role::Dim, m.source.clone().unwrap_or_default()),
            ]
        };
        self.table("Levels you should mend", columns, &self.report.mislevelled, row)
    }

    fn levels(&self) -> Option<(String, Block)> {
        let (written, real) = (&self.report.levels, &self.report.effective_levels);
        if written.total() == 0 {
            return None;
        }
        let columns =
            vec![Column::new("level"), Column::new("as written").right(), Column::new("as it is").right()];
        let pick: [(&str, CountOf); 7] = [
            ("critical", |l| l.critical),
            ("error", |l| l.error),
            ("warning", |l| l.warning),
            ("info", |l| l.info),
            ("debug", |l| l.debug),
            ("trace", |l| l.trace),
            ("none", |l| l.none),
        ];
        let rows = pick
            .iter()
            .filter(|(_, count)| count(written) + count(real) > 0)
            .map(|(name, count)| {
                vec![(*name).into(), human::count(count(written)).into(), human::count(count(real)).into()]
            })
            .collect();
        Some(("Records by level".to_owned(), Block::Table(Table { columns, rows })))
    }

    fn coverage(&self) -> Vec<Text> {
        let c = &self.report.coverage;
        let mut lines = vec![Text::from(format!(
            "{} in {}, {}: {} + {} continuation + {} unattached",
            human::bytes(c.bytes),
            human::plural(c.files.len() as u64, "file"),
            human::plural(c.lines, "line"),
            human::plural(c.records, "record"),
            human::count(c.continuation_lines),
            human::count(c.unattached_lines),
        ))];
        if let (Some(first), Some(last)) = (c.first_at, c.last_at) {
            let span = (last - first).to_std().unwrap_or_default();
            lines.push(
                format!(
                    "{} to {} ({}; {}), {} without a time of their own",
                    self.time(first),
                    self.time(last),
                    human::duration(span),
                    c.timezone,
                    human::plural(c.undated_records, "record"),
                )
                .into(),
            );
        }
        let others = self.report.other_records;
        if others > 0 {
            lines.push(
                format!(
                    "{} beyond the {} patterns kept",
                    human::plural(others, "record"),
                    self.report.patterns.len()
                )
                .into(),
            );
        }
        let per_file = |f: &crate::report::FileCoverage| {
            let formats =
                if f.formats.is_empty() { String::new() } else { format!(", {}", f.formats.join(", ")) };
            let copy =
                f.copy_of.as_ref().map(|of| format!("; a copy of {of}, counted once")).unwrap_or_default();
            format!("{}: {}{formats}{copy}", f.path, human::plural(f.lines, "line"))
        };
        lines.extend(c.files.iter().take(self.view.top).map(|f| Text::of(Role::Dim, per_file(f))));
        lines
    }

    fn recommendations(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for advice in self.report.recommendations.iter().take(self.view.top) {
            match &advice.command {
                Some(command) => {
                    blocks.push(Block::Command { text: advice.summary.clone(), command: command.clone() });
                }
                None => blocks.push(Block::List(vec![Text::from(advice.summary.clone())])),
            }
        }
        blocks
    }

    fn table<T>(
        &self,
        title: &str,
        columns: Vec<Column>,
        items: &[T],
        row: impl Fn(&T) -> Vec<Cell>,
    ) -> Option<(String, Block)> {
        if items.is_empty() {
            return None;
        }
        let shown = self.view.top.min(items.len());
        let cut =
            if shown < items.len() { format!(" – {shown} of {}", items.len()) } else { String::new() };
        let rows = items.iter().take(shown).map(row).collect();
        Some((format!("{title}{cut}"), Block::Table(Table { columns, rows })))
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.view.zone).format("%Y-%m-%d %H:%M").to_string()
    }

    fn moment(&self, at: Option<DateTime<Utc>>) -> Cell {
        at.map_or_else(Text::new, |at| Text::of(Role::Dim, self.time(at)))
    }
}

/// What followed from an incident, in causal order.
fn consequences(incident: &Incident) -> String {
    let mut text = String::new();
    if !incident.endpoints.is_empty() {
        text.push_str(" → 5xx: ");
        text.push_str(&incident.endpoints.join(", "));
    }
    if !incident.crashes.is_empty() {
        text.push_str(" → crash: ");
        text.push_str(&incident.crashes.join(", "));
    }
    text
}

fn level_role(level: Option<Level>) -> Role {
    match level {
        Some(Level::Error | Level::Critical) => Role::Severity(Severity::Critical),
        Some(Level::Warning) => Role::Severity(Severity::Warning),
        _ => Role::Plain,
    }
}

fn change_word(change: ChangeClass) -> &'static str {
    match change {
        ChangeClass::Steady | ChangeClass::Unknown => "",
        other => other.word(),
    }
}

fn short(text: &str) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(TEMPLATE_CHARS).collect();
    if chars.next().is_some() { format!("{head}…") } else { head }
}

fn rate(per_minute: f64) -> String {
    if per_minute >= 10.0 || per_minute == 0.0 {
        format!("{per_minute:.0}")
    } else {
        format!("{per_minute:.2}")
    }
}
