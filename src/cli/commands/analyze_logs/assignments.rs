//! `--assignments FILE`: which pattern each line of input went to, as CSV (RFC 4180).
//!
//! One row for each line, in the order of the sources. A continuation line bears what its record bears; a line that
//! belongs to no record has its path and number alone, and a record that found no room among the patterns the id
//! `other`. Hostile characters are escaped and secrets taken out, as in every report.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::logs::input::{Problem, Source};
use crate::logs::pattern::{Pattern, PatternId};
use crate::logs::{Analysis, AnalysisOptions, Assigned, RecordOf, assign};
use crate::model::Level;
use crate::store::{AtomicFile, WriteError};
use crate::text::{redact, sanitize};

const HEADER: &[u8] = b"path,line,pattern_id,level,level_raw,logger,at,template\n";
const PRIVATE: u32 = 0o600;
const OTHER: &str = "other";

/// Reads the sources again and writes the file; gives what could not be read this time.
pub(super) fn write(
    path: &Path,
    sources: &[Source],
    options: &AnalysisOptions<'_>,
    analysis: &Analysis,
) -> Result<Vec<Problem>> {
    let at = |source| WriteError { path: path.to_owned(), source };
    let mut file = BufWriter::new(AtomicFile::create(path, PRIVATE)?);
    file.write_all(HEADER).map_err(at)?;
    let paths: Vec<String> = sources.iter().map(|source| field(&sanitize::line(&source.name))).collect();
    let mut rows = Rows { file: &mut file, paths, templates: HashMap::new() };
    let problems = assign(sources, options, analysis, &mut |line| rows.put(line)).map_err(at)?;
    file.into_inner().map_err(|error| at(error.into_error()))?.commit()?;
    Ok(problems)
}

struct Rows<'a, W> {
    file: &'a mut W,
    paths: Vec<String>,
    /// Templates as they are shown.
    templates: HashMap<PatternId, String>,
}

impl<W: Write> Rows<'_, W> {
    fn put(&mut self, line: &Assigned<'_>) -> io::Result<()> {
        write!(self.file, "{},{},", self.paths[line.source], line.line)?;
        match line.record {
            Some(record) => self.record(record),
            None => self.file.write_all(b",,,,,\n"),
        }
    }

    fn record(&mut self, record: &RecordOf<'_>) -> io::Result<()> {
        match record.pattern {
            Some(pattern) => write!(self.file, "{},", pattern.id)?,
            None if record.is_left_out => self.file.write_all(b",")?,
            None => write!(self.file, "{OTHER},")?,
        }
        let level = record.level.map_or("none", Level::word);
        let (raw, logger) = (shown(&record.level_raw), shown(&record.logger));
        let at = record.at.and_then(DateTime::<Utc>::from_timestamp_micros);
        let at = at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default();
        write!(self.file, "{level},{raw},{logger},{at},")?;
        if let Some(pattern) = record.pattern {
            let template = self.templates.entry(pattern.id).or_insert_with(|| template(pattern));
            self.file.write_all(template.as_bytes())?;
        }
        self.file.write_all(b"\n")
    }
}

fn template(pattern: &Pattern) -> String {
    field(&redact::secrets(&sanitize::line(&pattern.template)))
}

/// Bytes of a log line as a field.
fn shown(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-:/[]() ".contains(byte)) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    field(&redact::secrets(&sanitize::bytes(bytes)))
}

/// Quotes what would break a row.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{field, shown};

    #[test]
    fn what_would_break_a_row_is_quoted() {
        assert_eq!(field("plain text"), "plain text");
        assert_eq!(field("a,b \"c\""), "\"a,b \"\"c\"\"\"");
    }

    #[test]
    fn hostile_bytes_are_escaped_and_secrets_taken_out() {
        assert_eq!(shown(b"nova.api"), "nova.api");
        assert_eq!(shown(b"x\x1b[31m\ny"), "x\\x1b[31m\\x0ay");
        assert_eq!(shown(b"password=hunter2,"), "\"password=[redacted],\"");
    }
}
