//! `fuelops analyze-logs` through the binary: what the hostile and the careless feed it.

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
    let report: serde_json::Value =
        serde_json::from_str(&analyze(&env, "backend.log", "json").stdout).unwrap();
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
