//! How the process ends: the one place where reports and errors become exit codes.

use std::io;

use nix::sys::signal::Signal;

use crate::backup::KeyError;
use crate::clean::PolicyError;
use crate::config::ConfigError;
use crate::errors::store::StoreError;
use crate::logs::loki::LokiFault;
use crate::model::Verdict;
use crate::store::{LockError, WriteError};

/// Every way in which fuelops ends by itself. A signal that is not handled ends it with 128 + n in the shell's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A report's verdict: 0 healthy, 1 degraded, 2 critical, 3 unknown.
    Verdict(Verdict),
    /// 0: the work was done, nothing to do included.
    Done,
    /// 64: the command line was not understood.
    Usage,
    /// 70: a bug in fuelops.
    Bug,
    /// 74: a file or stream could not be read or written.
    Io,
    /// 75: another fuelops is at work; try later.
    Locked,
    /// 78: the config is missing, malformed or not to be trusted.
    Config,
    /// The code of a program that was run on somebody's behalf.
    Program(u8),
    /// 130 by SIGINT, 143 by SIGTERM.
    Signal(u8),
    /// What a program ended with that was run for somebody.
    Own(u8),
}

impl Exit {
    /// The end that a signal brings.
    pub fn of(signal: Signal) -> Self {
        Self::Signal(u8::try_from(signal as i32).unwrap_or_default())
    }

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Verdict(verdict) => verdict.code(),
            Self::Done => 0,
            Self::Usage => 64,
            Self::Bug => 70,
            Self::Io => 74,
            Self::Locked => 75,
            Self::Config => 78,
            Self::Program(code) => code,
            Self::Signal(number) => 128 + number,
            Self::Own(code) => code,
        }
    }

    /// The number that a Nagios server sees: what is no verdict is unknown.
    pub fn plugin_code(self) -> u8 {
        match self.code() {
            code @ 0..=3 => code,
            _ => Verdict::Unknown.code(),
        }
    }
}

/// A command line that parsed but makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Tells what an error that reached the top means for the exit code.
///
/// A broken pipe is success: whoever read the output has seen enough.
pub fn classify(error: &anyhow::Error) -> Exit {
    let io = error.chain().find_map(|cause| {
        let written = cause.downcast_ref::<WriteError>().map(|e| &e.source);
        written.or_else(|| cause.downcast_ref::<io::Error>())
    });
    match io {
        Some(e) if e.kind() == io::ErrorKind::BrokenPipe => return Exit::Done,
        _ => {}
    }
    if error.chain().any(|cause| cause.is::<UsageError>()) {
        return Exit::Usage;
    }
    if error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<PolicyError>()) {
        return Exit::Config;
    }
    let is_unfit = |cause: &KeyError| matches!(cause, KeyError::Unfit { .. });
    if error.chain().filter_map(|cause| cause.downcast_ref()).any(is_unfit) {
        return Exit::Config;
    }
    if error.chain().any(|cause| cause.is::<LokiFault>()) {
        return Exit::Verdict(Verdict::Unknown);
    }
    let is_held = |cause: &LockError| matches!(cause, LockError::Held { .. });
    if error.chain().filter_map(|cause| cause.downcast_ref()).any(is_held) {
        return Exit::Locked;
    }
    match error.chain().find_map(|cause| cause.downcast_ref()) {
        Some(StoreError::Busy { .. }) => Exit::Locked,
        Some(StoreError::NoIssue(_)) => Exit::Usage,
        Some(StoreError::Missing { .. }) => Exit::Verdict(Verdict::Unknown),
        Some(_) => Exit::Io,
        None if io.is_some() => Exit::Io,
        None => Exit::Bug,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn a_broken_pipe_is_success_however_deep() {
        let error =
            Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("a").context("b").unwrap_err();
        assert_eq!(classify(&error), Exit::Done);
    }

    #[test]
    fn errors_find_their_codes() {
        assert_eq!(classify(&anyhow!(UsageError("x".into()))), Exit::Usage);
        assert_eq!(classify(&anyhow!(io::Error::from(io::ErrorKind::NotFound))), Exit::Io);
        assert_eq!(classify(&anyhow!("odd")), Exit::Bug);
    }

    #[test]
    fn plugins_never_end_outside_0_to_3() {
        for exit in [Exit::Usage, Exit::Bug, Exit::Io, Exit::Locked, Exit::Config, Exit::Signal(2)] {
            assert_eq!(exit.plugin_code(), 3);
        }
        assert_eq!(Exit::Verdict(Verdict::Critical).plugin_code(), 2);
    }
}
