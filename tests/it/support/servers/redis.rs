//! A private Redis.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Server, find, new_dir};
use crate::support::free_port;

/// A Redis on loopback that saves nothing.
#[derive(Debug)]
pub(crate) struct Redis {
    pub(crate) server: Server,
    pub(crate) port: u16,
    password: Option<String>,
}

impl Redis {
    /// Starts one with the defaults.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The one that all tests of this process may read from; nobody changes its settings.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Redis>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts one with further options of `redis-server`, such as `--maxmemory`, `2mb`.
    pub(crate) fn start_with(options: &[&str]) -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let program = find("redis-server", "redis-server", &TOLD)?;
        let port = free_port();
        let dir = new_dir("redis");
        let (port_word, place) = (port.to_string(), dir.display().to_string());
        let fixed = ["--port", &port_word, "--bind", "127.0.0.1", "--dir", &place, "--save", ""];
        let program = program.to_string_lossy();
        let words = [&[&*program], &fixed[..], options].concat();
        let password = options.iter().position(|word| *word == "--requirepass").map(|at| options[at + 1]);
        let password = password.map(str::to_owned);
        let started = Self { server: Server::launch(dir, "KILL", &words), port, password };
        started.server.wait_for("redis-server", || started.cli(&["PING"]).contains("PONG"));
        Some(started)
    }

    /// The URL of database 0, with its password.
    pub(crate) fn url(&self) -> String {
        let login = self.password.as_ref().map_or_else(String::new, |password| format!(":{password}@"));
        format!("redis://{login}127.0.0.1:{}/0", self.port)
    }

    /// What a command answers.
    pub(crate) fn cli(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.password.iter().map(|password| ("REDISCLI_AUTH", password)));
        let output = command.args(words).stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
