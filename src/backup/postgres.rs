//! PostgreSQL, by its own programs: archives of `pg_dump`'s custom format.

use std::io::{Read, Write};
use std::process::Command;

use anyhow::{Result, bail};

use super::login::{Login, Private};
use super::manifest::Table;
use super::means::Means;
use super::mysql::Dumped;
use super::run::{output, run};
use super::script::{Contents, Dialect, Scanner};
use super::tool::Tool;

/// Begins every archive of the custom format.
pub(super) const MAGIC: &[u8] = b"PGDMP";
/// Longer nobody's lock is waited for.
const LOCK_WAIT: &str = "--lock-wait-timeout=300s";

/// Dumps a database into `target`. What is in it is told by [`inspect`], from what has reached the disk.
pub(super) fn dump(means: &Means, login: &Login, target: &mut dyn Write) -> Result<Dumped> {
    let private = Private::new(&means.state_dir)?;
    let tool = version(means)?;
    let mut command = means.command(Tool::PgDump)?;
    private.postgres(login, &mut command)?;
    // Compressed here, by a better method and on all processors.
    command.args(["--format=custom", "--compress=0", "--no-password", LOCK_WAIT]);
    let mut start = Vec::new();
    let mut sink = |block: &[u8]| {
        let room = MAGIC.len() - start.len();
        start.extend_from_slice(&block[..block.len().min(room)]);
        target.write_all(block)
    };
    let ended = run(command, None, &mut sink, &means.interrupt)?;
    if start != MAGIC {
        bail!("what pg_dump wrote is no archive of its custom format");
    }
    Ok(Dumped { contents: Contents::default(), tool, remarks: ended.remarks })
}

/// Has an archive read to its end by `pg_restore`, and looks at what comes out.
pub(super) fn inspect(means: &Means, content: &mut (dyn Read + Send)) -> Result<Contents> {
    let mut command = means.command(Tool::PgRestore)?;
    command.args(["--file=-", "--no-owner"]);
    let mut scanner = Scanner::new(Dialect::Postgres);
    let mut sink = |block: &[u8]| {
        scanner.read(block);
        Ok(())
    };
    run(command, Some(content), &mut sink, &means.interrupt)?;
    Ok(scanner.finish())
}

/// Whether objects that are there already are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Into {
    /// The database that the archive was made of.
    Place,
    /// An empty one, which may belong to somebody else.
    Empty,
}

/// Restores an archive, all of it or nothing.
pub(super) fn restore(
    means: &Means,
    login: &Login,
    into: Into,
    content: &mut (dyn Read + Send),
) -> Result<()> {
    let private = Private::new(&means.state_dir)?;
    let mut command = means.command(Tool::PgRestore)?;
    private.postgres(login, &mut command)?;
    command.args(["--no-password", "--single-transaction", "--exit-on-error"]);
    match into {
        Into::Place => command.args(["--clean", "--if-exists"]),
        Into::Empty => command.args(["--no-owner", "--no-privileges"]),
    };
    let mut database = std::ffi::OsString::from("--dbname=");
    database.push(connection(login.database()));
    command.arg(database);
    run(command, Some(content), &mut |_| Ok(()), &means.interrupt)?;
    Ok(())
}

/// How many tables and views a database has; `None` where there is no such database.
pub(super) fn tables_of(means: &Means, login: &Login, database: &str) -> Result<Option<u64>> {
    let known = format!("SELECT count(*) FROM pg_database WHERE datname = {}", text(database));
    if ask(means, login, &known)? == "0" {
        return Ok(None);
    }
    let count = "SELECT count(*) FROM information_schema.tables \
                 WHERE table_schema NOT IN ('pg_catalog', 'information_schema')";
    let answer = ask(means, &login.with_database(database), count)?;
    match answer.parse() {
        Ok(tables) => Ok(Some(tables)),
        Err(_) => bail!("the server does not say how many tables {database} has"),
    }
}

/// Makes an empty database.
pub(super) fn create(means: &Means, login: &Login, database: &str) -> Result<()> {
    ask(means, login, &format!("CREATE DATABASE {} TEMPLATE template0", name(database))).map(drop)
}

/// Removes a database.
pub(super) fn remove(means: &Means, login: &Login, database: &str) -> Result<()> {
    ask(means, login, &format!("DROP DATABASE IF EXISTS {}", name(database))).map(drop)
}

/// The tables of a database, as a dump of it shows them.
pub(super) fn look(means: &Means, login: &Login) -> Result<Vec<Table>> {
    let private = Private::new(&means.state_dir)?;
    let mut command = means.command(Tool::PgDump)?;
    private.postgres(login, &mut command)?;
    command.args(["--format=plain", "--no-owner", "--no-password", LOCK_WAIT]);
    let mut scanner = Scanner::new(Dialect::Postgres);
    let mut sink = |block: &[u8]| {
        scanner.read(block);
        Ok(())
    };
    run(command, None, &mut sink, &means.interrupt)?;
    Ok(scanner.finish().tables)
}

fn version(means: &Means) -> Result<String> {
    let mut command = means.command(Tool::PgDump)?;
    command.arg("--version");
    Ok(output(command, &means.interrupt)?)
}

fn ask(means: &Means, login: &Login, statement: &str) -> Result<String> {
    let private = Private::new(&means.state_dir)?;
    let mut command: Command = means.command(Tool::Psql)?;
    private.postgres(login, &mut command)?;
    command.args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"]);
    command.args(["--set=ON_ERROR_STOP=1", "--command", statement]);
    Ok(output(command, &means.interrupt)?)
}

/// A database's name that is taken for nothing else: `--dbname` reads a URL or a list of options, too.
fn connection(database: &str) -> String {
    format!("dbname='{}'", database.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_for_where_they_stand() {
        assert_eq!(connection("it's a\\b"), "dbname='it\\'s a\\\\b'");
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
        assert_eq!(text("it's"), "'it''s'");
    }
}
