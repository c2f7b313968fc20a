//! Talks to a server: login, a read, how it fares, and a write where that is asked for.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use tokio::time::{timeout, timeout_at};

use crate::checks::redis::facts::Facts;
use crate::checks::redis::resp::{self, Value};
use crate::checks::redis::{RedisObservation, State};
use crate::checks::tls::{Strictness, Trust};
use crate::checks::wire::{self, Course, Fault, Line, Place, Refusal, Stage};
use crate::config::{RedisCheck, Url};

const DEFAULT_PORT: u16 = 6379;
const PROTOCOL: &str = "Redis";
/// Read by the read probe; nobody writes it.
const READ_KEY: &str = "fuelops:probe";
/// The key of a write probe that was cut off is gone after this.
const WRITTEN_FOR_MS: &str = "10000";
/// Time for the farewell; the server is not waited for.
const FAREWELL: Duration = Duration::from_millis(100);

/// What a login needs.
pub(in crate::checks) struct RedisAccount {
    pub(in crate::checks) place: Place,
    user: Option<String>,
    password: Option<String>,
    pub(in crate::checks) database: u32,
    tls: Option<Strictness>,
    trust: Trust,
}

impl RedisAccount {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is a secret that cannot be opened, or names no database.
    pub(in crate::checks) fn of(url: &Url, trust: &Trust) -> Result<Self, String> {
        let shown = url.to_string();
        let url = url.parts().map_err(|e| format!("url {shown}: {e}"))?;
        let is_socket = matches!(url.scheme.as_str(), "unix" | "redis+unix");
        let path = wire::path(&url);
        let (place, in_path) = if is_socket {
            (Place::Socket(format!("/{}", path.unwrap_or_default()).into()), None)
        } else {
            (Place::tcp(&url, DEFAULT_PORT), path)
        };
        let number = ["db", "virtual_host"].iter().find_map(|name| wire::parameter(&url, name)).or(in_path);
        let database = number.map_or(Ok(0), |n| n.parse());
        let database = database.map_err(|_| format!("url {shown}: its database is no number"))?;
        let asks_none = wire::parameter(&url, "ssl_cert_reqs")
            .is_some_and(|word| matches!(word.to_ascii_lowercase().as_str(), "none" | "cert_none"));
        let strictness = if asks_none { Strictness::LookOnly } else { Strictness::Verify };
        let password = url.password.clone().or_else(|| wire::parameter(&url, "password"));
        let trust = wire::trust(&url, trust);
        let tls = (url.scheme == "rediss").then_some(strictness);
        Ok(Self { place, user: url.user, password, database, tls, trust })
    }
}

/// Asks a server; ends by itself within `limit`, and says in which stage.
pub(in crate::checks) async fn observe(check: RedisCheck, trust: Trust, limit: Duration) -> RedisObservation {
    let account = match RedisAccount::of(&check.url, &trust) {
        Ok(account) => account,
        Err(why) => {
            let outcome = Err(Fault::NotReady(why));
            return RedisObservation { place: check.url.to_string(), has_password: false, outcome };
        }
    };
    let mut course = Course::new(limit);
    let deadline = course.deadline;
    let talked = timeout_at(deadline.into(), talk(&account, check.write_probe, &mut course)).await;
    let outcome = talked.unwrap_or(Err(course.silent()));
    let outcome = outcome.map_err(|fault| course.explained(fault, PROTOCOL));
    let has_password = account.password.is_some();
    RedisObservation { place: account.place.to_string(), has_password, outcome }
}

async fn talk(account: &RedisAccount, writes: bool, course: &mut Course) -> Result<State, Fault> {
    let mut session = RedisSession::open(account, course).await?;
    let mut state = State { login_took: course.elapsed(), ..State::default() };
    let told = ask(&mut session, writes, &mut state, course).await;
    session.quit(course).await;
    told.map(|()| state)
}

async fn ask(
    session: &mut RedisSession,
    writes: bool,
    state: &mut State,
    course: &mut Course,
) -> Result<(), Fault> {
    course.stage = Stage::Query;
    let asked = Instant::now();
    allowed(session.call(&["PING"], course).await)?;
    allowed(session.call(&["GET", READ_KEY], course).await)?;
    state.ping_took = asked.elapsed();
    course.stage = Stage::Facts;
    let info = allowed(session.call(&["INFO"], course).await)?;
    state.facts = info.and_then(|info| info.text()).map(|text| Facts::read(&text));
    if writes {
        course.stage = Stage::Write;
        let asked = Instant::now();
        write(session, course).await?;
        state.write_took = Some(asked.elapsed());
    }
    Ok(())
}

/// Writes a key of our own, reads it back and removes it.
async fn write(session: &mut RedisSession, course: &Course) -> Result<(), Fault> {
    let key = format!("{READ_KEY}:{:016x}", RandomState::new().hash_one(course.deadline));
    session.call(&["SET", &key, "1", "PX", WRITTEN_FOR_MS], course).await?;
    let read = session.call(&["GET", &key], course).await?;
    session.call(&["DEL", &key], course).await?;
    if read.text().as_deref() == Some("1") {
        return Ok(());
    }
    let message = "what was written was not there a moment later".to_owned();
    Err(Fault::Refused(Stage::Write, Refusal { code: "LOST".to_owned(), message }))
}

/// What the account may not do, and what another node of a cluster would have to answer, is left out.
fn allowed(answer: Result<Value, Fault>) -> Result<Option<Value>, Fault> {
    match answer {
        Err(Fault::Refused(_, refusal)) if matches!(refusal.code.as_str(), "NOPERM" | "MOVED" | "ASK") => {
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// A session that is logged in.
pub(in crate::checks) struct RedisSession {
    line: Line,
    unread: Vec<u8>,
}

impl RedisSession {
    /// Connects and logs in.
    pub(in crate::checks) async fn open(account: &RedisAccount, course: &mut Course) -> Result<Self, Fault> {
        let mut line = Line::open(&account.place, course).await?;
        if let Some(strictness) = account.tls {
            course.stage = Stage::Tls;
            line = line.encrypted(account.place.host(), &account.trust, strictness).await?;
        }
        let mut session = Self { line, unread: Vec::new() };
        course.stage = Stage::Login;
        match (&account.user, &account.password) {
            (Some(user), Some(password)) => drop(session.call(&["AUTH", user, password], course).await?),
            (None, Some(password)) => drop(session.call(&["AUTH", password], course).await?),
            _ => {}
        }
        if account.database != 0 {
            session.call(&["SELECT", &account.database.to_string()], course).await?;
        }
        Ok(session)
    }

    /// Sends a command and reads its answer.
    pub(in crate::checks) async fn call(&mut self, words: &[&str], course: &Course) -> Result<Value, Fault> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        self.line.write(&resp::command(&words), course).await?;
        loop {
            if let Some((value, used)) =
                resp::read(&self.unread).map_err(|why| Fault::Garbled(why.to_owned()))?
            {
                self.unread.drain(..used);
                return match value {
                    Value::Error(message) => Err(Fault::Refused(course.stage, refusal(&message))),
                    value => Ok(value),
                };
            }
            self.line.read_some(&mut self.unread, course).await?;
        }
    }

    /// Says goodbye.
    pub(in crate::checks) async fn quit(mut self, course: &Course) {
        drop(timeout(FAREWELL, self.line.write(&resp::command(&[b"QUIT"]), course)).await);
    }
}

/// The first word names the error.
fn refusal(message: &str) -> Refusal {
    let (code, rest) = message.split_once(' ').unwrap_or((message, ""));
    let message = if rest.is_empty() { message } else { rest };
    Refusal { code: code.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_comes_out_of_the_url() {
        let of = |text: &str| RedisAccount::of(&Url::literal(text).unwrap(), &Trust::default());
        let full = of("rediss://fuel:s%40t@cache/3").unwrap();
        assert_eq!((full.place.to_string().as_str(), full.database), ("cache:6379", 3));
        assert_eq!((full.user.as_deref(), full.password.as_deref()), (Some("fuel"), Some("s@t")));
        assert_eq!(full.tls, Some(Strictness::Verify));
        let local = of("unix:///run/redis.sock?db=2").unwrap();
        assert_eq!((local.place, local.database), (Place::Socket("/run/redis.sock".into()), 2));
        assert!(of("redis://cache/fuel").is_err());
    }

    #[test]
    fn the_first_word_names_the_error() {
        let read = refusal("OOM command not allowed when used memory > 'maxmemory'.");
        assert_eq!((read.code.as_str(), &read.message[..7]), ("OOM", "command"));
    }
}
