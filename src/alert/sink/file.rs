//! A file that grows by one line for each message.
//!
//! Root writes on somebody's behalf with their rights: their config leads it nowhere that they could not go.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::alert::sink::{Failure, Receipt};
use crate::platform::{self, FileUser};
use crate::store;

const MODE: u32 = 0o600;
/// Bytes at the end of a file in which a message is looked for.
const TAIL: u64 = 64 * 1024;

/// Appends a line, as the user `run_as` where that is somebody else, and waits until it is on the disk. One that bears a
/// key is written once.
pub(super) async fn append(
    path: PathBuf,
    run_as: Option<u32>,
    line: Vec<u8>,
    key: Option<&str>,
) -> Result<Receipt, Failure> {
    let shown = path.display().to_string();
    let mark = key.map(|key| format!("\"key\":{}", Value::from(key)));
    let written = tokio::task::spawn_blocking(move || write(&path, run_as, &line, mark.as_deref())).await;
    match written {
        Ok(Ok(())) => Ok(Receipt { answer: format!("written to {shown}"), refused: None }),
        Ok(Err(error)) => Err(Failure::later(format!("cannot write {shown}: {error}"))),
        Err(_) => Err(Failure::broken()),
    }
}

fn write(path: &Path, run_as: Option<u32>, line: &[u8], mark: Option<&str>) -> io::Result<()> {
    let _user = match run_as.filter(|uid| *uid != platform::caller_uid()) {
        Some(uid) => {
            let unknown = || io::Error::other(format!("user {uid} does not exist on this machine"));
            let account = platform::account(uid).ok_or_else(unknown)?;
            Some(FileUser::become_for_files(account.uid, account.gid))
        }
        None => None,
    };
    let mut file = store::open_to_append(path, MODE)?;
    let is_file = file.metadata()?.is_file();
    // Where it stands already, it may not be on the disk yet.
    if !(is_file && mark.is_some_and(|mark| has(path, mark).unwrap_or(false))) {
        file.write_all(line)?;
    }
    // A pipe or a device has no disk to wait for.
    if is_file { file.sync_data() } else { Ok(()) }
}

/// Whether a message stands among the last lines: who was killed between writing it and noting that sends it again, with
/// what is known by then.
fn has(path: &Path, mark: &str) -> io::Result<bool> {
    let (tail, _) = store::tail(path, TAIL)?;
    // Within a text its quotes would be escaped.
    Ok(memchr::memmem::find(&tail, mark.as_bytes()).is_some())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::{MetadataExt, chown};

    use super::*;

    #[test]
    fn what_was_written_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        let mark = |key: &str| format!("\"key\":\"{key}\"");
        for (key, text) in [("a-1", "x"), ("a-2", "says \\\"key\\\":\\\"a-3\\\""), ("a-1", "y"), ("a-3", "z")]
        {
            let line = format!("{{{},\"text\":\"{text}\"}}\n", mark(key));
            write(&path, None, line.as_bytes(), Some(&mark(key))).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let texts = |of: &str| text.matches(&format!("\"text\":\"{of}")).count();
        assert_eq!((text.lines().count(), texts("x"), texts("y"), texts("z")), (3, 1, 0, 1), "{text}");
    }

    #[test]
    fn root_writes_for_somebody_only_what_they_could() {
        let Some(nobody) = platform::account_of_name("nobody").filter(|_| platform::caller_uid() == 0) else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("closed.log");
        assert!(write(&closed, Some(nobody.uid), b"x\n", None).is_err() && !closed.exists());
        write(&closed, None, b"x\n", None).unwrap();
        chown(folder.path(), Some(nobody.uid), Some(nobody.gid)).unwrap();
        assert!(write(&closed, Some(nobody.uid), b"y\n", None).is_err(), "root's own file");
        let open = folder.path().join("open.log");
        write(&open, Some(nobody.uid), b"x\n", None).unwrap();
        assert_eq!(open.metadata().unwrap().uid(), nobody.uid);
    }
}
