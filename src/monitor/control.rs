//! How a running monitor is asked: one line of JSON each way, over a socket that only its own user and root may use.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::Entry;
use crate::monitor::mailbox::{Letter, Mailbox};
use crate::platform;
use crate::report::MonitorReport;
use crate::store::{create_spare, spare_of};

const SOCKET: &str = "monitor.sock";
/// Longest line.
const MAX_LINE: u64 = 8 << 20;
/// How long one who asks, or is asked, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Before somebody is let in again after that has failed.
const PAUSE: Duration = Duration::from_millis(200);

/// What a monitor is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Request {
    Status,
    Why {
        target: String,
    },
    /// All targets where none is named; for ever where no time is.
    Pause {
        target: Option<String>,
        seconds: Option<u64>,
    },
    Resume {
        target: Option<String>,
    },
    Acknowledge {
        target: Option<String>,
    },
    /// Tell nobody, whatever is found; of all targets where none is named.
    Silence {
        target: Option<String>,
        seconds: u64,
        reason: Option<String>,
    },
    EndSilence {
        target: Option<String>,
    },
    /// Somebody else has worked on these: look at once.
    Touched {
        targets: Vec<String>,
    },
}

/// What it answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Reply {
    Status { report: Box<MonitorReport> },
    Why { entries: Vec<Entry> },
    Done { summary: String },
    Refused { why: String },
}

/// Asks the monitor of a state folder; `None` where none listens.
///
/// # Errors
/// When it cannot be told whether one listens, or one does and does not answer.
pub fn ask(state_dir: &Path, request: &Request) -> io::Result<Option<Reply>> {
    sent(state_dir, request)?.map(receive).transpose()
}

/// Lets the monitor of a state folder, where one runs, know that these services were worked on; waits for no answer.
pub fn wake(state_dir: &Path, targets: Vec<String>) {
    // Where it cannot be told it sees for itself, a little later.
    drop(sent(state_dir, &Request::Touched { targets }));
}

fn sent(state_dir: &Path, request: &Request) -> io::Result<Option<UnixStream>> {
    let connected = match connect(state_dir)? {
        None => spare_of(state_dir).map(|spare| connect(&spare)).transpose()?.flatten(),
        connected => connected,
    };
    let Some(mut stream) = connected else { return Ok(None) };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    send(&mut stream, request)?;
    Ok(Some(stream))
}

/// `None` where nobody listens.
fn connect(folder: &Path) -> io::Result<Option<UnixStream>> {
    use io::ErrorKind::{ConnectionRefused, NotFound};
    match short_name(folder).and_then(|(name, _folder)| UnixStream::connect(name)) {
        Err(error) if matches!(error.kind(), NotFound | ConnectionRefused) => Ok(None),
        connected => connected.map(Some),
    }
}

/// Listens on a thread; what is asked goes to the loop, which answers. Where the state folder takes no socket, its spare
/// does.
///
/// # Errors
/// When the socket cannot be made.
pub(super) fn listen(state_dir: &Path, mailbox: Mailbox) -> io::Result<Door> {
    listen_in(state_dir, mailbox.clone()).or_else(|error| {
        let spare = create_spare(state_dir).map_err(|_| error)?;
        listen_in(&spare, mailbox)
    })
}

fn listen_in(folder: &Path, mailbox: Mailbox) -> io::Result<Door> {
    let path = folder.join(SOCKET);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (name, _folder) = short_name(folder)?;
    let listener = UnixListener::bind(name)?;
    // The folder is nobody else's until this is done.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    thread::Builder::new().name("control".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            match stream {
                // One who goes away unanswered has not waited.
                Ok(stream) => answer(stream, &mailbox).unwrap_or(()),
                // Such as too many open files: that does not pass by asking again at once.
                Err(_) => platform::pause(PAUSE),
            }
        }
    })?;
    Ok(Door { path })
}

/// The socket, gone with the monitor.
#[derive(Debug)]
pub(super) struct Door {
    path: PathBuf,
}

impl Drop for Door {
    fn drop(&mut self) {
        fs::remove_file(&self.path).unwrap_or(());
    }
}

fn answer(mut stream: UnixStream, mailbox: &Mailbox) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let caller = platform::peer_uid(&stream);
    if caller.is_none_or(|uid| uid != 0 && uid != platform::caller_uid()) {
        return send(&mut stream, &Reply::Refused { why: "this monitor is another user's".to_owned() });
    }
    let request = receive(&stream)?;
    let (reply, replies) = mpsc::channel();
    mailbox.put(Letter::Asked { request, reply });
    let busy = || Reply::Refused { why: "the monitor does not answer".to_owned() };
    send(&mut stream, &replies.recv_timeout(PATIENCE).unwrap_or_else(|_| busy()))
}

/// The name of a socket may be short only: by way of a descriptor it is.
fn short_name(state_dir: &Path) -> io::Result<(PathBuf, OwnedFd)> {
    let folder = OwnedFd::from(fs::File::open(state_dir)?);
    let name = PathBuf::from(format!("/dev/fd/{}/{SOCKET}", folder.as_raw_fd()));
    Ok((name, folder))
}

fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

fn receive<T: serde::de::DeserializeOwned>(from: impl Read) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::with_capacity(4 << 10, from.take(MAX_LINE)).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_listening_is_no_error_and_everything_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let asked = |state_dir: &Path| ask(state_dir, &Request::Status).map(|reply| reply.is_some());
        assert!(!asked(&folder.path().join("none")).unwrap());
        assert!(!asked(folder.path()).unwrap());
        drop(UnixListener::bind(folder.path().join(SOCKET)).unwrap());
        assert!(!asked(folder.path()).unwrap(), "its monitor was killed");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(asked(&file).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }
}
