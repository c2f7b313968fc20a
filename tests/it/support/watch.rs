//! A monitor in a private folder, and the small server that it watches.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fuelops::store::KeptProgram;
use nix::sys::signal::Signal;
use serde_json::Value;

use super::{Env, free_port, get, is_alive, signal};

/// For everything that has to happen, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const SERVER: &str = include_str!("../data/recover_backend.py");

/// A folder with a small server and a monitor; everything that runs in it is ended at the end.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) env: Env,
    pub(crate) port: u16,
    monitors: Vec<Child>,
}

impl Watch {
    /// `more` goes into the service's section.
    pub(crate) fn of(more: &str) -> Self {
        let watch = Self { env: Env::new(), port: free_port(), monitors: Vec::new() };
        watch.env.write("main.py", SERVER);
        watch.configure(more);
        watch
    }

    pub(crate) fn configure(&self, more: &str) {
        let port = self.port;
        let text = format!(
            "name = \"fuel\"\n[[service]]\nname = \"backend\"\ncommand = [\"python3\", \"main.py\", \"{port}\"]\n\
             log_file = \"backend.log\"\nport = {port}\nhealth_url = \"http://127.0.0.1:{port}/health\"\nperiod = \"1s\"\n\
             start_timeout = \"60s\"\nstop_timeout = \"2s\"\n{more}\n[logs]\npaths = [\"backend.log\"]\n"
        );
        self.env.write("fuelops.toml", text);
    }

    pub(crate) fn start(mut self) -> Self {
        self.start_monitor();
        self
    }

    pub(crate) fn start_monitor(&mut self) {
        self.start_monitor_with(|_| {});
    }

    /// Starts one of which the caller says more.
    pub(crate) fn start_monitor_with(&mut self, more: impl FnOnce(&mut Command)) {
        let mut command = self.env.fuelops(&["monitor"]);
        more(&mut command);
        self.monitors.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    /// The monitor that was started last; it lives.
    pub(crate) fn monitor(&mut self) -> u32 {
        let monitor = self.monitors.last_mut().unwrap();
        assert!(monitor.try_wait().unwrap().is_none(), "it has ended");
        monitor.id()
    }

    pub(crate) fn signal_monitor(&mut self, signal: Signal) {
        super::signal(self.monitors.last().unwrap().id(), signal);
    }

    pub(crate) fn end_of_monitor(&mut self) -> Option<i32> {
        self.monitors.pop().unwrap().wait().unwrap().code()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.env.path(".fuelops")
    }

    pub(crate) fn answers(&self) -> bool {
        get(self.port, "/health").is_some_and(|answer| answer.contains("200 OK"))
    }

    /// The living process of the service.
    pub(crate) fn pid(&self) -> Option<u32> {
        let kept = KeptProgram::read(&self.state(), "backend")?;
        kept.program.map(|program| program.pid).filter(|pid| is_alive(*pid))
    }

    pub(crate) fn status(&self) -> Value {
        self.env.run(&["monitor", "status", "--format", "json"]).json()
    }

    pub(crate) fn phase(&self) -> String {
        let status = self.status();
        status["targets"][0]["phase"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.env.path("monitor.log")).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, mut is_there: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_there() {
            assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn is_told(&self, what: &str) {
        self.wait_for(what, || self.log().contains(what));
    }

    #[track_caller]
    pub(crate) fn is_up(&self) -> u32 {
        self.wait_for("the service answers", || self.answers() && self.pid().is_some());
        self.wait_for("it is known to be well", || self.phase() == "healthy");
        self.pid().unwrap()
    }

    #[track_caller]
    pub(crate) fn is_up_anew(&self, old: u32) -> u32 {
        self.wait_for("another process answers", || {
            self.answers() && self.pid().is_some_and(|pid| pid != old)
        });
        self.pid().unwrap()
    }

    /// Processes of the service.
    pub(crate) fn instances(&self) -> Vec<u32> {
        let is = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).nth(1) == Some(b"main.py") && is_alive(*pid)
        };
        self.inhabitants().into_iter().filter(is).collect()
    }

    pub(crate) fn inhabitants(&self) -> Vec<u32> {
        self.env.inhabitants()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The monitors first: they would start again what ends.
        for monitor in &mut self.monitors {
            monitor.kill().unwrap_or(());
            let _collected = monitor.wait();
        }
        for pid in self.inhabitants() {
            signal(pid, Signal::SIGKILL);
        }
    }
}
