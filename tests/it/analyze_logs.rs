//! `fuelops analyze-logs` through the binary: what the hostile and the careless feed it.

use serde_json::Value;

use crate::corpus::generator::{Kind, generate};
use crate::support::Env;

fn analyze(env: &Env, file: &str, format: &str) -> crate::support::Outcome {
    env.run(&["analyze-logs", file, "--no-save", "--format", format])
}

const FORMATS: [&str; 4] = ["table", "json", "markdown", "html"];

#[test]
fn bytes_of_every_kind_end_in_a_report() {
    let env = Env::new();
    let mut bytes = Vec::new();
    for n in 0..20_000_u32 {
        bytes.extend(n.wrapping_mul(2_654_435_761).to_le_bytes());
    }
    env.write("random.log", &bytes);
    env.write("c1.log", "\u{9b}31m\n\u{202e}R x\n\u{e150}9 y\n".as_bytes());
    for file in ["random.log", "c1.log"] {
        for format in FORMATS {
            let code = analyze(&env, file, format).code;
            assert!(matches!(code, Some(0 | 3)), "{file} as {format}: exit {code:?}");
        }
    }
}

#[test]
fn secrets_reach_no_format() {
    let env = Env::new();
    let secrets = "ERROR:db:cannot connect to mysql://root:hunter2@db/x\n\
                   ERROR:api:Authorization: Bearer abc.def.ghi\n\
                   ERROR:hook:POST https://hooks.slack.com/services/T0/B0/hunter3 failed\n";
    env.write("backend.log", secrets.as_bytes());
    for format in FORMATS {
        let shown = analyze(&env, "backend.log", format).stdout;
        for secret in ["hunter2", "abc.def.ghi", "hunter3"] {
            assert!(!shown.contains(secret), "{format} shows {secret}:\n{shown}");
        }
    }
}

#[test]
fn nothing_to_read_is_unknown_and_says_so() {
    let env = Env::new();
    env.write("empty.log", b"");
    assert_eq!(analyze(&env, "empty.log", "table").code, Some(3));
    assert_eq!(analyze(&env, "missing.log", "table").code, Some(3));
}

#[test]
fn books_balance_and_levels_are_what_lines_are() {
    let env = Env::new();
    let log = "2026-01-01 10:00:00,000 - main - ERROR - DEBUG: truck keys\n\
               2026-01-01 10:00:01,000 - main - ERROR - cannot load\n\
               Traceback (most recent call last):\n  File \"main.py\", line 3, in load\n    x = y[1]\nKeyError: 1\n\
               2026-01-01 10:00:02,000 - main - INFO - fine\n";
    env.write("backend.log", log.as_bytes());
    let report: Value = serde_json::from_str(&analyze(&env, "backend.log", "json").stdout).unwrap();
    let coverage = &report["coverage"];
    assert_eq!((&coverage["lines"], &coverage["records"]), (&7.into(), &3.into()));
    assert_eq!(coverage["continuation_lines"], 4);
    assert_eq!((&report["levels"]["error"], &report["effective_levels"]["error"]), (&2.into(), &1.into()));
    assert_eq!(report["exceptions"][0]["type"], "KeyError");
}

#[test]
fn the_configured_logs_are_saved_and_compared() {
    let env = Env::new();
    env.write("fuelops.toml", b"[logs]\npaths = [\"backend.log\"]\n");
    env.write("backend.log", b"ERROR:main:cannot load the fleet\n");
    let first = env.run(&["analyze-logs"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let saved: Vec<_> = std::fs::read_dir(env.path("logs")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(saved.len(), 1);
    assert!(saved[0].file_name().unwrap().to_string_lossy().starts_with("analysis_"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&saved[0]).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(env.run(&["analyze-logs", "--check"]).code, Some(0), "one error is under the bar");
}

#[test]
fn a_report_that_cannot_be_saved_is_shown_all_the_same() {
    let env = Env::new();
    env.write("fuelops.toml", b"[logs]\npaths = [\"backend.log\"]\nreport_dir = \"full/logs\"\n");
    env.write("full", b"no folder can be made in a file\n");
    env.write("backend.log", b"ERROR:main:cannot load the fleet\n");
    let unsaved = env.run(&["analyze-logs"]);
    assert_eq!(unsaved.code, Some(74), "{unsaved:?}");
    assert!(unsaved.stdout.contains("cannot load the fleet"), "{unsaved:?}");
    assert!(unsaved.stderr.contains("--no-save") && unsaved.stderr.contains("full/logs"), "{unsaved:?}");
}

#[test]
fn a_syntax_error_is_told_by_its_place() {
    let env = Env::new();
    let frame = "  File \"/usr/lib/python3/importlib.py\", line 9, in _call\n    return f()\n".repeat(12);
    let log = format!(
        "2026-01-01 10:00:00,000 - main - INFO - starting\nTraceback (most recent call last):\n{frame}\
         \x20 File \"/srv/main.py\", line 47\n    def load(\n            ^\nSyntaxError: '(' was never closed\n"
    );
    env.write("backend.log", log.as_bytes());
    let report = analyze(&env, "backend.log", "json").json();
    assert_eq!(report["incidents"][0]["summary"], "SyntaxError in /srv/main.py:47: '(' was never closed");
    assert!(
        report["reasons"][0].as_str().unwrap().starts_with("backend.log ends with SyntaxError"),
        "{report:#}"
    );
    assert_eq!(report["verdict"], "degraded", "its program never came up");
    let command = report["recommendations"][0]["command"].as_str().unwrap();
    let shown = std::process::Command::new("sh").arg("-c").arg(command).current_dir(env.path("")).output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    assert!(shown.contains("File \"/srv/main.py\", line 47"), "{command}: {shown}");
}

#[test]
fn what_is_new_since_the_saved_analysis_is_told() {
    let env = Env::new();
    env.write("fuelops.toml", "[logs]\npaths = [\"backend.log\"]\n");
    let synced = |s: u32| {
        format!("2026-03-02 10:{:02}:{:02},000 [INFO] app.sync - synced {s} units\n", s / 60, s % 60)
    };
    let usual: String = (0..1_800).map(synced).collect();
    env.write("backend.log", &usual);
    assert_eq!(env.run(&["analyze-logs"]).code, Some(0));
    let failed = "2026-03-02 10:00:00,500 [ERROR] app.db - cannot load the fleet\n".repeat(30);
    env.write("backend.log", failed + &usual);
    let report = env.run(&["analyze-logs", "--format", "json"]).json();
    let changes = report["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:#?}");
    let told = ["against", "class", "template", "level"].map(|key| changes[0][key].as_str().unwrap());
    assert_eq!(told, ["previous-analysis", "new", "cannot load the fleet", "error"]);
}

#[test]
fn counts_are_the_truth_of_the_generated_logs() {
    for kind in [Kind::Backend, Kind::Celery] {
        let env = Env::new();
        let mut log = Vec::new();
        let truth = generate(kind, 1, 3 << 20, &mut log).unwrap().unwrap();
        let truth: Value = serde_json::from_str(&truth.to_json()).unwrap();
        env.write("a.log", &log);
        let report = analyze(&env, "a.log", "json").json();
        for key in ["lines", "records", "continuation_lines", "unattached_lines", "undated_records"] {
            assert_eq!(report["coverage"][key], truth[key], "{kind:?}: {key}");
        }
        for key in ["levels", "effective_levels"] {
            assert_eq!(report[key], truth[key], "{kind:?}: {key}");
        }
        assert_eq!(by_type(&report), truth["exceptions_by_type"], "{kind:?}");
        assert_eq!(report["http"]["by_status"], truth["http"]["by_status"], "{kind:?}");
        for key in ["starts", "crashes", "reloads"] {
            assert_eq!(report["restarts"][key], truth["restarts"][key], "{kind:?}: {key}");
        }
    }
}

#[test]
fn a_crash_that_the_keeper_wrote_into_four_files_counts_once() {
    let env = Env::new();
    env.write("fuelops.toml", "[logs]\npaths = [\"backend.log\", \"logs/*.log\"]\n");
    let script = "echo '2026-11-22 10:00:00,000 - main - INFO - loading'\n\
        echo '2026-11-22 10:00:01,000 - main - ERROR - no fleet'\n\
        printf 'Traceback (most recent call last):\\n  File \"a.py\", line 4, in f\\n    g()\\nKeyError: 1\\n'\n\
        exit 1\n";
    env.write("app.sh", script);
    env.run(&["run", "--name", "backend", "--log-file", "backend.log", "--", "sh", "app.sh"]);
    let report = |paths: &[&str]| {
        let args = ["analyze-logs"].iter().chain(paths).chain(&["--no-save", "--format", "json"]);
        env.run(&args.copied().collect::<Vec<_>>()).json()
    };
    let levels = |paths: &[&str]| report(paths)["effective_levels"].clone();
    let alone = levels(&["backend.log"]);
    let all = levels(&["backend.log", "logs"]);
    assert_eq!((&all["error"], &all["info"]), (&alone["error"], &alone["info"]), "{all}");
    let reasons = report(&["backend.log", "logs"])["reasons"].to_string();
    assert!(reasons.contains("a crash (logs/crashes.log): KeyError: 1"), "{reasons}");
    // An end without a traceback stands in no other file, and is the fault of none.
    env.write("app.sh", "sleep 3; kill -9 $$\n");
    env.run(&["run", "--name", "backend", "--log-file", "backend.log", "--", "sh", "app.sh"]);
    assert_eq!(levels(&["backend.log", "logs"])["error"], alone["error"].as_u64().unwrap() + 1);
    let reasons = report(&["backend.log", "logs"])["reasons"].to_string();
    assert!(reasons.contains("a crash stands in logs/crashes.log"), "{reasons}");
}

/// Runs a shell script under a keeper and analyses all that it left behind.
fn report_of_run(script: &str) -> Value {
    let env = Env::new();
    env.write("fuelops.toml", "[logs]\npaths = [\"backend.log\", \"logs/*.log\"]\n");
    env.write("app.sh", script);
    env.run(&["run", "--name", "backend", "--log-file", "backend.log", "--", "sh", "app.sh"]);
    env.run(&["analyze-logs", "--no-save", "--format", "json"]).json()
}

#[test]
fn a_kill_is_an_event_of_its_own_and_takes_nothing_from_the_errors_before_it() {
    let report = report_of_run(
        "echo 'INFO:     Started server process [7]'\n\
        for i in 1 2 3 4 5 6 7 8 9; do\n\
        echo \"INFO:     127.0.0.1:4000$i - \\\"GET /trucks/$i HTTP/1.1\\\" 200 OK\"\n\
        echo \"2026-11-22 10:00:0$i,000 - main - ERROR - no truck $i\"\n\
        printf 'Traceback (most recent call last):\\n  File \"a.py\", line 4, in f\\n    g()\\nKeyError: 1\\n'\n\
        done\nkill -9 $$\n",
    );
    let incidents = report["incidents"].as_array().unwrap();
    let told: Vec<_> = incidents.iter().map(|i| (i["rule"].as_str().unwrap(), &i["errors"])).collect();
    assert_eq!(told, [("key-missing", &9.into()), ("killed", &1.into())], "{incidents:#?}");
    let shares: f64 = incidents.iter().map(|i| i["explains_percent"].as_f64().unwrap()).sum();
    assert!((shares - 100.0).abs() < 0.2, "{shares}");
    assert_eq!((&report["http"]["requests"], &report["restarts"]["starts"]), (&9.into(), &1.into()));
    let patterns = report["patterns"].as_array().unwrap();
    let sum = |key: &str| patterns.iter().map(|p| p[key].as_u64().unwrap()).sum::<u64>();
    let coverage = &report["coverage"];
    assert_eq!((sum("count"), sum("copies")), (coverage["records"].as_u64().unwrap(), 19 + 9));
    let copies: Vec<_> =
        coverage["files"].as_array().unwrap().iter().map(|f| f["copy_of"].as_str()).collect();
    let original = Some("backend.log");
    assert_eq!(copies, [None, original, original, None], "{coverage:#}");
}

#[test]
fn a_start_that_fails_is_told_once() {
    let report = report_of_run(
        "printf 'Traceback (most recent call last):\\n  File \"a.py\", line 4, in f\\n    g()\\nKeyError: \"X\"\\n'\nexit 1\n",
    );
    let incidents = report["incidents"].as_array().unwrap();
    assert_eq!((incidents.len(), &incidents[0]["errors"]), (1, &1.into()), "{incidents:#?}");
    let exception = &report["exceptions"][0];
    assert_eq!((&exception["count"], &exception["copies"]), (&4.into(), &3.into()), "{exception}");
    assert_eq!(exception["message"], "\"X\"");
}

#[test]
fn files_that_the_programs_own_handlers_repeat_count_once() {
    let env = Env::new();
    let record = |n: usize| {
        let at = format!("2026-11-22 10:{:02}:{:02},{:03}", n / 60, n % 60, n * 7 % 1000);
        let level = if n.is_multiple_of(10) { "ERROR" } else { "INFO" };
        format!("{at} - fleet - {level} - synced truck {n}\n")
    };
    let all: String = (0..300).map(record).collect();
    env.write("logs/app.log", &all);
    env.write("logs/daily.log", &all);
    env.write("logs/errors.log", (0..300).step_by(10).map(record).collect::<String>());
    env.write("elsewhere/app.log", (300..400).map(record).collect::<String>());
    let report = analyze(&env, "logs", "json").json();
    assert_eq!(
        (&report["effective_levels"]["info"], &report["effective_levels"]["error"]),
        (&270.into(), &30.into())
    );
    assert_eq!(
        (&report["levels"]["info"], &report["coverage"]["copied_records"]),
        (&540.into(), &330.into())
    );
    let page = analyze(&env, "logs", "table").stdout;
    assert!(
        page.contains("logs/errors.log: 30 lines") && page.contains("; a copy of logs/app.log"),
        "{page}"
    );
}

/// The exceptions of a report by their type, as the truth has them.
fn by_type(report: &Value) -> Value {
    let mut types = std::collections::BTreeMap::<&str, u64>::new();
    for exception in report["exceptions"].as_array().unwrap() {
        *types.entry(exception["type"].as_str().unwrap()).or_default() +=
            exception["count"].as_u64().unwrap();
    }
    serde_json::to_value(types).unwrap()
}

/// Rows of a CSV text, the header among them.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => row.last_mut().unwrap().extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            c => row.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "a row is cut");
    rows
}

const TRACE_LOG: &str = "  File \"lost.py\", line 1\n\
    2026-01-01 10:00:00,250 [ERROR] app.db - cannot load, \"truck\" 17\n\
    Traceback (most recent call last):\n  File \"main.py\", line 3, in load\n    x = y[1]\nKeyError: 1\n\
    2026-01-01 10:00:01,000 [WARNING] app.db - slow query of 17 ms\n\
    INFO:     10.0.0.1:5 - \"GET /x HTTP/1.1\" 200 OK\n";

#[test]
fn each_line_of_input_has_its_row() {
    let env = Env::new();
    env.write("backend.log", TRACE_LOG.as_bytes());
    env.write("backend.log.1.gz", gzip(TRACE_LOG.as_bytes()));
    let outcome = env.run(&[
        "analyze-logs",
        "backend.log*",
        "--no-save",
        "--format",
        "json",
        "--assignments",
        "rows.csv",
    ]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let rows = csv(&std::fs::read_to_string(env.path("rows.csv")).unwrap());
    assert_eq!(rows[0].join(","), "path,line,pattern_id,level,level_raw,logger,at,template");
    assert!(rows.iter().all(|row| row.len() == 8), "{rows:#?}");
    assert_eq!(rows.len() as u64 - 1, report["coverage"]["lines"].as_u64().unwrap());
    let places: Vec<String> = rows[1..].iter().map(|row| format!("{}:{}", row[0], row[1])).collect();
    let expected =
        ["backend.log.1.gz", "backend.log"].map(|name| (1..=8).map(move |n| format!("{name}:{n}")));
    assert_eq!(places, expected.into_iter().flatten().collect::<Vec<_>>());
    let second = &rows[2];
    assert_eq!(second[3..7], ["error", "ERROR", "app.db", "2026-01-01T10:00:00.250Z"].map(String::from));
    assert_eq!(second[7], "cannot load, \"truck\" <num>");
    let pattern = report["patterns"].as_array().unwrap().iter().find(|p| p["template"] == second[7].as_str());
    assert_eq!(pattern.unwrap()["id"], second[2].as_str());
    for continuation in &rows[3..=6] {
        assert_eq!(continuation[2..], second[2..]);
    }
    assert_eq!(rows[1][2..], vec![String::new(); 6], "a line without a record");
    assert_eq!(rows[8][3..5], ["info", "INFO"].map(String::from));
}

#[test]
fn a_pipe_is_assigned_like_a_file() {
    let env = Env::new();
    env.write("backend.log", TRACE_LOG.as_bytes());
    env.run(&["analyze-logs", "backend.log", "--no-save", "--assignments", "file.csv"]);
    for (text, name) in [(TRACE_LOG.as_bytes().to_vec(), "pipe.csv"), (gzip(TRACE_LOG.as_bytes()), "gz.csv")]
    {
        let outcome = piped(&env, &["analyze-logs", "-", "--no-save", "--assignments", name], &text);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let read = |name: &str| std::fs::read_to_string(env.path(name)).unwrap();
        assert_eq!(read(name).replace("\n-,", "\nbackend.log,"), read("file.csv"));
    }
}

#[test]
fn assignments_that_cannot_be_written_are_named() {
    let env = Env::new();
    env.write("backend.log", TRACE_LOG.as_bytes());
    let outcome = env.run(&["analyze-logs", "backend.log", "--assignments", "no/such/folder/rows.csv"]);
    assert_eq!(outcome.code, Some(74));
    assert!(outcome.stderr.contains("no/such/folder/rows.csv"), "{}", outcome.stderr);
}

#[test]
fn since_later_than_until_is_a_mistake() {
    let env = Env::new();
    env.write("backend.log", TRACE_LOG.as_bytes());
    let outcome = env.run(&["analyze-logs", "backend.log", "--since", "1h", "--until", "2h"]);
    assert_eq!(outcome.code, Some(64));
    assert!(outcome.stderr.contains("later than --until"), "{}", outcome.stderr);
}

/// Runs the binary with a text in a pipe on its standard input.
fn piped(env: &Env, args: &[&str], text: &[u8]) -> crate::support::Outcome {
    env.write("input", text);
    let mut shell = env.command("sh");
    shell.args(["-c", "cat input | \"$@\"", "sh", env!("CARGO_BIN_EXE_fuelops")]).args(args);
    env.finish(shell)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text).unwrap();
    encoder.finish().unwrap()
}

/// A log in which the database refused, requests failed, and the program died; beside it a monitor's that went on.
fn incident_logs(env: &Env) {
    let (mut log, mut monitor) = (Vec::new(), Vec::new());
    let clock = |s: u32| format!("2026-03-02 {:02}:{:02}:{:02}", 10 + s / 3600, s / 60 % 60, s % 60);
    for s in 0..3 * 3600_u32 {
        if s % 60 == 0 {
            monitor.push(format!("[{}] backend ok\n", clock(s)));
        }
        if s > 8000 {
            continue;
        }
        if s % 15 == 0 && s < 7000 {
            log.push(format!("{},000 [INFO] app.sync - synced {} units\n", clock(s), s % 37));
        }
        if s % 500 == 0 {
            log.push(format!("{},000 [INFO] app.cache - {s} entries\n", clock(s)));
        }
        let failing = (4000..4300).contains(&s);
        if s % 7 == 0 {
            let status = if failing { "500 Internal Server Error" } else { "200 OK" };
            log.push(format!("INFO:     10.0.0.1:5000 - \"GET /trucks/{s} HTTP/1.1\" {status}\n"));
        }
        if (3990..4300).contains(&s) && s % 10 == 0 {
            log.push(format!(
                "{},000 [ERROR] app.db - cannot load fleet\nTraceback (most recent call last):\n  \
                 File \"/app/db.py\", line 33, in connect\n    raise\npymysql.err.OperationalError: \
                 (2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")\n",
                clock(s)
            ));
        }
        if failing && s % 12 == 0 {
            log.push(format!("{},000 [ERROR] app.api - request for truck {s} failed\n", clock(s)));
        }
        if s == 4310 {
            log.push(format!("{},000 [CRITICAL] app.db - giving up, password=hunter2\n", clock(s)));
            log.push("INFO:     Started server process [777]\n".to_owned());
        }
    }
    let log = log.concat();
    env.write("backend.log", &log);
    env.write("backend.log.zst", zstd::encode_all(log.as_bytes(), 1).unwrap());
    env.write("monitor.log", monitor.concat());
}

#[test]
fn the_database_explains_the_failed_requests_and_the_crash() {
    let env = Env::new();
    incident_logs(&env);
    let report =
        env.run(&["analyze-logs", "backend.log", "monitor.log", "--no-save", "--format", "json"]).json();
    let incidents = report["incidents"].as_array().unwrap();
    let root = &incidents[0];
    assert_eq!(
        (&root["rule"], &root["explains_percent"]),
        (&"mysql-connection-refused".into(), &100.0.into())
    );
    assert_eq!(root["endpoints"], serde_json::json!(["GET /trucks/{id}"]));
    assert_eq!(root["crashes"].as_array().unwrap().len(), 1, "{root}");
    assert!(incidents[1..].iter().all(|incident| incident["caused_by"] == root["id"]), "{incidents:#?}");
    let silences: Vec<_> =
        report["silences"].as_array().unwrap().iter().map(|s| (&s["kind"], &s["subject"])).collect();
    assert_eq!(
        silences,
        [
            (&"log-stopped".into(), &"backend.log".into()),
            (&"heartbeat-ceased".into(), &"synced <num> units".into())
        ]
    );
    assert_eq!(report["silences"][1]["usual_ms"], 15_000);
}

#[test]
fn a_crash_has_its_last_words_from_files_and_streams() {
    let env = Env::new();
    incident_logs(&env);
    let words = |name: &str| {
        let report = env.run(&["analyze-logs", name, "--no-save", "--format", "json"]).json();
        let event = &report["restarts"]["events"][0];
        assert_eq!(event["kind"], "crash");
        event["last_words"].as_array().unwrap().clone()
    };
    let from_file = words("backend.log");
    assert_eq!(from_file.len(), 5);
    let last = from_file[4].as_str().unwrap();
    assert!(last.ends_with("giving up, password=[redacted]"), "{last}");
    assert_eq!(words("backend.log.zst"), from_file);
    let shown = env.run(&["analyze-logs", "backend.log", "--no-save"]).stdout;
    assert!(shown.contains("Last words before the crash at backend.log:"), "{shown}");
}

#[test]
fn a_declared_part_that_looks_like_an_id_stays_as_it_is() {
    let env = Env::new();
    env.write("fuelops.toml", "[logs]\nsource_dirs = [\"app\"]\n");
    env.write(
        "app/main.py",
        "app = FastAPI()\n@app.get('/reports/2024/summary')\ndef a(): ...\n@app.get('/reports/{year}/summary')\ndef b(year): ...\n",
    );
    env.write("app/openapi.json", r#"{"paths": {"/v1/exports/777/{name}": {"post": {}}}}"#);
    let line =
        |method: &str, path: &str| format!("INFO:     10.0.0.1:5 - \"{method} {path} HTTP/1.1\" 200 OK\n");
    let log = [
        line("GET", "/reports/2024/summary"),
        line("GET", "/reports/2023/summary"),
        line("GET", "/reports/2022/summary"),
        line("POST", "/v1/exports/777/all"),
    ];
    env.write("a.log", log.concat());
    let report = env.run(&["analyze-logs", "a.log", "--no-save", "--format", "json"]).json();
    let endpoints = report["http"]["endpoints"].as_array().unwrap();
    let mut routes: Vec<_> =
        endpoints.iter().map(|e| (e["route"].as_str().unwrap(), &e["requests"])).collect();
    routes.sort_unstable_by_key(|route| route.0);
    let expected =
        [("/reports/2024/summary", 1), ("/reports/{year}/summary", 2), ("/v1/exports/777/{name}", 1)];
    let shown: Vec<_> = routes.iter().map(|(route, n)| (*route, n.as_u64().unwrap())).collect();
    assert_eq!(shown, expected);
}
