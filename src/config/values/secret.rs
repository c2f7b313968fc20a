//! Secrets: never shown, opened only where they are used.

use std::fmt;
use std::io;
use std::path::PathBuf;

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
    },
    /// The value was taken when the config was read; `None` when the variable was not set.
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
    #[error("cannot read secret file {path}")]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file is not what a secret file is.
    #[error("secret file {path} {why}")]
    Unfit { path: PathBuf, why: &'static str },
}

impl Secret {
    /// A secret that stands in the config itself.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { origin: Origin::Literal(text.into()) }
    }

    /// A secret that stands in a file, without the newline at its end.
    pub fn file(path: PathBuf) -> Self {
        Self { origin: Origin::File { path } }
    }

    /// A secret that stood in the environment when the config was read.
    pub fn env(name: impl Into<String>, value: Option<String>) -> Self {
        Self { origin: Origin::Env { name: name.into(), value } }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When the variable is not set or the file cannot be read.
    pub fn expose(&self) -> Result<String, SecretError> {
        match &self.origin {
            Origin::Literal(text) => Ok(text.clone()),
            Origin::Env { name, value } => value.clone().ok_or_else(|| SecretError::Unset(name.clone())),
            Origin::File { path } => std::fs::read_to_string(path)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|source| SecretError::Unreadable { path: path.clone(), source }),
        }
    }

    /// The text, where it stands in the config itself.
    pub(super) fn written(&self) -> Option<&str> {
        match &self.origin {
            Origin::Literal(text) => Some(text),
            _ => None,
        }
    }
}

/// Shows where the secret is, never what it is.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Literal(_) => f.pad(crate::text::redact::MASK),
            Origin::File { path } => write!(f, "{{ file = {:?} }}", path.display().to_string()),
            Origin::Env { name, .. } => write!(f, "{{ env = {name:?} }}"),
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
