//! `[logs]`: which logs there are and what the team knows about them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{FixedOffset, Offset, Utc};
use serde_json::{Value, json};

use crate::config::read::{
    Absent, Node, Reader, Schema, Section, Setting, Shape, Table, quoted, read_word, section,
};
use crate::config::values::Pattern;
use crate::config::{PathPattern, Secret, TextMatch};
use crate::model::Level;
use crate::platform::{NamedZone, UnknownZone};

/// What `paths` holds when nothing is said.
pub(super) const LOG_PATHS: &str = r#"["backend.log", "wialon_sync.log", "monitor.log", "logs/*.log*"]"#;

section! {
    /// Where logs are and how they are read.
    pub struct Logs {
        /// Paths and globs; rotated and compressed members belong.
        pub paths: Vec<PathPattern> = (LOG_PATHS),
        /// Where the backend's own code lies: routes and log templates come from it.
        pub source_dirs: Vec<PathBuf> = ["."],
        /// For times without an offset: local, utc, +02:00, a zone such as America/Bogota, or guess, which compares with the file's time.
        pub timezone: Timezone = "local",
        /// Where reports are saved.
        pub report_dir: PathBuf = "logs",
        /// What this team knows about its own noise; the first that matches holds.
        pub rules("rule"): Vec<LogRule> = [],
        /// How a Loki is asked, for analyze-logs --loki.
        pub loki: Option<LokiAccess>,
    }
}

section! {
    /// What tells a Loki who asks.
    pub struct LokiAccess {
        /// A bearer token; where there is one, the login is not sent.
        pub token: Option<Secret>,
        /// Name of the login.
        pub username: Option<String>,
        /// Password of the login.
        pub password: Option<Secret>,
        /// Whose logs, where a Loki keeps those of several apart: X-Scope-OrgID.
        pub tenant: Option<String>,
        /// PEM file of an authority that is trusted beside the system's.
        pub ca: Option<PathBuf>,
    }
    check LokiAccess::check
}

impl LokiAccess {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if self.password.is_some() && self.username.is_none() {
            table.problem(cx, "password", "goes with username; add username = …");
        }
    }
}

/// The zone of times that are written without an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timezone {
    /// This machine's.
    Local,
    /// Found out by comparing the last record with the file's time.
    Guess,
    Fixed(FixedOffset),
    /// One of the system's database.
    Named(NamedZone),
}

/// A text is no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a zone: {why}; write local, guess, utc, an offset such as +02:00, or a name such as America/Bogota"
)]
pub struct ParseTimezoneError {
    text: String,
    why: UnknownZone,
}

impl FromStr for Timezone {
    type Err = ParseTimezoneError;

    fn from_str(text: &str) -> Result<Self, ParseTimezoneError> {
        let named = |why| ParseTimezoneError { text: text.to_owned(), why };
        match text.to_ascii_lowercase().as_str() {
            "local" => Ok(Self::Local),
            "guess" => Ok(Self::Guess),
            "utc" | "z" => Ok(Self::Fixed(Utc.fix())),
            offset => match offset.parse() {
                Ok(offset) => Ok(Self::Fixed(offset)),
                Err(_) => NamedZone::find(text).map(Self::Named).map_err(named),
            },
        }
    }
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Guess => f.write_str("guess"),
            Self::Fixed(offset) => offset.fmt(f),
            Self::Named(zone) => f.write_str(zone.name()),
        }
    }
}

impl Setting for Timezone {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = cx.text(node, "\"local\", \"guess\", \"utc\", an offset or a zone's name")?;
        match text.parse() {
            Ok(zone) => Some(zone),
            Err(error) => {
                cx.wrong(node, format_args!("{error}"));
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": "^([+-][0-9]{2}:?[0-9]{2}|[A-Za-z][A-Za-z0-9_+/-]*)$" })
    }
}

section! {
    /// What a record really is, when it matches.
    pub struct LogRule {
        /// The level that it counts as.
        pub level: Level,
        /// Why, for the report.
        pub because: Option<String>,
        ..matches: TextMatch,
    }
}

/// `match` is a part of the record, `regex` a pattern.
impl Section for TextMatch {
    fn read_fields(table: &mut Table<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let part = table.field::<Option<String>>(cx, "match", Absent::Missing);
        let pattern = table.field::<Option<Pattern>>(cx, "regex", Absent::Missing);
        match (part?, pattern?) {
            (Some(part), None) => Some(Self::Contains(part)),
            (None, Some(pattern)) => Some(Self::Regex(pattern.0)),
            (None, None) => {
                table.problem(
                    cx,
                    "",
                    "\"match\" is missing; add match = \"part of the record\" or regex = \"pattern\"",
                );
                None
            }
            (Some(_), Some(_)) => {
                table.problem(cx, "regex", "goes without match; leave one of them out");
                None
            }
        }
    }

    fn shape(schema: &mut Schema) -> Shape {
        let mut shape = Shape::default();
        shape.key::<Option<String>>(schema, "match", "A part of the record.", Absent::Missing);
        shape.key::<Option<Pattern>>(schema, "regex", "A pattern, instead of match.", Absent::Missing);
        shape
    }
}

const LEVELS: [(&str, Level); 6] = [
    ("trace", Level::Trace),
    ("debug", Level::Debug),
    ("info", Level::Info),
    ("warning", Level::Warning),
    ("error", Level::Error),
    ("critical", Level::Critical),
];

impl Setting for Level {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        read_word(node, cx, &LEVELS)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.word()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "enum": LEVELS.map(|(word, _)| word) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{check_problem, problems, read};

    #[test]
    fn a_zone_is_a_word_or_an_offset() {
        let zone = |text: &str| read(&format!("[logs]\ntimezone = \"{text}\"")).logs.timezone;
        assert_eq!(zone("local"), Timezone::Local);
        assert_eq!(zone("guess"), Timezone::Guess);
        assert_eq!(zone("UTC"), Timezone::Fixed(FixedOffset::east_opt(0).unwrap()));
        assert_eq!(zone("-05:00"), Timezone::Fixed(FixedOffset::west_opt(5 * 3600).unwrap()));
        if NamedZone::find("UTC").is_err() {
            return; // No zones are installed here.
        }
        assert_eq!(zone("America/Bogota"), Timezone::Named(NamedZone::find("America/Bogota").unwrap()));
        assert_eq!(zone("America/Bogota").show().unwrap(), "\"America/Bogota\"");
        check_problem(
            "[logs]\ntimezone = \"Atlantis/Capital\"",
            "2:12: [logs] timezone: \"Atlantis/Capital\" is not a zone: no such zone is in the system's database; \
             write local, guess, utc, an offset such as +02:00, or a name such as America/Bogota",
        );
    }

    #[test]
    fn a_rule_has_a_part_or_a_pattern_and_a_level() {
        let rules = read("[[logs.rule]]\nmatch = \"x\"\nlevel = \"info\"\n[[logs.rule]]\nregex = \"^y\"\nlevel = \"debug\"\n").logs.rules;
        assert!(
            rules[0].matches.is_match("axb")
                && rules[1].matches.is_match("yes")
                && !rules[1].matches.is_match("ay")
        );
        assert_eq!(rules[1].level, Level::Debug);
        check_problem(
            "[[logs.rule]]\nlevel = \"info\"",
            "1:1: [logs.rule[1]] \"match\" is missing; add match = \"part of the record\" or regex = \"pattern\"",
        );
        check_problem(
            "[[logs.rule]]\nmatch = \"a\"\nregex = \"a\"\nlevel = \"info\"",
            "3:9: [logs.rule[1]] regex: goes without match; leave one of them out",
        );
        check_problem(
            "[[logs.rule]]\nmatch = \"a\"\nlevel = \"warn\"",
            "3:9: [logs.rule[1]] level: \"warn\" is not one of trace, debug, info, warning, error, critical (did you mean \"warning\"?)",
        );
        assert_eq!(problems("[[logs.rule]]\nregex = \"[\"\n").len(), 2);
    }

    #[test]
    fn patterns_are_anchored_at_a_root_whose_own_name_is_taken_literally() {
        let pattern = PathPattern::new(std::path::Path::new("/srv/[x]"), "./logs/*.log*").unwrap();
        let matcher = pattern.glob().unwrap().compile_matcher();
        assert!(matcher.is_match("/srv/[x]/logs/a.log.1"));
        assert!(!matcher.is_match("/srv/x/logs/a.log") && !matcher.is_match("/srv/[x]/logs/b/a.log"));
    }
}
