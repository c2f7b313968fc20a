//! What the hands of a recovery are given: the engines of the other commands, each for its own part of the work.

use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::Utc;

use crate::cli::commands::recover::interrupt::Interrupt;
use crate::cli::commands::{clean, health, run};
use crate::cli::context::Context;
use crate::config::Loaded;
use crate::model::Finding;
use crate::platform;
use crate::recover::{Crew, Freed, Outfit, error_since};
use crate::store::Lock;

/// Shows the stacks of a Python process without disturbing it.
const PY_SPY: &str = "py-spy";

/// Hands for this config; with a guard behind them if one is wanted.
pub(super) fn crew<'a>(
    context: &'a Context,
    loaded: &'a Loaded,
    lock: Option<&'a Lock>,
    findings: &[Finding],
    interrupt: &Interrupt,
    guard: Option<&[String]>,
) -> Crew<'a> {
    let config = &loaded.config;
    Crew::new(Outfit {
        services: &config.services,
        measure: Box::new(|services| {
            let plan = health::plan(config).select(services)?;
            Ok(health::measure(loaded, &plan)?.findings)
        }),
        site: run::site_of(config),
        report_dir: config.logs.report_dir.clone(),
        owner: owner_in_foreign_folder(&config.root),
        lock,
        guard: guard.and_then(|words| Some((std::env::current_exe().ok()?, arguments(context, words)))),
        findings: findings.to_vec(),
        py_spy: on_path(context),
        make_room: Box::new(|until| make_room(loaded, context, until)),
        bad_words: Box::new(|log, from| {
            error_since(log, from, &config.logs.rules, config.logs.timezone, Utc::now())
        }),
        interrupts: interrupt.count.clone(),
        post: interrupt.post.clone(),
    })
}

/// What `fuelops clean` would do, at any fill of the disk.
fn make_room(loaded: &Loaded, context: &Context, until: Instant) -> Freed {
    match clean::make_room(loaded, context, until) {
        Ok(detail) => Freed { detail, ..Freed::default() },
        Err(error) => Freed { problem: Some(format!("no room was made: {error:#}")), ..Freed::default() },
    }
}

/// Whose every folder has to be, where root acts in somebody else's.
fn owner_in_foreign_folder(root: &Path) -> Option<u32> {
    let owner = platform::file_owner(root)?;
    (platform::caller_uid() == 0 && owner != 0).then_some(owner)
}

fn arguments(context: &Context, words: &[String]) -> Vec<std::ffi::OsString> {
    let config =
        context.global.config.iter().flat_map(|path| ["--config".into(), path.clone().into_os_string()]);
    config.chain(words.iter().map(Into::into)).collect()
}

fn on_path(context: &Context) -> Option<PathBuf> {
    let path = context.environment.path.as_ref()?;
    std::env::split_paths(path).map(|folder| folder.join(PY_SPY)).find(|file| file.is_file())
}
