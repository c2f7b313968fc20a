//! `[monitor]` and `[serve]`: the daemon and its listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Datelike, TimeZone, Utc, Weekday};
use serde_json::{Value, json};

use crate::config::read::{Node, Reader, References, Schema, Setting, Span, quoted, section, words};
use crate::config::{Hours, Secret, Url};

/// How often anything is looked at when nothing is said.
pub(super) const PERIOD: &str = r#""30s""#;

section! {
    /// How services and checks are watched.
    pub struct Monitor {
        /// How often each service and check is looked at.
        pub period: Duration as Span = (PERIOD),
        /// Its log.
        pub log_file: PathBuf = "monitor.log",
        /// Asked each minute: whoever watches it raises the alarm when the monitor ceases.
        pub ping_url: Option<Url>,
        /// Hours in which nobody is told; services are kept up all the same.
        pub maintenance: Vec<MaintenanceWindow> = [],
    }
}

section! {
    /// A stretch of the week in which nobody is told of what is wrong.
    pub struct MaintenanceWindow {
        /// From when to when, by the clock of this machine.
        pub hours: Hours,
        /// The days on which it begins. Left out: every day.
        pub days: Vec<Day> = [],
        /// Services and checks that it is about. Left out: all.
        pub targets: Vec<String> as References = [],
        /// What for.
        pub reason: Option<String>,
    }
}

words! {
    /// A day of the week.
    pub enum Day {
        Monday = "mon",
        Tuesday = "tue",
        Wednesday = "wed",
        Thursday = "thu",
        Friday = "fri",
        Saturday = "sat",
        Sunday = "sun",
    }
}

impl MaintenanceWindow {
    /// When the window ends that is open; `None` where none is.
    pub fn end_after<Z: TimeZone>(&self, now: DateTime<Utc>, zone: &Z) -> Option<DateTime<Utc>> {
        let end = self.hours.end_after(now, zone)?;
        let begun = self.hours.begun_on(now.with_timezone(zone).naive_local()).weekday();
        let is_its_day = self.days.is_empty() || self.days.iter().any(|day| day.weekday() == begun);
        is_its_day.then_some(end)
    }
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Mon,
            Self::Tuesday => Weekday::Tue,
            Self::Wednesday => Weekday::Wed,
            Self::Thursday => Weekday::Thu,
            Self::Friday => Weekday::Fri,
            Self::Saturday => Weekday::Sat,
            Self::Sunday => Weekday::Sun,
        }
    }
}

section! {
    /// Where fuelops listens, and to whom.
    pub struct Serve {
        /// IP address and port.
        pub listen: SocketAddr = "127.0.0.1:9180",
        /// Authorises what changes state; beyond loopback needed for all but live and ready.
        pub token: Option<Secret>,
        /// Origins that browsers may ask from.
        pub allowed_origins: Vec<String> = [],
    }
}

impl Setting for SocketAddr {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = cx.text(node, "an address such as \"127.0.0.1:9180\"")?;
        let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        let parsed = numeric.as_ref().unwrap_or(&text).parse().ok();
        if parsed.is_none() {
            cx.wrong(
                node,
                format_args!("{text:?} is no address; write an IP address and a port such as 127.0.0.1:9180"),
            );
        }
        parsed
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": ":[0-9]+$" })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, parse};

    fn windows(text: &str) -> Vec<MaintenanceWindow> {
        parse(text, Path::new("/"), &Environment::default()).unwrap().monitor.maintenance
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let [window] = &windows("[[monitor.maintenance]]\nhours = \"23:00-02:00\"\ndays = [\"sat\"]\n")[..]
        else {
            panic!("one window")
        };
        let end = |text: &str| window.end_after(text.parse().unwrap(), &Utc).map(|end| end.to_rfc3339());
        // 28 February 2026 is a Saturday.
        assert_eq!(end("2026-02-28T23:00:00Z").unwrap(), "2026-03-01T02:00:00+00:00");
        assert_eq!(end("2026-03-01T01:59:00Z").unwrap(), "2026-03-01T02:00:00+00:00");
        assert_eq!(end("2026-02-28T01:00:00Z"), None, "that one would have begun on Friday");
        assert_eq!(end("2026-03-01T23:30:00Z"), None);
    }

    #[test]
    fn a_window_of_something_that_is_not_there_is_refused() {
        let text = "[[monitor.maintenance]]\nhours = \"02:00-03:00\"\ntargets = [\"bakend\"]\n";
        let error = parse(text, Path::new("/"), &Environment::default()).unwrap_err().to_string();
        assert!(error.contains("there is no service or check \"bakend\""), "{error}");
    }
}
