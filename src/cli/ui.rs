//! The terminal: the only place that writes to stdout and stderr.
//!
//! The result goes to stdout or to `--output`, everything else to stderr. Each stream decides about colour for itself.

use std::cell::RefCell;
use std::io::{self, BufRead, BufWriter, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use chrono::Utc;
use indicatif::{ProgressBar, ProgressStyle};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use crate::cli::args::{ColorChoice, Format, Global};
use crate::cli::aside::Aside;
use crate::cli::environment::Environment;
use crate::cli::exit::UsageError;
use crate::render::{self, Document, Glyphs, TerminalStyle};
use crate::store;
use crate::text::sanitize;

/// Columns assumed where there is no terminal to ask.
const PIPE_COLUMNS: usize = 120;
/// Bytes that take long enough for a person to wonder.
const LONG_WORK: u64 = 64 << 20;
const OUTPUT_MODE: u32 = 0o666;
/// Longest answer that is read.
const MAX_ANSWER: u64 = 64;

/// What may be written, where, and how it should look.
#[derive(Debug)]
pub struct Ui {
    pub format: Format,
    pub quiet: bool,
    pub verbose: u8,
    pub progress: bool,
    output: Option<PathBuf>,
    style: TerminalStyle,
    stdout_is_terminal: bool,
    stderr_color: bool,
    /// Somebody else is to have the report, too.
    keeps_report: bool,
    kept: RefCell<Option<KeptReport>>,
}

/// The last report that was made, for whoever else is to have it.
#[derive(Clone, Debug)]
pub struct KeptReport {
    pub document: Document,
    /// As `--format json` prints it.
    pub json: String,
}

impl Ui {
    /// Looks at the options, the environment and both streams once.
    pub fn new(global: &Global, environment: &Environment) -> Self {
        let stdout_is_terminal = io::stdout().is_terminal() && global.output.is_none();
        let stderr_is_terminal = io::stderr().is_terminal();
        let style = TerminalStyle {
            width: columns(stdout_is_terminal, environment),
            color: wants_color(global.color, stdout_is_terminal, environment),
            glyphs: glyphs(stdout_is_terminal, environment),
        };
        Self {
            format: global.format,
            quiet: global.quiet,
            verbose: global.verbose,
            progress: stderr_is_terminal && !global.no_progress && !global.quiet,
            output: global.output.clone().filter(|path| path.as_os_str() != "-"),
            style,
            stdout_is_terminal,
            stderr_color: wants_color(global.color, stderr_is_terminal, environment),
            keeps_report: !global.send.is_empty(),
            kept: RefCell::new(None),
        }
    }

    /// Whether a person is looking at stdout.
    pub fn is_interactive(&self) -> bool {
        self.stdout_is_terminal
    }

    /// How stdout looks, for those who render by themselves.
    pub fn style(&self) -> &TerminalStyle {
        &self.style
    }

    /// Writes a report in the asked form.
    ///
    /// `command` and `version` name the JSON schema; `document` is made only where it is needed.
    ///
    /// # Errors
    /// When the form is one that only `health` has, or the result cannot be written.
    pub fn report<T: Serialize>(
        &self,
        command: &str,
        version: u32,
        report: &T,
        document: impl FnOnce() -> Document,
    ) -> Result<()> {
        if self.keeps_report {
            let document = document();
            self.keep(command, version, report, || document.clone())?;
            return self.lay_out(command, version, report, || document);
        }
        self.lay_out(command, version, report, document)
    }

    /// Keeps a report for `--send`; [`report`](Self::report) does it by itself.
    ///
    /// # Errors
    /// When the report cannot be written as JSON.
    pub fn keep<T: Serialize>(
        &self,
        command: &str,
        version: u32,
        report: &T,
        document: impl FnOnce() -> Document,
    ) -> Result<()> {
        if self.keeps_report {
            let json = render::json(command, version, Utc::now(), report)?;
            self.kept.replace(Some(KeptReport { document: document(), json }));
        }
        Ok(())
    }

    /// The report that was kept last.
    pub fn kept_report(&self) -> Option<KeptReport> {
        self.kept.take()
    }

    fn lay_out<T: Serialize>(
        &self,
        command: &str,
        version: u32,
        report: &T,
        document: impl FnOnce() -> Document,
    ) -> Result<()> {
        if self.format == Format::Json && self.output.is_none() {
            let mut stdout = BufWriter::new(io::stdout().lock());
            render::write_json(&mut stdout, command, version, Utc::now(), report)?;
            return Ok(stdout.flush()?);
        }
        let text = match self.format {
            Format::Table => render::terminal(&document(), &self.style),
            Format::Json => render::json(command, version, Utc::now(), report)?,
            Format::Markdown => render::markdown(&document()),
            Format::Html => render::html(&document()),
            Format::Nagios | Format::Prometheus | Format::ErrorTracking => {
                return Err(self.no_such_form(command).into());
            }
        };
        self.result(text.as_bytes())
    }

    /// Whether somebody can be asked: a person sees stdout and stderr and types on stdin.
    pub fn can_ask(&self) -> bool {
        self.stdout_is_terminal && io::stderr().is_terminal() && io::stdin().is_terminal()
    }

    /// Asks a question that wants a yes; anything else is a no.
    ///
    /// # Errors
    /// When nobody can be asked any more.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{} [y/N] ", sanitize::line(question))?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().lock().take(MAX_ANSWER).read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    fn no_such_form(&self, command: &str) -> UsageError {
        let form = match self.format {
            Format::Nagios => "nagios",
            Format::ErrorTracking => "error-tracking",
            _ => "prometheus",
        };
        let (forms, only) = match (command, self.format) {
            ("health", _) => ("table, json, markdown, html, nagios or prometheus", ""),
            (_, Format::ErrorTracking) => {
                ("table, json, markdown or html", " (`track-errors export` writes error-tracking)")
            }
            _ => ("table, json, markdown or html", " (`health` has nagios and prometheus)"),
        };
        // The JSON schema's name of a command that has another before it.
        let command = match command.split_once('-') {
            Some((first @ ("config" | "alert" | "monitor"), second)) => format!("{first} {second}"),
            _ => command.to_owned(),
        };
        UsageError(format!("`{command}` has no format {form}; use {forms}{only}"))
    }

    /// Writes the result's bytes as they are to stdout or, whole or not at all, to `--output`.
    ///
    /// # Errors
    /// When they cannot be written; a closed pipe is told apart in [`classify`](crate::cli::exit::classify).
    pub fn result(&self, bytes: &[u8]) -> Result<()> {
        if let Some(path) = &self.output {
            store::write_atomic(path, bytes, OUTPUT_MODE)?;
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()?;
        Ok(())
    }

    /// Whether the result goes to a file of its own.
    pub fn has_output(&self) -> bool {
        self.output.is_some()
    }

    /// Writes a part of a result that never ends, to stdout.
    ///
    /// # Errors
    /// When stdout is gone.
    pub fn stream(&self, bytes: &[u8]) -> io::Result<()> {
        write_through(bytes)
    }

    /// The same for lines whose writer has better to do than to wait for their reader; nothing with `--quiet`.
    pub fn stream_aside(&self) -> Aside {
        let is_quiet = self.quiet;
        Aside::new(move |line| if is_quiet { Ok(()) } else { write_through(line.as_bytes()) })
    }

    /// Whether nobody reads stdout any more: the other end of its pipe is closed.
    pub fn is_reader_gone(&self) -> bool {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut watched, Some(&now)).is_ok_and(|ready| ready > 0)
            && watched[0].revents().contains(PollFlags::ERR)
    }

    /// Refuses any form but the plain one, for commands whose output has a form of its own.
    ///
    /// # Errors
    /// When another form was asked for.
    pub fn plain_only(&self, command: &str) -> Result<(), UsageError> {
        if self.format == Format::Table {
            return Ok(());
        }
        Err(UsageError(format!("`{command}` prints one form only; leave --format out")))
    }

    /// Writes the line that a Nagios server reads to stdout, wherever the result was to go.
    ///
    /// Where even that fails, the exit code still says unknown.
    pub fn plugin_line(&self, line: &str) {
        io::stdout().lock().write_all(line.as_bytes()).unwrap_or(());
    }

    /// Clears the screen before the next result, where a person is looking.
    ///
    /// # Errors
    /// When stdout is gone.
    pub fn clear_screen(&self) -> Result<()> {
        if self.stdout_is_terminal { self.result(b"\x1b[H\x1b[2J") } else { Ok(()) }
    }

    /// A bar for so many bytes of work; hidden where nobody is looking, or where the work is short.
    pub fn progress_bar(&self, bytes: u64) -> ProgressBar {
        if !self.progress || bytes < LONG_WORK {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(bytes).with_style(
            ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// A bar for so many steps of work, with the bytes that it freed as its message; hidden where nobody is looking.
    pub fn steps_bar(&self, steps: usize) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(steps as u64).with_style(
            ProgressStyle::with_template("{bar:30} {pos} of {len} done, {msg} freed")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// Tells what is being done for as long as it takes; hidden where nobody is looking.
    pub fn spinner(&self, what: String) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(what).with_style(
            ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// Says something in passing; not with `--quiet`.
    pub fn note(&self, message: &str) {
        if !self.quiet {
            self.say(Style::new().dimmed(), "note", message);
        }
    }

    /// Says what was being done; only with `--verbose`.
    pub fn detail(&self, message: &str) {
        if self.verbose > 0 {
            self.say(Style::new().dimmed(), "detail", message);
        }
    }

    /// Says what to watch out for.
    pub fn warn(&self, message: &str) {
        self.say(AnsiColor::Yellow.on_default(), "warning", message);
    }

    /// Says what went wrong, line by line.
    pub fn error(&self, message: &str) {
        self.say(AnsiColor::Red.on_default().bold(), "error", message);
    }

    /// Nobody can be told when stderr itself is gone, so a failure to write there is ignored.
    fn say(&self, style: Style, label: &str, message: &str) {
        let mut stderr = io::stderr().lock();
        for (index, line) in message.lines().enumerate() {
            let line = sanitize::line(line);
            let written = match (index, self.stderr_color) {
                (0, true) => writeln!(stderr, "{style}{label}:{style:#} {line}"),
                (0, false) => writeln!(stderr, "{label}: {line}"),
                _ => writeln!(stderr, "  {line}"),
            };
            if written.is_err() {
                return;
            }
        }
    }
}

fn wants_color(choice: ColorChoice, is_terminal: bool, environment: &Environment) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.no_color => false,
        ColorChoice::Auto if environment.force_color => true,
        ColorChoice::Auto => is_terminal && !environment.dumb_terminal,
    }
}

fn columns(is_terminal: bool, environment: &Environment) -> usize {
    let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let told = environment.columns;
    let found = if is_terminal { asked().or(told) } else { told };
    found.filter(|n| *n > 0).unwrap_or(PIPE_COLUMNS)
}

fn glyphs(is_terminal: bool, environment: &Environment) -> Glyphs {
    if is_terminal && (!environment.utf8_locale || environment.dumb_terminal) {
        Glyphs::Ascii
    } else {
        Glyphs::Unicode
    }
}
fn write_through(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}
