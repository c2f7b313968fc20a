//! What a server's own refusals mean, and what to do about them.

use crate::checks::postgres::PostgresObservation;
use crate::checks::wire::{Meaning, Refusal};
use crate::model::Cause;
use crate::text::shell;

/// What the server's client is told.
pub(super) enum Statement {
    /// A login by hand.
    None,
    In(&'static str, &'static str),
    /// By the user whom places are kept for.
    AsSuperuser(&'static str),
}

/// Who is at what.
pub(super) const ACTIVITY: &str =
    "SELECT pid, usename, state, state_change, query FROM pg_stat_activity ORDER BY state_change";
const DOWN: Option<Cause> = Some(Cause::DatabaseDown);

/// What an SQLSTATE means; `None` for the many that a query of the config may bring.
pub(super) fn meaning(refusal: &Refusal) -> Option<Meaning<Statement>> {
    let of = |words, cause, cure, run| Some(Meaning { words, cause, cure, run });
    let said = |part: &str| refusal.message.contains(part);
    match refusal.code.as_str() {
        "53300" => of(
            "all connections are taken",
            DOWN,
            "see who holds them: a superuser still gets in; then close the idle ones or raise max_connections",
            Some(Statement::AsSuperuser(ACTIVITY)),
        ),
        "57P03" if said("starting up") => of("it is starting up", DOWN, "wait, and read its log", None),
        "57P03" if said("shutting down") => {
            of("it is shutting down", DOWN, "see who stops it, and start it again", None)
        }
        "57P03" => of(
            "it recovers from a crash, and lets nobody in until it is done",
            DOWN,
            "wait, and read in its log how far it is",
            None,
        ),
        "57P01" | "57P02" => of("it ended the session: it is being stopped", DOWN, "see who stops it", None),
        "28P01" => of(
            "wrong user or password",
            None,
            "the server runs; correct the login in the check's url, and see whether it works by hand",
            Some(Statement::None),
        ),
        "28000" if said("no encryption") || said("SSL off") => of(
            "TLS is required, or nobody may come from here without it",
            None,
            "set ?sslmode=require in the check's url, or add a line to pg_hba.conf",
            None,
        ),
        "28000" if said("pg_hba.conf") => of(
            "nobody may come from here in this way",
            None,
            "add a line for this user, database and address to pg_hba.conf, and reload",
            None,
        ),
        "28000" => {
            of("there is no such user", None, "correct the user in the check's url", Some(Statement::None))
        }
        "3D000" => of(
            "the database does not exist",
            None,
            "see which there are: it was dropped, never restored, or the url names another",
            Some(Statement::In("postgres", "\\l")),
        ),
        "42501" => of("the user lacks a right", None, "grant what the query needs", None),
        "25006" => {
            of("it takes no writes at present", None, "see whether it is a standby, or set read-only", None)
        }
        "53100" => of("its disk is full", DOWN, "free space on the disk of its data folder", None),
        "53200" => of("it has no memory left", DOWN, "see what uses it up", None),
        "57014" => of(
            "the query took longer than the server allows",
            Some(Cause::SlowResponse),
            "see what holds it up",
            Some(Statement::In("postgres", ACTIVITY)),
        ),
        _ => None,
    }
}

impl Statement {
    /// The command of the server's own client.
    pub(super) fn line(&self, seen: &PostgresObservation) -> String {
        match self {
            Self::None => client(seen, &seen.database, ""),
            Self::In(database, statement) => client(seen, database, statement),
            Self::AsSuperuser(statement) => client_of(seen, "postgres", "postgres", statement),
        }
    }
}

/// Who is connected, by the server's own client.
pub(super) fn activity(seen: &PostgresObservation) -> String {
    client(seen, &seen.database, ACTIVITY)
}

/// The command of the server's own client; it asks for the password by itself.
pub(super) fn client(seen: &PostgresObservation, database: &str, statement: &str) -> String {
    client_of(seen, &seen.user, database, statement)
}

fn client_of(seen: &PostgresObservation, user: &str, database: &str, statement: &str) -> String {
    let mut words = vec!["psql".to_owned()];
    match seen.place.strip_prefix('/').and_then(|_| seen.place.rsplit_once("/.s.PGSQL.")) {
        Some((folder, port)) => words.extend(["-h", folder, "-p", port].map(str::to_owned)),
        None => {
            let (host, port) = seen.place.rsplit_once(':').unwrap_or((&seen.place, "5432"));
            let host = host.trim_start_matches('[').trim_end_matches(']');
            words.extend(["-h", host, "-p", port].map(str::to_owned));
        }
    }
    words.extend(["-U", user, "-d", database].map(str::to_owned));
    if !statement.is_empty() {
        words.extend(["-c", statement].map(str::to_owned));
    }
    shell::command(words)
}
