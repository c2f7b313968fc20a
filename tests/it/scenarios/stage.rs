//! The stage of one scenario: a folder, a config, processes and disks, all gone when it is dropped.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::tmpfs::Tmpfs;
use crate::support::servers::Systemd;
use crate::support::{Env, Outcome, free_port, skip, wait_until};

/// How long something may take to come about, on a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(30);

/// Python itself, and not a launcher of it.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let script = "import sys; print(sys.executable)";
    let out = Command::new("python3").args(["-c", script]).output().expect("python3 is there");
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
});

/// The machine is not what the scenarios are about: other tests keep it busy.
const THRESHOLDS: &str = r#"
[thresholds]
cpu_percent = { warn = 101, critical = 101 }
memory_percent = { warn = 101, critical = 101 }
disk_percent = { warn = 99.8, critical = 99.9 }
errors_per_hour = { warn = 1000, critical = 2000 }
min_uptime = "0s"
[logs]
paths = ["*.log"]
[backup]
dir = "."
"#;

pub(super) struct Stage {
    name: String,
    pub(super) env: Env,
    /// Of the backend.
    pub(super) port: u16,
    config: String,
    children: Vec<Group>,
    listeners: Vec<TcpListener>,
    disk: Option<Tmpfs>,
    kept: Vec<Box<dyn std::any::Any>>,
    /// Where `health` runs, if not here.
    inside: Option<Systemd>,
}

/// A process with all that it starts.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let leader = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let _gone_already = killpg(leader, Signal::SIGKILL);
        let _collected = self.0.wait();
    }
}

impl Stage {
    pub(super) fn new(name: &str) -> Self {
        let env = Env::new();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/scenarios");
        for script in ["backend.py", "parent.py"] {
            fs::copy(data.join(script), env.path(script)).unwrap();
        }
        let config = format!("name = \"fuel-analytics\"\n{THRESHOLDS}");
        Self {
            name: name.to_owned(),
            env,
            port: free_port(),
            config,
            children: Vec::new(),
            listeners: Vec::new(),
            disk: None,
            kept: Vec::new(),
            inside: None,
        }
    }

    /// Says aloud that this machine cannot play it.
    pub(super) fn skip(&self, why: &str) -> bool {
        skip(&format!("scenario {}", self.name), why);
        false
    }

    /// Adds the backend to the config; `more` are further keys.
    pub(super) fn service(&mut self, more: &str) -> &mut Self {
        self.service_of("backend.py", more)
    }

    pub(super) fn service_of(&mut self, script: &str, more: &str) -> &mut Self {
        let (python, port) = (PYTHON.as_str(), self.port);
        let start = if more.contains("start_timeout") { "" } else { "start_timeout = \"1ms\"\n" };
        self.add(&format!(
            "[[service]]\nname = \"backend\"\ncommand = [\"{python}\", \"{script}\"]\npid_file = \"backend.pid\"\n\
             log_file = \"backend.log\"\nport = {port}\nhealth_url = \"http://127.0.0.1:{port}/health\"\n\
             health_timeout = \"1s\"\n{start}{more}\n"
        ))
    }

    /// Adds a check that asks the backend's own port.
    pub(super) fn fleet(&mut self) -> &mut Self {
        let url = format!("http://127.0.0.1:{}/fleet", self.port);
        self.check("fleet", "http", &format!("url = \"{url}\"\ndepends_on = [\"backend\"]"))
    }

    pub(super) fn check(&mut self, name: &str, kind: &str, keys: &str) -> &mut Self {
        let timeout = if keys.contains("timeout") { "" } else { "timeout = \"1s\"\n" };
        self.add(&format!("[[check]]\nname = \"{name}\"\ntype = \"{kind}\"\n{timeout}{keys}\n"))
    }

    pub(super) fn add(&mut self, toml: &str) -> &mut Self {
        self.config.push_str(toml);
        self
    }

    /// Replaces a part of the config.
    pub(super) fn set(&mut self, from: &str, to: &str) -> &mut Self {
        assert!(self.config.contains(from), "{from} does not stand in\n{}", self.config);
        self.config = self.config.replace(from, to);
        self
    }

    /// Starts the backend and waits until it listens.
    pub(super) fn start(&mut self, variables: &[(&str, &str)]) -> u32 {
        let pid = self.spawn(&[], "backend.py", variables);
        self.listens();
        pid
    }

    /// Starts a script through words such as `prlimit …`, and writes its pid file.
    pub(super) fn spawn(&mut self, through: &[&str], script: &str, variables: &[(&str, &str)]) -> u32 {
        let mut words = through.to_vec();
        words.extend([PYTHON.as_str(), script]);
        let mut command = self.env.command(words[0]);
        command.args(&words[1..]).env("PORT", self.port.to_string()).envs(variables.iter().copied());
        let pid = self.launch(command);
        self.env.write("backend.pid", pid.to_string());
        pid
    }

    /// Starts any program, with its output in the backend's log.
    pub(super) fn launch(&mut self, mut command: Command) -> u32 {
        let log = File::options().create(true).append(true).open(self.env.path("backend.log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        let child = command.spawn().unwrap();
        let pid = child.id();
        self.children.push(Group(child));
        pid
    }

    /// Starts a program that is no part of the backend.
    pub(super) fn beside(&mut self, mut command: Command) {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().unwrap();
        self.keep(Group(child));
    }

    pub(super) fn python(&self) -> Command {
        self.env.command(PYTHON.as_str())
    }

    /// Waits until somebody listens on the backend's port.
    pub(super) fn listens(&self) {
        let port = self.port;
        let is_there = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        assert!(wait_until(LIMIT, is_there), "nobody listens on {port}\n{}", self.log());
    }

    /// Waits for the process that was started last to end by itself.
    pub(super) fn ends(&mut self) {
        let child = &mut self.children.last_mut().unwrap().0;
        assert!(wait_until(LIMIT, || child.try_wait().unwrap().is_some()), "it goes on");
    }

    /// Kills the process that was started last, and no child of it; its exit status is collected.
    pub(super) fn kill(&mut self) {
        let child = &mut self.children.last_mut().unwrap().0;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(super) fn signal(&self, pid: u32, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
    }

    /// Asks the backend, without waiting for an answer that may not come.
    pub(super) fn ask(&self, path: &str) {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let _none_or_late = stream.read_to_end(&mut answer);
    }

    /// A server that accepts connections and says nothing.
    pub(super) fn silent_server(&mut self) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        self.listeners.push(listener);
        port
    }

    /// Mounts a small disk; nothing where this machine does not allow it.
    pub(super) fn disk(&mut self, options: &str) -> Option<PathBuf> {
        self.disk = Tmpfs::new(options);
        self.disk.as_ref().map(Tmpfs::path)
    }

    /// Keeps something until the scenario is over.
    pub(super) fn keep(&mut self, what: impl std::any::Any) {
        self.kept.push(Box::new(what));
    }

    /// From now on `health` runs where this systemd does.
    pub(super) fn live_inside(&mut self, systemd: Systemd) {
        self.inside = Some(systemd);
    }

    /// Runs `health` on the config as it is now.
    pub(super) fn health(&self, arguments: &[&str]) -> Outcome {
        self.env.write("fuelops.toml", &self.config);
        let mut words = vec!["health"];
        words.extend(arguments);
        let command = self.env.fuelops(&words);
        self.env.finish(match &self.inside {
            Some(systemd) => systemd.inside(&command),
            None => command,
        })
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.env.path("backend.log")).unwrap_or_default()
    }

    /// Waits until the log says this.
    pub(super) fn says(&self, what: &str) {
        assert!(wait_until(LIMIT, || self.log().contains(what)), "`{what}` is not in\n{}", self.log());
    }

    /// A text with the names of this stage.
    pub(super) fn filled(&self, text: &str) -> String {
        let disk = self.disk.as_ref().map_or_else(String::new, |disk| disk.path().display().to_string());
        let pid = self.children.last().map_or(0, |group| group.0.id());
        text.replace("{mount}", &disk)
            .replace("{port}", &self.port.to_string())
            .replace("{pid}", &pid.to_string())
    }
}
