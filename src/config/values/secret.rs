//! Secrets: never shown, opened only where they are used.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use toml::de::DeValue;

use crate::config::read::{Node, Reader, Schema, Setting, Table, quoted};
use crate::text::redact;

/// Larger is no password, token or URL.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// A password, token or key; it stands in the file itself, in a file of its own, or in the environment.
///
/// It is opened when it is used, so that a missing one breaks nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    origin: Origin,
}

#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Literal(String),
    File {
        path: PathBuf,
        /// Who must own it: root must not open on somebody's behalf what that somebody could not.
        owner: Option<u32>,
    },
    /// The value was taken when the config was read; absent when the variable was not set.
    Env {
        name: String,
        value: Option<String>,
    },
}

/// Why a secret could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable is not set.
    #[error("environment variable {0} is not set")]
    Unset(String),
    /// The file could not be read.
    #[error("cannot read secret file {path}: {error}", path = path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    /// The file is not what a secret file is.
    #[error("secret file {path} {why}", path = path.display())]
    Unfit { path: PathBuf, why: String },
}

impl Secret {
    /// A secret that stands in the config itself.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { origin: Origin::Literal(text.into()) }
    }

    /// A secret that stands in a file, without the newline at its end; with an owner, only if the file is theirs.
    pub fn file(path: PathBuf, owner: Option<u32>) -> Self {
        Self { origin: Origin::File { path, owner } }
    }

    /// A secret that stood in the environment when the config was read.
    pub fn env(name: impl Into<String>, value: Option<String>) -> Self {
        Self { origin: Origin::Env { name: name.into(), value } }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When the variable is not set, or the file cannot be read or is no secret's.
    pub fn expose(&self) -> Result<String, SecretError> {
        match &self.origin {
            Origin::Literal(text) => Ok(text.clone()),
            Origin::Env { name, value } => value.clone().ok_or_else(|| SecretError::Unset(name.clone())),
            Origin::File { path, owner } => read_file(path, *owner),
        }
    }

    /// The text, where it stands in the config itself.
    pub(in crate::config) fn written(&self) -> Option<&str> {
        match &self.origin {
            Origin::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// The file that it stands in, if it does.
    pub(in crate::config) fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File { path, .. } => Some(path),
            _ => None,
        }
    }
}

fn read_file(path: &Path, owner: Option<u32>) -> Result<String, SecretError> {
    let unreadable = |error| SecretError::Unreadable { path: path.to_owned(), error };
    let unfit = |why: &str| SecretError::Unfit { path: path.to_owned(), why: why.to_owned() };
    // Not blocking: a FIFO would be waited for without end.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unfit("is not a regular file"));
    }
    if let Some(owner) = owner
        && metadata.uid() != owner
    {
        return Err(unfit(&format!("does not belong to the owner of the config (user {owner})")));
    }
    let mut text = String::new();
    file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_SECRET_BYTES {
        return Err(unfit("is too large for a secret (more than 64 KiB)"));
    }
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

/// Shows where the secret is, never what it is.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Literal(_) => f.pad(redact::MASK),
            Origin::File { path, .. } => write!(f, "{{ file = {} }}", quoted(&path.to_string_lossy())),
            Origin::Env { name, .. } => write!(f, "{{ env = {} }}", quoted(name)),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Setting for Secret {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        const EXPECTED: &str = "a string, { file = \"…\" } or { env = \"…\" }";
        match node.value() {
            DeValue::String(_) => cx.text(node, EXPECTED).map(Self::literal),
            DeValue::Table(_) => read_reference(node, cx),
            _ => {
                cx.mismatch(node, EXPECTED);
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.written().map_or_else(|| self.to_string(), |_| quoted(redact::MASK)))
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define(
            "secret",
            |_| json!({ "anyOf": [{ "type": "string" }, reference("file"), reference("env")] }),
        )
    }
}

/// Reads `{ file = "…" }` or `{ env = "…" }`.
fn read_reference(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Secret> {
    let mut table = Table::open(node, cx)?;
    let is_empty = matches!(node.value(), DeValue::Table(table) if table.is_empty());
    let file = table.part::<Option<PathBuf>>(cx, "file");
    let env = table.part::<Option<String>>(cx, "env");
    table.finish(cx);
    let secret = match (file?, env?) {
        (Some(path), None) => Secret::file(path, cx.run_as),
        (None, Some(name)) => {
            let value = cx.variable(&name);
            Secret::env(name, value)
        }
        (None, None) if !is_empty => return None,
        _ => {
            cx.wrong(node, "expected one of { file = \"…\" } and { env = \"…\" }");
            return None;
        }
    };
    cx.secrets.push((node.path(), secret.clone()));
    Some(secret)
}

fn reference(key: &str) -> Value {
    let properties = json!({ key: { "type": "string", "minLength": 1 } });
    json!({ "type": "object", "properties": properties, "required": [key], "additionalProperties": false })
}

/// Free names with values that may be secrets: headers, or a program's environment.
#[derive(Debug, Default)]
pub(in crate::config) struct Pairs(BTreeMap<String, Secret>);

impl From<Pairs> for BTreeMap<String, Secret> {
    fn from(pairs: Pairs) -> Self {
        pairs.0
    }
}

impl Setting for Pairs {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = node.value() else {
            cx.mismatch(node, "a table such as { NAME = \"value\" }");
            return None;
        };
        let mut pairs = BTreeMap::new();
        let mut is_good = true;
        for (name, value) in table {
            let part = node.member(name.get_ref(), value);
            if !is_pair_name(name.get_ref()) {
                cx.wrong(&part, "is no name of a header or variable");
                is_good = false;
            }
            match Secret::read(&part, cx) {
                Some(value) => drop(pairs.insert(name.get_ref().to_string(), value)),
                None => is_good = false,
            }
        }
        is_good.then_some(Self(pairs))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    /// A value is masked where its name, or itself, looks like a secret.
    fn show(&self) -> Option<String> {
        let pairs = self.0.iter().map(|(name, value)| {
            let is_masked =
                |text: &&str| redact::secrets(&format!("{name}: {text}")) != format!("{name}: {text}");
            let shown = match value.written() {
                Some(text) if !is_masked(&text) => quoted(text),
                _ => value.show().unwrap_or_default(),
            };
            format!("{} = {shown}", toml_key(name))
        });
        let pairs: Vec<_> = pairs.collect();
        (!pairs.is_empty()).then(|| format!("{{ {} }}", pairs.join(", ")))
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "type": "object", "additionalProperties": Secret::schema(schema) })
    }
}

/// A key in TOML, in quotes where it needs them.
fn toml_key(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// What may name a header is a token of RFC 9110, and what may name a variable is one, too.
fn is_pair_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_only_where_it_is() {
        for shown in [format!("{:?}", Secret::literal("hunter2")), Secret::literal("hunter2").to_string()] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let env = Secret::env("TOKEN", Some("hunter2".to_owned()));
        assert_eq!(env.to_string(), "{ env = \"TOKEN\" }");
        assert!(!serde_json::to_string(&env).unwrap().contains("hunter2"));
    }

    #[test]
    fn a_secret_is_read_from_its_file_without_the_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "hunter2\n").unwrap();
        assert_eq!(Secret::file(path.clone(), None).expose().unwrap(), "hunter2");
        let me = std::fs::metadata(&path).unwrap().uid();
        assert_eq!(Secret::file(path.clone(), Some(me)).expose().unwrap(), "hunter2");
        let error = Secret::file(path, Some(me + 1)).expose().unwrap_err().to_string();
        assert!(error.contains("does not belong"), "{error}");
    }

    #[test]
    fn what_is_no_secret_file_is_refused_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Secret::file(folder.path().join("missing"), None).expose().unwrap_err();
        assert!(matches!(missing, SecretError::Unreadable { .. }));
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(matches!(Secret::file(fifo, None).expose(), Err(SecretError::Unfit { .. })));
        let large = folder.path().join("large");
        std::fs::write(&large, vec![b'x'; 70_000]).unwrap();
        assert!(matches!(Secret::file(large, None).expose(), Err(SecretError::Unfit { .. })));
        let unset = Secret::env("NOPE", None).expose().unwrap_err().to_string();
        assert_eq!(unset, "environment variable NOPE is not set");
    }
}
