//! The stage: a private temporary folder with a config, and the processes that play on it.
//!
//! Every process is known by the handle of its start, never by a name or a number that was read somewhere. When the
//! stage goes, all of them have ended and the folder is gone, unless it is to be kept. A [`Curtain`] does the same from
//! another thread, for a demo that is interrupted; and should the demo be killed, its processes read the end of their
//! standard input and end by themselves.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::props::{Keep, Props, end, lock};
use super::{Fault, Role, Sample, config};
use crate::platform;

/// How long a sample program may take to start or to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Stops what is no child of the demo.
pub(super) const STOP: &[&str] = &["stop", "--all", "--quiet"];

/// How often a wait looks again.
const GLANCE: Duration = Duration::from_millis(5);

/// Somebody else may take a free port before the backend binds it; then another one is tried.
const PORT_TRIES: usize = 3;

/// A folder, a config, a port, and the processes that play on it.
#[derive(Debug)]
pub struct Stage {
    pub(super) props: Arc<Mutex<Props>>,
    root: PathBuf,
    program: PathBuf,
    port: u16,
}

/// Ends the demo from another thread.
#[derive(Clone, Debug)]
pub struct Curtain {
    props: Arc<Mutex<Props>>,
}

/// The end of a demo: as long as this lives, whoever wants anything from the stage waits.
#[derive(Debug)]
#[must_use = "without it the stage fails its user with an error, before the program can end"]
pub struct Darkness<'a> {
    _props: MutexGuard<'a, Props>,
}

impl Curtain {
    /// Ends every process and removes the folder; nothing can be started afterwards.
    pub fn fall(&self) -> Darkness<'_> {
        let mut props = lock(&self.props);
        props.clear();
        Darkness { _props: props }
    }
}

impl Stage {
    /// Makes the folder, writes the config and starts the backend on a free port; `program` is this very program.
    ///
    /// # Errors
    ///
    /// Fails if the temporary folder cannot be written, or the backend does not answer in time.
    pub fn raise(program: &Path, keep: Keep) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("fuelops-demo.")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .with_context(|| format!("cannot make a folder in {}", std::env::temp_dir().display()))?;
        let root = fs::canonicalize(folder.path()).context("cannot resolve the temporary folder")?;
        let props = Arc::new(Mutex::new(Props::new(folder, keep)));
        let mut stage = Self { props, root, program: program.to_owned(), port: 0 };
        let mut last_words = String::new();
        for _ in 0..PORT_TRIES {
            stage.port = free_port()?;
            let config = config::text(&stage.program, &stage.sample(Role::Backend));
            fs::write(stage.config(), config).context("cannot write the demo's config")?;
            match stage.start(Role::Backend)? {
                Start::Serving => return Ok(stage),
                Start::Ended { last_words: words } => last_words = words,
            }
        }
        bail!("the sample backend ended at its start, {PORT_TRIES} times: {last_words}")
    }

    /// The private folder; root of the config.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The config.
    pub fn config(&self) -> PathBuf {
        self.root.join("fuelops.toml")
    }

    /// The backend's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A handle that ends it all from another thread.
    pub fn curtain(&self) -> Curtain {
        Curtain { props: self.props.clone() }
    }

    /// Breaks the running backend.
    ///
    /// # Errors
    ///
    /// Fails if the fault cannot be written, or the backend survives its crash.
    pub fn inflict(&self, fault: Fault) -> Result<()> {
        Fault::write(&self.root, Some(fault)).context("cannot tell the sample backend its fault")?;
        if fault == Fault::Crash && !self.ends_in_time(Role::Backend)? {
            bail!("the sample backend did not crash within {PATIENCE:?}");
        }
        Ok(())
    }

    /// Ends the backend at once, and lets a stranger squat on its port.
    ///
    /// # Errors
    ///
    /// Fails if the stranger does not get the port.
    pub fn let_stranger_in(&self) -> Result<()> {
        end(lock(&self.props).slot(Role::Backend).take());
        fs::create_dir_all(self.home(Role::Stranger)).context("cannot make the stranger's folder")?;
        self.expect_serving(Role::Stranger)
    }

    /// Puts everything right again: no fault, no stranger, a fresh backend.
    ///
    /// # Errors
    ///
    /// Fails if the backend does not answer in time.
    pub fn restore(&self) -> Result<()> {
        Fault::write(&self.root, None).context("cannot take the sample backend's fault away")?;
        for role in [Role::Stranger, Role::Backend] {
            end(lock(&self.props).slot(role).take());
        }
        self.expect_serving(Role::Backend)
    }

    /// Lets the backend crash, and has `fuelops recover` bring it back; the answer is its report, as JSON.
    ///
    /// # Errors
    ///
    /// Fails if it does not crash, or the recovery cannot be started.
    pub fn recover(&self) -> Result<Vec<u8>> {
        self.inflict(Fault::Crash)?;
        Fault::write(&self.root, None).context("cannot take the sample backend's fault away")?;
        let mut command = self.fuelops(&["recover", "--yes", "--format", "json"]);
        // Held until it is done: who ends the demo meanwhile ends what was started, too.
        let mut props = lock(&self.props);
        props.is_to_be_stopped_by(self.fuelops(STOP))?;
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        Ok(output.with_context(|| format!("cannot start {}", self.program.display()))?.stdout)
    }

    /// This very program, on the config of the stage.
    pub(super) fn fuelops(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--config").arg(self.config()).current_dir(&self.root);
        platform::unblock_signals(&mut command);
        command
    }

    fn expect_serving(&self, role: Role) -> Result<()> {
        match self.start(role)? {
            Start::Serving => Ok(()),
            Start::Ended { last_words } => bail!("the sample {role} ended at its start: {last_words}"),
        }
    }

    /// Starts a program and waits until it serves.
    fn start(&self, role: Role) -> Result<Start> {
        let sample = self.sample(role);
        let log_path = sample.log_file();
        let log = File::options().create(true).append(true).open(&log_path);
        let log = log.with_context(|| format!("cannot open {}", log_path.display()))?;
        let mut command = Command::new(&self.program);
        command.args(sample.words()).current_dir(&sample.folder);
        // The pipe is the leash: it closes when this process dies, however it dies.
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        platform::unblock_signals(&mut command);
        let pid = lock(&self.props).spawn(role, command)?.to_string();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            // The pid file is written once it listens.
            if fs::read_to_string(sample.pid_file()).is_ok_and(|text| text.trim() == pid) {
                return Ok(Start::Serving);
            }
            if lock(&self.props).has_ended(role)? {
                let log = fs::read_to_string(&log_path).unwrap_or_default();
                let last_words = log.lines().last().unwrap_or("(its log is empty)").to_owned();
                return Ok(Start::Ended { last_words });
            }
            thread::sleep(GLANCE);
        }
        bail!("the sample {role} did not start within {PATIENCE:?}")
    }

    pub(super) fn sample(&self, role: Role) -> Sample {
        // What a recovery starts is no child of the demo, and ends with it all the same.
        let ends_with = (lock(&self.props).keep == Keep::Nothing).then(std::process::id);
        Sample { port: self.port, folder: self.home(role), role, ends_with }
    }

    fn ends_in_time(&self, role: Role) -> Result<bool> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if lock(&self.props).has_ended(role)? {
                return Ok(true);
            }
            thread::sleep(GLANCE);
        }
        Ok(false)
    }

    /// The stranger lives in a folder of its own, so that nothing but the port ties it to the backend.
    fn home(&self, role: Role) -> PathBuf {
        match role {
            Role::Backend => self.root.clone(),
            Role::Stranger => self.root.join("elsewhere"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        lock(&self.props).clear();
    }
}

/// How a start went.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    Serving,
    Ended { last_words: String },
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot find a free port on 127.0.0.1")?;
    Ok(listener.local_addr().context("cannot find a free port on 127.0.0.1")?.port())
}
