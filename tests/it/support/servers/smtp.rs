//! A private mail server: aiosmtpd, out of the tests' venv.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Server, accepts, new_dir};
use crate::support::{free_port, skip};

const SCRIPT: &str = include_str!("../../data/smtp_server.py");
const CERTIFICATE: &str = include_str!("../../data/tls/good.pem");
const KEY: &str = include_str!("../../data/tls/good.key");

/// How it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmtpMode {
    Plain,
    /// Asks for TLS, then for a login.
    Starttls,
    /// TLS from the first byte, and a login.
    Implicit,
}

/// A mail server on loopback that keeps every mail.
#[derive(Debug)]
pub(crate) struct Smtp {
    pub(crate) server: Server,
    pub(crate) port: u16,
    mails: PathBuf,
}

impl Smtp {
    /// Starts one.
    pub(crate) fn start(mode: SmtpMode) -> Option<Self> {
        let venv = std::env::var_os("FUELOPS_TEST_VENV").map(PathBuf::from);
        let python = venv.map(|venv| venv.join("bin/python"));
        let Some(python) = python.filter(|python| has_aiosmtpd(python)) else {
            skip("aiosmtpd", "FUELOPS_TEST_VENV names no venv that has it");
            return None;
        };
        let dir = new_dir("smtp");
        for (name, text) in [("server.py", SCRIPT), ("good.pem", CERTIFICATE), ("good.key", KEY)] {
            fs::write(dir.join(name), text).unwrap();
        }
        let port = free_port();
        let word = match mode {
            SmtpMode::Plain => "plain",
            SmtpMode::Starttls => "starttls",
            SmtpMode::Implicit => "implicit",
        };
        let (program, shown) = (python.to_string_lossy().into_owned(), port.to_string());
        let mails = dir.join("mails.jsonl");
        // The venv may lie where an ordinary user cannot go.
        let words = [&program, "server.py", &shown, "mails.jsonl", word, "good.pem", "good.key"];
        let started = Self { server: Server::watch(dir, "KILL", &words), port, mails };
        started.server.wait_for("smtp", || accepts(port));
        Some(started)
    }

    /// Every mail so far.
    pub(crate) fn mails(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.mails).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn has_aiosmtpd(python: &Path) -> bool {
    let asked = std::process::Command::new(python).args(["-c", "import aiosmtpd"]).output();
    asked.is_ok_and(|out| out.status.success())
}
