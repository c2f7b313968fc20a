//! `fuelops logs`: the raw lines of the configured logs, merged in time order.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Args;
use nix::sys::signal::Signal;

use crate::capture::service_log;
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::interrupt::endings;
use crate::cli::time_range::TimeRange;
use crate::cli::ui::Ui;
use crate::config::{Config, Manager, Service, Timezone};
use crate::logs::ZoneChoice;
use crate::logs::audit::TeamRules;
use crate::logs::input::{Origin, Request, Resolved, resolve, whole_among};
use crate::logs::tail::{Item, Tail, TailOptions};
use crate::model::{Level, Verdict};
use crate::render;
use crate::report::LogRecord;
use crate::text::{ansi, redact, sanitize};

/// Lines shown where nothing is said.
const LINES: u64 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Looks between two searches for new files.
const LOOKS_PER_SEARCH: u32 = 20;
/// Bytes gathered before they are written.
const CHUNK: usize = 64 << 10;

/// Show the raw log lines of all services, merged in time order
///
/// Reads what the config names: logs.paths and each service's log_file, rotated and compressed members included. Lines
/// stay with their record; on a terminal they are coloured by the level that the record deserves.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops logs -f                           follow everything, through rotation
  fuelops logs backend -n 500               one service
  fuelops logs --since 2h --level error     what went wrong lately
  fuelops logs --since yesterday | less     all of it
  fuelops logs --format json | jq .text     one object a record, secrets taken out")]
pub struct LogsArgs {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Go on with what is written from now on
    #[arg(long, short, conflicts_with = "until")]
    follow: bool,
    /// The last N lines with the whole of the oldest record, or all [default: 100; all with --since]
    #[arg(long, short = 'n', value_name = "N")]
    lines: Option<Lines>,
    #[command(flatten)]
    range: TimeRange,
    /// Only records of this level or worse, whatever they claim to be
    #[arg(long, short, value_name = "LEVEL", value_parser = parse_level)]
    level: Option<Level>,
}

/// How much of the past is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    All,
    Last(u64),
}

impl FromStr for Lines {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        text.parse().map(Self::Last).map_err(|_| "not a number; write a number or all".to_owned())
    }
}

fn parse_level(text: &str) -> Result<Level, String> {
    let lower = text.to_ascii_lowercase();
    let word = match lower.as_str() {
        "warn" => "warning",
        "err" => "error",
        "fatal" | "crit" => "critical",
        word => word,
    };
    Level::ALL.into_iter().find(|level| level.word() == word).ok_or_else(|| {
        let words: Vec<_> = Level::ALL.iter().map(|level| level.word()).collect();
        format!("not a level; one of {}", words.join(", "))
    })
}

/// Shows the past, then follows where asked to.
///
/// # Errors
/// When the config cannot be used, a service is not known, or the lines cannot be written.
pub fn run(args: &LogsArgs, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    if !matches!(ui.format, Format::Table | Format::Json) {
        let words = "`logs` prints raw lines, or one object a record with --format json";
        return Err(UsageError(words.to_owned()).into());
    }
    if args.follow && ui.has_output() {
        return Err(UsageError(
            "--follow never ends, so there is nothing for --output; use > FILE".to_owned(),
        )
        .into());
    }
    let loaded = context.config()?;
    let config = &loaded.config;
    let patterns = patterns(config, &args.services)?;
    let search = || find(&patterns, &config.root);
    let rules = TeamRules::new(config.logs.rules.clone());
    let options = options(args, ui.format, config.logs.timezone, Utc::now())?;
    let signals = args.follow.then(endings).transpose()?;
    let Resolved { sources, problems } = search();
    if sources.is_empty() && !args.follow {
        problems.iter().for_each(|problem| ui.error(&problem.to_string()));
        return Ok(Exit::Verdict(Verdict::Unknown));
    }
    let mut tail = Tail::new(sources, options, &rules);
    let mut page = Page::new(ui, tail.names(), owners(config));
    tail.past(&mut |item| page.add(item))?;
    page.flush()?;
    let unread = problems.iter().filter(|_| !args.follow).chain(tail.problems());
    unread.for_each(|problem| ui.warn(&problem.to_string()));
    match signals {
        Some(signals) => follow(&mut tail, &mut page, &signals, search),
        None => page.finish().map(|()| Exit::Done),
    }
}

/// Looks for new lines until a signal comes or the reader is gone.
fn follow(
    tail: &mut Tail,
    page: &mut Page,
    signals: &Receiver<Signal>,
    search: impl Fn() -> Resolved,
) -> Result<Exit> {
    let mut known_problems = tail.problems().len();
    for look in 1_u32.. {
        match signals.recv_timeout(LOOK_EVERY) {
            Ok(signal) => return Ok(Exit::of(signal)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if look % LOOKS_PER_SEARCH == 0 {
            tail.adopt(search().sources);
            page.name(tail.names());
        }
        let notices = tail.look(Utc::now().timestamp_micros(), &mut |item| page.add(item))?;
        page.flush()?;
        if page.ui.is_reader_gone() {
            break;
        }
        for notice in notices {
            page.ui.note(&format!("{}: {}", notice.log, notice.what));
        }
        for problem in &tail.problems()[known_problems..] {
            page.ui.warn(&problem.to_string());
        }
        known_problems = tail.problems().len();
    }
    Ok(Exit::Done)
}

fn options(
    args: &LogsArgs,
    format: Format,
    zone: Timezone,
    now: DateTime<Utc>,
) -> Result<TailOptions, UsageError> {
    let span = args.range.span(zone, now)?;
    let lines = match args.lines {
        Some(Lines::Last(lines)) => Some(lines),
        Some(Lines::All) => None,
        None => span.since.is_none().then_some(LINES),
    };
    Ok(TailOptions {
        lines,
        since: span.since,
        until: span.until,
        level: args.level,
        follows: args.follow,
        numbers: format == Format::Json,
        zone: ZoneChoice::from(span.timezone),
    })
}

/// The paths that hold the logs of all services, or of the named ones.
fn patterns(config: &Config, names: &[String]) -> Result<Vec<PathBuf>, UsageError> {
    if names.is_empty() {
        let configured = config.logs.paths.iter().map(|pattern| PathBuf::from(pattern.as_written()));
        let of_services = config.services.iter().filter_map(|service| log_file(config, service));
        return Ok(configured.chain(of_services).collect());
    }
    names.iter().map(|name| log_of(config, name)).collect()
}

fn log_of(config: &Config, name: &str) -> Result<PathBuf, UsageError> {
    let Some(service) = config.services.iter().find(|service| service.name == name) else {
        let known: Vec<_> = config.services.iter().map(|service| service.name.as_str()).collect();
        let known = if known.is_empty() { "no service is configured".to_owned() } else { known.join(", ") };
        return Err(UsageError(format!("no service \"{name}\" ({known})")));
    };
    log_file(config, service).ok_or_else(|| UsageError(elsewhere(service)))
}

/// The log of a service: the one of the config, else the one that a keeper has begun.
fn log_file(config: &Config, service: &Service) -> Option<PathBuf> {
    let is_there = |path: &PathBuf| service.log_file.is_some() || path.exists();
    service_log(service, &config.root).filter(is_there)
}

/// The services by the logs that they write.
fn owners(config: &Config) -> BTreeMap<String, String> {
    let owned = config.services.iter().filter_map(|service| {
        let patterns = [log_file(config, service)?];
        let found = resolve(&Request { patterns: &patterns, root: &config.root, origin: Origin::Configured });
        Some((found.sources.into_iter().next()?.series, service.name.clone()))
    });
    owned.collect()
}

/// Where the lines of a service without a log file are.
fn elsewhere(service: &Service) -> String {
    let unit = service.unit.as_deref().unwrap_or(&service.name);
    let name = &service.name;
    match service.manager {
        Manager::Systemd => format!("\"{name}\" writes to the journal: journalctl -u {unit} -f"),
        Manager::Docker => format!("\"{name}\" writes to docker: docker logs -f {unit}"),
        Manager::Kubernetes => format!("\"{name}\" writes to kubernetes: kubectl logs -f {unit}"),
        Manager::Process | Manager::Launchd => {
            format!(
                "service \"{name}\" has no log: `fuelops start {name}` gives it one; for one that is started otherwise, add \
                 log_file = \"…\" to it"
            )
        }
    }
}

/// Finds the files; those that a keeper splits off hold the same lines again.
fn find(patterns: &[PathBuf], root: &Path) -> Resolved {
    let mut resolved = resolve(&Request { patterns, root, origin: Origin::Configured });
    let known: Vec<String> = resolved.sources.iter().map(|source| source.series.clone()).collect();
    resolved.sources.retain(|source| whole_among(&source.series, &known).is_none());
    resolved
}

/// Lines on their way out: as they are into a pipe, made harmless and coloured on a terminal, one object a record as JSON.
struct Page<'a> {
    ui: &'a Ui,
    /// The logs' names, padded; empty where there is only one.
    names: Vec<String>,
    /// Services by the names of their logs.
    owners: BTreeMap<String, String>,
    out: Vec<u8>,
}

impl<'a> Page<'a> {
    fn new<'n>(ui: &'a Ui, names: impl Iterator<Item = &'n str>, owners: BTreeMap<String, String>) -> Self {
        let mut page = Self { ui, names: Vec::new(), owners, out: Vec::new() };
        page.name(names);
        page
    }

    fn name<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let names: Vec<&str> = names.collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        self.names = names.iter().map(|name| format!("{name:width$}")).collect();
    }

    fn add(&mut self, item: &Item) -> io::Result<()> {
        let style = self.ui.style();
        if self.ui.format == Format::Json {
            self.object(item)?;
        } else if self.ui.is_interactive() || style.color {
            let name = self.names.get(item.index).filter(|_| self.names.len() > 1);
            render::log_lines(item.text, item.level, name.map(String::as_str), style, &mut self.out);
        } else {
            self.out.extend_from_slice(item.text);
            if !item.text.ends_with(b"\n") {
                self.out.push(b'\n');
            }
        }
        if self.out.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn object(&mut self, item: &Item) -> io::Result<()> {
        let record = LogRecord {
            schema: LogRecord::SCHEMA.to_owned(),
            at: DateTime::from_timestamp_micros(item.at).unwrap_or_default(),
            level: item.level,
            service: self.owners.get(item.log).cloned(),
            file: item.file.to_owned(),
            line: item.line,
            text: readable(item.text),
        };
        serde_json::to_writer(&mut self.out, &record)?;
        self.out.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.ui.has_output() || self.out.is_empty() {
            return Ok(());
        }
        self.ui.stream(&std::mem::take(&mut self.out))
    }

    /// Hands over what has no stream to go to.
    fn finish(self) -> Result<()> {
        if self.ui.has_output() { self.ui.result(&self.out) } else { Ok(()) }
    }
}

/// The lines of a record without what commands a terminal, and without secrets.
fn readable(text: &[u8]) -> String {
    let line = |line: &[u8]| {
        let mut bare = Vec::with_capacity(line.len());
        ansi::strip(line.strip_suffix(b"\r").unwrap_or(line), &mut bare);
        sanitize::bytes(&bare)
    };
    let lines = text.strip_suffix(b"\n").unwrap_or(text).split(|byte| *byte == b'\n');
    let text = lines.map(line).collect::<Vec<_>>().join("\n");
    redact::secrets(&text).into_owned()
}
