//! The hidden command that keeps the programs of a state folder: `fuelops __keeper STATE_DIR`.
//!
//! It is started by fuelops itself, before anything else is set up: a keeper lives long and has to stay small.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;

use crate::cli::exit::{Exit, UsageError};
use crate::keeper;

/// Becomes a keeper if the words after the program's name ask for it.
pub fn keep(argv: &[OsString]) -> Option<Result<Exit>> {
    match argv {
        [_, command, words @ ..] if command == keeper::COMMAND => Some(run(words)),
        _ => None,
    }
}

fn run(words: &[OsString]) -> Result<Exit> {
    let [state_dir] = words else {
        return Err(UsageError(format!("usage: fuelops {} STATE_DIR", keeper::COMMAND)).into());
    };
    keeper::keep(Path::new(state_dir), say_ready)?;
    Ok(Exit::Done)
}

/// Whoever has started it waits for this one byte; one who has gone away needs no word.
fn say_ready() {
    let mut stdout = io::stdout().lock();
    stdout.write_all(b"\n").and_then(|()| stdout.flush()).unwrap_or(());
}
