//! Runs a command as if we were not there, and keeps the end of what it wrote to stderr.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// Bytes of stderr that are kept.
const KEPT: usize = 64 << 10;

/// How a command ended.
pub(super) struct Ended {
    /// As a shell tells it: 128 + n by signal n.
    pub(super) code: u8,
    /// `exit code 3`, `killed by signal 9`.
    pub(super) how: String,
    /// The end of what it wrote.
    pub(super) stderr: String,
}

/// Runs a command; its input and output are ours.
pub(super) fn run(words: &[OsString]) -> Result<Ended> {
    let name = words[0].to_string_lossy().into_owned();
    let spawned = Command::new(&words[0]).args(&words[1..]).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
            return Ok(Ended { code, how: format!("cannot run it: {error}"), stderr: String::new() });
        }
    };
    let mut kept = Vec::new();
    if let Some(mut stream) = child.stderr.take() {
        pass_on(&mut stream, &mut kept);
    }
    let status = child.wait().with_context(|| format!("cannot wait for {name}"))?;
    let (code, how) = match (status.code(), status.signal()) {
        (Some(code), _) => (u8::try_from(code).unwrap_or(1), format!("exit code {code}")),
        (None, Some(signal)) => {
            (u8::try_from(128 + signal).unwrap_or(255), format!("killed by signal {signal}"))
        }
        (None, None) => (1, "ended in no known way".to_owned()),
    };
    Ok(Ended { code, how, stderr: String::from_utf8_lossy(&kept).into_owned() })
}

/// Copies a stream to stderr and keeps its end.
fn pass_on(stream: &mut impl Read, kept: &mut Vec<u8>) {
    let mut buffer = [0; 8192];
    while let Ok(n) = stream.read(&mut buffer) {
        if n == 0 {
            return;
        }
        // Where our stderr is gone the command still runs to its end.
        io::stderr().lock().write_all(&buffer[..n]).unwrap_or(());
        kept.extend_from_slice(&buffer[..n]);
        if kept.len() > 2 * KEPT {
            kept.drain(..kept.len() - KEPT);
        }
    }
}
