//! What is known and collected while a file is read.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::expand::{ExpandError, Variable, expand};
use super::node::{At, Layer};
use super::reference::Names;
use super::schema::to_json;
use super::{Lines, Node, Problem, Setting};
use crate::config::{Environment, Secret};

/// A file with hundreds of mistakes is not a config; the first ones tell so.
const MAX_PROBLEMS: usize = 100;

/// Problems that are kept until they are put in order; the rest is counted.
const MAX_KEPT_PROBLEMS: usize = 1000;

/// A value as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Dotted, such as `service.backend.port`.
    pub key: String,
    /// In TOML, with secrets masked.
    pub value: String,
    pub source: Source,
}

impl Entry {
    /// The value for a script.
    pub fn to_json(&self) -> serde_json::Value {
        to_json(&self.value).unwrap_or_else(|| self.value.clone().into())
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The program.
    Default,
    /// The file, and the variables that were filled in.
    File { line: usize, variables: Vec<String> },
    /// The file, under another key.
    Inherited { from: &'static str, line: usize },
    /// There is no file; the value fits what lies in the folder.
    BuiltIn,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::BuiltIn => f.write_str("built-in, for this folder"),
            Self::Inherited { from, line } => write!(f, "line {line}, {from}"),
            Self::File { line, variables } => {
                write!(f, "line {line}")?;
                variables.iter().try_for_each(|name| write!(f, ", ${{{name}}}"))
            }
        }
    }
}

/// Reads a document: knows its surroundings, collects problems and entries.
#[derive(Debug)]
pub(in crate::config) struct Reader<'a> {
    document: &'a DeTable<'a>,
    lines: Lines<'a>,
    environment: &'a Environment,
    /// Relative paths start here.
    pub(in crate::config) root: PathBuf,
    pub(in crate::config) state_dir: PathBuf,
    /// Who must own what root reads on behalf of a config that is not its own.
    pub(in crate::config) run_as: Option<u32>,
    pub(in crate::config) names: Names,
    /// Every secret that stands elsewhere, with its dotted key.
    pub(in crate::config) secrets: Vec<(String, Secret)>,
    problems: Vec<Problem>,
    surplus: usize,
    entries: Vec<Entry>,
    variables: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(in crate::config) fn new(
        text: &'a str,
        document: &'a DeTable<'a>,
        folder: &Path,
        environment: &'a Environment,
    ) -> Self {
        Self {
            document,
            lines: Lines::new(text),
            environment,
            root: folder.to_owned(),
            state_dir: PathBuf::new(),
            run_as: None,
            names: Names::default(),
            secrets: Vec::new(),
            problems: Vec::new(),
            surplus: 0,
            entries: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Notes a problem at a byte of the file.
    pub(in crate::config) fn problem(&mut self, offset: usize, section: &str, message: String) {
        if self.is_full() {
            self.surplus += 1;
            return;
        }
        let (line, column) = self.lines.locate(offset);
        self.problems.push(Problem { line, column, section: section.to_owned(), message });
    }

    /// Whether further problems are only counted, so that nothing needs to be found out about them.
    pub(super) fn is_full(&self) -> bool {
        self.problems.len() >= MAX_KEPT_PROBLEMS
    }

    /// Notes a problem with a value; one that stands elsewhere is noted there.
    pub(in crate::config) fn wrong(&mut self, node: &Node<'_>, message: impl fmt::Display) {
        if matches!(node.at(), At::Inherited(..)) {
            return;
        }
        let message = format!("{}: {message}", node.key);
        self.problem(node.at().offset().unwrap_or(0), &node.section, message);
    }

    /// Notes that a value is of the wrong type.
    pub(in crate::config) fn mismatch(&mut self, node: &Node<'_>, expected: &str) {
        self.wrong(node, format_args!("expected {expected}, found {}", described(node.value())));
    }

    /// The text of a string with its variables filled in; anything else is a problem.
    pub(in crate::config) fn text(&mut self, node: &Node<'_>, expected: &str) -> Option<String> {
        let DeValue::String(text) = node.value() else {
            self.mismatch(node, expected);
            return None;
        };
        match self.expanded(text) {
            Ok(text) if text.contains('\0') => {
                self.wrong(node, "holds a NUL character");
                None
            }
            Ok(text) => Some(text),
            Err(error) => {
                self.wrong(node, error);
                None
            }
        }
    }

    fn expanded(&mut self, text: &str) -> Result<String, ExpandError> {
        let environment = self.environment;
        let lookup = |name: &str| match environment.variable(name) {
            None => Variable::Unset,
            Some(value) => value.to_str().map_or(Variable::NotUtf8, |text| Variable::Value(text.to_owned())),
        };
        expand(text, lookup, &mut self.variables).map(std::borrow::Cow::into_owned)
    }

    /// The value of an environment variable.
    pub(in crate::config) fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name).and_then(|value| value.to_str()).map(str::to_owned)
    }

    /// A path of the file, made absolute.
    pub(in crate::config) fn path(&mut self, node: &Node<'_>) -> Option<PathBuf> {
        let text = self.text(node, "a path")?;
        if text.is_empty() {
            self.wrong(node, "an empty path; write \".\" for the root folder");
        } else if text == "~" || text.starts_with("~/") {
            self.wrong(node, "~ is not expanded; write ${HOME}");
        } else {
            return Some(absolute(&self.root, &text));
        }
        None
    }

    /// What the file says under a dotted key.
    pub(super) fn elsewhere(&self, from: &'static str) -> Option<Layer<'a>> {
        let mut table = self.document;
        let mut keys = from.split('.').peekable();
        while let Some(key) = keys.next() {
            let value: &'a Spanned<DeValue<'a>> = table.get(key)?;
            if keys.peek().is_none() {
                return Some(Layer { value: value.get_ref(), at: At::Inherited(from, value.span().start) });
            }
            let DeValue::Table(inner) = value.get_ref() else { return None };
            table = inner;
        }
        None
    }

    /// Reads something; gives the variables that were filled in as well.
    pub(super) fn observed<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<(T, Vec<String>)> {
        let before = std::mem::take(&mut self.variables);
        let value = read(self);
        let mut variables = std::mem::replace(&mut self.variables, before);
        variables.dedup();
        value.map(|value| (value, variables))
    }

    /// Remembers a value and where it came from.
    pub(super) fn record<T: Setting>(&mut self, node: &Node<'_>, value: &T, variables: Vec<String>) {
        if let Some(value) = value.show() {
            let source = Source::of(node.at(), variables, |offset| self.lines.locate(offset).0);
            self.entries.push(Entry { key: node.path(), value, source });
        }
    }

    /// Puts another value into an entry, or makes one.
    pub(in crate::config) fn amend(&mut self, key: &str, value: String) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key: key.to_owned(), value, source: Source::Default }),
        }
    }

    /// Compares names and what refers to them, after all of them were read.
    pub(in crate::config) fn check_names(&mut self) {
        for (offset, section, message) in self.names.problems() {
            self.problem(offset, &section, message);
        }
    }

    /// Ends reading: the problems, in the order of the file and each once, and the entries.
    pub(in crate::config) fn finish(mut self) -> (Vec<Problem>, Vec<Entry>) {
        self.problems.sort();
        self.problems.dedup();
        let surplus = self.surplus + self.problems.len().saturating_sub(MAX_PROBLEMS);
        if surplus > 0 {
            self.problems.truncate(MAX_PROBLEMS);
            let last = &mut self.problems[MAX_PROBLEMS - 1];
            last.message = format!("{} (and {surplus} more problems)", last.message);
        }
        (self.problems, self.entries)
    }
}

/// Joins a path to the folder that relative ones start at.
pub(in crate::config) fn absolute(root: &Path, path: impl AsRef<Path>) -> PathBuf {
    // Components drop `.`, so that "./logs" and "logs" are one path.
    root.join(path).components().collect()
}

/// Says what stands there, without repeating long or hostile text.
fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.len() <= 40 => format!("the string {text:?}"),
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
