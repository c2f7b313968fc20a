//! `fuelops backup`: databases and logs, made, listed, verified, restored, pruned.

mod create;
mod look;
mod prune;
mod restore;
mod room;
mod tell;
mod writers;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Back up databases and logs, prove the backups, bring them back
///
/// Dumps the databases that the backup section names with their own programs, streamed, compressed and read back before anything
/// counts, and packs the files of `include`. What fails leaves nothing behind and replaces nothing; what is suddenly next
/// to nothing is kept, but does not replace the last good one. Passwords never stand on a command line.
#[derive(Args, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  fuelops backup create --quiet              from cron: silent where all is well
  fuelops backup verify --deep               restore the newest ones for a moment and compare
  fuelops backup restore mysql               the newest good one, in its place, after a question
  fuelops backup restore mysql --into copy   into a new database beside it

Exit codes: 0 done (links and pipes are named and left out); 1 content was left out, older backups cannot be proven, or the plan
was not confirmed; 2 a backup failed, is damaged, not proven or not restored; 3 there is nothing to back up or to look at; 75 another backup is running."
)]
pub struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Back up every configured database and the files of include, then remove what is too old
    Create(create::CreateArgs),
    /// List the backups, newest first
    List,
    /// Read backups to their end: hash, decoding, trailer; with --deep restore them for a moment and compare
    Verify(look::VerifyArgs),
    /// Bring a backup back: what it replaces is backed up first
    Restore(restore::RestoreArgs),
    /// Remove what is older than max_age and not among the newest keep_last; the last good one always stays
    Prune(prune::PruneArgs),
}

/// Runs the subcommand.
///
/// # Errors
/// When the config cannot be used, another backup runs, or a folder cannot be read or written.
pub fn run(args: &BackupArgs, context: &Context) -> Result<Exit> {
    match &args.command {
        BackupCommand::Create(args) => create::run(args, context),
        BackupCommand::List => look::list(context),
        BackupCommand::Verify(args) => look::verify(args, context),
        BackupCommand::Restore(args) => restore::run(args, context),
        BackupCommand::Prune(args) => prune::run(args, context),
    }
}
