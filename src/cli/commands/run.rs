//! `fuelops run -- CMD`: one program in the foreground, its output captured.

use std::io::{self, IsTerminal, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::{Config, Service};
use crate::keeper::{self, Echo, Foreground, Keeper, Start};
use crate::model::Level;
use crate::platform;
use crate::process::Twins;
use crate::render::{self, TerminalStyle};
use crate::service::Site;
use crate::store::{LogFiles, create_folder};
use crate::text::{human, sanitize};

/// Run one program with its output captured, rotated and split, and its crash recorded
///
/// What it prints is shown as it comes and goes into three files: everything (10 MB, five older ones), errors alone (5 MB,
/// three older ones), and one file a day (a week). Where the program ends as it should not, logs/crashes.log tells how.
/// Signals are handed on; the exit code is the program's own.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops run -- python3 main.py                  into backend.log, where that is how the backend is started
  fuelops run --name sync -- ./sync.sh --once     into logs/sync.log, sync_errors.log, sync_daily.log
  fuelops run -q -- python3 nightly.py            from cron: files only

Exit code: the program's own; 128 + n where signal n ended it; 127 and 126 where it could not be started.")]
pub struct RunArgs {
    /// What its log files are called [default: the service with this command, else the program or script]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where everything goes [default: the service's log_file, else logs/NAME.log]
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Program and arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Longest name of a log.
const MAX_NAME: usize = 64;

/// Runs the program to its end.
///
/// # Errors
/// When the config cannot be used, or the files have no place.
pub fn run(args: &RunArgs, context: &Context) -> Result<Exit> {
    context.ui.plain_only("run")?;
    let config = context.config()?.config;
    let cwd = std::env::current_dir().context("cannot tell the current folder")?;
    let request = request(args, &config, &cwd)?;
    create_folder(&config.state_dir, 0o700)?;
    let mut shown = Shown::new(context.ui.quiet, context.ui.style());
    let outcome = match keeper::run(request, &mut shown) {
        Err(keeper::KeeperError::NotStarted { program, source }) => {
            context.ui.error(&format!("cannot start {program}: {source}"));
            return Ok(Exit::Program(if source.kind() == io::ErrorKind::NotFound { 127 } else { 126 }));
        }
        outcome => outcome?,
    };
    let losses = &outcome.losses;
    if losses.bytes > 0 {
        let why = losses.why.as_deref().unwrap_or("it could not be written");
        let (bytes, lines) = (human::bytes(losses.bytes), human::plural(losses.lines, "line"));
        context.ui.warn(&format!("{bytes} of output ({lines}) are in no file: {why}"));
    }
    if outcome.has_left_some {
        context.ui.note("what it has left behind prints on; a keeper reads it");
    }
    let status = outcome.status;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(Exit::Program(u8::try_from(code).unwrap_or(u8::MAX)))
}

fn request(args: &RunArgs, config: &Config, cwd: &Path) -> Result<Foreground, UsageError> {
    let service = service(args, config);
    let name = args.name.clone().or_else(|| service.map(|service| service.name.clone()));
    let name = name.unwrap_or_else(|| name_of(&args.command));
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_.@:".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || name.starts_with('.') || !name.chars().all(is_fit) {
        return Err(UsageError(format!(
            "\"{}\" is no name of a log; use letters, digits, - _ . @ :",
            sanitize::line(&name)
        )));
    }
    let main = args.log_file.as_ref().map(|path| cwd.join(path));
    let main = main.or_else(|| service.and_then(|service| service.log_file.clone()));
    let owner = platform::file_owner(&config.root).and_then(platform::account);
    let start = Start {
        files: LogFiles::of(&name, main.as_deref(), &config.root),
        name,
        words: args.command.clone(),
        dir: cwd.to_owned(),
        env: std::env::vars_os().collect(),
        user: None,
        file_user: owner.filter(|owner| owner.uid != 0).map(|owner| (owner.uid, owner.gid)),
        pid_file: service.and_then(|service| service.pid_file.clone()),
    };
    Ok(Foreground { start, state_dir: config.state_dir.clone(), keeper: keeper_of(config) })
}

/// The keeper of a config's state folder, which is this very program.
pub(super) fn keeper_of(config: &Config) -> Keeper {
    // By way of the kernel where its file was replaced meanwhile.
    let program = std::env::current_exe().ok().filter(|path| path.exists());
    let program = program.unwrap_or_else(|| "/proc/self/exe".into());
    Keeper::of(&config.state_dir, program, std::env::vars_os().collect())
}

/// Where this config's services live.
pub(super) fn site_of(config: &Config) -> Site {
    Site {
        root: config.root.clone(),
        state_dir: config.state_dir.clone(),
        keeper: keeper_of(config),
        twins: Twins::among(&config.services),
        environment: std::env::vars_os().collect(),
    }
}

/// The service that is meant: by name, or by its very command.
fn service<'a>(args: &RunArgs, config: &'a Config) -> Option<&'a Service> {
    let is_meant = |service: &&Service| match &args.name {
        Some(name) => service.name == *name,
        None => service.command.as_ref().is_some_and(|command| command.words() == args.command),
    };
    config.services.iter().find(is_meant)
}

/// The script where an interpreter runs one, else the program.
fn name_of(command: &[String]) -> String {
    let stem = |word: &String| Path::new(word).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let is_script = |word: &&String| {
        !word.starts_with('-') && Path::new(word).extension().is_some() && Path::new(word).is_file()
    };
    let script = command.iter().skip(1).find(is_script);
    let name = script.or(command.first()).and_then(stem).unwrap_or_default();
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}

/// Shows the output: on a terminal in the colours of its levels, else as it is.
struct Shown<'a> {
    is_quiet: bool,
    /// By record and colour.
    painted: Option<&'a TerminalStyle>,
    /// In the middle of a line that was shown as far as it had come.
    is_open: bool,
    is_gone: [bool; 2],
}

impl<'a> Shown<'a> {
    fn new(is_quiet: bool, style: &'a TerminalStyle) -> Self {
        let is_terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        let painted = Some(style).filter(|style| is_terminal && style.color);
        Self { is_quiet, painted, is_open: false, is_gone: [false; 2] }
    }

    /// A reader that has gone away must not end the program.
    fn write(&mut self, is_error: bool, bytes: &[u8]) {
        if self.is_gone[usize::from(is_error)] {
            return;
        }
        let written = if is_error {
            io::stderr().lock().write_all(bytes)
        } else {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        };
        self.is_gone[usize::from(is_error)] = written.is_err();
    }
}

impl Echo for Shown<'_> {
    fn raw(&mut self, is_error: bool, bytes: &[u8]) {
        if !self.is_quiet && self.painted.is_none() {
            self.write(is_error, bytes);
        }
    }

    fn lines(&mut self, bytes: &[u8], level: Option<Level>) {
        let Some(style) = self.painted.filter(|_| !self.is_quiet) else { return };
        let mut out = Vec::new();
        let whole = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        let (mut lines, rest) = bytes.split_at(whole);
        if self.is_open
            && let Some(end) = memchr::memchr(b'\n', lines)
        {
            // The rest of a line whose beginning stands there already.
            out.extend_from_slice(sanitize::bytes(&lines[..end]).as_bytes());
            out.push(b'\n');
            lines = &lines[end + 1..];
            self.is_open = false;
        }
        render::log_lines(lines, level, None, style, &mut out);
        if !rest.is_empty() {
            out.extend_from_slice(sanitize::bytes(rest).as_bytes());
            self.is_open = true;
        }
        self.write(false, &out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_after_the_script_or_the_program() {
        let of = |words: &[&str]| name_of(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["/usr/bin/redis-server", "x.conf"]), "redis-server");
        assert_eq!(of(&["sh", "-c", "echo a.b"]), "sh");
        assert_eq!(of(&["python3", "-u", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]), "Cargo");
    }
}
