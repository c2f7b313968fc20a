//! The command line: the only room that knows clap, the terminal, argv and the environment.

/// Runs the program on the process's own arguments.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
