//! What runs and serves the program: gunicorn, uvicorn, Celery, nginx.

use crate::logs::rules::rule::{FaultClass, Rank, Rule};
use crate::model::Severity::{Critical, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule::new("gunicorn-worker-timeout", FaultClass::Worker, Critical, Rank::Consequence)
        .signs(&[&["worker timeout (pid:"]])
        .says("a gunicorn worker did not answer in time and was replaced")
        .advises("find the request that it hung in: a slow query, a call without a timeout, a loop that blocks")
        .run("fuelops health"),
    Rule::new("gunicorn-worker-failed", FaultClass::Worker, Critical, Rank::Consequence)
        .signs(&[&["worker failed to boot"], &["reason: worker failed to boot"], &["haltserver"], &["exception in worker process"]])
        .says("a gunicorn worker could not start")
        .advises("the exception before it is the cause"),
    Rule::new("celery-worker-lost", FaultClass::Worker, Critical, Rank::Consequence)
        .signs(&[&["workerlosterror"], &["worker exited prematurely"]])
        .says("a Celery worker died in the middle of a task")
        .advises("exit code 9 is mostly the kernel, for want of memory: limit --concurrency or set max-memory-per-child")
        .run("fuelops health"),
    Rule::new("celery-time-limit", FaultClass::Worker, Warning, Rank::Pressure)
        .signs(&[&["softtimelimitexceeded"], &["timelimitexceeded"], &["soft time limit (", "exceeded"], &["hard time limit (", "exceeded"]])
        .says("a Celery task took longer than its limit")
        .advises("find what it waits for, or split it"),
    Rule::new("celery-duplicate-node", FaultClass::Worker, Critical, Rank::Setup)
        .signs(&[&["duplicatenodename"], &["a node named", "is already using this process mailbox"]])
        .says("two Celery workers run under one name")
        .advises("stop the one that was left over, or give each a name with -n")
        .run("fuelops health"),
    Rule::new("celery-broker-lost", FaultClass::Worker, Critical, Rank::Consequence)
        .signs(&[&["consumer: cannot connect to"], &["consumer: connection to broker lost"], &["kombu.exceptions.operationalerror"], &["couldn't ack", "broken pipe"]])
        .detail(&["cannot connect to "], &[' '])
        .says("Celery has lost its broker")
        .advises("see whether the broker (Redis or RabbitMQ) runs")
        .run("fuelops health"),
    Rule::new("celery-unregistered-task", FaultClass::Worker, Critical, Rank::Setup)
        .signs(&[&["received unregistered task of type"]])
        .detail(&["unregistered task of type "], &['.', '\n'])
        .says_of("a Celery worker does not know a task that was sent to it", "a Celery worker does not know the task {}")
        .advises("bring the workers to the version of the sender, and list the module in include or imports"),
    Rule::new("nginx-upstream-refused", FaultClass::Network, Critical, Rank::Consequence)
        .signs(&[&["(111: connection refused) while connecting to upstream"], &["(61: connection refused) while connecting to upstream"], &["no live upstreams while connecting to upstream"]])
        .says("nginx cannot reach the backend: nothing listens there")
        .advises("see whether the backend runs")
        .run("fuelops health"),
    Rule::new("nginx-upstream-timeout", FaultClass::Network, Critical, Rank::Consequence)
        .signs(&[&["(110: connection timed out) while", "upstream"], &["(60: operation timed out) while", "upstream"], &["upstream timed out"]])
        .says("the backend answers nginx too slowly")
        .advises("find the slow endpoint; the proxy's timeout is not the cause"),
    Rule::new("nginx-upstream-closed", FaultClass::Network, Critical, Rank::Consequence)
        .signs(&[&["upstream prematurely closed connection"], &["(104: connection reset by peer) while reading response header from upstream"]])
        .says("the backend ended a connection in the middle of an answer")
        .advises("look for a crash or a killed worker at that time"),
    Rule::new("nginx-body-too-large", FaultClass::Config, Warning, Rank::Setup)
        .signs(&[&["client intended to send too large body"]])
        .says("nginx refuses uploads that are larger than it allows")
        .advises("raise client_max_body_size if they are legitimate"),
    Rule::new("event-loop-closed", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["event loop is closed"], &["attached to a different loop"], &["cannot be called from a running event loop"]])
        .says("asynchronous code runs on the wrong event loop")
        .advises("create clients and locks in the loop that uses them, and close them before it ends"),
    Rule::new("not-http", FaultClass::Network, Warning, Rank::Consequence)
        .signs(&[&["invalid http request received"], &["invalid http_host header"], &["bad request version ("]])
        .says("something speaks to the port that is not HTTP, or not for this host")
        .advises("mostly scanners, or TLS sent to a plain port: let only the proxy reach it"),
];

/// What is only said when nothing else in the text says more.
pub(super) const LAST: &[Rule] = &[
    Rule::new("cancelled", FaultClass::Load, Warning, Rank::Consequence)
        .signs(&[&["cancellederror"], &["client disconnected", "cancel"]])
        .says("requests are cancelled while they run")
        .advises("clients give up waiting, or the server is stopping: look for what was slow before"),
    Rule::new("asgi-exception", FaultClass::Code, Critical, Rank::Code)
        .signs(&[&["exception in asgi application"], &["error handling request /"]])
        .says("a request ended in an exception that nothing handled")
        .advises("the exception below it is the cause"),
];

#[cfg(test)]
pub(super) const SAMPLES: &[(&str, &str, &str)] = &[
    ("gunicorn-worker-timeout", "[CRITICAL] WORKER TIMEOUT (pid:4242)", "worker started (pid:4242)"),
    (
        "gunicorn-worker-failed",
        "gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>",
        "worker booted",
    ),
    (
        "celery-worker-lost",
        "billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.",
        "worker exited",
    ),
    (
        "celery-time-limit",
        "celery.exceptions.SoftTimeLimitExceeded: SoftTimeLimitExceeded()",
        "time limit is 30 s",
    ),
    (
        "celery-duplicate-node",
        "DuplicateNodenameWarning: Received multiple replies from node name: celery@host.",
        "node celery@host started",
    ),
    (
        "celery-broker-lost",
        "consumer: Cannot connect to amqp://guest:**@127.0.0.1:5672//: [Errno 111] Connection refused.",
        "consumer: connected to redis",
    ),
    (
        "celery-unregistered-task",
        "Received unregistered task of type 'tasks.sync'.\nThe message has been ignored and discarded.",
        "registered task of type sync",
    ),
    (
        "nginx-upstream-refused",
        "12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1",
        "connecting to upstream",
    ),
    (
        "nginx-upstream-timeout",
        "12#12: *3 upstream timed out (110: Connection timed out) while reading response header from upstream",
        "upstream answered in 110 ms",
    ),
    (
        "nginx-upstream-closed",
        "*3 upstream prematurely closed connection while reading response header from upstream",
        "upstream closed keepalive connection",
    ),
    ("nginx-body-too-large", "*3 client intended to send too large body: 10485761 bytes", "client sent body"),
    ("event-loop-closed", "RuntimeError: Event loop is closed", "event loop started"),
    ("not-http", "WARNING:  Invalid HTTP request received.", "valid http request received"),
    ("cancelled", "asyncio.exceptions.CancelledError", "order 7 cancelled by driver"),
    ("asgi-exception", "ERROR:    Exception in ASGI application", "ASGI application started"),
];
