//! `fuelops man`: the manual page.

use anyhow::Result;
use clap::{Args, CommandFactory};

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Print the manual page
///
/// The pages of all commands stand in `man/`.
#[derive(Args, Debug)]
#[command(after_help = "Example: fuelops man | man -l -")]
pub struct ManArgs {}

/// Writes the page of `fuelops` itself.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(_args: &ManArgs, context: &Context) -> Result<Exit> {
    context.ui.plain_only("man")?;
    context.ui.result(&page(Cli::command())?)?;
    Ok(Exit::Done)
}

/// Every page as (file name, text): `fuelops.1` first, then one for each command and for each of its own commands.
///
/// # Errors
/// Never in practice: the pages are written to memory.
pub fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = vec![("fuelops.1".to_owned(), page(Cli::command())?)];
    add_pages(&root, "fuelops", &mut pages)?;
    Ok(pages)
}

fn add_pages(parent: &clap::Command, prefix: &str, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for command in parent.get_subcommands().filter(|c| !c.is_hide_set()) {
        let name = format!("{prefix}-{}", command.get_name());
        let text = page(command.clone().name(name.clone()).display_name(name.clone()))?;
        pages.push((format!("{name}.1"), text));
        add_pages(command, &name, pages)?;
    }
    Ok(())
}

fn page(command: clap::Command) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    // A date would make the page differ from build to build.
    clap_mangen::Man::new(command).date("").render(&mut text)?;
    Ok(text)
}
