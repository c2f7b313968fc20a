//! What a text, a status, a JSON document or a path is compared with.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use regex::Regex;
use serde_json::{Value, json};
use toml::de::DeValue;

use crate::config::read::{Node, Reader, Schema, Setting, Table, quoted};

/// A set of HTTP status codes, such as `["200-299", 404]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet {
    ranges: Vec<RangeInclusive<u16>>,
}

impl StatusSet {
    /// Makes a set of ranges.
    pub fn new(ranges: Vec<RangeInclusive<u16>>) -> Self {
        Self { ranges }
    }

    /// Whether a status belongs.
    pub fn contains(&self, status: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(&status))
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.ranges.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            match (range.start(), range.end()) {
                (a, b) if a == b => write!(f, "{comma}{a}")?,
                (a, b) => write!(f, "{comma}{a}-{b}")?,
            }
        }
        Ok(())
    }
}

/// Reads `200`, `"404"` or `"200-299"`.
fn status_range(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<RangeInclusive<u16>> {
    const EXPECTED: &str = "a status from 100 to 599, or a range such as \"200-299\"";
    let text = match node.value() {
        DeValue::Integer(number) => number.to_string(),
        _ => cx.text(node, EXPECTED)?,
    };
    let status = |text: &str| text.trim().parse::<u16>().ok().filter(|status| (100..=599).contains(status));
    let (from, to) = text.split_once('-').unwrap_or((&text, &text));
    match (status(from), status(to)) {
        (Some(from), Some(to)) if from <= to => Some(from..=to),
        _ => {
            cx.mismatch(node, EXPECTED);
            None
        }
    }
}

impl Setting for StatusSet {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Array(items) = node.value() else {
            return status_range(node, cx).map(|range| Self::new(vec![range]));
        };
        let ranges: Vec<Option<_>> =
            items.iter().enumerate().map(|(at, item)| status_range(&node.item(at, item), cx)).collect();
        let ranges: Vec<_> = ranges.into_iter().collect::<Option<_>>()?;
        if ranges.is_empty() {
            cx.wrong(node, "is empty, so that no answer would be good; write [\"200-299\"]");
            return None;
        }
        Some(Self { ranges })
    }

    fn show(&self) -> Option<String> {
        let item = |text: &str| if text.contains('-') { quoted(text) } else { text.to_owned() };
        let items: Vec<_> = self.to_string().split(", ").map(item).collect();
        Some(format!("[{}]", items.join(", ")))
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("status", |_| {
            let one = json!({
                "anyOf": [
                    { "type": "integer", "minimum": 100, "maximum": 599 },
                    { "type": "string", "pattern": "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$" },
                ],
            });
            json!({ "anyOf": [{ "type": "array", "items": one, "minItems": 1 }, one] })
        })
    }
}

/// A text that must stand somewhere in another, or a pattern that must be found in it.
#[derive(Clone, Debug)]
pub enum TextMatch {
    Contains(String),
    Regex(Regex),
}

impl TextMatch {
    /// Whether it is found.
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Regex(pattern) => pattern.is_match(text),
        }
    }
}

impl PartialEq for TextMatch {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Contains(a), Self::Contains(b)) => a == b,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            _ => false,
        }
    }
}

impl fmt::Display for TextMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(part) => write!(f, "{part:?}"),
            Self::Regex(pattern) => write!(f, "/{pattern}/"),
        }
    }
}

/// A string is a part of the text; `{ regex = "…" }` is a pattern.
impl Setting for TextMatch {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(_) = node.value() else {
            return String::read(node, cx).map(Self::Contains);
        };
        let mut table = Table::open(node, cx)?;
        let pattern = table.part::<Pattern>(cx, "regex");
        table.finish(cx);
        pattern.map(|pattern| Self::Regex(pattern.0))
    }

    fn show(&self) -> Option<String> {
        match self {
            Self::Contains(part) => part.show(),
            Self::Regex(pattern) => Some(format!("{{ regex = {} }}", quoted(pattern.as_str()))),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        let regex = Pattern::schema(schema);
        let table = json!({
            "type": "object", "properties": { "regex": regex }, "required": ["regex"], "additionalProperties": false,
        });
        json!({ "anyOf": [{ "type": "string", "minLength": 1 }, table] })
    }
}

/// A regular expression that compiles.
#[derive(Clone, Debug)]
pub(in crate::config) struct Pattern(pub(in crate::config) Regex);

impl Setting for Pattern {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = String::read(node, cx)?;
        match Regex::new(&text) {
            Ok(pattern) => Some(Self(pattern)),
            Err(error) => {
                // The last line says what is wrong; those before draw the pattern.
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                cx.wrong(node, format_args!("{text:?} is not a regular expression: {why}"));
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.0.as_str()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "format": "regex", "minLength": 1 })
    }
}

/// A path or glob of files; a relative one starts at `root`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    root: PathBuf,
    pattern: String,
}

impl PathPattern {
    /// Takes a pattern.
    ///
    /// # Errors
    /// When it is no valid glob.
    pub fn new(root: &Path, pattern: &str) -> Result<Self, globset::Error> {
        let made = Self { root: root.to_owned(), pattern: pattern.to_owned() };
        made.glob()?;
        Ok(made)
    }

    /// The pattern as it was written.
    pub fn as_written(&self) -> &str {
        &self.pattern
    }

    /// The folder that a relative pattern starts at.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The pattern as an absolute one; what is special to globs in `root` itself is escaped.
    pub fn absolute(&self) -> String {
        if Path::new(&self.pattern).is_absolute() {
            return self.pattern.clone();
        }
        let root = globset::escape(&self.root.to_string_lossy());
        let relative = self.pattern.strip_prefix("./").unwrap_or(&self.pattern);
        format!("{}/{relative}", root.trim_end_matches('/'))
    }

    /// Compiles the absolute pattern; `*` stays within one folder, `**` does not.
    ///
    /// # Errors
    /// Never for a value that was made by [`Self::new`].
    pub fn glob(&self) -> Result<globset::Glob, globset::Error> {
        GlobBuilder::new(&self.absolute()).literal_separator(true).build()
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.pattern)
    }
}

impl Setting for PathPattern {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = String::read(node, cx)?;
        if text.starts_with("~/") {
            cx.wrong(node, "~ is not expanded; write ${HOME}");
            return None;
        }
        let made = Self::new(&cx.root, &text);
        made.map_err(|error| cx.wrong(node, format_args!("{text:?} is not a glob: {}", error.kind()))).ok()
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.pattern))
    }

    fn schema(schema: &mut Schema) -> Value {
        let description = "A path or glob, ** allowed; a relative one starts at root.";
        schema.define("glob", |_| json!({ "type": "string", "minLength": 1, "description": description }))
    }
}
