//! The weekly line of `config aliases`, run as cron runs it: by `sh -c`, in `/`, with next to no environment and no
//! terminal.

use std::process::Stdio;

use crate::support::{Env, Outcome};

use super::yard::{COMPRESS, WEEK, aged, config, lines, names};

fn as_cron(env: &Env, line: &str) -> Outcome {
    // Minute, hour, day, month and weekday come before the command; `\%` is how a line says `%`.
    let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    let mut shell = env.command("setsid");
    shell.args(["--wait", "/bin/sh", "-c", &command]).current_dir("/").env_clear().stdin(Stdio::null());
    env.finish(shell)
}

#[test]
fn the_weekly_line_works_and_is_silent_where_there_is_nothing_to_do() {
    let env = Env::new();
    config(&env, WEEK);
    aged(env.path("logs/app.log.1"), "x", 8);
    let told = env.run(&["config", "aliases"]).expect(0);
    let line = told.stdout.lines().find(|line| line.ends_with("clean --yes --quiet")).unwrap().to_owned();
    let config = env.path("fuelops.toml").display().to_string();
    assert!(line.starts_with("15 3 * * 0 ") && line.contains(&format!("--config {config}")), "{line}");
    let outcome = as_cron(&env, &line).expect(0);
    assert_eq!(outcome.stdout, "fuel: 1 file done, 4.00 KiB freed\n");
    assert_eq!(outcome.stderr, "");
    assert!(names(env.path("logs")).is_empty());
    let outcome = as_cron(&env, &line).expect(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
}

#[test]
fn what_stays_in_the_way_is_told_once() {
    let env = Env::new();
    config(&env, COMPRESS);
    aged(env.path("logs/app.log.1"), lines(1000), 8);
    aged(env.path("logs/app.log.1.zst"), "something else", 8);
    let quiet = || env.run(&["clean", "--yes", "--quiet"]);
    let outcome = quiet().expect(1);
    assert!(
        outcome.stdout.contains("1 file left alone (") && outcome.stdout.contains("app.log.1: "),
        "{outcome}"
    );
    let outcome = quiet().expect(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    env.run(&["clean", "--yes"]).expect(1);
    aged(env.path("logs/b.log.1"), lines(1000), 8);
    aged(env.path("logs/b.log.1.zst"), "something else", 8);
    quiet().expect(1).says("2 files left alone");
}
