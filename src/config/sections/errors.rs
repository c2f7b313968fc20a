//! `[errors]`: the error store.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{ByteSize, Url};

/// Where error events are kept, and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    pub store: Store,
    pub max_age: Duration,
    pub max_bytes: ByteSize,
    /// Of disk, below which only counts are kept.
    pub min_free: ByteSize,
    pub require_key: bool,
    /// Names of fields that are scrubbed beside the built-in ones.
    pub scrub: Vec<String>,
}

/// Which database holds the events.
#[derive(Clone, Debug, PartialEq)]
pub enum Store {
    Sqlite(PathBuf),
    Postgres(Url),
}
