//! The real SDKs, unmodified.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Server, counted, report};
use crate::support::{Env, skip};

/// Python with the packages of `data/requirements.txt`, or a reason to skip.
fn python(test: &str) -> Option<PathBuf> {
    let venv = std::env::var_os("FUELOPS_TEST_VENV").map(PathBuf::from);
    let venv = venv.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv"));
    let python = venv.join("bin/python3");
    let has_sdk =
        Command::new(&python).args(["-c", "import sentry_sdk"]).status().is_ok_and(|status| status.success());
    if !has_sdk {
        skip(test, "no sentry-sdk in target/venv; ./tests/run installs it");
    }
    has_sdk.then_some(python)
}

fn run(env: &Env, server: &Server, python: &Path, script: &str) {
    let mut command = env.command(python);
    command.args(["-c", script]).env("SENTRY_DSN", server.dsn());
    let outcome = env.finish(command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn one_bug_is_one_issue_however_it_is_told() {
    let Some(python) = python("one_bug_is_one_issue_however_it_is_told") else { return };
    let env = Env::new();
    env.write("bugs.py", include_str!("../data/bugs.py"));
    env.write("error_tracker.py", env.run(&["track-errors", "shim"]).stdout);
    let server = Server::start(&env);
    let mut command = env.command(&python);
    command.arg("bugs.py").env("SENTRY_DSN", server.dsn());
    let outcome = env.finish(command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(env.run(&["track-errors", "ingest-logs", "backend.log"]).code, Some(0));
    assert_eq!(env.run(&["track-errors", "import", "error_tracking.json"]).code, Some(0));
    let list = env.run(&["track-errors", "list", "--format", "json"]).json();
    let issues = list["issues"].as_array().unwrap();
    let told: Vec<String> = issues
        .iter()
        .map(|i| format!("{} {} {} {}", i["count"], i["type"], i["message"], i["culprit"]))
        .collect();
    assert_eq!(issues.len(), 20, "{told:#?}");
    assert!(issues.iter().all(|issue| issue["count"] == 4), "{told:#?}");
}

#[test]
fn python_is_understood_in_every_packing() {
    let Some(python) = python("python_is_understood_in_every_packing") else { return };
    let env = Env::new();
    let server = Server::start(&env);
    let capture = "try:\n    {}['a']\nexcept KeyError as e:\n    s.capture_exception(e)\ns.flush()\n";
    let init = |options: &str| {
        format!("import sentry_sdk as s\ns.init(default_integrations=False{options})\n{capture}")
    };
    for options in [
        "",
        ", _experiments={'transport_compression_algo': 'gzip'}",
        ", _experiments={'transport_compression_level': 0}",
        ", release='app@1.0', environment='production'",
    ] {
        run(&env, &server, &python, &init(options));
    }
    run(&env, &server, &python, &format!("import sys\nsys.modules['brotli'] = None\n{}", init("")));
    let list = env.run(&["track-errors", "list", "--format", "json"]).json();
    assert_eq!((list["issues"].as_array().unwrap().len(), counted(&env)), (1, 5));
    assert_eq!(list["issues"][0]["first_release"], "app@1.0");
    let shown = env.run(&["track-errors", "show", "1", "--format", "json"]).json();
    assert!(shown["sample"]["exception"]["values"][0]["stacktrace"]["frames"].is_array());
}

#[test]
fn an_application_without_a_dsn_is_mirrored_by_one_variable() {
    let Some(python) = python("an_application_without_a_dsn_is_mirrored_by_one_variable") else { return };
    let env = Env::new();
    let server = Server::start(&env);
    let mut command = env.command(&python);
    command.args(["-c", "import sentry_sdk as s\ns.init()\ntry:\n    1 / 0\nexcept Exception as e:\n    s.capture_exception(e)\ns.flush()\n"]);
    command.env("SENTRY_SPOTLIGHT", format!("http://127.0.0.1:{}/stream", server.port));
    assert_eq!(env.finish(command).code, Some(0));
    assert_eq!(report(&env)["by_type"][0]["type"], "ZeroDivisionError");
}

#[test]
fn fastapi_celery_and_logging_report_by_themselves() {
    let Some(python) = python("fastapi_celery_and_logging_report_by_themselves") else { return };
    let env = Env::new();
    let server = Server::start(&env);
    let script = r#"
import logging, sentry_sdk
sentry_sdk.init(send_default_pii=True)
from fastapi import FastAPI
app = FastAPI()

@app.get("/trucks/{truck}")
def get_truck(truck: str):
    password = "hunter2"
    return {}[truck]

import asyncio
async def call(path):
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
             "raw_path": path.encode(), "query_string": b"token=hunter2", "headers": [(b"authorization", b"Bearer hunter2"), (b"cookie", b"sid=hunter2")],
             "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1), "scheme": "http", "root_path": ""}
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        pass
    try:
        await app(scope, receive, send)
    except KeyError:
        pass

asyncio.run(call("/trucks/DO9693"))
asyncio.run(call("/trucks/DO9694"))
logging.getLogger("wialon").error("order %s failed after %d ms", "A17", 12)
logging.getLogger("wialon").error("order %s failed after %d ms", "B99", 77)

from celery import Celery
celery = Celery("tasks", broker="memory://", backend="cache+memory://")
celery.conf.task_always_eager = False

@celery.task(name="sync")
def sync():
    raise RuntimeError("no answer")

sync.apply()
sentry_sdk.flush()
"#;
    run(&env, &server, &python, script);
    let report = report(&env);
    let count = |kind: &str| {
        report["by_type"].as_array().unwrap().iter().find(|t| t["type"] == kind).map(|t| t["count"].clone())
    };
    assert_eq!(count("KeyError"), Some(2.into()), "{report:#}");
    assert_eq!(count("wialon"), Some(2.into()), "{report:#}");
    assert_eq!(count("RuntimeError"), Some(1.into()), "{report:#}");
    let endpoints: Vec<&str> =
        report["by_endpoint"].as_array().unwrap().iter().filter_map(|e| e["endpoint"].as_str()).collect();
    assert!(endpoints.contains(&"/trucks/{truck}"), "{endpoints:?}");
    assert_eq!(report["issues"].as_array().unwrap().len(), 3);
    for id in ["1", "2", "3"] {
        assert!(!env.run(&["track-errors", "show", id, "--format", "json"]).stdout.contains("hunter2"));
    }
}

#[test]
fn node_reports_too() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/node/node_modules");
    if !modules.join("@sentry/node").exists() {
        return skip("node_reports_too", "no @sentry/node in target/node; ./tests/run installs it");
    }
    let env = Env::new();
    let server = Server::start(&env);
    env.write("app.js", "const Sentry = require('@sentry/node');\nSentry.init({dsn: process.env.SENTRY_DSN});\nfunction load(truck) { return truck.missing.speed; }\nfor (const n of [1, 2]) {\n  try { load({}); } catch (error) { Sentry.captureException(error); }\n  Sentry.captureMessage('between ' + n);\n}\nSentry.captureException(new Error('x'.repeat(50000)));\nSentry.flush(5000).then(() => process.exit(0));\n");
    let mut command = env.command("node");
    command.arg("app.js").env("NODE_PATH", modules).env("SENTRY_DSN", server.dsn());
    let outcome = env.finish(command);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let report: Value = report(&env);
    let type_error = report["by_type"].as_array().unwrap().iter().find(|t| t["type"] == "TypeError").cloned();
    assert_eq!(type_error.map(|t| t["count"].clone()), Some(2.into()), "{report:#}");
}
