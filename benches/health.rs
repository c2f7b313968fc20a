//! The figures of `health` on a real backend: `cargo bench --bench health`, after `./tests/run` has made the venv.
//!
//! Prints one Markdown table for README. Each figure is a median over runs of the release binary as a process of its
//! own, against FastAPI under uvicorn on loopback; bars are those that README promises. Ends with 1 if one is missed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot run has nothing to say"
)]

#[expect(dead_code, unused_imports, reason = "the tests need more of it than the figures do")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use fuelops::checks::Evidence;
use fuelops::diagnose::{self, Known, Tools};
use fuelops::model::{Cause, Finding, Severity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use support::servers::{MariaDb, NodeExporter, Postgres, Prometheus, Redis};
use support::{Backend, Env};

const BINARY: &str = env!("CARGO_BIN_EXE_fuelops");

/// Runs of each measurement; the median counts.
const SHORT_RUNS: usize = 200;
const HEALTH_RUNS: usize = 15;
const MANY_RUNS: usize = 5;

const MANY_CHECKS: usize = 500;
const FINDINGS: usize = 500;
const HUNG_DEADLINE: Duration = Duration::from_secs(1);

/// One line of the table.
struct Figure {
    what: String,
    bar: f64,
    measured: f64,
    unit: &'static str,
}

fn main() -> ExitCode {
    // `cargo test --benches` and the like only ask whether it starts.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let env = Env::new();
    let backend = Backend::start(&env);
    let mut figures = vec![start_figure(), size_figure()];
    figures.extend(dozen_figures(&env, &backend));
    figures.extend(stack_figure(&env, &backend));
    figures.extend(hung_figures(&env, &backend));
    figures.push(many_figure(&env, &backend));
    figures.push(diagnosis_figure());
    println!("{}", table(&figures));
    if figures.iter().all(|figure| figure.measured <= figure.bar) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What `fuelops --version` costs beyond `true`; runs of both are interleaved.
fn start_figure() -> Figure {
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for _ in 0..SHORT_RUNS {
        others.push(timed(Command::new("true")).0);
        let mut version = Command::new(BINARY);
        version.arg("--version");
        ours.push(timed(version).0);
    }
    let more = median(ours) - median(others);
    Figure { what: "`fuelops --version`, beyond `true`".into(), bar: 3.0, measured: more, unit: "ms" }
}

/// Findings of every cause, read together: how long telling roots from consequences takes.
fn diagnosis_figure() -> Figure {
    let id = |n: usize| {
        ["service.api.process", "service.api.http", "check.mysql"].get(n).map(|id| (*id).to_owned())
    };
    let findings: Vec<Finding> = (0..FINDINGS)
        .map(|n| {
            Finding::new(id(n).unwrap_or_else(|| format!("check.c{n}")), "api", Severity::Critical, "bad")
        })
        .enumerate()
        .map(|(n, finding)| finding.because(Cause::ALL[n % Cause::ALL.len()]).with("status", 500))
        .collect();
    let evidence = Evidence::default();
    let tools = Tools { has_command: |_| true, has_program: |_| true };
    let known = Known { services: &[], checks: &[], evidence: &evidence, tools };
    let times = (0..SHORT_RUNS).map(|_| {
        let findings = findings.clone();
        let begun = Instant::now();
        assert_eq!(diagnose::read(findings, &known).len(), FINDINGS);
        begun.elapsed().as_secs_f64() * 1e3
    });
    let measured = median(times.collect());
    Figure { what: format!("diagnosis of {FINDINGS} findings"), bar: 5.0, measured, unit: "ms" }
}

fn size_figure() -> Figure {
    let bytes = fs::metadata(BINARY).unwrap().len();
    let what = "release binary".into();
    Figure { what, bar: 20.0, measured: bytes as f64 / 1_000_000.0, unit: "MB" }
}

/// Twelve checks of every kind on a healthy backend.
fn dozen_figures(env: &Env, backend: &Backend) -> Vec<Figure> {
    env.write("fuelops.toml", config(backend, &dozen(backend)));
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..HEALTH_RUNS {
        let (elapsed, used) = timed(env.fuelops(&["health", "--format", "json"]));
        wall.push(elapsed);
        cpu.push(used);
    }
    let rss = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as f64 * 1024.0 / 1_000_000.0;
    let figure = |what: &str, bar, measured, unit| Figure { what: what.into(), bar, measured, unit };
    vec![
        figure("`health`, service + 12 checks: wall", 400.0, median(wall), "ms"),
        figure("… CPU", 50.0, median(cpu), "ms"),
        figure("… peak RSS", 25.0, rss, "MB"),
    ]
}

/// Twelve checks over databases, caches, metrics and targets; absent where the servers are not installed.
fn stack_figure(env: &Env, backend: &Backend) -> Option<Figure> {
    let (mysql, postgres, redis) = (MariaDb::start()?, Postgres::start()?, Redis::start()?);
    let node = NodeExporter::start()?;
    let prometheus = Prometheus::start(&[("node", format!("127.0.0.1:{}", node.port))])?;
    let url = |kind: &str, url: String| format!("type = \"{kind}\"\nurl = \"{url}\"");
    let page = |port: u16| url("metrics-page", format!("http://127.0.0.1:{port}/metrics"));
    let checks = [
        url("mysql", mysql.url()),
        url("mysql", mysql.url()) + "\nquery = \"SELECT COUNT(*) FROM information_schema.tables\"",
        url("postgres", postgres.url()),
        url("postgres", postgres.url()) + "\nquery = \"SELECT count(*) FROM pg_class\"",
        url("redis", redis.url()),
        url("redis", redis.url()) + "\nwrite_probe = true",
        page(node.port),
        page(prometheus.port),
        url("prometheus-target", prometheus.url()) + "\njob = \"node\"",
        url("http", format!("http://127.0.0.1:{}/health", backend.port)),
        format!("type = \"tcp\"\naddress = \"127.0.0.1:{}\"", backend.port),
        "type = \"disk\"\npath = \"/\"".to_owned(),
    ];
    let tables = checks.iter().enumerate();
    let tables: String = tables.map(|(n, body)| format!("\n[[check]]\nname = \"c{n}\"\n{body}\n")).collect();
    env.write("fuelops.toml", config(backend, &tables));
    let wall = (0..HEALTH_RUNS).map(|_| timed(env.fuelops(&["health", "--format", "json"])).0).collect();
    let what = "`health`, 12 checks over MySQL, PostgreSQL, Redis, metrics and targets: wall".into();
    Some(Figure { what, bar: 400.0, measured: median(wall), unit: "ms" })
}

/// One server that accepts and never answers, beside twelve good checks.
fn hung_figures(env: &Env, backend: &Backend) -> Vec<Figure> {
    let deaf = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = deaf.local_addr().unwrap().port();
    let hung = format!(
        "\n[[check]]\nname = \"hung\"\ntype = \"http\"\nurl = \"http://127.0.0.1:{port}/\"\ntimeout = \"{}ms\"\n",
        HUNG_DEADLINE.as_millis()
    );
    env.write("fuelops.toml", config(backend, &dozen(backend)));
    let (_, alone) = wall_and_slowest(env);
    env.write("fuelops.toml", config(backend, &(dozen(backend) + &hung)));
    let (wall, beside) = wall_and_slowest(env);
    let deadline = HUNG_DEADLINE.as_secs_f64() * 1000.0;
    vec![
        Figure {
            what: format!("the same beside a hung check with a deadline of {deadline} ms: wall"),
            bar: deadline + 100.0,
            measured: wall,
            unit: "ms",
        },
        Figure {
            what: "… by which the slowest other check is later".into(),
            bar: 20.0,
            measured: beside - alone,
            unit: "ms",
        },
    ]
}

/// Wall milliseconds of a run, and those of its slowest check that is not the hung one.
fn wall_and_slowest(env: &Env) -> (f64, f64) {
    let (mut wall, mut slowest) = (Vec::new(), Vec::new());
    for _ in 0..HEALTH_RUNS {
        let outcome = env.run(&["health", "--format", "json"]);
        let report = outcome.json();
        let others = report["findings"].as_array().unwrap().iter().filter(|f| f["check"] != "check.hung");
        slowest.push(others.map(|f| f["elapsed_ms"].as_f64().unwrap()).fold(0.0, f64::max));
        wall.push(outcome.elapsed.as_secs_f64() * 1000.0);
    }
    (median(wall), median(slowest))
}

/// Hundreds of http checks against one backend.
fn many_figure(env: &Env, backend: &Backend) -> Figure {
    let mut checks = String::new();
    for number in 0..MANY_CHECKS {
        let url = format!("http://127.0.0.1:{}/health/live", backend.port);
        writeln!(checks, "[[check]]\nname = \"live-{number}\"\ntype = \"http\"\nurl = \"{url}\"").unwrap();
    }
    env.write("fuelops.toml", config(backend, &checks));
    let wall = (0..MANY_RUNS).map(|_| timed(env.fuelops(&["health", "--format", "json"])).0).collect();
    let what = format!("`health`, {MANY_CHECKS} http checks on one backend: wall");
    Figure { what, bar: 2000.0, measured: median(wall), unit: "ms" }
}

fn config(backend: &Backend, checks: &str) -> String {
    let (python, port) = (Backend::python(), backend.port);
    format!(
        r#"name = "bench"
[thresholds]
cpu_percent = {{ warn = 101, critical = 101 }}
[[service]]
name = "backend"
command = ["{python}", "main.py"]
pid_file = "backend.pid"
log_file = "backend.log"
port = {port}
health_url = "http://127.0.0.1:{port}/health"
{checks}"#,
        python = python.display()
    )
}

fn dozen(backend: &Backend) -> String {
    let port = backend.port;
    let mut checks = String::new();
    let url = |path: &str| format!("type = \"http\"\nurl = \"http://127.0.0.1:{port}{path}\"");
    let address = format!("type = \"tcp\"\naddress = \"127.0.0.1:{port}\"");
    for (name, body) in [
        ("live", url("/health/live")),
        ("ready", url("/health/ready")),
        ("detailed", url("/health/detailed")),
        ("fleet", url("/fuelAnalytics/api/fleet")),
        ("truck", url("/api/trucks/VD3579")),
        ("port", address.clone()),
        ("port-again", address),
        ("python", "type = \"process\"\nmatch = \"main.py\"\nmin = 1".to_owned()),
        ("disk", "type = \"disk\"\npath = \"/\"".to_owned()),
        ("log", "type = \"file-age\"\npath = \"backend.log\"\nmax_age = \"1h\"".to_owned()),
        ("pid-file", "type = \"file-age\"\npath = \"backend.pid\"\nmax_age = \"1h\"".to_owned()),
        ("script", "type = \"command\"\ncommand = [\"true\"]".to_owned()),
    ] {
        write!(checks, "\n[[check]]\nname = \"{name}\"\n{body}\n").unwrap();
    }
    checks
}

/// Wall and CPU milliseconds of one run.
fn timed(mut command: Command) -> (f64, f64) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let before = children_cpu();
    let start = Instant::now();
    let status = command.status().unwrap();
    let elapsed = start.elapsed().as_secs_f64() * 1000.0;
    assert!(matches!(status.code(), Some(0..=2)), "{command:?} ended with {status}");
    (elapsed, children_cpu() - before)
}

fn children_cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let milliseconds = |time: TimeVal| time.tv_sec() as f64 * 1000.0 + time.tv_usec() as f64 / 1000.0;
    milliseconds(usage.user_time()) + milliseconds(usage.system_time())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(figures: &[Figure]) -> String {
    let mut out = String::from("| what | bar | measured |\n| --- | ---: | ---: |\n");
    for Figure { what, bar, measured, unit } in figures {
        let mark = if measured <= bar { "" } else { " ✖" };
        writeln!(out, "| {what} | ≤ {bar} {unit} | {measured:.1} {unit}{mark} |").unwrap();
    }
    out
}
