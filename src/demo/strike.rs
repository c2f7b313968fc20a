//! A monitor on the stage, and a backend that is killed under its eyes.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::props::lock;
use super::stage::{PATIENCE, STOP};
use super::{Role, Stage};
use crate::platform::Signal;
use crate::process::{Bound, Trust};
use crate::store::KeptProgram;

/// The hidden word before a command that ends when whoever started it is gone.
pub const LEASHED: &str = "__leashed";

/// How often a wait for an answer looks again: what is measured takes milliseconds.
const BLINK: Duration = Duration::from_millis(1);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_millis(500);

/// What came of killing the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// The process that was killed.
    pub killed: u32,
    /// The one that answers in its place, and how long nobody did; absent where nobody does.
    pub answered: Option<(u32, Duration)>,
}

impl Stage {
    /// Has `fuelops monitor` watch the backend for as long as the stage stands; it starts what is down.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be started.
    pub fn watch(&self) -> Result<()> {
        let mut monitor = self.fuelops(&[LEASHED, "monitor", "--quiet"]);
        // The pipe is the leash.
        monitor.stdin(Stdio::piped()).stdout(Stdio::null());
        lock(&self.props).spawn_monitor(monitor, self.fuelops(STOP))
    }

    /// Kills the backend that a monitor watches, as `kill -9` does, and waits until another one answers.
    ///
    /// # Errors
    ///
    /// Fails if no backend runs that a monitor could watch.
    pub fn strike(&self, state_dir: &Path) -> Result<Strike> {
        let kept = KeptProgram::read(state_dir, Role::Backend.word()).and_then(|kept| kept.program);
        let backend =
            kept.as_ref().and_then(Bound::again).context("no monitor watches the sample backend")?;
        let killed = backend.identity().pid;
        let begin = Instant::now();
        backend
            .signal(Signal::KILL, Trust::Marked)
            .map_err(|change| anyhow::anyhow!("the sample backend is not killed: {change}"))?;
        while begin.elapsed() < PATIENCE {
            let successor = self.listening().filter(|pid| *pid != killed);
            if let Some(pid) = successor.filter(|_| self.answers()) {
                return Ok(Strike { killed, answered: Some((pid, begin.elapsed())) });
            }
            thread::sleep(BLINK);
        }
        Ok(Strike { killed, answered: None })
    }

    /// The backend by its own word; it says so once it listens.
    fn listening(&self) -> Option<u32> {
        fs::read_to_string(self.sample(Role::Backend).pid_file()).ok()?.trim().parse().ok()
    }

    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<[u8; 12]> {
            let mut stream =
                TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], self.port())), ANSWER)?;
            stream.set_read_timeout(Some(ANSWER))?;
            stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
            let mut begin = [0; 12];
            stream.read_exact(&mut begin)?;
            Ok(begin)
        };
        ask().is_ok_and(|begin| begin == *b"HTTP/1.1 200")
    }
}
