//! Spans in which nobody is told: what is found, decided and done stays the same. Pure.

use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use crate::config::MaintenanceWindow;
use crate::report::MonitorSilence;

/// Spans that are kept; more are an accident.
const MOST: usize = 256;

/// What an operator wants nobody to be told of, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Silences(Vec<MonitorSilence>);

impl Silences {
    /// Begins one, in place of an earlier one of the same target; `None` where there are too many.
    pub(super) fn begin(&mut self, silence: MonitorSilence) -> Option<()> {
        self.0.retain(|other| other.target != silence.target);
        (self.0.len() < MOST).then(|| self.0.push(silence))
    }

    /// Ends that of a target, or all; what has ended.
    pub(super) fn end(&mut self, target: Option<&str>) -> Vec<MonitorSilence> {
        let is_meant = |silence: &mut MonitorSilence| target.is_none() || silence.target.as_deref() == target;
        self.0.extract_if(.., is_meant).collect()
    }

    /// Ends those whose time is over; what has ended.
    pub(super) fn pass(&mut self, now: DateTime<Utc>) -> Vec<MonitorSilence> {
        self.0.extract_if(.., |silence| silence.until <= now).collect()
    }

    /// Whether nobody is told of a target.
    pub(super) fn covers(&self, target: &str, now: DateTime<Utc>) -> bool {
        let is_its = |silence: &MonitorSilence| silence.target.as_ref().is_none_or(|name| name == target);
        self.0.iter().any(|silence| is_its(silence) && silence.until > now)
    }

    /// These, and those of the config's windows that are open.
    pub(super) fn and_planned<Z: TimeZone>(
        &self,
        windows: &[MaintenanceWindow],
        now: DateTime<Utc>,
        zone: &Z,
    ) -> Self {
        let open = windows.iter().filter_map(|window| Some((window, window.end_after(now, zone)?)));
        let planned = open.flat_map(|(window, until)| {
            let reason = window.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
            let reason = Some(format!("maintenance {}{reason}", window.hours));
            let of = move |target| MonitorSilence { target, since: now, until, reason: reason.clone() };
            let targets: Vec<_> = window.targets.iter().cloned().map(Some).collect();
            if targets.is_empty() { vec![of(None)] } else { targets.into_iter().map(of).collect() }
        });
        Self(self.0.iter().cloned().chain(planned).collect())
    }

    /// How long until the next of them ends.
    pub(super) fn next_end(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.0.iter().filter_map(|silence| (silence.until - now).to_std().ok()).min()
    }

    /// Those that are not over.
    pub(super) fn list(&self, now: DateTime<Utc>) -> Vec<MonitorSilence> {
        self.0.iter().filter(|silence| silence.until > now).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::TimeDelta;

    use super::*;
    use crate::config::{Environment, parse};

    fn silence(target: Option<&str>, minutes: i64) -> MonitorSilence {
        let since = DateTime::UNIX_EPOCH;
        let until = since + TimeDelta::minutes(minutes);
        MonitorSilence { target: target.map(str::to_owned), since, until, reason: None }
    }

    #[test]
    fn an_open_window_of_the_config_is_a_silence_too() {
        let text = "[[service]]\nname = \"api\"\ncommand = [\"x\"]\n[[monitor.maintenance]]\n\
            hours = \"00:10-00:20\"\ntargets = [\"api\"]\nreason = \"dump\"\n";
        let config = parse(text, Path::new("/"), &Environment::default()).unwrap();
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let silences = |now| Silences::default().and_planned(&config.monitor.maintenance, now, &Utc);
        assert!(silences(at(9)).list(at(9)).is_empty() && silences(at(20)).list(at(20)).is_empty());
        let open = silences(at(10));
        assert!(open.covers("api", at(10)) && !open.covers("mysql", at(10)));
        let [told] = &open.list(at(10))[..] else { panic!("{open:?}") };
        assert_eq!((told.until, told.reason.as_deref()), (at(20), Some("maintenance 00:10-00:20: dump")));
    }

    #[test]
    fn one_of_everything_covers_all_and_each_ends_in_its_time() {
        let mut silences = Silences::default();
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        silences.begin(silence(Some("api"), 30)).unwrap();
        assert!(silences.covers("api", at(29)) && !silences.covers("api", at(30)));
        assert!(!silences.covers("mysql", at(1)));
        silences.begin(silence(None, 10)).unwrap();
        assert_eq!(silences.next_end(at(1)), Some(Duration::from_secs(9 * 60)));
        assert_eq!(silences.next_end(at(60)), None);
        assert!(silences.covers("mysql", at(1)) && !silences.covers("mysql", at(10)));
        assert_eq!(silences.pass(at(10)), [silence(None, 10)]);
        silences.begin(silence(Some("api"), 60)).unwrap();
        assert_eq!(silences.list(at(10)), [silence(Some("api"), 60)], "the later word counts");
        assert_eq!(silences.end(Some("mysql")), []);
        assert_eq!(silences.end(None), [silence(Some("api"), 60)]);
    }
}
