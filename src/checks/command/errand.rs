//! Handing something to a program, which has only to take it.

use std::path::PathBuf;
use std::time::Duration;

use super::{Ending, Invocation, after, observe, said};
use crate::config::CommandLine;
use crate::text::human;

/// A program and what it is given on its standard input.
#[derive(Clone, Debug)]
pub struct Errand {
    pub command: CommandLine,
    /// Where it runs.
    pub dir: PathBuf,
    /// Whom it runs as, where that is somebody else.
    pub run_as: Option<u32>,
    pub input: Vec<u8>,
}

impl Errand {
    /// Runs the program; the first line that it said is the answer.
    ///
    /// # Errors
    /// When it cannot be started, ends with anything but exit code 0, or does not end in time; then it is killed with all
    /// that it has started.
    pub async fn run(self, timeout: Duration) -> Result<String, String> {
        let program = self.command.program().to_owned();
        let Self { command, dir, run_as, input } = self;
        let seen = observe(Invocation { command, dir, run_as, input }, timeout).await;
        let words = after(&said(&seen));
        match seen.ending {
            Ending::Code(0) => Ok(said(&seen)),
            Ending::NotStarted(why) => Err(format!("{program} cannot be started: {why}")),
            Ending::Killed => {
                Err(format!("{program} did not end within {} and was killed", human::duration(timeout)))
            }
            Ending::Signal(signal) => Err(format!("{program} was ended by signal {signal}{words}")),
            Ending::Code(code) => Err(format!("{program} ended with exit code {code}{words}")),
        }
    }
}
