//! A private Prometheus, and a node_exporter for it to scrape.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use super::{Server, find, new_dir};
use crate::support::{free_port, get};

/// A Prometheus on loopback that scrapes every second.
#[derive(Debug)]
pub(crate) struct Prometheus {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Prometheus {
    /// Starts one that scrapes these targets, each a job and a `host:port`.
    pub(crate) fn start(targets: &[(&str, String)]) -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let program = find("prometheus", "prometheus", &TOLD)?;
        let dir = new_dir("prometheus");
        let jobs = targets.iter().map(|(job, target)| {
            format!("  - job_name: {job}\n    static_configs:\n      - targets: ['{target}']\n")
        });
        let head = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n";
        fs::write(dir.join("prometheus.yml"), format!("{head}{}", jobs.collect::<String>())).unwrap();
        let port = free_port();
        let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
        let words = [
            program.to_string_lossy().into_owned(),
            option("config.file", &dir.join("prometheus.yml")),
            option("storage.tsdb.path", &dir.join("data")),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let started = Self { server: Server::launch(dir, "KILL", &words), port };
        // It takes up its targets some seconds after it is ready.
        started.server.wait_for("prometheus", || {
            let known = started.targets();
            known.contains("success")
                && targets.iter().all(|(job, _)| known.contains(&format!("\"job\":\"{job}\"")))
        });
        Some(started)
    }

    /// Where it is asked.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What its targets API answers at this moment.
    pub(crate) fn targets(&self) -> String {
        get(self.port, "/api/v1/targets").unwrap_or_default()
    }
}

/// A node_exporter on loopback.
#[derive(Debug)]
pub(crate) struct NodeExporter {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl NodeExporter {
    /// The one that all tests of this process may read from.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<NodeExporter>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts one.
    pub(crate) fn start() -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let program = find("prometheus-node-exporter", "prometheus-node-exporter", &TOLD)?;
        let port = free_port();
        let address = format!("--web.listen-address=127.0.0.1:{port}");
        let words = [&*program.to_string_lossy(), &address];
        let started = Self { server: Server::launch(new_dir("node-exporter"), "KILL", &words), port };
        started.server.wait_for("node_exporter", || get(port, "/").is_some_and(|a| a.contains(" 200 OK")));
        Some(started)
    }
}
