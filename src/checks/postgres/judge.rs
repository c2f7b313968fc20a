//! What a conversation with a server means. Pure.

use std::time::Duration;

use crate::checks::Subject;
use crate::checks::postgres::refusal::{self, ACTIVITY, Statement, meaning};
use crate::checks::postgres::{PostgresObservation, State};
use crate::checks::system::against;
use crate::checks::wire::{self, Lore, Peer, measured, percent};
use crate::config::PostgresCheck;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// A standby further behind is yellow.
const LAG_WARN_SECONDS: u64 = 60;

/// Judges a postgres check.
pub(in crate::checks) fn judge(
    subject: &Subject,
    check: &PostgresCheck,
    timeout: Duration,
    seen: &PostgresObservation,
) -> Finding {
    let peer = Peer { product: "PostgreSQL", place: &seen.place, down: Cause::DatabaseDown };
    let lore = Lore {
        state: &|state| of_state(subject, check, seen, state),
        meaning,
        busy: Some(Statement::In("postgres", ACTIVITY)),
        client: &|run| run.line(seen),
    };
    wire::judged(subject, peer, &seen.outcome, timeout, &lore)
}

fn of_state(subject: &Subject, check: &PostgresCheck, seen: &PostgresObservation, state: &State) -> Finding {
    let took = human::duration(state.login_took + state.query_took);
    let version = state.version.split(' ').next().unwrap_or("");
    let mut summary = format!("{} answers in {took}", format!("PostgreSQL {version}").trim_end());
    let used = percent_used(state);
    let mut severity = Severity::Ok;
    if let (Some(used), Some(now), Some(most)) = (used, state.connections, state.max_connections) {
        summary = format!("{summary}, {now} of {} in use", human::plural(most, "connection"));
        severity = against(used, check.max_connections_percent);
    }
    let mut command = (severity > Severity::Ok).then(|| refusal::activity(seen));
    for note in notes(state) {
        severity = severity.max(Severity::Warning);
        summary = format!("{summary}; {note}");
        let state = "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')";
        command = command.or_else(|| Some(refusal::client(seen, &seen.database, state)));
    }
    let mut finding = subject.finding(severity, summary);
    if let Some(command) = command {
        let text = if against(used.unwrap_or(0.0), check.max_connections_percent) > Severity::Ok {
            "see who holds the connections; close the idle ones or raise max_connections"
        } else {
            "see its state, and who changed it"
        };
        finding = finding.hint(text, Some(command));
    }
    with_facts(finding, check, state, used)
}

/// What is yellow beside the connections.
fn notes(state: &State) -> Vec<String> {
    let mut notes = Vec::new();
    if state.is_read_only && !state.is_in_recovery {
        notes.push("takes no writes: default_transaction_read_only is on".to_owned());
    }
    if let Some(lag) = state.lag_seconds.filter(|lag| *lag >= LAG_WARN_SECONDS) {
        notes.push(format!("it is {} behind its primary", human::duration(Duration::from_secs(lag))));
    }
    notes
}

fn with_facts(finding: Finding, check: &PostgresCheck, state: &State, used: Option<f64>) -> Finding {
    let role = if state.is_in_recovery { "standby" } else { "primary" };
    let mut finding = finding
        .with("version", state.version.clone())
        .with("role", role)
        .with("connections", state.connections)
        .with("max_connections", state.max_connections)
        .with("connections_percent", used)
        .with("read_only", state.is_read_only || state.is_in_recovery)
        .with("replication_lag_seconds", state.lag_seconds)
        .with("receives_wal", state.is_receiving)
        .with("uptime_seconds", state.uptime_seconds);
    if let Some(used) = used {
        let bars = check.max_connections_percent;
        let metric = Metric::new("connections", used, Unit::Percent);
        finding = finding.metric(metric.bars(bars.warn, bars.critical).range(0.0, 100.0));
    }
    measured(measured(finding, "login", state.login_took), "query", state.query_took)
}

fn percent_used(state: &State) -> Option<f64> {
    percent(state.connections?, state.max_connections?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::wire::{Fault, Refusal, Stage};
    use crate::config::{Bars, Url};

    fn judged(outcome: Result<State, Fault>) -> Finding {
        let check = PostgresCheck {
            url: Url::literal("postgres://fuel@db/fuel").unwrap(),
            query: "SELECT 1".into(),
            max_connections_percent: Bars { warn: 80.0, critical: 95.0 },
        };
        let (place, user) = ("db:5432".to_owned(), "fuel".to_owned());
        let seen = PostgresObservation { place, database: user.clone(), user, outcome };
        judge(&Subject::check("db"), &check, Duration::from_secs(5), &seen)
    }

    fn state(connections: u64) -> State {
        let version = "15.19 (Debian 15.19-0+deb12u1)".to_owned();
        State { version, connections: Some(connections), max_connections: Some(100), ..State::default() }
    }

    #[test]
    fn connections_lag_and_read_only_state_are_judged() {
        let good = judged(Ok(state(5)));
        assert_eq!(good.summary, "PostgreSQL 15.19 answers in 0 ms, 5 of 100 connections in use");
        assert_eq!((good.severity, good.hint), (Severity::Ok, None));
        assert_eq!(judged(Ok(state(95))).severity, Severity::Critical);
        let standby = State { is_in_recovery: true, is_read_only: true, ..state(5) };
        assert_eq!(judged(Ok(standby.clone())).severity, Severity::Ok);
        let late = judged(Ok(State { lag_seconds: Some(90), ..standby }));
        assert!(late.summary.ends_with("it is 1m 30s behind its primary"), "{}", late.summary);
        assert_eq!(judged(Ok(State { is_read_only: true, ..state(5) })).severity, Severity::Warning);
    }

    #[test]
    fn refusals_are_told_in_words_with_their_cure() {
        let refused = |code: &str, message: &str| {
            let refusal = Refusal { code: code.into(), message: message.into() };
            judged(Err(Fault::Refused(Stage::Login, refusal)))
        };
        let full = refused("53300", "sorry, too many clients already");
        assert_eq!(full.summary, "db:5432 refuses us: all connections are taken (53300)");
        assert_eq!(full.cause, Some(Cause::DatabaseDown));
        let wrong = refused("28P01", "password authentication failed for user \"fuel\"");
        assert_eq!(wrong.hint.unwrap().command.unwrap(), "psql -h db -p 5432 -U fuel -d fuel");
        let tls = refused("28000", "no pg_hba.conf entry for host \"::1\", user \"x\", no encryption");
        assert!(tls.summary.contains("TLS is required"), "{}", tls.summary);
        let odd = refused("42P01", "relation \"x\" does not exist");
        assert_eq!(odd.summary, "db:5432 refuses us: relation \"x\" does not exist (42P01)");
    }
}
