//! Celery: real workers behind a real Redis, out of the venv of `tests/run`.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fuelops::model::{Cause, Severity};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::{expect, look_at, look_at_all};
use crate::support::servers::Redis;
use crate::support::{Backend, Env, free_port, skip, wait_until};

const APP: &str = "\
import os, time
from celery import Celery
app = Celery('app', broker=os.environ['BROKER'])

@app.task
def nap(seconds):
    time.sleep(seconds)
";

/// A worker with a name, and one process of its own; gone when it is dropped.
struct Worker(Child);

impl Worker {
    fn start(env: &Env, broker: &Redis, name: &str) -> Self {
        let log = || File::options().create(true).append(true).open(env.path("celery.log")).unwrap();
        let mut command = env.command(Backend::python());
        command.args(["-m", "celery", "-A", "app", "worker", "--concurrency=1", "--pool=prefork"]);
        command.args(["--hostname", name]).env("BROKER", broker.url());
        Self(command.stdout(log()).stderr(log()).process_group(0).spawn().unwrap())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone_already = killpg(self.pid(), Signal::SIGKILL);
        let _collected = self.0.wait();
    }
}

fn check(broker: &Redis, more: &str) -> String {
    format!("type = \"celery\"\nurl = \"{}\"\n{more}", broker.url())
}

/// Whether the venv has what a worker with a Redis broker needs.
fn has_celery() -> bool {
    let mut import = Command::new(Backend::python());
    import.args(["-c", "import celery, redis"]).stderr(Stdio::null());
    let has = import.status().unwrap().success();
    if !has {
        skip("celery", "the venv is older than its requirements: ./tests/run makes it anew");
    }
    has
}

#[test]
fn workers_are_counted_named_and_told_apart() {
    if !has_celery() {
        return;
    }
    let Some(broker) = Redis::start() else { return };
    let env = Env::new();
    env.write("app.py", APP);
    let queues = "queues = [\"celery\", \"fuel\"]";
    let none = look_at(&check(&broker, queues));
    expect(&none, Severity::Critical, "no worker listens at this broker, nothing waits");
    assert_eq!(none.cause, Some(Cause::WorkerDown));
    let mut send = env.command(Backend::python());
    send.args([
        "-c",
        "from app import nap\nfor n in range(3): nap.delay(600)\nnap.apply_async((1,), queue='fuel')",
    ]);
    env.finish({
        send.env("BROKER", broker.url());
        send
    })
    .expect(0);
    let waiting = look_at(&check(&broker, queues));
    expect(&waiting, Severity::Critical, "no worker listens at this broker, 4 messages waiting");
    assert_eq!(waiting.observed["queues"], serde_json::json!({"celery": 3, "fuel": 1}));

    let first = Worker::start(&env, &broker, "first@here");
    let look = || look_at(&check(&broker, queues));
    assert!(wait_until(Duration::from_secs(60), || look().severity == Severity::Ok), "{:#?}", look());
    assert_eq!(look().observed["answered"], serde_json::json!(["first@here"]));
    // Busy with a task of its own, and with more that it has taken: it answers all the same.
    assert!(wait_until(Duration::from_secs(30), || look().observed["unacknowledged"].as_u64() > Some(0)));
    expect(&look(), Severity::Ok, "1 worker answers in");
    let few = look_at(&check(&broker, "expect_nodes = 2"));
    expect(&few, Severity::Critical, "1 of 2 expected workers answer");
    let named = look_at(&check(&broker, "expect_nodes = [\"frist@here\"]"));
    expect(&named, Severity::Critical, "no answer from frist@here (did you mean \"first@here\"?)");

    let twin = Worker::start(&env, &broker, "first@here");
    assert!(wait_until(Duration::from_secs(60), || look().cause == Some(Cause::DuplicateWorker)));
    expect(&look(), Severity::Warning, "two workers are called first@here");
    drop(twin);
    assert!(wait_until(Duration::from_secs(60), || look().severity == Severity::Ok));
    kill(first.pid(), Signal::SIGSTOP).unwrap();
    let hung = look_at_all(&[format!("timeout = \"2s\"\n{}", check(&broker, queues))]).remove(0);
    expect(&hung, Severity::Critical, "1 worker at this broker, and no answer");
    drop(first);
    // Nothing of ours stays in the broker.
    let keys = broker.cli(&["KEYS", "*.reply.celery.pidbox"]);
    let own = keys.lines().filter(|key| !key.is_empty() && !key.starts_with("_kombu")).count();
    assert_eq!(
        (own, broker.cli(&["SCARD", "_kombu.binding.reply.celery.pidbox"]).trim()),
        (0, "0"),
        "{keys}"
    );
}

#[test]
fn brokers_that_are_not_there_or_not_spoken_to_are_told() {
    let gone = look_at(&format!("type = \"celery\"\nurl = \"redis://127.0.0.1:{}/0\"", free_port()));
    expect(&gone, Severity::Critical, "refuses connections: nothing listens there");
    assert_eq!(gone.cause, Some(Cause::CacheDown));
    let rabbit = look_at("type = \"celery\"\nurl = \"amqp://guest@127.0.0.1/\"");
    expect(&rabbit, Severity::Unknown, "only brokers that are a Redis are spoken to");
}
