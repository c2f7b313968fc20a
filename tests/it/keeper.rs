//! The keeper: programs and their output outlive it, and it outlives whoever has asked it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fuelops::keeper::{Keeper, Start};
use fuelops::platform::{ProcessHold, Signal};
use fuelops::store::{Desired, KeptProgram, LogFiles, Wish};
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::support::{Env, wait_until};

const PATIENCE: Duration = Duration::from_secs(30);

/// A state folder, and what is started in it; gone, with all programs, when it is dropped.
struct Kept {
    env: Env,
    pids: Vec<u32>,
}

impl Kept {
    fn new() -> Self {
        Self { env: Env::new(), pids: Vec::new() }
    }

    fn state(&self) -> PathBuf {
        self.env.path(".fuelops")
    }

    fn keeper(&self) -> Keeper {
        Keeper::of(&self.state(), env!("CARGO_BIN_EXE_fuelops").into(), std::env::vars_os().collect())
    }

    fn start(&mut self, name: &str, words: &[&str]) -> u32 {
        let start = Start {
            name: name.to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            dir: self.env.root(),
            env: std::env::vars_os().collect(),
            user: None,
            files: LogFiles::of(name, None, &self.env.root()),
            file_user: None,
            pid_file: Some(self.env.path(format!("{name}.pid"))),
        };
        let pid = self.keeper().start(start).unwrap();
        self.pids.push(pid);
        pid
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.env.path(format!("logs/{name}.log"))).unwrap_or_default()
    }

    fn keeper_pid(&self, name: &str) -> u32 {
        KeptProgram::read(&self.state(), name).unwrap().keeper.unwrap().pid
    }

    #[track_caller]
    fn says(&self, name: &str, text: &str) {
        let is_said = wait_until(PATIENCE, || self.log(name).contains(text));
        assert!(is_said, "{text} is missing in\n{}", self.log(name));
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        for kept in KeptProgram::all(&self.state()) {
            Desired { wish: Wish::Stopped, since: chrono::Utc::now(), in_work_by: None }
                .write(&self.state(), &kept.name)
                .unwrap();
        }
        for pid in &self.pids {
            if let Some(hold) = ProcessHold::take(*pid) {
                hold.signal(Signal::KILL);
            }
        }
        // Whoever reads the last words ends by itself.
        self.keeper().take_over_orphans().unwrap();
    }
}

fn alive(pid: u32) -> bool {
    ProcessHold::take(pid).is_some_and(|hold| hold.is_alive())
}

#[test]
fn a_service_is_kept_with_pid_file_and_files_and_the_keeper_ends_after_it() {
    let mut kept = Kept::new();
    let pid =
        kept.start("one", &["sh", "-c", "echo out; echo err >&2; readlink /proc/self/fd/0; exec sleep 1"]);
    assert_eq!(fs::read_to_string(kept.env.path("one.pid")).unwrap(), format!("{pid}\n"));
    kept.says("one", "out\nerr\n/dev/null\n");
    let status = kept.keeper().programs();
    assert_eq!((status.len(), status[0].pid, status[0].ended.is_none()), (1, pid, true));
    let again = kept.keeper().start(Start { words: vec!["true".into()], ..start_of(&kept, "one") });
    assert!(again.unwrap_err().to_string().contains("runs already"));
    let socket = kept.state().join("keeper.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(wait_until(PATIENCE, || !socket.exists()), "the keeper ends");
    assert!(!kept.env.path("one.pid").exists());
    assert!(KeptProgram::all(&kept.state()).is_empty());
    assert!(!kept.env.path("logs/crashes.log").exists());
}

fn start_of(kept: &Kept, name: &str) -> Start {
    Start {
        name: name.to_owned(),
        words: Vec::new(),
        dir: kept.env.root(),
        env: Vec::new(),
        user: None,
        files: LogFiles::of(name, None, Path::new("/nowhere")),
        file_user: None,
        pid_file: None,
    }
}

#[test]
fn a_killed_keeper_takes_no_program_with_it_and_the_next_one_goes_on() {
    let mut kept = Kept::new();
    let script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); [ $((i % 20)) -eq 0 ] && sleep 0.01; done; exec sleep 30";
    let pid = kept.start("counter", &["sh", "-c", script]);
    kept.says("counter", "line 100\n");
    kill(Pid::from_raw(kept.keeper_pid("counter").cast_signed()), nix::sys::signal::Signal::SIGKILL).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(alive(pid), "the program lives on");
    kept.keeper().take_over_orphans().unwrap();
    kept.says("counter", "line 1999\n");
    assert!(alive(pid));
    let expected: String = (0..2000).map(|i| format!("line {i}\n")).collect();
    assert_eq!(kept.log("counter"), expected, "every line once and whole");
    assert_eq!(kept.keeper().programs()[0].pid, pid);
}

#[test]
fn a_program_that_nobody_reads_waits_when_its_pipe_is_full_and_goes_on() {
    let mut kept = Kept::new();
    let script = "echo begun; read x < go; head -c 3000000 /dev/zero | tr '\\0' 'y' | fold -w 99; echo done; exec sleep 30";
    nix::unistd::mkfifo(&kept.env.path("go"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let pid = kept.start("torrent", &["sh", "-c", script]);
    kept.says("torrent", "begun");
    kill(Pid::from_raw(kept.keeper_pid("torrent").cast_signed()), nix::sys::signal::Signal::SIGKILL).unwrap();
    fs::write(kept.env.path("go"), "x\n").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(alive(pid), "no SIGPIPE ends it");
    kept.keeper().take_over_orphans().unwrap();
    kept.says("torrent", "done\n");
    assert_eq!(kept.log("torrent").matches('y').count(), 3_000_000);
}

#[test]
fn a_crash_is_recorded_and_a_wanted_end_is_not() {
    let mut kept = Kept::new();
    let crashes = kept.env.path("logs/crashes.log");
    let pid = kept.start("wanted", &["sleep", "60"]);
    Desired { wish: Wish::Stopped, since: chrono::Utc::now(), in_work_by: None }
        .write(&kept.state(), "wanted")
        .unwrap();
    ProcessHold::take(pid).unwrap().signal(Signal::KILL);
    assert!(wait_until(PATIENCE, || KeptProgram::read(&kept.state(), "wanted").is_none()));
    assert!(!crashes.exists());
    kept.start("broken", &["python3", "-c", "raise RuntimeError('no fuel')"]);
    let text = || fs::read_to_string(&crashes).unwrap_or_default();
    assert!(wait_until(PATIENCE, || text().contains("no fuel")));
    let text = text();
    assert!(
        text.contains("Error: RuntimeError: no fuel\n") && text.contains("Context: broken (pid "),
        "{text}"
    );
}

#[test]
fn a_program_that_cannot_be_started_leaves_nothing() {
    let kept = Kept::new();
    let start = Start { words: vec!["/no/such/thing".into()], ..start_of(&kept, "none") };
    let error = kept.keeper().start(start).unwrap_err();
    assert!(error.to_string().contains("cannot start /no/such/thing: No such file"), "{error}");
    assert_eq!(fs::read_dir(kept.state().join("kept")).unwrap().count(), 0);
}
