//! Talks to a server: login, the query of the config, then how it fares.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use crate::checks::mysql::reply::Table;
use crate::checks::mysql::session::{Account, Session};
use crate::checks::mysql::{Login, MysqlObservation, Replication, State};
use crate::checks::tls::Trust;
use crate::checks::wire::{self, Course, Encryption, Fault, Place, Stage};
use crate::config::{MysqlCheck, Url, UrlParts};

const DEFAULT_PORT: u16 = 3306;
const PROTOCOL: &str = "MySQL";

/// Asks a server; ends by itself within `timeout`, and says in which stage.
pub(in crate::checks) async fn observe(
    check: MysqlCheck,
    trust: Trust,
    timeout: Duration,
) -> MysqlObservation {
    let account = match account(&check.url, &trust) {
        Ok(account) => account,
        Err(why) => {
            let outcome = Err(Fault::NotReady(why));
            return MysqlObservation { place: check.url.to_string(), login: Login::default(), outcome };
        }
    };
    let mut course = Course::new(timeout);
    let deadline = course.deadline;
    let talked = timeout_at(deadline.into(), talk(&account, &check.query, &mut course)).await;
    let outcome = talked.unwrap_or(Err(course.silent()));
    let outcome = outcome.map_err(|fault| course.explained(fault, PROTOCOL));
    MysqlObservation { place: account.place.to_string(), login: account.login, outcome }
}

fn account(url: &Url, trust: &Trust) -> Result<Account, String> {
    let url: UrlParts = url.parts().map_err(|e| format!("url {url}: {e}"))?;
    let socket = ["socket", "unix_socket"].iter().find_map(|name| wire::parameter(&url, name));
    let place = socket.map_or_else(|| Place::tcp(&url, DEFAULT_PORT), |path| Place::Socket(path.into()));
    let password = url.password.clone().unwrap_or_default();
    let login = Login {
        user: url.user.clone().unwrap_or_else(|| "root".to_owned()),
        has_password: !password.is_empty(),
        database: wire::path(&url),
    };
    let (encryption, trust) = (Encryption::of(&url)?, wire::trust(&url, trust));
    Ok(Account { place, login, password, encryption, trust })
}

async fn talk(account: &Account, query: &str, course: &mut Course) -> Result<State, Fault> {
    let mut session = Session::open(account, course).await?;
    let login_took = course.elapsed();
    course.stage = Stage::Query;
    let asked = Instant::now();
    let answered = session.query(query, course).await;
    let query_took = asked.elapsed();
    let mut state =
        State { version: session.version().to_owned(), login_took, query_took, ..State::default() };
    course.stage = Stage::Facts;
    let told = match answered {
        Ok(_) => facts(&mut session, &mut state, course).await,
        Err(fault) => Err(fault),
    };
    session.quit(course).await;
    told.map(|()| state)
}

async fn facts(session: &mut Session, state: &mut State, course: &Course) -> Result<(), Fault> {
    let settings = "SELECT @@global.max_connections, @@global.read_only";
    if let Some(table) = allowed(session.query(settings, course).await)? {
        let cell = |at: usize| table.rows.first()?.get(at)?.clone();
        state.max_connections = cell(0).and_then(|n| n.parse().ok());
        state.is_read_only = cell(1).map(|word| !matches!(word.as_str(), "0" | "OFF" | "NO_LOCK"));
    }
    let counters = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Uptime')";
    if let Some(table) = allowed(session.query(counters, course).await)? {
        let named = |name: &str| {
            let is_it = |row: &&Vec<Option<String>>| matches!(row.first(), Some(Some(own)) if own.eq_ignore_ascii_case(name));
            table.rows.iter().find(is_it)?.get(1)?.as_ref()?.parse().ok()
        };
        state.connections = named("Threads_connected");
        state.uptime_seconds = named("Uptime");
    }
    let channels = if state.version.contains("MariaDB") {
        allowed(session.query("SHOW ALL SLAVES STATUS", course).await)?
    } else {
        match allowed(session.query("SHOW REPLICA STATUS", course).await)? {
            Some(table) => Some(table),
            None => allowed(session.query("SHOW SLAVE STATUS", course).await)?,
        }
    };
    state.replication = channels.map(|table| replication(&table));
    Ok(())
}

/// What the account may not see, or the server does not know, is left out.
fn allowed(answer: Result<Table, Fault>) -> Result<Option<Table>, Fault> {
    match answer {
        Ok(table) => Ok(Some(table)),
        Err(Fault::Refused(..)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn replication(table: &Table) -> Vec<Replication> {
    let channel = |row: &Vec<Option<String>>| {
        let cell = |names: &[&str]| table.cell(row, names).unwrap_or("").to_owned();
        let runs = |names: &[&str]| table.cell(row, names) == Some("Yes");
        let errors = [&["Last_IO_Error"][..], &["Last_SQL_Error"], &["Last_Error"]];
        Replication {
            source: cell(&["Source_Host", "Master_Host"]),
            is_running: runs(&["Replica_IO_Running", "Slave_IO_Running"])
                && runs(&["Replica_SQL_Running", "Slave_SQL_Running"]),
            lag_seconds: cell(&["Seconds_Behind_Source", "Seconds_Behind_Master"]).parse().ok(),
            last_error: errors.iter().map(|names| cell(names)).find(|e| !e.is_empty()).unwrap_or_default(),
        }
    };
    table.rows.iter().map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_read_in_both_spellings() {
        let row = |cells: &[&str]| cells.iter().map(|c| Some((*c).to_owned())).collect::<Vec<_>>();
        let names = ["Master_Host", "Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"];
        let table = Table {
            columns: names.map(str::to_owned).into(),
            rows: vec![row(&["db1", "Yes", "Yes", "12"]), row(&["db2", "Connecting", "Yes", "NULL"])],
        };
        let read = replication(&table);
        assert_eq!((read[0].is_running, read[0].lag_seconds), (true, Some(12)));
        assert_eq!((read[1].is_running, read[1].lag_seconds), (false, None));
        assert_eq!(read[1].source, "db2");
    }

    #[test]
    fn account_comes_out_of_the_url() {
        let of = |text: &str| account(&Url::literal(text).unwrap(), &Trust::default()).unwrap();
        let full = of("mysql://fuel:s%40t@db:3307/f?ssl-mode=VERIFY_IDENTITY");
        assert_eq!((full.place.to_string().as_str(), full.password.as_str()), ("db:3307", "s@t"));
        assert_eq!(full.login.database.as_deref(), Some("f"));
        assert_eq!(full.encryption, Encryption::Verified);
        let local = of("mysql:///?socket=/run/mysqld.sock");
        assert_eq!(local.place, Place::Socket("/run/mysqld.sock".into()));
        assert_eq!((local.login.user.as_str(), local.login.database), ("root", None));
    }
}
