//! What has to be gone when the demo ends: its processes and its folder.

use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::{Fault, Role};

/// What becomes of the folder in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is removed.
    Nothing,
    /// It stays, with config and logs.
    Folder,
}

/// The folder, and everything that was started in it.
#[derive(Debug)]
pub(super) struct Props {
    /// Absent once everything is cleared away.
    folder: Option<TempDir>,
    pub(super) keep: Keep,
    backend: Option<Child>,
    stranger: Option<Child>,
    monitor: Option<Child>,
    /// Stops a backend that is no child of the demo.
    stop: Option<Command>,
}

impl Props {
    pub(super) fn new(folder: TempDir, keep: Keep) -> Self {
        Self { folder: Some(folder), keep, backend: None, stranger: None, monitor: None, stop: None }
    }

    pub(super) fn slot(&mut self, role: Role) -> &mut Option<Child> {
        match role {
            Role::Backend => &mut self.backend,
            Role::Stranger => &mut self.stranger,
        }
    }

    /// Starts a program; the answer is its pid.
    pub(super) fn spawn(&mut self, role: Role, command: Command) -> Result<u32> {
        let child = self.start(command)?;
        let pid = child.id();
        end(self.slot(role).replace(child));
        Ok(pid)
    }

    /// Starts a monitor; `stop` ends what it has started.
    pub(super) fn spawn_monitor(&mut self, monitor: Command, stop: Command) -> Result<()> {
        self.is_to_be_stopped_by(stop)?;
        let child = self.start(monitor)?;
        end(self.monitor.replace(child));
        Ok(())
    }

    /// Notes what stops a backend that is no child of the demo, before there is one.
    pub(super) fn is_to_be_stopped_by(&mut self, stop: Command) -> Result<()> {
        if self.folder.is_none() {
            bail!("the demo was ended");
        }
        self.stop = Some(stop);
        Ok(())
    }

    fn start(&self, mut command: Command) -> Result<Child> {
        if self.folder.is_none() {
            bail!("the demo was ended");
        }
        command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))
    }

    /// Whether a program has ended by itself; its exit status is collected.
    pub(super) fn has_ended(&mut self, role: Role) -> Result<bool> {
        match self.slot(role) {
            Some(child) => Ok(child.try_wait().context("cannot ask after the sample program")?.is_some()),
            None => bail!("the demo was ended"),
        }
    }

    pub(super) fn clear(&mut self) {
        // The monitor first: it would start again what ends.
        end(self.monitor.take());
        end(self.backend.take());
        end(self.stranger.take());
        if let Some(mut stop) = self.stop.take() {
            // Should that fail, it ends with this process.
            let _stopped = stop.stdin(Stdio::null()).status();
        }
        let Some(folder) = self.folder.take() else { return };
        match self.keep {
            Keep::Folder => {
                // Whoever starts the backend again expects a healthy one.
                let _still_broken = Fault::write(folder.path(), None);
                let _path = folder.keep();
            }
            Keep::Nothing => {
                // Nothing writes into it any more; what cannot be removed now cannot be later either.
                let _removed = folder.close();
            }
        }
    }
}

/// Ends a program for certain. It is a sample: there is nothing to lose by ending it at once.
pub(super) fn end(child: Option<Child>) {
    if let Some(mut child) = child {
        let _ended_already = child.kill();
        let _collected = child.wait();
    }
}

pub(super) fn lock(props: &Mutex<Props>) -> MutexGuard<'_, Props> {
    props.lock().unwrap_or_else(PoisonError::into_inner)
}
