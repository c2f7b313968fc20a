//! A backend in a private folder, for tests of what stops and starts it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Env, Outcome, free_port};

/// For everything that has to happen, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(40);
const BACKEND: &str = include_str!("../data/recover_backend.py");
/// Free for the machine's own state: a test machine may be as busy as it likes.
const THRESHOLDS: &str = "[thresholds]\ncpu_percent = { warn = 900, critical = 999 }\nmemory_percent = { warn = 900, \
    critical = 999 }\ndisk_percent = { warn = 900, critical = 999 }\n";

/// A backend's folder, with everything that runs in it ended at the end.
#[derive(Debug)]
pub(crate) struct Yard {
    pub(crate) env: Env,
    pub(crate) port: u16,
}

impl Yard {
    /// A backend that is configured and not started.
    pub(crate) fn new() -> Self {
        Self::on(Env::new())
    }

    /// The same in a folder that was made before.
    pub(crate) fn on(env: Env) -> Self {
        let port = free_port();
        env.write("main.py", BACKEND);
        let yard = Self { env, port };
        yard.configure("");
        yard
    }

    /// Ends everything that runs in it.
    pub(crate) fn clear(&self) {
        for pid in self.inhabitants() {
            signal(pid, Signal::SIGKILL);
        }
    }

    /// Writes the config; `more` goes into the service's section.
    pub(crate) fn configure(&self, more: &str) {
        let port = self.port;
        let text = format!(
            "name = \"fuel\"\n{THRESHOLDS}[[service]]\nname = \"backend\"\ncommand = [\"python3\", \"main.py\", \"{port}\"]\n\
             pid_file = \"backend.pid\"\nlog_file = \"backend.log\"\nport = {port}\n\
             health_url = \"http://127.0.0.1:{port}/health\"\nhealth_timeout = \"1s\"\nstop_timeout = \"2s\"\n{more}\n\
             [logs]\npaths = [\"backend.log\"]\n"
        );
        self.env.write("fuelops.toml", text);
    }

    /// Starts the backend as an operator would, by hand.
    pub(crate) fn start(&self) -> u32 {
        let log =
            fs::OpenOptions::new().append(true).create(true).open(self.env.path("backend.log")).unwrap();
        let mut command = self.env.command("python3");
        command.args(["main.py", &self.port.to_string()]).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        let pid = child.id();
        // Collected by nobody else: a zombie would be found in place of the dead.
        std::thread::spawn(move || drop_when_dead(child));
        self.wait_until_it_answers();
        pid
    }

    /// Whether its health URL answers 200.
    pub(crate) fn answers(&self) -> bool {
        let url = format!("http://127.0.0.1:{}/health", self.port);
        let curl = Command::new("curl").args(["-sf", "-m", "2", "-o", "/dev/null", &url]).status();
        curl.unwrap().success()
    }

    /// Fails where it never answers.
    pub(crate) fn wait_until_it_answers(&self) {
        self.wait_for("the backend answers", || self.answers());
    }

    /// Waits for something that has to happen.
    pub(crate) fn wait_for(&self, what: &str, mut is_there: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_there() {
            assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `fuelops recover`, for its JSON.
    pub(crate) fn recover(&self, args: &[&str]) -> Outcome {
        let mut all = vec!["recover", "--format", "json"];
        all.extend(args);
        self.env.run(&all)
    }

    /// What its pid file says.
    pub(crate) fn pid(&self) -> u32 {
        fs::read_to_string(self.env.path("backend.pid")).unwrap().trim().parse().unwrap()
    }

    /// Everything that runs in the yard.
    pub(crate) fn inhabitants(&self) -> Vec<u32> {
        self.env.inhabitants()
    }

    /// The folder that its logs were put aside in.
    pub(crate) fn crash_folder(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.env.path("logs")).ok()?.flatten();
        entries.map(|entry| entry.path()).find(|path| path.is_dir())
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        self.clear();
    }
}

fn drop_when_dead(mut child: Child) {
    child.wait().unwrap();
}

/// Sends a signal; one that is gone takes none.
pub(crate) fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.cast_signed()), signal).unwrap_or(());
}

/// Whether it lives, zombies apart.
pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
