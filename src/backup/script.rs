//! Reads SQL scripts as they pass by: which tables, how many rows, and what the rows are.
//!
//! Two dialects: what mariadb-dump and mysqldump print, and what pg_dump and pg_restore print as plain text. Nothing is
//! understood beyond where rows begin and end: a quoted text of MySQL never spans a line start that could be mistaken,
//! because its newlines are escaped, and the rows of `COPY` are lines. A table's digest covers its rows in their order, so
//! that two dumps of equal tables agree.

use std::collections::HashMap;

use memchr::{memchr, memchr2, memchr3};
use ring::digest::{Context, SHA256};

use super::hex;
use super::manifest::Table;

/// Tables that are listed; beyond, they are only counted.
const MAX_TABLES: usize = 20_000;
/// Bytes of a line's start that are looked at.
const HEAD: usize = 512;
/// Begins the rows of a table in MySQL's dialect.
const INSERT: &[u8] = b"INSERT INTO `";
/// Ends the rows of a COPY.
const END_MARK: &[u8] = b"\\.";
/// The end of the script that is kept.
const TAIL: usize = 1024;

/// Which program has written a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Mysql,
    Postgres,
}

/// What a script held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) tables: Vec<Table>,
    pub(super) table_count: u64,
    /// Tables that a consistent snapshot does not cover.
    pub(super) unsafe_tables: Vec<String>,
    /// As the script says, where it does.
    pub(super) server: Option<String>,
    /// The last lines.
    pub(super) ending: String,
}

/// Reads a script in pieces.
pub(super) struct Scanner {
    dialect: Dialect,
    place: Place,
    tables: Vec<Counted>,
    by_name: HashMap<String, usize>,
    table_count: u64,
    /// The table that lines belong to, where there is one and it is listed.
    current: Option<usize>,
    unsafe_tables: Vec<String>,
    server: Option<String>,
    tail: Vec<u8>,
}

struct Counted {
    name: String,
    rows: u64,
    digest: Context,
}

/// Where in the script the next byte stands.
enum Place {
    /// In a line whose start is this, as far as it was seen.
    Line(Vec<u8>),
    /// In the rest of a line that says nothing.
    Rest,
    /// In an INSERT statement before its rows.
    Columns { is_quoted: bool },
    /// Among its rows, outside of quotes.
    Values,
    /// In a quoted value; the last byte was a backslash.
    Quoted { is_escaped: bool },
    /// At the start of a row of a COPY, of which so many bytes may belong to the end mark.
    RowStart { held: usize },
    /// In such a row.
    Row,
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl Scanner {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            place: Place::Line(Vec::new()),
            tables: Vec::new(),
            by_name: HashMap::new(),
            table_count: 0,
            current: None,
            unsafe_tables: Vec::new(),
            server: None,
            tail: Vec::new(),
        }
    }

    /// Reads on.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        self.remember(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = self.step(rest);
            rest = &rest[used..];
        }
    }

    /// Ends the script.
    pub(super) fn finish(self) -> Contents {
        let table = |counted: Counted| Table {
            name: counted.name,
            rows: counted.rows,
            sha256: hex::encode(counted.digest.finish().as_ref()),
        };
        let mut tables: Vec<Table> = self.tables.into_iter().map(table).collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        Contents {
            tables,
            table_count: self.table_count,
            unsafe_tables: self.unsafe_tables,
            server: self.server,
            ending: String::from_utf8_lossy(&self.tail).into_owned(),
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        let from = bytes.len().saturating_sub(TAIL);
        self.tail.extend_from_slice(&bytes[from..]);
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
    }

    /// Takes at least one byte; says how many.
    fn step(&mut self, bytes: &[u8]) -> usize {
        match &mut self.place {
            Place::Line(_) => self.line(bytes),
            Place::Rest => match memchr(b'\n', bytes) {
                Some(at) => self.go(Place::Line(Vec::new()), at + 1),
                None => bytes.len(),
            },
            Place::Columns { .. } => self.columns(bytes),
            Place::Values => self.values(bytes),
            Place::Quoted { .. } => self.quoted(bytes),
            Place::RowStart { held } => match (*held, bytes[0]) {
                (held, byte) if END_MARK.get(held) == Some(&byte) => {
                    self.go(Place::RowStart { held: held + 1 }, 1)
                }
                (held, b'\n') if held == END_MARK.len() => self.go(Place::Line(Vec::new()), 1),
                (held, _) => {
                    self.digest(&END_MARK[..held]);
                    self.place = Place::Row;
                    self.row(bytes)
                }
            },
            Place::Row => self.row(bytes),
        }
    }

    fn go(&mut self, place: Place, used: usize) -> usize {
        self.place = place;
        used
    }

    fn line(&mut self, bytes: &[u8]) -> usize {
        let Place::Line(head) = &mut self.place else { return bytes.len() };
        let room = &bytes[..bytes.len().min(HEAD - head.len())];
        let end = memchr(b'\n', room);
        head.extend_from_slice(&room[..end.unwrap_or(room.len())]);
        let (is_full, is_statement) =
            (head.len() == HEAD, self.dialect == Dialect::Mysql && insert_end(head) > 0);
        if is_statement || is_full || end.is_some() {
            let head = std::mem::take(head);
            if is_statement {
                self.statement(&head, end.is_some());
            } else {
                self.place = if end.is_some() { Place::Line(Vec::new()) } else { Place::Rest };
                self.heading(&String::from_utf8_lossy(&head));
            }
        }
        end.map_or(room.len(), |at| at + 1)
    }

    /// Begins an INSERT; what follows the table's name is read as what it is.
    fn statement(&mut self, head: &[u8], is_ended: bool) {
        let name = insert_target(head).unwrap_or_default();
        self.current = self.by_name.get(&name).copied();
        self.place = Place::Columns { is_quoted: false };
        let newline: &[u8] = if is_ended { b"\n" } else { b"" };
        for part in [&head[insert_end(head)..], newline] {
            let mut rest = part;
            while !rest.is_empty() {
                let used = self.step(rest);
                rest = &rest[used..];
            }
        }
    }

    /// Reads a line that is no row.
    fn heading(&mut self, line: &str) {
        match self.dialect {
            Dialect::Mysql => self.mysql_heading(line),
            Dialect::Postgres => self.postgres_heading(line),
        }
    }

    fn mysql_heading(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("-- Table structure for table ") {
            self.table(&unquoted(name, '`'));
        } else if let Some(server) = line.strip_prefix("-- Server version") {
            self.server.get_or_insert_with(|| server.trim().to_owned());
        } else if let Some(rest) = line.strip_prefix(") ENGINE=") {
            let engine = rest.split([' ', ';']).next().unwrap_or_default();
            if matches!(engine, "MyISAM" | "Aria" | "MEMORY" | "CSV" | "ARCHIVE")
                && let Some(table) = self.current.and_then(|at| self.tables.get(at))
            {
                self.unsafe_tables.push(format!("{} ({engine})", table.name));
            }
        }
    }

    fn postgres_heading(&mut self, line: &str) {
        if let Some(server) = line.strip_prefix("-- Dumped from database version ") {
            self.server.get_or_insert_with(|| server.trim().to_owned());
        } else if let Some(name) = created_table(line) {
            self.table(name);
        } else if line.ends_with(" FROM stdin;")
            && let Some(name) = line.strip_prefix("COPY ").map(end_of_name)
        {
            self.table(name);
            self.place = Place::RowStart { held: 0 };
        }
    }

    /// Makes a table the current one.
    fn table(&mut self, name: &str) {
        if let Some(at) = self.by_name.get(name) {
            self.current = Some(*at);
            return;
        }
        self.table_count += 1;
        self.current = None;
        if self.tables.len() < MAX_TABLES {
            self.current = Some(self.tables.len());
            self.by_name.insert(name.to_owned(), self.tables.len());
            self.tables.push(Counted { name: name.to_owned(), rows: 0, digest: Context::new(&SHA256) });
        }
    }

    fn current(&mut self) -> Option<&mut Counted> {
        self.tables.get_mut(self.current?)
    }

    fn digest(&mut self, bytes: &[u8]) {
        if let Some(table) = self.current() {
            table.digest.update(bytes);
        }
    }

    /// Looks for the word VALUES, which names in backquotes may hold, too.
    fn columns(&mut self, bytes: &[u8]) -> usize {
        let Place::Columns { is_quoted } = &mut self.place else { return bytes.len() };
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'`' => *is_quoted = !*is_quoted,
                b'V' if !*is_quoted => return self.go(Place::Values, at + 1),
                b';' if !*is_quoted => return self.go(Place::Rest, at + 1),
                _ => {}
            }
        }
        bytes.len()
    }

    fn values(&mut self, bytes: &[u8]) -> usize {
        let Some(at) = memchr3(b'\'', b'(', b';', bytes) else {
            self.digest(bytes);
            return bytes.len();
        };
        self.digest(&bytes[..=at]);
        match bytes[at] {
            b'(' => {
                if let Some(table) = self.current() {
                    table.rows += 1;
                }
            }
            b';' => self.place = Place::Rest,
            _ => self.place = Place::Quoted { is_escaped: false },
        }
        at + 1
    }

    fn quoted(&mut self, bytes: &[u8]) -> usize {
        let Place::Quoted { is_escaped } = &mut self.place else { return bytes.len() };
        if std::mem::take(is_escaped) {
            self.digest(&bytes[..1]);
            return 1;
        }
        let Some(at) = memchr2(b'\'', b'\\', bytes) else {
            self.digest(bytes);
            return bytes.len();
        };
        self.digest(&bytes[..=at]);
        // A doubled quote ends the text and begins the next: it comes to the same.
        self.place = if bytes[at] == b'\\' { Place::Quoted { is_escaped: true } } else { Place::Values };
        at + 1
    }

    fn row(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', bytes) else {
            self.digest(bytes);
            return bytes.len();
        };
        self.digest(&bytes[..=end]);
        if let Some(table) = self.current() {
            table.rows += 1;
        }
        self.go(Place::RowStart { held: 0 }, end + 1)
    }
}

/// Where the table's name ends in the start of an INSERT; 0 where it does not yet.
fn insert_end(head: &[u8]) -> usize {
    if !head.starts_with(INSERT) {
        return 0;
    }
    let open = INSERT.len();
    let mut at = open;
    while let Some(found) = head.get(at..).and_then(|rest| memchr(b'`', rest)) {
        let close = at + found;
        match head.get(close + 1) {
            // A backquote in a name is doubled.
            Some(b'`') => at = close + 2,
            Some(_) => return close + 1,
            None => return 0,
        }
    }
    0
}

fn insert_target(head: &[u8]) -> Option<String> {
    let name = head.get(INSERT.len() - 1..insert_end(head))?;
    Some(unquoted(&String::from_utf8_lossy(name), '`'))
}

/// A name without its quotes.
fn unquoted(name: &str, quote: char) -> String {
    let inside = name.trim().trim_start_matches(quote);
    let inside = inside.strip_suffix(quote).unwrap_or(inside);
    inside.replace(&format!("{quote}{quote}"), &quote.to_string())
}

/// The table of `CREATE TABLE public.trucks (`.
fn created_table(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("CREATE TABLE ").or_else(|| line.strip_prefix("CREATE UNLOGGED TABLE "))?;
    Some(end_of_name(rest))
}

/// A name as PostgreSQL writes it, up to the first blank outside of its quotes.
fn end_of_name(text: &str) -> &str {
    let mut is_quoted = false;
    let end = text.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '"';
        !is_quoted && *c == ' '
    });
    end.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(dialect: Dialect, text: &str, chunk: usize) -> Contents {
        let mut scanner = Scanner::new(dialect);
        for part in text.as_bytes().chunks(chunk) {
            scanner.read(part);
        }
        scanner.finish()
    }

    fn rows(contents: &Contents) -> Vec<(&str, u64)> {
        contents.tables.iter().map(|table| (table.name.as_str(), table.rows)).collect()
    }

    const MYSQL: &str = "-- MariaDB dump 10.19\n-- Server version\t10.11.19-MariaDB\n\n--\n-- Table structure for table `tr``ucks`\n--\n\
        CREATE TABLE `tr``ucks` (\n  `id` int\n) ENGINE=InnoDB;\nINSERT INTO `tr``ucks` VALUES\n(1,'a;(b'),\n(2,'it\\'s (x)'),\n(3,'q''(''q');\n\
        INSERT INTO `tr``ucks` VALUES (4,'\\\\'),(5,NULL);\n-- Table structure for table `empty`\n) ENGINE=MyISAM DEFAULT\n\
        -- Table structure for table `named`\nINSERT INTO `named` (`a(b`, `VALUES`) VALUES (0x00,1.5),(0xff,-1);\n-- Dump completed on 2026\n";

    #[test]
    fn rows_of_mysql_are_counted_wherever_the_stream_is_cut() {
        let whole = scan(Dialect::Mysql, MYSQL, MYSQL.len());
        assert_eq!(rows(&whole), [("empty", 0), ("named", 2), ("tr`ucks", 5)]);
        assert_eq!(whole.server.as_deref(), Some("10.11.19-MariaDB"));
        assert_eq!(whole.unsafe_tables, ["empty (MyISAM)"]);
        assert!(whole.ending.ends_with("-- Dump completed on 2026\n"));
        for chunk in 1..70 {
            assert_eq!(scan(Dialect::Mysql, MYSQL, chunk), whole, "cut every {chunk} bytes");
        }
    }

    const POSTGRES: &str = "-- Dumped from database version 15.18\nCREATE TABLE public.trucks (\n    id integer\n);\n\
        CREATE UNLOGGED TABLE public.\"odd name\" (\n);\nCOPY public.trucks (id, name) FROM stdin;\n1\ta\n\\N\t\\\\.\n\\.x\n\n\\.\n\n\
        COPY public.\"odd name\" (id) FROM stdin;\n\\.\n-- PostgreSQL database dump complete\n\\unrestrict x\n";

    #[test]
    fn rows_of_postgres_are_counted_wherever_the_stream_is_cut() {
        let whole = scan(Dialect::Postgres, POSTGRES, POSTGRES.len());
        assert_eq!(rows(&whole), [("public.\"odd name\"", 0), ("public.trucks", 4)]);
        for chunk in 1..70 {
            assert_eq!(scan(Dialect::Postgres, POSTGRES, chunk), whole, "cut every {chunk} bytes");
        }
    }

    #[test]
    fn digests_tell_rows_apart_and_equal_ones_agree() {
        let one = scan(Dialect::Mysql, MYSQL, 64);
        let other = scan(Dialect::Mysql, &MYSQL.replace("(5,NULL)", "(6,NULL)"), 64);
        let digests =
            |contents: &Contents| contents.tables.iter().map(|t| t.sha256.clone()).collect::<Vec<_>>();
        assert_eq!(digests(&one)[..2], digests(&other)[..2]);
        assert_ne!(digests(&one)[2], digests(&other)[2]);
        assert_eq!(digests(&one)[0], hex::encode(ring::digest::digest(&SHA256, b"").as_ref()));
    }

    #[test]
    fn garbage_of_any_kind_is_read_to_its_end() {
        for text in [
            "",
            "\n\n\n",
            "INSERT INTO `",
            "INSERT INTO `x",
            "COPY x FROM stdin;\n\\",
            "INSERT INTO `x` VALUES ('",
        ] {
            for dialect in [Dialect::Mysql, Dialect::Postgres] {
                scan(dialect, text, 3);
                scan(dialect, &text.repeat(2000), 777);
            }
        }
    }
}
