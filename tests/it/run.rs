//! `fuelops run`: a program's output in its files, its signals, its end.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Env, is_root_or_skip, wait_until};

const PATIENCE: Duration = Duration::from_secs(30);

const SCRIPT: &str = r#"
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(levelname)s] %(name)s - %(message)s")
log = logging.getLogger("app")
print("\x1b[32mhello\x1b[0m", flush=True)
log.info("one")
try:
    {}["x"]
except KeyError:
    log.exception("oops")
log.critical("bad")
1/0
"#;

#[test]
fn output_goes_into_three_files_and_the_crash_into_a_fourth() {
    let env = Env::new();
    env.write("job.py", SCRIPT);
    let outcome = env.run(&["run", "--", "python3", "job.py"]).expect(1).says("hello");
    assert!(outcome.stderr.contains("ZeroDivisionError"), "each stream stays what it is\n{outcome}");
    let main = fs::read_to_string(env.path("logs/job.log")).unwrap();
    assert!(
        main.contains("hello\n") && !main.contains('\x1b') && main.contains("[INFO] app - one"),
        "{main}"
    );
    assert_eq!(main, fs::read_to_string(env.path("logs/job_daily.log")).unwrap());
    let errors = fs::read_to_string(env.path("logs/job_errors.log")).unwrap();
    assert!(errors.contains("oops\nTraceback") && errors.contains("KeyError: 'x'\n"), "{errors}");
    assert!(errors.contains("[CRITICAL]") && errors.contains("ZeroDivisionError"), "{errors}");
    assert!(!errors.contains("[INFO]") && !errors.contains("hello"), "{errors}");
    let crashes = fs::read_to_string(env.path("logs/crashes.log")).unwrap();
    assert!(
        crashes.contains("\nError: ZeroDivisionError: division by zero\nTraceback:\nTraceback (most"),
        "{crashes}"
    );
    assert!(crashes.contains("\nContext: job (pid "), "{crashes}");
    assert_eq!(fs::read_dir(env.path(".fuelops/kept")).unwrap().count(), 0);
}

#[test]
fn the_exit_code_is_the_programs_own() {
    let env = Env::new();
    env.run(&["run", "--", "true"]).expect(0);
    env.run(&["run", "--", "sh", "-c", "exit 42"]).expect(42);
    env.run(&["run", "--", "sh", "-c", "kill -9 $$"]).expect(137);
    env.run(&["run", "--", "/no/such/program"]).expect(127);
    env.run(&["run", "--", "/etc/passwd"]).expect(126);
    env.run(&["run"]).expect(64);
    let crashes = fs::read_to_string(env.path("logs/crashes.log")).unwrap();
    assert!(crashes.contains("Error: Signal: killed by signal 9 (SIGKILL)"), "{crashes}");
    assert!(crashes.contains("Error: ExitCode: ended with exit code 42"), "{crashes}");
    assert_eq!(crashes.matches("CRASH: ").count(), 2, "{crashes}");
}

#[test]
fn a_configured_command_goes_into_its_services_files() {
    let env = Env::new();
    env.write("main.py", "print('started')\n");
    env.run(&["run", "--", "python3", "main.py"]).expect(0).says("started");
    assert_eq!(fs::read_to_string(env.path("backend.log")).unwrap(), "started\n");
    assert_eq!(fs::read_to_string(env.path("logs/backend_daily.log")).unwrap(), "started\n");
    env.write("backend.log", "before\n");
    env.run(&["run", "--", "python3", "main.py"]).expect(0);
    assert_eq!(fs::read_to_string(env.path("backend.log")).unwrap(), "before\nstarted\n", "appended to");
}

#[test]
fn signals_are_handed_on_and_what_was_asked_for_is_no_crash() {
    let env = Env::new();
    let mut command = env.fuelops(&[
        "run",
        "--",
        "sh",
        "-c",
        "trap 'echo caught; exit 7' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let log = env.path("logs/sh.log");
    assert!(wait_until(PATIENCE, || fs::read_to_string(&log).is_ok_and(|text| text.contains("ready"))));
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(7), None));
    assert!(fs::read_to_string(&log).unwrap().contains("caught"));
    assert!(!env.path("logs/crashes.log").exists());
}

/// All members of a rotated set, oldest first.
fn members(path: &Path) -> Vec<Vec<u8>> {
    let older = (1..10).rev().map(|n| fs::read(format!("{}.{n}", path.display())));
    older.chain([fs::read(path)]).filter_map(Result::ok).collect()
}

#[test]
fn rotation_loses_no_byte_and_splits_no_record() {
    let env = Env::new();
    env.write(
        "many.py",
        r#"
import sys
for i in range(220_000):
    head = f"2025-01-01 10:00:00,000 [{'ERROR' if i % 3 == 0 else 'INFO'}] app - record {i:07}\n"
    more = f"Traceback (most recent call last):\n  File \"x.py\", line {i}, in f\nValueError: {i} {'x' * 60}\n" if i % 3 == 0 else ""
    sys.stdout.write(head + more)
"#,
    );
    env.run(&["run", "-q", "--", "python3", "many.py"]).expect(0);
    let mut again = env.command("python3");
    again.arg("many.py");
    let expected = env.finish(again).stdout.into_bytes();
    assert!(expected.len() > 20_000_000);
    let main = members(&env.path("logs/many.log"));
    assert!(main.len() >= 3 && main.concat() == expected, "{} files", main.len());
    assert!(members(&env.path("logs/many_daily.log")).concat() == expected);
    let errors = members(&env.path("logs/many_errors.log"));
    assert!(errors.len() >= 3);
    for (files, limit) in [(&main, 10_000_000), (&errors, 5_000_000)] {
        for file in files.iter() {
            assert!(file.len() <= limit, "{} bytes", file.len());
            assert!(file.starts_with(b"2025-01-01 10:00:00,000 ["), "a file begins with a record");
        }
    }
    let count = errors.concat().split(|b| *b == b'\n').filter(|line| line.starts_with(b"2025")).count();
    let kept: usize = errors.iter().map(Vec::len).sum();
    assert!(count > 80_000 || kept > 14_000_000, "{count} errors in {kept} bytes");
}

#[test]
fn a_full_disk_does_not_hold_the_program_up() {
    if !is_root_or_skip("run::a_full_disk_does_not_hold_the_program_up") {
        return;
    }
    let env = Env::new();
    let disk = env.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted =
        env.command("mount").args(["-t", "tmpfs", "-o", "size=1m"]).arg("none").arg(&disk).status().unwrap();
    assert!(mounted.success());
    let script = "i=0; while [ $i -lt 300 ]; do head -c 9999 /dev/zero | tr '\\0' x; echo; i=$((i+1)); done; rm filler; sleep 0.3; echo last";
    fs::write(disk.join("filler"), vec![b'x'; 500_000]).unwrap();
    let mut command = env.fuelops(&["run", "-q", "--", "sh", "-c", script]);
    command.current_dir(&disk);
    let outcome = env.finish(command).expect(0);
    let log = fs::read_to_string(disk.join("logs/sh.log")).unwrap();
    env.command("umount").arg(&disk).status().unwrap();
    assert!(outcome.stderr.contains("are in no file: No space left on device"), "{outcome}");
    assert!(
        log.contains("of output (") && log.contains("were lost here: No space left"),
        "it is said at the place"
    );
    assert!(log.ends_with("\nlast\n"));
}

#[test]
fn a_child_that_lives_on_is_left_to_a_keeper() {
    let env = Env::new();
    let outcome = env.run(&["run", "--", "sh", "-c", "(sleep 1; echo late) & echo early"]).expect(0);
    assert!(outcome.stderr.contains("a keeper reads it"), "{outcome}");
    let log = env.path("logs/sh.log");
    assert!(wait_until(PATIENCE, || fs::read_to_string(&log).is_ok_and(|text| text == "early\nlate\n")));
    assert!(
        wait_until(PATIENCE, || !env.path(".fuelops/keeper.sock").exists()),
        "the keeper ends with the last of them"
    );
}
