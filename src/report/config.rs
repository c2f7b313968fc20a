//! The reports of `fuelops config`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether a config can be used, and what it may still get wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigCheckReport {
    /// Absolute; absent where there is no file and the defaults hold.
    pub path: Option<String>,
    pub valid: bool,
    /// Why it cannot be used, in the order of the file.
    pub problems: Vec<ConfigProblem>,
    /// What is valid and may still be wrong on this machine; each begins with the key that it is about.
    pub warnings: Vec<String>,
    pub services: usize,
    pub checks: usize,
    pub alerts: usize,
}

/// Something that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigProblem {
    /// From 1; absent where the file as a whole is wrong.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    /// Such as `service.backend`; empty at the top of the file.
    pub section: String,
    pub message: String,
}

/// Every value in force, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigShowReport {
    /// Absolute; absent where there is no file and the defaults hold.
    pub path: Option<String>,
    /// How the file was found, in words.
    pub found_by: String,
    /// Whom everything that the config names runs as, where that is not the caller.
    pub run_as_uid: Option<u32>,
    pub values: Vec<ConfigValue>,
}

/// One value in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigValue {
    /// Dotted, such as `service.backend.port`.
    pub key: String,
    /// Without secrets.
    pub value: Value,
    /// The value as it would stand in the file.
    pub toml: String,
    /// Where it comes from, in words.
    pub source: String,
    /// Of the file, where it stands there.
    pub line: Option<usize>,
}

/// What `config init` found, and the config that it made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigInitReport {
    /// Absolute.
    pub path: String,
    /// False where it is only shown, or a file of that name is there already.
    pub written: bool,
    pub found: Vec<ConfigFind>,
    /// The config.
    pub text: String,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFind {
    /// `service`, `check`, `logs`, `backup` or `secret`.
    pub kind: String,
    pub name: String,
    pub what: String,
    /// What it is known by.
    pub why: String,
    /// It stands in the config as a comment, until its secret is filled in.
    #[serde(default)]
    pub pending: bool,
}

/// Lines to paste.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigAliasesReport {
    pub aliases: Vec<ConfigAlias>,
}

/// One line to paste.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigAlias {
    /// `shell` or `cron`.
    pub kind: String,
    /// What it is for.
    pub about: String,
    pub line: String,
}
