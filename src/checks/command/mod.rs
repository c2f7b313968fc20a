//! A script or plugin of the team's own, with the exit codes and the performance data of the Nagios plugins.
//!
//! Started without a shell, in a process group of its own, with nothing on its standard input; at the deadline the whole
//! group is killed. What it prints is capped. Whoever hands something to a program does it the same way, by an [`Errand`].

mod errand;
mod perfdata;
mod run;

pub use errand::Errand;
pub(super) use run::{CommandObservation, Ending, Invocation, observe};

use std::time::Duration;

use crate::checks::Subject;
use crate::config::CommandCheck;
use crate::model::{Finding, Severity};
use crate::text::arguments::without_secrets;
use crate::text::{human, redact, shell};

/// Characters of a plugin's first line that are shown.
const SHOWN_LINE: usize = 200;

/// Judges a command check.
pub(super) fn judge(
    subject: &Subject,
    check: &CommandCheck,
    timeout: Duration,
    seen: &CommandObservation,
) -> Finding {
    let said = said(seen);
    let finding = match &seen.ending {
        Ending::NotStarted(why) => {
            subject.unknown(format!("{} cannot be started: {why}", check.command.program()))
        }
        Ending::Killed => {
            let within = human::duration(timeout);
            subject.finding(Severity::Critical, format!("did not end within {within} and was killed"))
        }
        Ending::Signal(signal) => subject.unknown(format!("was ended by signal {signal}{}", after(&said))),
        Ending::Code(code) => {
            let severity = match code {
                0 => Severity::Ok,
                1 => Severity::Warning,
                2 => Severity::Critical,
                _ => Severity::Unknown,
            };
            let summary = match (code, said.is_empty()) {
                (0..=3, false) => said,
                (0..=3, true) => format!("ended with exit code {code} and said nothing"),
                _ => format!("ended with exit code {code}, which is not 0 to 3{}", after(&said)),
            };
            subject.finding(severity, summary).with("exit_code", *code)
        }
    };
    let mut finding = finding
        .with(
            "command",
            redact::secrets(&shell::command(without_secrets(check.command.words()))).into_owned(),
        )
        .with("output_is_cut", seen.is_cut);
    finding.metrics = perfdata::read(&seen.output);
    finding
}

fn after(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// The first line that has something on it, without performance data and secrets; of the errors where there is none.
fn said(seen: &CommandObservation) -> String {
    let first = |text: &str| {
        let line = text.lines().map(|l| l.split('|').next().unwrap_or("").trim()).find(|l| !l.is_empty());
        line.map(|line| redact::secrets(line).chars().take(SHOWN_LINE).collect::<String>())
    };
    first(&seen.output).or_else(|| first(&seen.errors)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CommandLine;

    fn judged(ending: Ending, output: &str, errors: &str) -> Finding {
        let command = CommandLine::new(vec!["check".into(), "--password=hunter2hunter2".into()]).unwrap();
        let seen = CommandObservation { ending, output: output.into(), errors: errors.into(), is_cut: false };
        judge(&Subject::check("x"), &CommandCheck { command }, Duration::from_secs(5), &seen)
    }

    #[test]
    fn exit_codes_are_those_of_nagios() {
        let at = |code| judged(Ending::Code(code), "", "").severity;
        assert_eq!([at(0), at(1)], [Severity::Ok, Severity::Warning]);
        assert_eq!([at(2), at(3)], [Severity::Critical, Severity::Unknown]);
        assert_eq!([at(4), at(127)], [Severity::Unknown, Severity::Unknown]);
        assert_eq!(judged(Ending::Killed, "", "").severity, Severity::Critical);
    }

    #[test]
    fn first_line_is_the_summary_and_perfdata_the_metrics() {
        let finding = judged(Ending::Code(1), "\nQUEUE WARNING: 7 jobs | jobs=7;5;10\nmore\n", "noise");
        assert_eq!(finding.summary, "QUEUE WARNING: 7 jobs");
        assert_eq!(finding.metrics.len(), 1);
        assert!(!finding.observed["command"].as_str().unwrap().contains("hunter2"));
        assert_eq!(judged(Ending::Code(2), "", "boom").summary, "boom");
    }
}
