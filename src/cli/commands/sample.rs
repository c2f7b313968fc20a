//! The hidden command that plays a sample program of the demo: `fuelops __sample backend|stranger PORT`.
//!
//! It is no part of the command line that users meet: help, manual and completions do not know it.

use std::ffi::OsString;
use std::io;

use anyhow::{Context as _, Result};
use rustix::fs::{FileType, fstat};

use crate::cli::exit::{Exit, UsageError};
use crate::demo::{Ending, Leash, Role, Sample};
use crate::model::Verdict;

/// Plays the sample program that the words after the program's name ask for, if they do.
pub fn play(argv: &[OsString]) -> Option<Result<Exit>> {
    match argv {
        [_, command, words @ ..] if command == Sample::COMMAND => Some(run(words)),
        _ => None,
    }
}

fn run(words: &[OsString]) -> Result<Exit> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let sample = parse(words).map(|(role, port)| Sample { port, folder, role });
    let sample = sample
        .ok_or_else(|| UsageError(format!("usage: fuelops {} backend|stranger PORT", Sample::COMMAND)))?;
    let ending = sample.run(leash(), Box::new(io::stdout())).context("the sample program cannot go on")?;
    Ok(match ending {
        Ending::Asked => Exit::Done,
        // What Python and uvicorn end with.
        Ending::Crashed | Ending::PortTaken => Exit::Verdict(Verdict::Degraded),
    })
}

fn parse(words: &[OsString]) -> Option<(Role, u16)> {
    let [role, port] = words else { return None };
    Some((Role::from_word(role.to_str()?)?, port.to_str()?.parse().ok()?))
}

/// A pipe on stdin is held by whoever started the sample, and closes when that process dies.
fn leash() -> Option<Leash> {
    let stdin = fstat(io::stdin()).ok()?;
    FileType::from_raw_mode(stdin.st_mode).is_fifo().then(|| Box::new(io::stdin()) as Leash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_sample_are_understood_again() {
        for role in [Role::Backend, Role::Stranger] {
            let sample = Sample { port: 43_121, folder: ".".into(), role };
            let words = sample.words().map(OsString::from);
            assert_eq!(words[0], Sample::COMMAND);
            assert_eq!(parse(&words[1..]), Some((role, 43_121)));
        }
    }

    #[test]
    fn other_words_are_a_mistake_or_another_command() {
        let argv = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert!(play(&argv(&["fuelops", "health"])).is_none());
        assert!(play(&argv(&["fuelops"])).is_none());
        assert!(
            play(&argv(&["fuelops", Sample::COMMAND, "backend", "99999"])).is_some_and(|run| run.is_err())
        );
    }
}
