//! A private Alertmanager.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Server, find, new_dir};
use crate::support::{free_port, get};

/// An Alertmanager on loopback that tells nobody.
#[derive(Debug)]
pub(crate) struct Alertmanager {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Alertmanager {
    /// Starts one.
    pub(crate) fn start() -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let program = find("prometheus-alertmanager", "prometheus-alertmanager", &TOLD)?;
        let dir = new_dir("alertmanager");
        let config = "route:\n  receiver: nobody\n  group_wait: 0s\nreceivers:\n  - name: nobody\n";
        fs::write(dir.join("alertmanager.yml"), config).unwrap();
        let port = free_port();
        let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
        let words = [
            program.to_string_lossy().into_owned(),
            option("config.file", &dir.join("alertmanager.yml")),
            option("storage.path", &dir.join("data")),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--cluster.listen-address=".to_owned(),
        ];
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let started = Self { server: Server::launch(dir, "KILL", &words), port };
        started
            .server
            .wait_for("alertmanager", || get(port, "/-/ready").is_some_and(|a| a.contains(" 200 OK")));
        Some(started)
    }

    /// Where it is told.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The alerts that fire at this moment.
    pub(crate) fn firing(&self) -> Vec<Value> {
        let answer = get(self.port, "/api/v2/alerts?active=true").unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        // The answer may come in chunks.
        let json = body.find('[').and_then(|from| body.rfind(']').map(|to| &body[from..=to]));
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}
