//! What a hint may name: this program's own commands, and programs of this machine.

use std::env;
use std::path::Path;

use clap::CommandFactory;
use rustix::fs::{Access, access};

use crate::cli::args::Cli;
use crate::diagnose::Tools;

/// A folder that is there where systemd runs the machine.
const SYSTEMD: &str = "/run/systemd/system";

/// Tells what exists; asked only when something is wrong.
pub fn tools() -> Tools {
    Tools { has_command, has_program }
}

fn has_command(name: &str) -> bool {
    Cli::command().find_subcommand(name).is_some_and(|command| !command.is_hide_set())
}

fn has_program(name: &str) -> bool {
    is_on_path(name) && is_of_use(name, Path::new(SYSTEMD))
}

/// In a container `systemctl` may be there, with nobody to talk to.
fn is_of_use(name: &str, systemd: &Path) -> bool {
    name != "systemctl" || systemd.is_dir()
}

fn is_on_path(name: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| is_executable(&folder.join(name)))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_exists_is_told() {
        assert!(has_command("health") && has_command("analyze-logs"));
        assert!(!has_command("no-such-command"));
        assert!(has_program("sh") && !has_program("no-such-program-anywhere"));
    }

    #[test]
    fn systemctl_is_of_use_where_systemd_runs() {
        let (here, nowhere) = (tempfile::tempdir().unwrap(), Path::new("/no/such/folder"));
        assert!(is_of_use("systemctl", here.path()) && !is_of_use("systemctl", nowhere));
        assert!(is_of_use("curl", nowhere));
    }
}
