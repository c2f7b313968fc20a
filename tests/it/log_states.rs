//! `analyze-logs --emit-state` and `--merge`: what several hosts counted, as one run would have.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::corpus::generator::{Kind, generate};
use crate::support::{Env, Outcome};

/// The report without the time at which it was made.
fn report(outcome: &Outcome) -> String {
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let mut report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    report.as_object_mut().unwrap().remove("generated_at").unwrap();
    report.to_string()
}

fn analyze(env: &Env, args: &[&str]) -> Outcome {
    env.run(&[&["analyze-logs", "--no-save", "--format", "json"], args].concat())
}

fn emit(env: &Env, log: &str, state: &str) {
    let outcome = analyze(env, &[log, "--emit-state", state]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

/// Writes the parts of a generated log, cut at every so many bytes behind the next line's end.
fn parts(env: &Env, bytes: usize) -> Vec<String> {
    let mut text = Vec::new();
    generate(Kind::Backend, 5, 400_000, &mut text).unwrap();
    let mut names = Vec::new();
    while !text.is_empty() {
        let cut =
            text.iter().skip(bytes).position(|byte| *byte == b'\n').map_or(text.len(), |at| bytes + at + 1);
        let name = format!("part{}.log", names.len());
        env.write(&name, &text[..cut]);
        text.drain(..cut);
        names.push(name);
    }
    names
}

#[test]
fn merged_parts_give_the_bytes_of_one_run_in_any_order_and_however_often() {
    let env = Env::new();
    let logs = parts(&env, 120_000);
    let whole = report(&analyze(&env, &logs.iter().map(String::as_str).collect::<Vec<_>>()));
    let backwards: Vec<&str> = logs.iter().rev().map(String::as_str).collect();
    assert_eq!(report(&analyze(&env, &backwards)), whole, "logs named in another order");
    let states: Vec<String> = logs.iter().map(|log| format!("{log}.state")).collect();
    logs.iter().zip(&states).for_each(|(log, state)| emit(&env, log, state));
    let mut merge = vec!["--merge"];
    merge.extend(states.iter().map(String::as_str));
    assert_eq!(report(&analyze(&env, &merge)), whole);
    merge[1..].reverse();
    merge.push(&states[1]);
    assert_eq!(report(&analyze(&env, &merge)), whole, "backwards, one of them twice");
    // A state of states is a state.
    let (left, right) = states.split_at(2);
    analyze(&env, &["--emit-state", "left.state", "--merge", &left[0], &left[1]]);
    let mut merge = vec!["--merge", "left.state"];
    merge.extend(right.iter().map(String::as_str));
    assert_eq!(report(&analyze(&env, &merge)), whole, "in two steps");
}

#[test]
fn a_log_that_was_rotated_and_packed_in_between_counts_once() {
    let env = Env::new();
    let log = &parts(&env, 1 << 20)[0];
    emit(&env, log, "before.state");
    let text = fs::read(env.path(log)).unwrap();
    fs::remove_file(env.path(log)).unwrap();
    env.write("part0.log.1.zst", zstd::encode_all(&text[..], 1).unwrap());
    emit(&env, "part0.log.1.zst", "after.state");
    let records = |merge: &[&str]| {
        let report: Value = serde_json::from_str(&report(&analyze(&env, merge))).unwrap();
        report["coverage"]["records"].as_u64().unwrap()
    };
    assert_eq!(records(&["--merge", "before.state", "after.state"]), records(&["--merge", "before.state"]));
}

#[test]
fn a_state_is_private_and_holds_no_secret() {
    let env = Env::new();
    let mut log = "ERROR:db:cannot connect to mysql://root:hunter2@db/x\n".to_owned();
    log += "2026-01-01 10:00:01,000 - main - ERROR - failed\nTraceback (most recent call last):\n  File \"main.py\", \
            line 3, in load\n    x()\nKeyError: 'password=hunter3'\n";
    log += "INFO:     10.0.0.1:80 - \"GET /reset/token=hunter4 HTTP/1.1\" 200 OK\n";
    log += "INFO:     Started server process [1]\n";
    env.write("backend.log", &log);
    emit(&env, "backend.log", "a.state");
    assert_eq!(mode(&env.path("a.state")), 0o600);
    let text =
        String::from_utf8(zstd::decode_all(&fs::read(env.path("a.state")).unwrap()[..]).unwrap()).unwrap();
    assert!(text.contains("KeyError") && text.contains("cannot connect"), "{text}");
    assert!(!text.contains("hunter"), "{text}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn with_a_state_only_what_is_new_is_read_across_rotation() {
    let env = Env::new();
    let line =
        |n: u32| format!("2026-03-02 10:{:02}:{:02},000 [ERROR] app - order {n} failed\n", n / 60, n % 60);
    let lines = |range: std::ops::Range<u32>| range.map(line).collect::<String>();
    let run = || {
        let outcome = analyze(&env, &["backend.log*", "--state", "state/seen"]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        outcome
    };
    let records = |outcome: Outcome| outcome.json()["coverage"]["records"].as_u64().unwrap();
    env.write("backend.log", lines(0..1000) + "2026-03-02 10:59:59,000 [ERROR] app - half a l");
    // A record that was written only just now may not be whole.
    let first = records(run());
    assert!((999..=1000).contains(&first), "{first}");
    assert_eq!(mode(&env.path("state/seen")), 0o600);

    // The log is rotated and packed by another program, and goes on.
    let rest = "ine\n".to_owned() + &lines(1000..1100);
    let text = fs::read_to_string(env.path("backend.log")).unwrap() + &rest;
    env.write("backend.log.1.zst", zstd::encode_all(text.as_bytes(), 1).unwrap());
    env.write("backend.log", lines(1100..1200));
    let second = run().json();
    assert_eq!(second["patterns"].as_array().unwrap().len(), 2, "order and half: {second:#}");
    let told = first + second["coverage"]["records"].as_u64().unwrap();
    assert!((1200..=1201).contains(&told), "{told}");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let third = run();
    let late = if third.stdout.is_empty() { 0 } else { records(third) };
    assert_eq!(told + late, 1201);
    let quiet = run();
    assert_eq!(
        (quiet.stdout.as_str(), quiet.stderr.contains("nothing was written")),
        ("", true),
        "{}",
        quiet.stderr
    );

    let lock = fs::File::open(env.path("state/seen.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(analyze(&env, &["backend.log*", "--state", "state/seen"]).code, Some(75));
    drop(lock);
    // Logs that are gone are not logs without news.
    let gone = analyze(&env, &["elsewhere.log", "--state", "state/seen"]);
    assert_eq!((gone.code, gone.stdout.contains("elsewhere.log")), (Some(3), true), "{}", gone.stdout);
    let part = analyze(&env, &["elsewhere.log", "backend.log*", "--state", "state/seen"]);
    assert_eq!(
        (part.code, part.stderr.contains("elsewhere.log: missing")),
        (Some(0), true),
        "{}",
        part.stderr
    );

    env.write("state/seen", "{}");
    let spoilt = analyze(&env, &["backend.log", "--state", "state/seen"]);
    assert_eq!((spoilt.code, spoilt.stdout.as_str()), (Some(74), ""));
}

#[test]
fn what_is_new_does_not_take_the_place_of_the_whole() {
    let env = Env::new();
    env.write("fuelops.toml", "[logs]\npaths = [\"backend.log\"]\n");
    env.write("backend.log", "2026-03-02 10:00:00 [ERROR] app - database refused the connection\n");
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::options().append(true).open(env.path("backend.log")).unwrap().set_modified(hour_ago).unwrap();
    let baseline = env.path(".fuelops/analysis-baseline.json");
    assert_eq!(env.run(&["analyze-logs", "--state", "seen"]).code, Some(0));
    assert!(!baseline.exists());
    assert_eq!(env.run(&["analyze-logs"]).code, Some(0));
    assert!(baseline.exists());
}

#[test]
fn lines_have_their_numbers_however_little_is_read() {
    let env = Env::new();
    let quiet: String =
        (0..500).map(|n| format!("2026-03-02 10:00:{:02} [INFO] app - fine {n}\n", n % 60)).collect();
    env.write("backend.log", &quiet);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    analyze(&env, &["backend.log", "--state", "state/seen"]);
    env.write("backend.log", quiet + "2026-03-02 10:01:00 [ERROR] app - database refused the connection\n");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let report = analyze(&env, &["backend.log", "--state", "state/seen"]).json();
    assert_eq!(report["coverage"]["lines"], 1);
    assert!(report["incidents"].to_string().contains("backend.log:501"), "{}", report["incidents"]);
}

#[test]
fn states_that_cannot_be_merged_are_named() {
    let env = Env::new();
    for (name, minute) in [("a.log", 1), ("b.log", 2), ("c.log", 3)] {
        let line = |n| format!("2026-03-02 10:0{minute}:{:02} [INFO] app - {name} {n}\n", n % 60);
        env.write(name, (0..200).map(line).collect::<String>());
    }
    analyze(&env, &["a.log", "b.log", "--emit-state", "ab.state"]);
    analyze(&env, &["b.log", "c.log", "--emit-state", "bc.state"]);
    let overlap = analyze(&env, &["--merge", "ab.state", "bc.state"]);
    assert_eq!((overlap.code, overlap.stdout.as_str()), (Some(64), ""));
    assert!(
        ["bc.state", "b.log", "overlap"].iter().all(|word| overlap.stderr.contains(word)),
        "{}",
        overlap.stderr
    );

    env.write("config.toml", "[[logs.rule]]\nmatch = \"app\"\nlevel = \"debug\"\n");
    let other = analyze(&env, &["--config", "config.toml", "--merge", "ab.state"]);
    assert_eq!(other.code, Some(64));
    assert!(other.stderr.contains("[[logs.rule]]"), "{}", other.stderr);

    let whole = fs::read(env.path("ab.state")).unwrap();
    env.write("half.state", &whole[..whole.len() / 2]);
    for state in ["half.state", "a.log", "missing.state"] {
        let outcome = analyze(&env, &["--merge", "bc.state", state, "--emit-state", "out.state"]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(74), ""), "{state}");
        assert!(outcome.stderr.contains(state), "{}", outcome.stderr);
        assert!(!env.path("out.state").exists());
    }
}

#[test]
fn a_pipe_is_kept_in_a_state_and_nowhere_else() {
    let env = Env::new();
    let text = fs::read(env.path(&parts(&env, 1 << 20)[0])).unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let writing = std::thread::spawn(move || writer.write_all(&text).unwrap());
    let mut command =
        env.fuelops(&["analyze-logs", "--no-save", "--format", "json", "-", "--emit-state", "pipe.state"]);
    command.stdin(reader).env("TMPDIR", "/nonexistent");
    let whole = report(&env.finish(command));
    writing.join().unwrap();
    assert_eq!(report(&analyze(&env, &["--merge", "pipe.state"])), whole);
}
