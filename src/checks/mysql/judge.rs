//! What a conversation with a server means. Pure.

use std::time::Duration;

use serde_json::json;

use crate::checks::Subject;
use crate::checks::mysql::refusal::{self, meaning};
use crate::checks::mysql::{MysqlObservation, State};
use crate::checks::system::against;
use crate::checks::wire::{self, Lore, Peer, measured, percent, said};
use crate::config::MysqlCheck;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// A replica further behind is yellow.
const LAG_WARN_SECONDS: u64 = 60;

/// Judges a mysql check.
pub(in crate::checks) fn judge(
    subject: &Subject,
    check: &MysqlCheck,
    timeout: Duration,
    seen: &MysqlObservation,
) -> Finding {
    let peer = Peer { product: "MySQL", place: &seen.place, down: Cause::DatabaseDown };
    let lore = Lore {
        state: &|state| of_state(subject, check, seen, state),
        meaning,
        busy: Some("SHOW FULL PROCESSLIST"),
        client: &|run| refusal::client(&seen.place, &seen.login, run),
    };
    wire::judged(subject, peer, &seen.outcome, timeout, &lore)
}

fn of_state(subject: &Subject, check: &MysqlCheck, seen: &MysqlObservation, state: &State) -> Finding {
    let took = human::duration(state.login_took + state.query_took);
    let mut summary = format!("{} answers in {took}", product(&state.version));
    let mut severity = Severity::Ok;
    let mut notes = Vec::new();
    let used = percent_used(state);
    if let (Some(used), Some(now), Some(most)) = (used, state.connections, state.max_connections) {
        summary = format!("{summary}, {now} of {} in use", human::plural(most, "connection"));
        severity = against(used, check.max_connections_percent);
    }
    let too_many = severity > Severity::Ok;
    for (found, note) in replication(state) {
        severity = severity.max(found);
        notes.push(note);
    }
    let replicates = state.replication.as_ref().is_some_and(|channels| !channels.is_empty());
    if state.is_read_only == Some(true) && !replicates {
        severity = severity.max(Severity::Warning);
        notes.push("takes no writes: read_only is on, and it is no replica".to_owned());
    }
    for note in &notes {
        summary = format!("{summary}; {note}");
    }
    let mut finding = subject.finding(severity, summary);
    if too_many {
        let text = "see who holds the connections; close the idle ones or raise max_connections";
        let command = refusal::client(&seen.place, &seen.login, "SHOW FULL PROCESSLIST");
        finding = finding.hint(text, Some(command));
    } else if severity > Severity::Ok {
        let statement = if replicates { "SHOW SLAVE STATUS\\G" } else { "SELECT @@global.read_only" };
        let text = "see its state, and who changed it";
        finding = finding.hint(text, Some(refusal::client(&seen.place, &seen.login, statement)));
    }
    with_facts(finding, check, state, used)
}

fn replication(state: &State) -> impl Iterator<Item = (Severity, String)> {
    state.replication.iter().flatten().filter_map(|channel| {
        if !channel.is_running {
            let why = said(&channel.last_error);
            let why = if why.is_empty() { why } else { format!(": {why}") };
            return Some((
                Severity::Warning,
                format!("its replication from {} does not run{why}", channel.source),
            ));
        }
        let lag = channel.lag_seconds.filter(|lag| *lag >= LAG_WARN_SECONDS)?;
        let behind = human::duration(Duration::from_secs(lag));
        Some((Severity::Warning, format!("it is {behind} behind {}", channel.source)))
    })
}

fn with_facts(finding: Finding, check: &MysqlCheck, state: &State, used: Option<f64>) -> Finding {
    let mut finding = finding
        .with("version", state.version.clone())
        .with("connections", state.connections)
        .with("max_connections", state.max_connections)
        .with("connections_percent", used)
        .with("read_only", state.is_read_only)
        .with("uptime_seconds", state.uptime_seconds);
    if let Some(channels) = &state.replication {
        let shown = channels.iter().map(|channel| {
            json!({
                "source": channel.source,
                "running": channel.is_running,
                "lag_seconds": channel.lag_seconds,
                "last_error": said(&channel.last_error),
            })
        });
        finding = finding.with("replication", shown.collect::<Vec<_>>());
    }
    if let Some(used) = used {
        let bars = check.max_connections_percent;
        let metric = Metric::new("connections", used, Unit::Percent);
        finding = finding.metric(metric.bars(bars.warn, bars.critical).range(0.0, 100.0));
    }
    measured(measured(finding, "login", state.login_took), "query", state.query_took)
}

fn product(version: &str) -> String {
    let number = version.split(['-', '+']).next().unwrap_or(version);
    if version.contains("MariaDB") { format!("MariaDB {number}") } else { format!("MySQL {number}") }
}

fn percent_used(state: &State) -> Option<f64> {
    percent(state.connections?, state.max_connections?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::mysql::{Login, Replication};
    use crate::checks::wire::{Fault, Refusal, Stage};
    use crate::config::{Bars, Url};

    fn judged(outcome: Result<State, Fault>) -> Finding {
        let check = MysqlCheck {
            url: Url::literal("mysql://root@db/fuel").unwrap(),
            query: "SELECT 1".into(),
            max_connections_percent: Bars { warn: 80.0, critical: 95.0 },
        };
        let login = Login { user: "root".into(), ..Login::default() };
        let seen = MysqlObservation { place: "db:3306".into(), login, outcome };
        judge(&Subject::check("db"), &check, Duration::from_secs(5), &seen)
    }

    fn state(connections: u64) -> State {
        let (version, most) = ("10.11.19-MariaDB-0+deb12u1".to_owned(), Some(100));
        State { version, connections: Some(connections), max_connections: most, ..State::default() }
    }

    #[test]
    fn connections_have_two_bars() {
        let finding = judged(Ok(state(79)));
        assert_eq!(finding.severity, Severity::Ok);
        assert_eq!(finding.summary, "MariaDB 10.11.19 answers in 0 ms, 79 of 100 connections in use");
        assert_eq!(judged(Ok(state(80))).severity, Severity::Warning);
        let full = judged(Ok(state(95)));
        assert_eq!(full.severity, Severity::Critical);
        assert!(full.hint.unwrap().command.unwrap().ends_with("-e 'SHOW FULL PROCESSLIST'"));
    }

    #[test]
    fn read_only_is_yellow_unless_it_is_a_replica() {
        let read_only = State { is_read_only: Some(true), ..state(1) };
        let alone = judged(Ok(State { replication: Some(Vec::new()), ..read_only.clone() }));
        assert_eq!(alone.severity, Severity::Warning);
        let channel = Replication { source: "db1".into(), is_running: true, ..Replication::default() };
        let replica = |channel| judged(Ok(State { replication: Some(vec![channel]), ..read_only.clone() }));
        assert_eq!(replica(channel.clone()).severity, Severity::Ok);
        let late = replica(Replication { lag_seconds: Some(300), ..channel.clone() });
        assert!(late.summary.ends_with("it is 5m behind db1"), "{}", late.summary);
        let broken = Replication { is_running: false, last_error: "Got fatal error 1236".into(), ..channel };
        assert!(replica(broken).summary.ends_with("from db1 does not run: Got fatal error 1236"));
    }

    #[test]
    fn query_that_does_not_end_is_no_server_that_does_not_run() {
        let slow = judged(Err(Fault::Silent(Stage::Query, Duration::from_secs(5))));
        assert!(slow.summary.contains("does not answer the query within 5 s"), "{}", slow.summary);
        assert_eq!(slow.cause, Some(Cause::SlowResponse));
        let hint = slow.hint.unwrap();
        assert!(hint.text.starts_with("it runs"), "{}", hint.text);
        assert!(hint.command.unwrap().ends_with("-e 'SHOW FULL PROCESSLIST'"));
        assert_eq!(judged(Err(Fault::Silent(Stage::Greeting, Duration::from_secs(5)))).hint, None);
    }

    #[test]
    fn refusals_are_told_in_words_with_their_cure() {
        let refused = |code: &str, stage| {
            let refusal = Refusal { code: code.into(), message: "Access denied for 'x'".into() };
            judged(Err(Fault::Refused(stage, refusal)))
        };
        let wrong = refused("1045", Stage::Login);
        assert_eq!(wrong.summary, "db:3306 refuses us: wrong user or password (1045)");
        assert_eq!((wrong.severity, wrong.cause), (Severity::Critical, None));
        assert_eq!(wrong.observed["error_code"], "1045");
        assert_eq!(wrong.hint.unwrap().command.unwrap(), "mysql --host=db --port=3306 --user=root");
        assert_eq!(refused("1040", Stage::Greeting).cause, Some(Cause::DatabaseDown));
        let odd = refused("1146", Stage::Query);
        assert_eq!(odd.summary, "db:3306 refuses the query: Access denied for 'x' (1146)");
    }
}
