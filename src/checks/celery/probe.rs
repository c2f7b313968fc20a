//! Asks the broker how much waits, and the workers whether they are there.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::time::timeout_at;

use crate::checks::celery::message::{Answer, Ping, read_answer};
use crate::checks::celery::{CeleryObservation, Workers};
use crate::checks::redis::{RedisAccount, RedisSession, Value};
use crate::checks::tls::Trust;
use crate::checks::wire::{Course, Fault, Stage};
use crate::config::CeleryCheck;

const PROTOCOL: &str = "Redis";
/// Priorities have lists of their own.
const PRIORITIES: [&str; 3] = ["3", "6", "9"];
const BINDINGS: &str = "_kombu.binding.reply.celery.pidbox";
/// Answers that are waited for; more workers than that are counted by the broker.
const MAX_ANSWERS: u64 = 1_000;
/// Of what is left of the deadline, how much the workers have to answer.
const PATIENCE_PERCENT: u32 = 70;

/// Asks; ends by itself within `limit`, and says in which stage.
pub(in crate::checks) async fn observe(
    check: CeleryCheck,
    trust: Trust,
    limit: Duration,
) -> CeleryObservation {
    let scheme = check.url.parts().map(|url| url.scheme).unwrap_or_default();
    let account = if scheme.starts_with("amqp") {
        Err("only brokers that are a Redis are spoken to, not RabbitMQ".to_owned())
    } else {
        RedisAccount::of(&check.url, &trust)
    };
    let account = match account {
        Ok(account) => account,
        Err(why) => {
            return CeleryObservation { place: check.url.to_string(), outcome: Err(Fault::NotReady(why)) };
        }
    };
    let mut course = Course::new(limit);
    let deadline = course.deadline;
    let talked = timeout_at(deadline.into(), talk(&account, &check.queues, &mut course)).await;
    let outcome = talked.unwrap_or(Err(course.silent()));
    let outcome = outcome.map_err(|fault| course.explained(fault, PROTOCOL));
    CeleryObservation { place: account.place.to_string(), outcome }
}

async fn talk(account: &RedisAccount, queues: &[String], course: &mut Course) -> Result<Workers, Fault> {
    let mut session = RedisSession::open(account, course).await?;
    course.stage = Stage::Query;
    let mut workers = Workers::default();
    let asked = backlog(&mut session, queues, &mut workers, course).await;
    let asked = match asked {
        Ok(()) => ping(&mut session, account.database, &mut workers, course).await,
        Err(fault) => Err(fault),
    };
    session.quit(course).await;
    asked.map(|()| workers)
}

async fn backlog(
    session: &mut RedisSession,
    queues: &[String],
    workers: &mut Workers,
    course: &Course,
) -> Result<(), Fault> {
    for queue in queues {
        let mut waiting = 0;
        let of_priorities = PRIORITIES.iter().map(|priority| format!("{queue}\u{6}\u{16}{priority}"));
        for list in std::iter::once(queue.clone()).chain(of_priorities) {
            waiting += number(&session.call(&["LLEN", &list], course).await?);
        }
        workers.queues.push((queue.clone(), waiting));
    }
    workers.unacknowledged = number(&session.call(&["HLEN", "unacked"], course).await?);
    Ok(())
}

async fn ping(
    session: &mut RedisSession,
    database: u32,
    workers: &mut Workers,
    course: &Course,
) -> Result<(), Fault> {
    let random = RandomState::new();
    let half = |n: u8| u128::from(random.hash_one(n));
    let ping = Ping::new(half(0) << 64 | half(1));
    let (queue, binding) = (ping.reply_queue(), ping.binding());
    session.call(&["SADD", BINDINGS, &binding], course).await?;
    let answered = ask(session, database, &ping, workers, course).await;
    session.call(&["SREM", BINDINGS, &binding], course).await?;
    session.call(&["DEL", &queue], course).await?;
    answered
}

async fn ask(
    session: &mut RedisSession,
    database: u32,
    ping: &Ping,
    workers: &mut Workers,
    course: &Course,
) -> Result<(), Fault> {
    let left = course.deadline.saturating_duration_since(Instant::now());
    let patience = left * PATIENCE_PERCENT / 100;
    let lifetime = i64::try_from(left.as_secs()).unwrap_or(1).max(1);
    let message = ping.text(Utc::now().timestamp(), lifetime);
    let begun = Instant::now();
    let channel = format!("/{database}.celery.pidbox");
    workers.listening = number(&session.call(&["PUBLISH", &channel, &message], course).await?);
    let expected = workers.listening.min(MAX_ANSWERS);
    let queue = ping.reply_queue();
    while workers.answered.len() as u64 + workers.unread < expected {
        match session.call(&["RPOP", &queue], course).await? {
            Value::Text(text) => match read_answer(&text) {
                Answer::Of(name) => workers.answered.push(name),
                Answer::Unread => workers.unread += 1,
            },
            _ if begun.elapsed() >= patience => break,
            // Waiting in the broker would wait in whole seconds.
            _ => tokio::time::sleep(Duration::from_millis(2)).await,
        }
        workers.took = begun.elapsed();
    }
    workers.answered.sort();
    Ok(())
}

fn number(value: &Value) -> u64 {
    match value {
        Value::Number(n) => u64::try_from(*n).unwrap_or(0),
        _ => 0,
    }
}
