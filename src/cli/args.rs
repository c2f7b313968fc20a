//! The command line as clap sees it: global options and the list of subcommands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::commands;

/// Keeps a backend alive and says why it fell over.
#[derive(Debug, Parser)]
#[command(
    name = "fuelops",
    version,
    propagate_version = true,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = AFTER_HELP
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 healthy or done, 1 degraded, 2 critical, 3 unknown; 64 usage, 70 bug, 74 I/O,
75 another fuelops is at work, 78 config.
Start with `fuelops demo`, then `fuelops health` in the folder of your backend.";

/// Options that every command takes, before or after its name.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]
    // The environment variable FUELOPS_CONFIG is read in cli::mod: clap would show its value in --help.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to print the result
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
    /// Write the result to a file, whole or not at all, instead of stdout
    #[arg(long, short, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
    /// Print only what needs attention; nothing at all where all is well
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell on stderr what is being done; twice for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Show no progress on the terminal
    #[arg(long, global = true)]
    pub no_progress: bool,
    #[arg(
        help = "Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)",
        long,
        global = true,
        value_name = "SINK"
    )]
    pub send: Vec<String>,
}

/// Form of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, fitted to the terminal
    #[default]
    Table,
    /// For scripts: one document with a schema
    Json,
    /// For chats and tickets
    Markdown,
    /// One self-contained page
    Html,
    /// A Nagios plugin's line with perfdata (health only)
    Nagios,
    /// Prometheus text, for node_exporter's textfile collector (health only)
    Prometheus,
    /// The old error_tracker module's file (track-errors export only)
    ErrorTracking,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Even into a pipe
    Always,
    /// Nowhere
    Never,
}

/// What fuelops can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Health(commands::health::HealthArgs),
    AnalyzeLogs(commands::analyze_logs::AnalyzeLogsArgs),
    Recover(commands::recover::RecoverArgs),
    Start(commands::control::StartArgs),
    Stop(commands::control::StopArgs),
    Restart(commands::control::RestartArgs),
    Monitor(commands::monitor::MonitorArgs),
    Logs(commands::logs::LogsArgs),
    Clean(commands::clean::CleanArgs),
    TrackErrors(commands::track_errors::TrackErrorsArgs),
    Backup(commands::backup::BackupArgs),
    Alert(commands::alert::AlertArgs),
    Run(commands::run::RunArgs),
    Demo(commands::demo::DemoArgs),
    Config(commands::config::ConfigArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

impl Command {
    /// Whether it makes reports, which `--send` can hand on.
    pub fn makes_reports(&self) -> bool {
        matches!(
            self,
            Self::Health(_)
                | Self::AnalyzeLogs(_)
                | Self::Recover(_)
                | Self::Start(_)
                | Self::Stop(_)
                | Self::Restart(_)
                | Self::Clean(_)
                | Self::TrackErrors(_)
                | Self::Backup(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds() {
        Cli::command().debug_assert();
    }
}
