//! Commands that a hint names.

use crate::config::{Manager, Service};
use crate::diagnose::cure::Case;
use crate::model::Hint;
use crate::text::shell;

/// Pids that one command is given.
const MAX_PIDS: usize = 32;

pub(super) fn hint(text: impl Into<String>, command: Option<String>) -> Hint {
    Hint { text: text.into(), command }
}

pub(super) fn words<const N: usize>(words: [&str; N]) -> String {
    shell::command(words)
}

impl Case<'_> {
    /// A command of this program, once it exists.
    pub(super) fn fuelops<const N: usize>(self, arguments: [&str; N]) -> Option<String> {
        let name = arguments.first()?;
        let line = || format!("fuelops {}", shell::command(arguments));
        (self.known.tools.has_command)(name).then(line)
    }

    /// Another program's command, where this machine has it.
    pub(super) fn program<const N: usize>(self, line: [&str; N]) -> Option<String> {
        (self.known.tools.has_program)(line.first()?).then(|| words(line))
    }

    /// The check by itself, with all that was measured.
    pub(super) fn again(self) -> String {
        words(["fuelops", "health", "--target", &self.finding.target, "--format", "json"])
    }

    /// Starts or restarts a service: its manager does, or this program.
    pub(super) fn start(self, service: &Service) -> Option<String> {
        match (service.manager, &service.unit) {
            (Manager::Process, _) => self.fuelops(["recover"]),
            // It finds the manager, and the scope of its unit.
            (_, Some(_)) => self.fuelops(["restart", &service.name]),
            (_, None) => None,
        }
    }

    /// The end of the service's log, where it is there and could be read.
    pub(super) fn last_lines(self) -> Option<String> {
        let words_of = self.known.evidence.last_words_of(&self.service?.name)?;
        Some(words(["tail", "-n", "50", &words_of.log.to_string_lossy()]))
    }
}

pub(super) fn kill(signal: &str, pids: &[u64]) -> String {
    format!("kill {signal} {}", joined(pids, " "))
}

pub(super) fn listed(columns: &str, pids: &[u64]) -> String {
    format!("ps -o {columns} -p {}", joined(pids, ","))
}

pub(super) fn joined(pids: &[u64], by: &str) -> String {
    let mut list: Vec<u64> = Vec::new();
    for pid in pids.iter().take(MAX_PIDS) {
        if !list.contains(pid) {
            list.push(*pid);
        }
    }
    list.iter().map(u64::to_string).collect::<Vec<_>>().join(by)
}
