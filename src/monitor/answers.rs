//! What an operator asks a running monitor.

use std::time::Duration;

use chrono::Utc;

use crate::monitor::watch::Watch;
use crate::monitor::{Event, Machine, Reply, Request};
use crate::report::MonitorSilence;
use crate::text::{human, suggest};

/// What stands in the journal for an operator's word.
const OPERATOR: &str = "operator";
/// Longest silence: what shall never be told is taken out of the config.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
/// Characters of a reason.
const MAX_REASON: usize = 200;

impl Watch<'_> {
    /// Answers one question.
    pub(super) fn asked(&mut self, request: Request) -> Reply {
        match request {
            Request::Status => Reply::Status { report: Box::new(self.report()) },
            Request::Why { target } => self.known(&target).map_or_else(refused, |()| Reply::Why {
                entries: self.entries.get(&target).into_iter().flatten().cloned().collect(),
            }),
            Request::Pause { target, seconds } => self.pause(target.as_deref(), seconds),
            Request::Resume { target } => {
                self.each(target.as_deref(), "resumed", Machine::is_paused, |watch, name| {
                    watch.happened(name, Event::Resume);
                })
            }
            Request::Acknowledge { target } => {
                let is_open = |machine: &Machine| machine.incident().is_some();
                self.each(target.as_deref(), "acknowledged", is_open, |watch, name| {
                    watch.happened(name, Event::Acknowledge);
                    watch.acknowledged(name);
                })
            }
            Request::Silence { target, seconds, reason } => self.silence(target, seconds, reason),
            Request::EndSilence { target } => self.end_silence(target.as_deref()),
            Request::Touched { targets } => {
                targets.iter().for_each(|name| self.happened(name, Event::Touched));
                Reply::Done { summary: "looks at once".to_owned() }
            }
        }
    }

    fn silence(&mut self, target: Option<String>, seconds: u64, reason: Option<String>) -> Reply {
        if let Some(Err(why)) = target.as_deref().map(|name| self.known(name)) {
            return refused(why);
        }
        let span = Duration::from_secs(seconds).min(LONGEST);
        let since = Utc::now();
        let reason = reason.map(|reason| reason.chars().take(MAX_REASON).collect::<String>());
        let because = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let silence = MonitorSilence { target: target.clone(), since, until: since + span, reason };
        if self.silences.begin(silence).is_none() {
            return refused(
                "there are too many silences: end some with `fuelops monitor silence --end`".to_owned(),
            );
        }
        self.is_changed = true;
        self.alive_due = self.alive_due.min(self.now.saturating_add(span));
        self.catch_up();
        let word = format!("silent for {}", human::duration(span));
        let whom = target.clone().unwrap_or_else(|| "everything".to_owned());
        self.say_of(target, OPERATOR, &format!("{word} on an operator's word{because}"));
        Reply::Done { summary: format!("{word}: {whom}") }
    }

    fn end_silence(&mut self, target: Option<&str>) -> Reply {
        let over = self.silences.end(target);
        if over.is_empty() {
            return Reply::Done { summary: "nothing was silent".to_owned() };
        }
        self.is_changed = true;
        let whom =
            |silence: &MonitorSilence| silence.target.clone().unwrap_or_else(|| "everything".to_owned());
        let summary = format!("no longer silent: {}", over.iter().map(whom).collect::<Vec<_>>().join(", "));
        for silence in over {
            self.say_of(silence.target, OPERATOR, "no longer silent, on an operator's word");
        }
        self.catch_up();
        Reply::Done { summary }
    }

    fn pause(&mut self, target: Option<&str>, seconds: Option<u64>) -> Reply {
        let span = seconds.map(Duration::from_secs);
        let word = span.map_or_else(|| "paused".to_owned(), |s| format!("paused for {}", human::duration(s)));
        self.each(
            target,
            &word,
            |_| true,
            |watch, name| {
                let until = span.map(|span| watch.now.saturating_add(span));
                watch.happened(name, Event::Pause { until });
            },
        )
    }

    /// Does it to one target, or to all, as far as there is anything to be done.
    fn each(
        &mut self,
        target: Option<&str>,
        word: &str,
        is_wanting: impl Fn(&Machine) -> bool,
        mut act: impl FnMut(&mut Self, &str),
    ) -> Reply {
        if let Some(Err(why)) = target.map(|name| self.known(name)) {
            return refused(why);
        }
        let meant = self.fleet.machines().iter().filter(|m| target.is_none_or(|name| m.name == name));
        let names: Vec<String> = meant.filter(|m| is_wanting(m)).map(|m| m.name.clone()).collect();
        if names.is_empty() {
            return Reply::Done { summary: format!("nothing had to be {word}") };
        }
        for name in &names {
            act(self, name);
            self.say_of(Some(name.clone()), OPERATOR, &format!("{word} by an operator"));
        }
        self.is_changed = true;
        Reply::Done { summary: format!("{word}: {}", names.join(", ")) }
    }

    fn known(&self, name: &str) -> Result<(), String> {
        if self.fleet.machine(name).is_some() {
            return Ok(());
        }
        let names: Vec<&str> = self.fleet.machines().iter().map(|machine| machine.name.as_str()).collect();
        let near = suggest::did_you_mean(name, names.iter().copied());
        Err(format!("nothing that is watched is called \"{name}\"{near} (there is {})", names.join(", ")))
    }
}

fn refused(why: String) -> Reply {
    Reply::Refused { why }
}
