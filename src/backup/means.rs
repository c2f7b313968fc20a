//! What a backup works with: where programs are, where secrets may lie for a moment, who asks it to stop.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::interrupt::Interrupt;
use super::tool::{MissingTool, SearchPath, Tool};

use crate::platform;

/// The surroundings of a run; nothing here is read from the process itself.
#[derive(Clone, Debug)]
pub struct Means {
    pub state_dir: PathBuf,
    pub path: SearchPath,
    /// The caller's home: where programs find certificates, and passwords that no URL holds.
    pub home: Option<OsString>,
    /// The name of this machine.
    pub host: String,
    pub interrupt: Interrupt,
}

impl Means {
    /// A program with nothing of the caller's environment but what it needs; its messages are in English.
    pub(super) fn command(&self, tool: Tool) -> Result<Command, MissingTool> {
        Ok(self.bare(&self.path.find(tool)?))
    }

    /// Means that nobody interrupts: what was asked to end may have a whole database to take away first.
    pub(super) fn patient(&self) -> Self {
        Self { interrupt: Interrupt::default(), ..self.clone() }
    }

    fn bare(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", self.path.as_os_str()).env("LC_ALL", "C");
        if let Some(home) = &self.home {
            command.env("HOME", home);
        }
        platform::unblock_signals(&mut command);
        command
    }
}
