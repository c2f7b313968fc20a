//! `fuelops completions`: a completion script for a shell.

use anyhow::Result;
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Print a completion script for a shell
///
/// Packages install the same scripts from `completions/`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: fuelops completions bash > ~/.local/share/bash-completion/completions/fuelops"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: SupportedShell,
}

/// Shells whose scripts are tested and shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SupportedShell {
    Bash,
    Zsh,
    Fish,
}

impl SupportedShell {
    /// Every shell with the name that its script has in `completions/`.
    pub const FILES: [(Self, &'static str); 3] =
        [(Self::Bash, "fuelops.bash"), (Self::Zsh, "_fuelops"), (Self::Fish, "fuelops.fish")];
}

/// Writes the script.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: &CompletionsArgs, context: &Context) -> Result<Exit> {
    context.ui.plain_only("completions")?;
    context.ui.result(&script(args.shell))?;
    Ok(Exit::Done)
}

/// The script that also stands in `completions/`.
pub fn script(shell: SupportedShell) -> Vec<u8> {
    let shell = match shell {
        SupportedShell::Bash => Shell::Bash,
        SupportedShell::Zsh => Shell::Zsh,
        SupportedShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "fuelops", &mut script);
    script
}
