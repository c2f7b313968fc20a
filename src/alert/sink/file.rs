//! A file that grows by one line for each message.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::alert::sink::{Failure, Receipt};
use crate::store;

/// Appends a line and waits until it is on the disk.
pub(super) async fn append(path: PathBuf, line: Vec<u8>) -> Result<Receipt, Failure> {
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || write(&path, &line)).await;
    match written {
        Ok(Ok(())) => Ok(Receipt { answer: format!("written to {shown}") }),
        Ok(Err(error)) => Err(Failure::later(format!("cannot write {shown}: {error}"))),
        Err(_) => Err(Failure::broken()),
    }
}

fn write(path: &Path, line: &[u8]) -> io::Result<()> {
    let is_new = !path.exists();
    // Not blocking: a FIFO that nobody reads would be waited for without end.
    let mut options = OpenOptions::new();
    let options = options.append(true).create(true).mode(0o600).custom_flags(libc::O_NONBLOCK);
    let mut file = options.open(path)?;
    file.write_all(line)?;
    if is_new {
        store::hand_over(path).map_err(|error| error.source)?;
    }
    // A pipe or a device has no disk to wait for.
    if file.metadata()?.is_file() { file.sync_data() } else { Ok(()) }
}
