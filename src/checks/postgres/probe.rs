//! Talks to a server: TLS, login, the query of the config, then how it fares.

use std::error::Error as _;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::{timeout, timeout_at};
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

use crate::checks::postgres::{PostgresObservation, State};
use crate::checks::tls::{Strictness, Trust};
use crate::checks::wire::{self, Course, Encryption, Fault, Line, Place, Refusal, Stage};
use crate::config::{PostgresCheck, Url};

const DEFAULT_PORT: u16 = 5432;
const PROTOCOL: &str = "PostgreSQL";
/// Length 8 and the number that asks for TLS.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f];
/// Time for the farewell; the server is not waited for.
const FAREWELL: Duration = Duration::from_millis(100);
/// SQLSTATE of a wrong password, which a missing one is, too.
const INVALID_PASSWORD: &str = "28P01";

/// One row; every account may ask it.
const FACTS: &str = "\
SELECT current_setting('server_version'), current_setting('max_connections'),
  (SELECT sum(numbackends) FROM pg_stat_database),
  floor(extract(epoch FROM now() - pg_postmaster_start_time())), pg_is_in_recovery(),
  current_setting('default_transaction_read_only'),
  CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn()
    THEN floor(extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END,
  (SELECT count(*) FROM pg_stat_wal_receiver)";

/// What a login needs.
struct Account {
    place: Place,
    user: String,
    database: String,
    password: Option<String>,
    encryption: Encryption,
    trust: Trust,
}

/// Asks a server; ends by itself within `limit`, and says in which stage.
pub(in crate::checks) async fn observe(
    check: PostgresCheck,
    trust: Trust,
    limit: Duration,
) -> PostgresObservation {
    let account = match account(&check.url, &trust) {
        Ok(account) => account,
        Err(why) => {
            let (place, outcome) = (check.url.to_string(), Err(Fault::NotReady(why)));
            return PostgresObservation { place, user: String::new(), database: String::new(), outcome };
        }
    };
    let mut course = Course::new(limit);
    let deadline = course.deadline;
    let talked = timeout_at(deadline.into(), talk(&account, &check.query, &mut course)).await;
    let outcome = talked.unwrap_or(Err(course.silent()));
    let outcome = outcome.map_err(|fault| course.explained(fault, PROTOCOL));
    let Account { place, user, database, .. } = account;
    PostgresObservation { place: place.to_string(), user, database, outcome }
}

fn account(url: &Url, trust: &Trust) -> Result<Account, String> {
    let url = url.parts().map_err(|e| format!("url {url}: {e}"))?;
    let folder = wire::parameter(&url, "host").filter(|host| host.starts_with('/'));
    let place = match folder {
        Some(folder) => {
            let file = format!(".s.PGSQL.{}", url.port.unwrap_or(DEFAULT_PORT));
            Place::Socket(Path::new(&folder).join(file))
        }
        None => Place::tcp(&url, DEFAULT_PORT),
    };
    let user = url.user.clone().unwrap_or_else(|| "postgres".to_owned());
    let database = wire::path(&url).unwrap_or_else(|| user.clone());
    let (encryption, trust) = (Encryption::of(&url)?, wire::trust(&url, trust));
    Ok(Account { place, user, database, password: url.password, encryption, trust })
}

async fn talk(account: &Account, query: &str, course: &mut Course) -> Result<State, Fault> {
    let line = protected(Line::open(&account.place, course).await?, account, course).await?;
    course.stage = Stage::Login;
    let mut config = Config::new();
    config.user(&account.user).dbname(&account.database).application_name("fuelops");
    config.ssl_mode(SslMode::Disable).channel_binding(ChannelBinding::Disable);
    if let Some(password) = &account.password {
        config.password(password);
    }
    let connected = config.connect_raw(line.into_stream(), NoTls).await;
    let (client, connection) = connected.map_err(|e| fault_of(&e, course))?;
    let mut driver = Driver(tokio::spawn(async move { drop(connection.await) }));
    let login_took = course.elapsed();
    let told = ask(&client, query, course).await;
    // Without its client, the connection says goodbye and ends.
    drop(client);
    drop(timeout(FAREWELL, &mut driver.0).await);
    told.map(|state| State { login_took, ..state })
}

async fn ask(client: &Client, query: &str, course: &mut Course) -> Result<State, Fault> {
    course.stage = Stage::Query;
    let asked = Instant::now();
    client.simple_query(query).await.map_err(|e| fault_of(&e, course))?;
    let query_took = asked.elapsed();
    course.stage = Stage::Facts;
    match client.simple_query(FACTS).await {
        Ok(answer) => Ok(State { query_took, ..state_of(&answer) }),
        // Servers that only speak PostgreSQL's protocol need not know its functions.
        Err(e) if e.as_db_error().is_some() => Ok(State { query_took, ..State::default() }),
        Err(e) => Err(fault_of(&e, course)),
    }
}

/// The line, under TLS where that is wanted and offered.
async fn protected(mut line: Line, account: &Account, course: &mut Course) -> Result<Line, Fault> {
    let is_socket = matches!(account.place, Place::Socket(_));
    let is_verified = account.encryption == Encryption::Verified;
    if account.encryption == Encryption::Never || is_socket && account.encryption == Encryption::Offered {
        return Ok(line);
    }
    line.write(&TLS_REQUEST, course).await?;
    let mut answer = [0];
    line.read_first(&mut answer, course).await?;
    match answer[0] {
        b'S' => {
            course.stage = Stage::Tls;
            let strictness = if is_verified { Strictness::Verify } else { Strictness::LookOnly };
            line.encrypted(account.place.host(), &account.trust, strictness).await
        }
        b'N' if account.encryption == Encryption::Offered => Ok(line),
        b'N' => Err(Fault::NoTls),
        other => {
            // A few more bytes, if they come, tell who it is.
            let mut more = Vec::from([other]);
            drop(timeout(FAREWELL, line.read_some(&mut more, course)).await);
            Err(Fault::Garbled("answers in an unknown way".to_owned()))
        }
    }
}

/// The task that moves bytes; it ends with the conversation.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn fault_of(error: &Error, course: &Course) -> Fault {
    if let Some(db) = error.as_db_error() {
        let refusal = Refusal { code: db.code().code().to_owned(), message: db.message().to_owned() };
        return Fault::Refused(course.stage, refusal);
    }
    let source = error.source();
    if error.is_closed() || source.is_some_and(|s| s.is::<std::io::Error>()) {
        return course.closed();
    }
    let why = source.map_or_else(|| error.to_string(), ToString::to_string);
    if why.contains("password missing") {
        let message = "the server asks for a password, and the check's url has none".to_owned();
        return Fault::Refused(course.stage, Refusal { code: INVALID_PASSWORD.to_owned(), message });
    }
    Fault::Garbled(format!("breaks off: {why}"))
}

fn state_of(answer: &[SimpleQueryMessage]) -> State {
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let cell = |at: usize| row.filter(|row| at < row.len()).and_then(|row| row.get(at));
    let number = |at: usize| cell(at).and_then(|text| text.parse::<u64>().ok());
    let is_in_recovery = cell(4) == Some("t");
    State {
        version: cell(0).unwrap_or("").to_owned(),
        max_connections: number(1),
        connections: number(2),
        uptime_seconds: number(3),
        is_in_recovery,
        is_read_only: cell(5) == Some("on"),
        lag_seconds: number(6),
        is_receiving: is_in_recovery.then(|| number(7).is_some_and(|receivers| receivers > 0)),
        ..State::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_comes_out_of_the_url() {
        let of = |text: &str| account(&Url::literal(text).unwrap(), &Trust::default()).unwrap();
        let full = of("postgres://fuel:s%40t@db/f?sslmode=verify-full");
        assert_eq!((full.place.to_string().as_str(), full.password.as_deref()), ("db:5432", Some("s@t")));
        assert_eq!((full.database.as_str(), full.encryption), ("f", Encryption::Verified));
        let local = of("postgresql:///fuel?host=/run/postgresql");
        assert_eq!(local.place, Place::Socket("/run/postgresql/.s.PGSQL.5432".into()));
        let bare = of("postgres://me@db");
        assert_eq!((bare.user.as_str(), bare.database.as_str()), ("me", "me"));
    }
}
