//! A private MariaDB.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Server, find, new_dir, run};
use crate::support::free_port;

/// A MariaDB on loopback, with `root` without a password and the empty database `fuel`.
#[derive(Debug)]
pub(crate) struct MariaDb {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl MariaDb {
    /// Starts one with the defaults.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The one that all tests of this process may read from; nobody changes its settings.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<MariaDb>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts one with further options of `mariadbd`, such as `--max-connections=10`.
    pub(crate) fn start_with(options: &[&str]) -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let program = find("mariadbd", "mariadb-server", &TOLD)?;
        let dir = new_dir("mariadb");
        let data = format!("--datadir={}/data", dir.display());
        // A server that starts clears its folder for temporary tables, whoever else has some there.
        let tmpdir = format!("--tmpdir={}", dir.display());
        let small = ["--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", &tmpdir];
        let install = ["mariadb-install-db", "--no-defaults", &data, "--skip-test-db"];
        let login = "--auth-root-authentication-method=normal";
        run(&dir, &[&install[..], &small, &[login]].concat());
        let port = free_port();
        let socket = format!("--socket={}/socket", dir.display());
        let place = [&*format!("--port={port}"), "--bind-address=127.0.0.1", &socket];
        let program = program.to_string_lossy();
        let quick = ["--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", "--pid-file=server.pid"];
        let words = [&[&*program, "--no-defaults", &data], &place[..], &small, &quick, options].concat();
        let started = Self { server: Server::launch(dir, "KILL", &words), port };
        started.server.wait_for("mariadbd", || started.try_sql("SELECT 1").is_some());
        started.sql("CREATE DATABASE fuel");
        Some(started)
    }

    /// The URL of `root` and the database `fuel`.
    pub(crate) fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/fuel", self.port)
    }

    /// The Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.server.dir().join("socket")
    }

    /// Runs statements as `root` and returns the rows, columns separated by tabs.
    #[track_caller]
    pub(crate) fn sql(&self, statements: &str) -> String {
        self.try_sql(statements).unwrap_or_else(|| panic!("refused: {statements}\n{}", self.server.log()))
    }

    fn try_sql(&self, statements: &str) -> Option<String> {
        let socket = format!("--socket={}", self.socket().display());
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "--user=root", "--batch", "--skip-column-names", &socket]);
        let output = command.args(["--execute", statements]).stdin(Stdio::null()).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
