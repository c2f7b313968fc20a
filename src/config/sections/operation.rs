//! `[monitor]` and `[serve]`: the daemon and its listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::read::{Node, Reader, Schema, Setting, Span, quoted, section};
use crate::config::{Secret, Url};

/// How often anything is looked at when nothing is said.
pub(super) const PERIOD: &str = r#""30s""#;

section! {
    /// How services and checks are watched.
    pub struct Monitor {
        /// How often each service and check is looked at.
        pub period: Duration as Span = (PERIOD),
        /// Its log.
        pub log_file: PathBuf = "monitor.log",
        /// Asked each minute: whoever watches it raises the alarm when the monitor ceases.
        pub ping_url: Option<Url>,
    }
}

section! {
    /// Where fuelops listens, and to whom.
    pub struct Serve {
        /// IP address and port.
        pub listen: SocketAddr = "127.0.0.1:9180",
        /// Authorises what changes state; beyond loopback needed for all but live and ready.
        pub token: Option<Secret>,
        /// Origins that browsers may ask from.
        pub allowed_origins: Vec<String> = [],
    }
}

impl Setting for SocketAddr {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = cx.text(node, "an address such as \"127.0.0.1:9180\"")?;
        let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        let parsed = numeric.as_ref().unwrap_or(&text).parse().ok();
        if parsed.is_none() {
            cx.wrong(
                node,
                format_args!("{text:?} is no address; write an IP address and a port such as 127.0.0.1:9180"),
            );
        }
        parsed
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": ":[0-9]+$" })
    }
}
