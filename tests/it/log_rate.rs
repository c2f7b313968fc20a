//! `health`'s word on errors in the logs, through the binary: what a line is counts, not what it claims.

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::Env;

fn line(at: DateTime<Utc>, text: &str) -> String {
    format!("{} - app - {text}\n", at.format("%Y-%m-%d %H:%M:%S,%3f"))
}

/// The finding `logs.errors` for a backend that wrote this into `backend.log`.
fn found(log: &str) -> serde_json::Value {
    let env = Env::new();
    env.write("fuelops.toml", "[logs]\npaths = [\"backend.log\"]\n");
    env.write("backend.log", log);
    let report = env.run(&["health", "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == "logs.errors").unwrap().clone()
}

fn lines(now: DateTime<Utc>, minutes_ago: i64, count: i64, text: &str) -> String {
    (0..count).map(|n| line(now - TimeDelta::minutes(minutes_ago) + TimeDelta::seconds(n), text)).collect()
}

#[test]
fn debug_text_at_error_and_yesterdays_errors_leave_health_green() {
    let now = Utc::now();
    let log = [
        lines(now, 60 * 24, 500, "ERROR - cannot reach the database"),
        lines(now, 30, 40, "ERROR - DEBUG: first truck keys: 17"),
        lines(now, 20, 4, "ERROR - cannot reach the database"),
    ];
    let finding = found(&log.concat());
    assert_eq!(finding["severity"], "ok", "{finding}");
    assert_eq!(finding["observed"]["errors_per_hour"], 4);
}

#[test]
fn real_errors_of_the_last_hour_are_yellow_from_5_and_red_from_20() {
    let now = Utc::now();
    let yellow = found(&lines(now, 30, 5, "ERROR - cannot reach the database"));
    assert_eq!(
        (&yellow["severity"], &yellow["cause"]),
        (&"warning".into(), &"error-rate".into()),
        "{yellow}"
    );
    let hidden = lines(
        now,
        30,
        20,
        "INFO - done\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'",
    );
    let red = found(&hidden);
    assert_eq!(red["severity"], "critical", "{red}");
}

#[test]
fn a_huge_log_is_read_from_its_end_and_says_so() {
    let now = Utc::now();
    let old = line(now - TimeDelta::hours(30), "INFO - synced 17 units").repeat(400_000);
    let quiet = found(&(old + &line(now, "ERROR - one")));
    assert_eq!(
        (&quiet["observed"]["errors_per_hour"], &quiet["observed"]["is_at_least"]),
        (&1.into(), &false.into())
    );
    let busy = found(&line(now, "INFO - synced 17 units").repeat(200_000));
    assert_eq!(busy["observed"]["is_at_least"], true, "{busy}");
}
