//! `fuelops config`: a first one, whether the config can be used, what is in force and why, its schema, lines to paste.

mod init;

use std::env;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::tools::tools;
use crate::config::{self, AliasKind, Config, ConfigError, Entry, Loaded, Origin, Problem, Source};
use crate::render;
use crate::report::{
    ConfigAlias, ConfigAliasesReport, ConfigCheckReport, ConfigProblem, ConfigShowReport, ConfigValue,
};
use crate::text::redact;
use crate::text::suggest::did_you_mean;

/// Version of the JSON schemas.
const SCHEMA: u32 = 1;

/// Make, check and explain the config; print its schema, and aliases to paste
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 valid, 64 usage, 78 the config cannot be used."
)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Look at what runs here and write a commented fuelops.toml that fits; one that is there stays as it is
    #[command(after_help = "\
Examples:
  fuelops config init             in the folder of the backend, best while it runs
  fuelops config init --print     only show it

Exit codes: 0 written or printed, 2 there is one already, 74 it cannot be written.")]
    Init(init::InitArgs),
    /// Read the config through: name every mistake with line, key and cure
    Check,
    /// Show every value in force, and where it comes from; secrets are masked
    Show(ShowArgs),
    /// Print the JSON Schema of fuelops.toml, for editors
    #[command(after_help = "Example: fuelops config schema > fuelops.schema.json")]
    Schema,
    /// Print shell aliases and cron lines to paste
    Aliases(AliasesArgs),
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// Only this key and what lies under it, such as service.backend
    #[arg(value_name = "KEY")]
    key: Option<String>,
}

#[derive(Args, Debug)]
struct AliasesArgs {
    /// Only these lines
    #[arg(value_enum, value_name = "KIND")]
    kind: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Shell aliases
    Shell,
    /// Lines of a crontab
    Cron,
}

/// Runs the subcommand.
///
/// # Errors
/// When the config cannot be used, a key is not in it, or the result cannot be written.
pub fn run(args: &ConfigArgs, context: &Context) -> Result<Exit> {
    match &args.command {
        ConfigCommand::Init(args) => init::run(args, context),
        ConfigCommand::Check => check(context),
        ConfigCommand::Show(args) => show(args, context),
        ConfigCommand::Schema => schema(context),
        ConfigCommand::Aliases(args) => aliases(args, context),
    }
}

/// A config that cannot be used is an error on a terminal; other forms carry the problems as a report, too.
fn check(context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    match context.config() {
        Ok(loaded) => {
            let report = valid(&loaded);
            if !(ui.quiet && report.warnings.is_empty()) {
                ui.report("config-check", SCHEMA, &report, || render::config_check(&report))?;
            }
            Ok(Exit::Done)
        }
        Err(error) => {
            if ui.format != Format::Table {
                let report = invalid(&error);
                ui.report("config-check", SCHEMA, &report, || render::config_check(&report))?;
            }
            Err(error.into())
        }
    }
}

fn valid(loaded: &Loaded) -> ConfigCheckReport {
    let config = &loaded.config;
    ConfigCheckReport {
        path: path_of(&loaded.origin),
        valid: true,
        problems: Vec::new(),
        warnings: config::advice(loaded, tools().has_program),
        services: config.services.len(),
        checks: config.checks.len(),
        alerts: config.alerts.len(),
    }
}

fn invalid(error: &ConfigError) -> ConfigCheckReport {
    let problems = match error {
        ConfigError::Invalid { problems, .. } => problems.iter().map(reported).collect(),
        other => vec![ConfigProblem {
            line: None,
            column: None,
            section: String::new(),
            message: other.to_string(),
        }],
    };
    ConfigCheckReport {
        path: Some(error.path().display().to_string()),
        valid: false,
        problems,
        warnings: Vec::new(),
        services: 0,
        checks: 0,
        alerts: 0,
    }
}

fn reported(problem: &Problem) -> ConfigProblem {
    ConfigProblem {
        line: Some(problem.line),
        column: Some(problem.column),
        section: problem.section.clone(),
        message: problem.message.clone(),
    }
}

fn path_of(origin: &Origin) -> Option<String> {
    match origin {
        Origin::File { path, .. } => Some(path.display().to_string()),
        Origin::BuiltIn { .. } => None,
    }
}

fn show(args: &ShowArgs, context: &Context) -> Result<Exit> {
    let loaded = context.config()?;
    let is_asked_for = |entry: &&Entry| match &args.key {
        None => true,
        Some(key) => entry
            .key
            .strip_prefix(key.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])),
    };
    let values: Vec<_> =
        loaded.entries.iter().filter(is_asked_for).map(|entry| shown(entry, &loaded.origin)).collect();
    if let Some(key) = args.key.as_ref().filter(|_| values.is_empty()) {
        let near = did_you_mean(key, loaded.entries.iter().map(|entry| entry.key.as_str()));
        return Err(UsageError(format!("no value is in force under {key:?}{near}")).into());
    }
    let found_by = match &loaded.origin {
        Origin::File { via, .. } => via.words().to_owned(),
        Origin::BuiltIn { .. } => "none".to_owned(),
    };
    let report = ConfigShowReport {
        path: path_of(&loaded.origin),
        found_by,
        run_as_uid: loaded.config.run_as,
        values,
    };
    context.ui.report("config-show", SCHEMA, &report, || render::config_show(&report))?;
    Ok(Exit::Done)
}

fn shown(entry: &Entry, origin: &Origin) -> ConfigValue {
    let (value, toml) = without_secrets(entry);
    let file = match origin {
        Origin::File { path, .. } => path.file_name().map(|name| name.to_string_lossy().into_owned()),
        Origin::BuiltIn { .. } => None,
    };
    let file = file.unwrap_or_default();
    let (source, line) = match &entry.source {
        Source::Default | Source::BuiltIn => (entry.source.to_string(), None),
        Source::File { line, variables } => {
            let from: String = variables.iter().map(|name| format!(", ${{{name}}}")).collect();
            (format!("{file}:{line}{from}"), Some(*line))
        }
        Source::Inherited { from, line } => (format!("{from} ({file}:{line})"), Some(*line)),
    };
    ConfigValue { key: entry.key.clone(), value, toml, source, line }
}

/// What is a secret by its type is masked already; this finds those that stand in plain text, such as in a command.
fn without_secrets(entry: &Entry) -> (Value, String) {
    let value = entry.to_json();
    let masked = mask(value.clone());
    let toml = if masked == value { None } else { toml::Value::try_from(&masked).ok() };
    (masked, toml.map_or_else(|| entry.value.clone(), |toml| toml.to_string()))
}

fn mask(value: Value) -> Value {
    match value {
        Value::String(text) => redact::secrets(&text).into_owned().into(),
        Value::Array(items) => items.into_iter().map(mask).collect(),
        Value::Object(pairs) => pairs.into_iter().map(|(name, value)| (name, mask(value))).collect(),
        other => other,
    }
}

fn schema(context: &Context) -> Result<Exit> {
    let mut text = serde_json::to_string_pretty(&Config::schema())?;
    text.push('\n');
    context.ui.result(text.as_bytes())?;
    Ok(Exit::Done)
}

fn aliases(args: &AliasesArgs, context: &Context) -> Result<Exit> {
    let loaded = context.config()?;
    let program = env::current_exe().context("cannot tell where fuelops itself lies")?;
    let report = ConfigAliasesReport { aliases: lines(&program, &loaded, args.kind) };
    match context.ui.format {
        Format::Table => context.ui.result(render::config_aliases_text(&report).as_bytes())?,
        _ => context.ui.report("config-aliases", SCHEMA, &report, || render::config_aliases(&report))?,
    }
    Ok(Exit::Done)
}

fn lines(program: &Path, loaded: &Loaded, kind: Option<Kind>) -> Vec<ConfigAlias> {
    let lines = config::aliases(program, &loaded.origin, &loaded.config).into_iter().map(|alias| {
        let (kind, word) = match alias.kind {
            AliasKind::Shell => (Kind::Shell, "shell"),
            AliasKind::Cron => (Kind::Cron, "cron"),
        };
        (kind, ConfigAlias { kind: word.to_owned(), about: alias.about.to_owned(), line: alias.line })
    });
    lines.filter(|(line, _)| kind.is_none_or(|kind| kind == *line)).map(|(_, alias)| alias).collect()
}
