//! The hidden commands of the demo: `fuelops __sample backend|stranger PORT [PID]` plays a sample program, and
//! `fuelops __leashed COMMAND…` is a command that ends when its stdin does.
//!
//! They are no part of the command line that users meet: help, manual and completions do not know them.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::fs::{FileType, fstat};

use crate::cli::exit::{Exit, UsageError};
use crate::demo::{Ending, LEASHED, Leash, Role, Sample};
use crate::model::Verdict;
use crate::process::Bound;

const GLANCE: Duration = Duration::from_millis(50);
/// The number of SIGHUP.
const HANGUP: u8 = 1;

/// Plays the sample program that the words after the program's name ask for, if they do.
pub fn play(argv: &[OsString]) -> Option<Result<Exit>> {
    match argv {
        [_, command, words @ ..] if command == Sample::COMMAND => Some(run(words)),
        _ => None,
    }
}

/// The command that is to end when its stdin does, if that is asked for; it will.
pub fn leashed(argv: &[OsString]) -> Option<Vec<OsString>> {
    let [program, leashed, words @ ..] = argv else { return None };
    if leashed != LEASHED {
        return None;
    }
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).unwrap_or(0);
        // What a command does when its terminal goes away.
        std::process::exit(Exit::Signal(HANGUP).code().into());
    });
    Some([program].into_iter().chain(words).cloned().collect())
}

fn run(words: &[OsString]) -> Result<Exit> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let sample = parse(words, folder).ok_or_else(|| {
        UsageError(format!("usage: fuelops {} backend|stranger PORT [PID]", Sample::COMMAND))
    })?;
    let leash = pipe().or_else(|| sample.ends_with.map(|pid| Box::new(Life(Bound::take(pid))) as Leash));
    let ending = sample.run(leash, Box::new(io::stdout())).context("the sample program cannot go on")?;
    Ok(match ending {
        Ending::Asked => Exit::Done,
        // What Python and uvicorn end with.
        Ending::Crashed | Ending::PortTaken => Exit::Verdict(Verdict::Degraded),
    })
}

fn parse(words: &[OsString], folder: PathBuf) -> Option<Sample> {
    let ([role, port] | [role, port, _]) = words else { return None };
    let number = |word: &OsString| word.to_str()?.parse().ok();
    let ends_with = match words.get(2) {
        Some(pid) => Some(number(pid)?),
        None => None,
    };
    let port = port.to_str()?.parse().ok()?;
    Some(Sample { port, folder, role: Role::from_word(role.to_str()?)?, ends_with })
}

/// Reads its end once a process is gone.
struct Life(Option<Bound>);

impl Read for Life {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        while self.0.as_ref().is_some_and(Bound::is_alive) {
            thread::sleep(GLANCE);
        }
        Ok(0)
    }
}

/// A pipe on stdin is held by whoever started the sample, and closes when that process dies.
fn pipe() -> Option<Leash> {
    let stdin = fstat(io::stdin()).ok()?;
    FileType::from_raw_mode(stdin.st_mode).is_fifo().then(|| Box::new(io::stdin()) as Leash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_sample_are_understood_again() {
        for (role, ends_with) in [(Role::Backend, Some(7)), (Role::Stranger, None)] {
            let sample = Sample { port: 43_121, folder: ".".into(), role, ends_with };
            let words: Vec<OsString> = sample.words().into_iter().map(OsString::from).collect();
            assert_eq!(words[0], Sample::COMMAND);
            let read = parse(&words[1..], ".".into()).unwrap();
            assert_eq!((read.port, read.role, read.ends_with), (43_121, role, ends_with));
        }
    }

    #[test]
    fn other_words_are_a_mistake_or_another_command() {
        let argv = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert!(play(&argv(&["fuelops", "health"])).is_none());
        assert!(leashed(&argv(&["fuelops", "health"])).is_none());
        assert!(play(&argv(&["fuelops"])).is_none());
        assert!(
            play(&argv(&["fuelops", Sample::COMMAND, "backend", "99999"])).is_some_and(|run| run.is_err())
        );
    }
}
