//! `fuelops config init`: looks around, shows what it found and why, and writes a config that fits.

use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cli::args::Format;
use crate::cli::commands::config::SCHEMA;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::config::{self, ConfigError, Environment};
use crate::init::{self, Proposal};
use crate::keeper;
use crate::model::Verdict;
use crate::render;
use crate::report::{ConfigFind, ConfigInitReport};
use crate::store::write_new;

/// It holds no secret that was known as one; others may stand in a command line.
const MODE: u32 = 0o600;
const NAME: &str = "fuelops.toml";

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// Print the config instead of writing it
    #[arg(long)]
    print: bool,
}

/// Looks around in the folder of the config that is to be, by default the current one.
///
/// # Errors
/// When the folder does not exist, or the file cannot be written.
pub(super) fn run(args: &InitArgs, context: &Context) -> Result<Exit> {
    let path = context.global.config.clone().unwrap_or_else(|| NAME.into());
    let folder = folder_of(&path)?;
    let path = folder.join(path.file_name().unwrap_or(NAME.as_ref()));
    let proposal = Proposal::of(&init::look(&folder, keeper::COMMAND, &|name| env::var_os(name).is_some()));
    let text = init::text(&proposal);
    // What it names of the environment is set there, or it would stand as a comment.
    let environment = Environment { variables: env::vars_os().collect(), ..Environment::default() };
    config::parse(&text, &folder, &environment).context("the config that was made is not valid")?;
    if args.print && context.ui.format == Format::Table {
        context.ui.result(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    let written = if args.print { false } else { write(&path, &text, context)? };
    let report = report(&path, written, &proposal, text);
    if args.print || written {
        context.ui.report("config-init", SCHEMA, &report, || render::config_init(&report))?;
        if written && let Err(error @ ConfigError::Refused { .. }) = context.state_dir() {
            context.ui.warn(&error.to_string());
        }
        return Ok(Exit::Done);
    }
    if context.ui.format != Format::Table {
        context.ui.report("config-init", SCHEMA, &report, || render::config_init(&report))?;
    }
    Ok(Exit::Verdict(Verdict::Critical))
}

fn folder_of(path: &Path) -> Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().with_context(|| format!("cannot enter {}", folder.display()))
}

/// Whether the file was written; one that is there already is left alone.
fn write(path: &Path, text: &str, context: &Context) -> Result<bool> {
    match write_new(path, text.as_bytes(), MODE) {
        Ok(()) => Ok(true),
        Err(error) if error.source.kind() == ErrorKind::AlreadyExists => {
            let path = path.display();
            context.ui.error(&format!(
                "{path} is there already and stays as it is; --print shows what would be written"
            ));
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

fn report(path: &Path, written: bool, proposal: &Proposal, text: String) -> ConfigInitReport {
    let found = proposal.finds.iter().map(|find| ConfigFind {
        kind: find.kind.to_owned(),
        name: find.name.clone(),
        what: find.what.clone(),
        why: find.why.clone(),
        pending: find.is_pending,
    });
    ConfigInitReport { path: path.display().to_string(), written, found: found.collect(), text }
}
