//! The real backend: FastAPI under uvicorn, out of the venv that `tests/run` makes.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::{Env, free_port, get, wait_until};

/// How long uvicorn may take to answer for the first time, on a machine that is busy with other tests.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A started backend, in the root of an [`Env`]; dropped, it is gone with all of its workers.
#[derive(Debug)]
pub(crate) struct Backend {
    child: Child,
    pub(crate) port: u16,
    root: PathBuf,
}

impl Backend {
    /// Starts it as `python main.py`, as one process.
    pub(crate) fn start(env: &Env) -> Self {
        Self::launch(env, |_| vec!["main.py".to_owned()])
    }

    /// Starts it as `uvicorn main:app --workers N`: a parent that only watches, and workers that answer.
    pub(crate) fn start_with_workers(env: &Env, workers: usize) -> Self {
        Self::launch(env, |port| {
            let port = port.to_string();
            let workers = workers.to_string();
            ["-m", "uvicorn", "main:app", "--port", &port, "--workers", &workers].map(str::to_owned).to_vec()
        })
    }

    /// The interpreter that it runs under.
    pub(crate) fn python() -> PathBuf {
        let venv = std::env::var_os("FUELOPS_TEST_VENV")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv"), PathBuf::from);
        let python = venv.join("bin/python");
        assert!(
            python.exists(),
            "{} is missing: run ./tests/run once, it makes the Python venv that this test needs",
            python.display()
        );
        python
    }

    fn launch(env: &Env, arguments: impl Fn(u16) -> Vec<String>) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/app/main.py");
        fs::copy(source, env.path("main.py")).unwrap();
        // Somebody else may take a free port before uvicorn does: then once more, with another one.
        for _ in 0..3 {
            let port = free_port();
            let mut backend = Self::spawn(env, port, &arguments(port));
            if backend.answers_within(START_LIMIT) {
                return backend;
            }
            assert!(backend.log().contains("address already in use"), "no answer\n{}", backend.log());
        }
        panic!("three free ports were taken before the backend could bind them");
    }

    fn spawn(env: &Env, port: u16, arguments: &[String]) -> Self {
        let log = File::options().create(true).append(true).open(env.path("backend.log")).unwrap();
        let mut command: Command = env.command(Self::python());
        let child = command
            .args(arguments)
            .env("PORT", port.to_string())
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .process_group(0)
            .spawn()
            .unwrap();
        env.write("backend.pid", child.id().to_string());
        Self { child, port, root: env.root() }
    }

    fn answers_within(&mut self, limit: Duration) -> bool {
        let mut ended = false;
        let answered = wait_until(limit, || {
            ended = self.child.try_wait().unwrap().is_some();
            ended || self.get("/health/live").is_some_and(|answer| answer.contains("200 OK"))
        });
        answered && !ended
    }

    /// The process that was started; with workers, their parent.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the started process only.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.leader(), signal).unwrap();
        // A signal is taken when the process runs next, which may be a while on a busy machine.
        if signal == Signal::SIGSTOP && cfg!(target_os = "linux") {
            let path = format!("/proc/{}/stat", self.leader());
            let is_stopped = || fs::read_to_string(&path).is_ok_and(|stat| stat.contains(") T "));
            assert!(wait_until(Duration::from_secs(30), is_stopped), "it goes on");
        }
    }

    /// Ends the started process as the kernel would, and no other; its exit status is collected.
    pub(crate) fn kill_leader(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The whole answer to a GET, or nothing where there is none within a second.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        get(self.port, path)
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.root.join("backend.log")).unwrap_or_default()
    }

    fn leader(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // A stopped process takes SIGKILL too. Workers live in the group even when their parent is gone.
        let _gone_already = killpg(self.leader(), Signal::SIGKILL);
        let _collected = self.child.wait();
    }
}

/// Whether nobody listens on a port.
fn is_free(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
}

#[test]
fn the_backend_answers_logs_and_leaves_nothing() {
    let env = Env::new();
    let backend = Backend::start(&env);
    assert!(backend.get("/health").unwrap().contains("\"healthy\""));
    assert!(backend.get("/boom").unwrap().starts_with("HTTP/1.1 500"));
    assert!(wait_until(Duration::from_secs(5), || backend.log().contains("ZeroDivisionError")));
    let port = backend.port;
    drop(backend);
    assert!(is_free(port));
}

#[test]
fn workers_outlive_their_parent_and_end_with_the_test() {
    let env = Env::new();
    let mut backend = Backend::start_with_workers(&env, 2);
    backend.kill_leader();
    assert!(backend.get("/health/live").unwrap().contains("alive"));
    let port = backend.port;
    drop(backend);
    assert!(wait_until(Duration::from_secs(5), || is_free(port)));
}
