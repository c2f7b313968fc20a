//! From argv to exit code: parse, run one command, say what went wrong.

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::args::{Cli, Command, Format, Global};
use crate::cli::commands;
use crate::cli::context::Context;
use crate::cli::environment::Environment;
use crate::cli::exit::{Exit, classify};
use crate::cli::send;
use crate::cli::tips;
use crate::cli::ui::Ui;
use crate::render;

/// Runs the program on the process's own arguments.
pub fn main() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    // The hook has printed the panic by the time that it is caught: only the exit code is left to be said.
    let is_plugin = asks_for_plugin(&argv);
    let exit = panic::catch_unwind(|| start(&argv)).unwrap_or_else(|_| {
        if is_plugin {
            let ui = Context::new(Global::default(), Environment::read()).ui;
            ui.plugin_line(&render::nagios_unable("fuelops has a bug; stderr says where"));
        }
        Exit::Bug
    });
    ExitCode::from(if is_plugin { exit.plugin_code() } else { exit.code() })
}

fn start(argv: &[OsString]) -> Exit {
    if let Some(kept) = commands::keeper::keep(argv) {
        return kept
            .unwrap_or_else(|error| fail(&error, &Context::new(Global::default(), Environment::read()).ui));
    }
    let environment = Environment::read();
    if let Some(played) = commands::sample::play(argv) {
        return played.unwrap_or_else(|error| fail(&error, &Context::new(Global::default(), environment).ui));
    }
    let leashed = commands::sample::leashed(argv);
    let argv = leashed.as_deref().unwrap_or(argv);
    match Cli::try_parse_from(argv) {
        Ok(cli) => {
            let context = Context::new(cli.global, environment);
            run_and_send(&cli.command, &context).unwrap_or_else(|error| fail(&error, &context.ui))
        }
        Err(mut error) => {
            tips::improve(&mut error, argv);
            refuse(&error, argv, environment)
        }
    }
}

fn run_and_send(command: &Command, context: &Context) -> Result<Exit> {
    let outlets = send::prepare(command, context)?;
    let exit = run(command, context)?;
    match outlets {
        Some(outlets) => send::hand_on(&outlets, exit, context),
        None => Ok(exit),
    }
}

fn run(command: &Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Health(args) => commands::health::run(args, context),
        Command::AnalyzeLogs(args) => commands::analyze_logs::run(args, context),
        Command::Recover(args) => commands::recover::run(args, context),
        Command::Start(args) => commands::control::start(args, context),
        Command::Stop(args) => commands::control::stop(args, context),
        Command::Restart(args) => commands::control::restart(args, context),
        Command::Monitor(args) => commands::monitor::run(args, context),
        Command::Logs(args) => commands::logs::run(args, context),
        Command::Clean(args) => commands::clean::run(args, context),
        Command::TrackErrors(args) => commands::track_errors::run(args, context),
        Command::Backup(args) => commands::backup::run(args, context),
        Command::Alert(args) => commands::alert::run(args, context),
        Command::Run(args) => commands::run::run(args, context),
        Command::Demo(args) => commands::demo::run(args, context),
        Command::Config(args) => commands::config::run(args, context),
        Command::Completions(args) => commands::completions::run(args, context),
        Command::Man(args) => commands::man::run(args, context),
    }
}

/// Says why a command could not do its work.
fn fail(error: &anyhow::Error, ui: &Ui) -> Exit {
    let exit = classify(error);
    if exit == Exit::Done {
        return exit;
    }
    let message = format!("{error:#}");
    if ui.format == Format::Nagios {
        // A server reads stdout only; where that fails too, the exit code still says unknown.
        ui.plugin_line(&render::nagios_unable(&message));
    }
    ui.error(&message);
    exit
}

/// Answers what clap did not turn into a command: help, version, or a mistake.
fn refuse(error: &clap::Error, argv: &[OsString], environment: Environment) -> Exit {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked && asks_for_plugin(argv) {
        let ui = Context::new(Global::default(), environment).ui;
        let text = error.to_string();
        ui.plugin_line(&render::nagios_unable(text.trim_start_matches("error: ")));
    }
    // clap writes help to stdout and mistakes to stderr, coloured where a terminal is; a closed pipe is no mistake.
    match error.print() {
        Err(error) if asked && error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Io,
        _ if asked => Exit::Done,
        _ => Exit::Usage,
    }
}

/// Whether `--format nagios` stands anywhere: it decides about exit codes even where the rest does not parse.
fn asks_for_plugin(argv: &[OsString]) -> bool {
    let is = |word: &OsString, text: &str| word == text;
    argv.iter().any(|word| is(word, "--format=nagios"))
        || argv.windows(2).any(|pair| is(&pair[0], "--format") && is(&pair[1], "nagios"))
}
