//! What a hint may name: this program's own commands, and programs of this machine.

use std::env;
use std::path::Path;

use clap::CommandFactory;
use rustix::fs::{Access, access};

use crate::cli::args::Cli;
use crate::diagnose::Tools;

/// Tells what exists; asked only when something is wrong.
pub fn tools() -> Tools {
    Tools { has_command, has_program }
}

fn has_command(name: &str) -> bool {
    Cli::command().find_subcommand(name).is_some_and(|command| !command.is_hide_set())
}

fn has_program(name: &str) -> bool {
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
}
