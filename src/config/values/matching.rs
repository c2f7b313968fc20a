//! What a text, a status, a JSON document or a path is compared with.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use regex::Regex;

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

/// A field of a JSON document and the value that it must have.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonMatch {
    /// Object keys, or array indices, from the outside in.
    pub path: Vec<String>,
    pub equals: serde_json::Value,
}

impl JsonMatch {
    /// Finds the field in a document.
    pub fn find<'a>(&self, document: &'a serde_json::Value) -> Option<&'a serde_json::Value> {
        self.path.iter().try_fold(document, |value, key| match value {
            serde_json::Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            other => other.get(key),
        })
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
