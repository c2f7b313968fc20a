//! A private PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Server, accepts, new_dir, run};
use crate::support::{free_port, skip};

/// Where Debian keeps the servers, one folder a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A PostgreSQL on loopback, with `postgres` without a password and the empty database `fuel`.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Postgres {
    /// Starts one with the defaults.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[], "")
    }

    /// The one that all tests of this process may read from; nobody changes its settings.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts one with further settings, such as `max_connections=10`, and lines that come first in `pg_hba.conf`.
    pub(crate) fn start_with(settings: &[&str], access: &str) -> Option<Self> {
        let programs = programs()?;
        let dir = new_dir("postgres");
        let (data, initdb) = (format!("{}/data", dir.display()), programs.join("initdb"));
        let fixed = ["--no-sync", "--auth=trust", "--username=postgres", "--locale=C.UTF-8"];
        run(&dir, &[&[&*initdb.to_string_lossy(), "--pgdata", &data], &fixed[..]].concat());
        let rules = Path::new(&data).join("pg_hba.conf");
        let usual = fs::read_to_string(&rules).unwrap();
        fs::write(&rules, format!("{access}\n{usual}")).unwrap();
        Some(Self::run_in(dir, settings))
    }

    /// Starts the server on the data of a folder that is made already.
    fn run_in(dir: PathBuf, settings: &[&str]) -> Self {
        let port = free_port();
        let program = programs().unwrap().join("postgres");
        let data = format!("{}/data", dir.display());
        let sockets = format!("unix_socket_directories={}", dir.display());
        let place = format!("port={port}");
        let own = [&*place, "listen_addresses=127.0.0.1", "fsync=off", &sockets];
        let settings: Vec<_> = own.iter().chain(settings).flat_map(|setting| ["-c", setting]).collect();
        let program = program.to_string_lossy();
        let words = [&[&*program, "-D", &data], &settings[..]].concat();
        // SIGQUIT: at once, with its children and its shared memory.
        let started = Self { server: Server::launch(dir, "QUIT", &words), port };
        started.server.wait_for("postgres", || accepts(port) && started.is_ready());
        started
    }

    /// A standby that replicates from this one.
    pub(crate) fn standby(&self) -> Self {
        let dir = new_dir("standby");
        let program = programs().unwrap().join("pg_basebackup");
        let (data, port) = (format!("{}/data", dir.display()), self.port.to_string());
        let from = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "--checkpoint=fast", "--no-sync"];
        let program = program.to_string_lossy();
        run(&dir, &[&[&*program, "-D", &data, "--write-recovery-conf"], &from[..]].concat());
        Self::run_in(dir, &[])
    }

    /// The URL of `postgres` and the database `fuel`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/fuel", self.port)
    }

    /// Runs statements as `postgres` in the database `postgres` and returns the rows.
    #[track_caller]
    pub(crate) fn sql(&self, statements: &str) -> String {
        self.psql(statements).unwrap_or_else(|said| panic!("{statements}: {said}"))
    }

    fn psql(&self, statements: &str) -> Result<String, String> {
        let (host, port) = (self.server.dir().display().to_string(), self.port.to_string());
        let login = ["-h", &host, "-p", &port, "-U", "postgres", "-d", "postgres"];
        let mut command = Command::new(programs().unwrap().join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]).args(login);
        let output = command.args(["-c", statements]).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Ready, and with its database.
    fn is_ready(&self) -> bool {
        let made = self.psql("SELECT 1 FROM pg_database WHERE datname = 'fuel'");
        made.is_ok_and(|row| !row.trim().is_empty()) || self.psql("CREATE DATABASE fuel").is_ok()
    }
}

/// The folder of the newest installed version; `None`, said aloud once, where there is none.
fn programs() -> Option<PathBuf> {
    static TOLD: OnceLock<()> = OnceLock::new();
    let versions =
        fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = versions.filter(|bin| bin.join("initdb").exists()).max();
    if newest.is_none() {
        TOLD.get_or_init(|| skip("postgres", "the package postgresql is not installed"));
    }
    newest
}
