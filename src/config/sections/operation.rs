//! `[monitor]` and `[serve]`: the daemon and its listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Secret;

/// How services and checks are watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub period: Duration,
    pub log_file: PathBuf,
}

/// Where the program listens, and to whom it listens.
#[derive(Clone, Debug, PartialEq)]
pub struct Serve {
    pub listen: SocketAddr,
    /// Authorises what changes state.
    pub token: Option<Secret>,
    pub allowed_origins: Vec<String>,
}
