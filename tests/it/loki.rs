//! `analyze-logs --loki`: answers of `query_range` as Loki's documentation and source have them, written down in
//! `data/loki`, played by a server on loopback. No living Loki is asked.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Env, Outcome, Receiver, Reply, Request};

const RECORDED: &str = include_str!("data/loki/query_range.json");
const QUERY: &str = "{namespace=\"shop\"}";

fn analyze(env: &Env, loki: &Receiver, args: &[&str]) -> Outcome {
    let url = loki.url("");
    let mut command = env.fuelops(&["analyze-logs", "--loki", &url, "--query", QUERY, "--format", "json"]);
    command.args(args).env("LOKI_TOKEN", "tok-3141592653");
    env.finish(command)
}

fn report(outcome: Outcome) -> Value {
    serde_json::from_str(&outcome.expect(0).stdout).unwrap()
}

/// The value of a parameter of a request.
fn parameter(request: &Request, name: &str) -> String {
    let (_, rest) =
        request.head.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("{name}: {request:?}"));
    rest.split(['&', ' ']).next().unwrap().to_owned()
}

#[test]
fn a_recorded_answer_becomes_a_report() {
    let env = Env::new();
    env.write("fuelops.toml", "[logs.loki]\ntoken = { env = \"LOKI_TOKEN\" }\ntenant = \"team-a\"\n");
    let loki = Receiver::start(|_, _| Reply::new(200, RECORDED));
    let outcome =
        analyze(&env, &loki, &["--since", "2026-03-02T10:00:00Z", "--until", "2026-03-02T11:00:00Z"]);
    assert!(!outcome.stdout.contains("3141592653") && !outcome.stderr.contains("3141592653"), "{outcome}");
    let report = report(outcome);
    let request = &loki.seen()[0];
    assert!(
        request.head.starts_with("GET /loki/api/v1/query_range?query=%7Bnamespace%3D%22shop%22%7D&"),
        "{request:?}"
    );
    assert_eq!(parameter(request, "start"), "1772445600000000000");
    assert_eq!(parameter(request, "end"), "1772449200000000000");
    assert_eq!(parameter(request, "direction"), "forward");
    assert_eq!(request.header("authorization"), Some("Bearer tok-3141592653"));
    assert_eq!(request.header("x-scope-orgid"), Some("team-a"));

    assert_eq!(report["coverage"]["records"], 4, "{}", report["coverage"]);
    assert_eq!(
        report["coverage"]["continuation_lines"], 4,
        "the traceback stays together across labels of lines"
    );
    assert_eq!(report["coverage"]["first_at"], "2026-03-02T10:00:00Z", "undated lines bear Loki's time");
    let files: Vec<&Value> =
        report["coverage"]["files"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
    assert_eq!(files, ["{app=\"api\", namespace=\"shop\"}", "{app=\"sync\", namespace=\"shop\"}"]);
    assert_eq!(report["exceptions"][0]["type"], "KeyError");
    assert_eq!((&report["levels"]["error"], &report["levels"]["warning"]), (&1.into(), &1.into()));
    assert_eq!(report["recommendations"][0]["command"], Value::Null, "there is no file to show");
    assert_eq!(report["http"]["requests"], 1);
    assert_eq!(report["restarts"]["starts"], 1);
}

/// A Loki with so many lines, each of them at a moment that it shares with another one.
fn many(lines: i64) -> impl Fn(usize, &Request) -> Reply + Send + Sync {
    move |_, request| {
        let number = |name: &str| parameter(request, name).parse::<i64>().unwrap();
        let (start, end, limit) = (number("start"), number("end"), number("limit"));
        let begin = 1_772_445_600_000_000_000_i64;
        let all = (0..lines).map(|n| (begin + n / 2, format!("2026-03-02T10:00:00Z INFO job {n} done")));
        let asked = all.filter(|(at, _)| (start..end).contains(at)).take(usize::try_from(limit).unwrap());
        let values: Vec<Value> = asked.map(|(at, line)| json!([at.to_string(), line])).collect();
        let result = json!([{ "stream": { "app": "job" }, "values": values }]);
        let body = json!({ "status": "success", "data": { "resultType": "streams", "result": result } });
        Reply::new(200, &body.to_string())
    }
}

const SINCE: [&str; 2] = ["--since", "2026-03-02T09:00:00Z"];

#[test]
fn page_after_page_is_asked_for_and_every_line_comes_once() {
    let env = Env::new();
    let loki = Receiver::start(many(5_001));
    assert_eq!(report(analyze(&env, &loki, &SINCE))["coverage"]["records"], 5_001);
    assert_eq!(loki.seen().len(), 3);
}

#[test]
fn what_had_come_is_told_when_the_rest_does_not() {
    let env = Env::new();
    let pages = many(5_000);
    let loki = Receiver::start(move |number, request| match number {
        0 => pages(number, request),
        _ => Reply::new(400, "the query time range exceeds the limit"),
    });
    let report = report(analyze(&env, &loki, &SINCE));
    assert_eq!(report["coverage"]["records"], 2_000);
    let problem = report["problems"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("the query time range exceeds the limit"), "{problem}");
}

#[test]
fn refusals_are_told_with_what_to_do() {
    let env = Env::new();
    let syntax = "parse error at line 1, col 6: syntax error: unexpected }, expecting STRING";
    let matrix =
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}"#;
    for (status, body, code, words) in [
        (400, syntax, 64, syntax),
        (401, "no org id\n", 3, "[logs.loki]"),
        (404, "404 page not found\n", 3, "http://loki:3100"),
        (200, "<!doctype html><title>Sign in</title>", 3, "a page of HTML"),
        (200, "{\"hello\": 1}", 3, "no answer of Loki"),
        (200, matrix, 3, "counts (matrix)"),
    ] {
        let loki = Receiver::start(move |_, _| Reply::new(status, body));
        let outcome = analyze(&env, &loki, &[]);
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(words), "{words}: {outcome}");
    }
    let nobody = Receiver::start(|_, _| Reply::new(200, RECORDED)).url("");
    let outcome = env.run(&["analyze-logs", "--loki", &nobody, "--query", QUERY]).expect(3);
    assert!(outcome.stderr.contains("nobody listens") || outcome.stderr.contains("refused"), "{outcome}");
}

#[test]
fn a_busy_loki_is_asked_again() {
    let env = Env::new();
    let loki = Receiver::start(|number, _| match number {
        0 => {
            Reply { headers: "Retry-After: 0\r\n".into(), ..Reply::new(429, "too many outstanding requests") }
        }
        _ => Reply { delay: Duration::from_millis(50), ..Reply::new(200, RECORDED) },
    });
    assert_eq!(report(analyze(&env, &loki, &SINCE))["coverage"]["records"], 4);
    assert_eq!(loki.seen().len(), 2);
}

#[test]
fn no_lines_are_unknown_and_secrets_stay_off_the_command_line() {
    let env = Env::new();
    let empty = r#"{"status":"success","data":{"resultType":"streams","result":[]}}"#;
    let loki = Receiver::start(move |_, _| Reply::new(200, empty));
    assert_eq!(analyze(&env, &loki, &SINCE).code, Some(3));
    let outcome =
        env.run(&["analyze-logs", "--loki", "http://me:hunter2@127.0.0.1:1", "--query", QUERY]).expect(64);
    assert!(outcome.stderr.contains("[logs.loki]") && !outcome.stderr.contains("hunter2"), "{outcome}");
    env.run(&["analyze-logs", "--loki", "http://127.0.0.1:1"]).expect(64);
}
