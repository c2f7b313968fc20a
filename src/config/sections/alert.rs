//! `[[alert]]`: who is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Address, CommandLine, Secret, Url};
use crate::model::Severity;

/// Where incidents are reported to.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Unique among alerts.
    pub name: String,
    /// Less severe incidents are not sent.
    pub min_severity: Severity,
    /// A repeat within it is folded.
    pub cooldown: Duration,
    pub sink: Sink,
}

/// How an alert travels.
#[derive(Clone, Debug, PartialEq)]
pub enum Sink {
    Slack {
        url: Url,
    },
    Email {
        server: Address,
        tls: SmtpTls,
        user: Option<String>,
        password: Option<Secret>,
        from: String,
        to: Vec<String>,
    },
    Webhook {
        url: Url,
        headers: BTreeMap<String, Secret>,
    },
    Pagerduty {
        routing_key: Secret,
        url: Url,
    },
    Alertmanager {
        url: Url,
    },
    /// JSON on standard input, no shell.
    Command {
        command: CommandLine,
    },
    File {
        path: PathBuf,
    },
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    Starttls,
    /// From the first byte.
    Implicit,
    None,
}
