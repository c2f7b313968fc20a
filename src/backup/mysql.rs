//! MySQL and MariaDB, by their own programs.

use std::io::{self, Read, Write};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::login::{Login, Private};
use super::manifest::Table;
use super::means::Means;
use super::run::{output, run};
use super::script::{Contents, Dialect, Scanner};
use super::tool::Tool;

/// What the last lines of a whole dump say.
const TRAILER: &str = "-- Dump completed";

/// Of what a dump consists: one consistent snapshot, with everything that belongs to the database.
const OPTIONS: [&str; 8] = [
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--no-tablespaces",
    "--default-character-set=utf8mb4",
];

/// What was dumped, and by whom.
#[derive(Debug)]
pub(super) struct Dumped {
    pub(super) contents: Contents,
    pub(super) tool: String,
    pub(super) remarks: Vec<String>,
}

/// Dumps a database into `target`.
pub(super) fn dump(means: &Means, login: &Login, target: &mut dyn Write) -> Result<Dumped> {
    let private = Private::new(&means.state_dir).context("cannot hand the password over")?;
    let program = means.command(Tool::MysqlDump)?;
    let tool = version(means)?;
    let mut command = program;
    private.mysql(login, &mut command)?;
    command.args(OPTIONS);
    if !tool.contains("MariaDB") {
        // A dump that sets the server's replication state cannot be restored beside what is there.
        command.arg("--set-gtid-purged=OFF");
    }
    command.arg("--").arg(login.database());
    let mut scanner = Scanner::new(Dialect::Mysql);
    let mut sink = |block: &[u8]| {
        scanner.read(block);
        target.write_all(block)
    };
    let ended = run(command, None, &mut sink, &means.interrupt)?;
    let contents = scanner.finish();
    check_trailer(&contents.ending)?;
    let mut remarks = ended.remarks;
    if !contents.unsafe_tables.is_empty() {
        remarks.push(format!("no part of the consistent snapshot: {}", contents.unsafe_tables.join(", ")));
    }
    Ok(Dumped { contents, tool, remarks })
}

/// Whether the end of a dump says that it is the end.
pub(super) fn check_trailer(ending: &str) -> Result<()> {
    if ending
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(3)
        .any(|line| line.starts_with(TRAILER))
    {
        return Ok(());
    }
    bail!("the dump breaks off: its last line is not \"{TRAILER}\"")
}

fn version(means: &Means) -> Result<String> {
    let mut command = means.command(Tool::MysqlDump)?;
    command.arg("--version");
    Ok(output(command, &means.interrupt)?)
}

/// Feeds a dump to a database.
pub(super) fn restore(means: &Means, login: &Login, content: &mut (dyn Read + Send)) -> Result<()> {
    let private = Private::new(&means.state_dir)?;
    let mut command = client(means, &private, login)?;
    // A dump is data: nothing in it may make the client run a program or read a file.
    command.args(["--binary-mode", "--batch", "--default-character-set=utf8mb4", "--"]).arg(login.database());
    run(command, Some(content), &mut |_| Ok(()), &means.interrupt)?;
    Ok(())
}

/// How many tables and views a database has; `None` where there is no such database.
pub(super) fn tables_of(means: &Means, login: &Login, database: &str) -> Result<Option<u64>> {
    let quoted = text(database);
    let question = format!(
        "SELECT COUNT(*), (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = {quoted}) \
         FROM information_schema.schemata WHERE schema_name = {quoted}"
    );
    let answer = ask(means, login, &question)?;
    let mut numbers = answer.split_whitespace().map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(0)), _) => Ok(None),
        (Some(Ok(_)), Some(Ok(tables))) => Ok(Some(tables)),
        _ => bail!("the server does not say whether there is a database {database}"),
    }
}

/// Makes an empty database.
pub(super) fn create(means: &Means, login: &Login, database: &str) -> Result<()> {
    ask(means, login, &format!("CREATE DATABASE {} CHARACTER SET utf8mb4", name(database))).map(drop)
}

/// Removes a database.
pub(super) fn remove(means: &Means, login: &Login, database: &str) -> Result<()> {
    ask(means, login, &format!("DROP DATABASE IF EXISTS {}", name(database))).map(drop)
}

/// The tables of a database, as a dump of it shows them.
pub(super) fn look(means: &Means, login: &Login) -> Result<Vec<Table>> {
    Ok(dump(means, login, &mut io::sink())?.contents.tables)
}

fn ask(means: &Means, login: &Login, statement: &str) -> Result<String> {
    let private = Private::new(&means.state_dir)?;
    let mut command = client(means, &private, login)?;
    command.args(["--batch", "--skip-column-names", "--execute", statement]);
    Ok(output(command, &means.interrupt)?)
}

fn client(means: &Means, private: &Private, login: &Login) -> Result<Command> {
    let mut command = means.command(Tool::MysqlClient)?;
    private.mysql(login, &mut command)?;
    Ok(command)
}

/// A name in backquotes.
fn name(text: &str) -> String {
    format!("`{}`", text.replace('`', "``"))
}

/// A text in quotes, whatever the server's mode says of backslashes.
fn text(text: &str) -> String {
    let digits = super::hex::encode(text.as_bytes());
    if digits.is_empty() { "''".to_owned() } else { format!("CONVERT(X'{digits}' USING utf8mb4)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_without_its_trailer_breaks_off() {
        check_trailer("x\n\n-- Dump completed on 2026-11-22 21:00:00\n").unwrap();
        check_trailer("x\n-- Dump completed\n/* a note */\n").unwrap();
        for ending in ["", "INSERT INTO `x` VALUES (1);\n", "-- Dump completed\n1\n2\n3\n"] {
            check_trailer(ending).unwrap_err();
        }
    }

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(name("a`b"), "`a``b`");
        assert_eq!(text("a'b"), "CONVERT(X'612762' USING utf8mb4)");
    }
}
