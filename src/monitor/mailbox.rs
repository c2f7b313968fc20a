//! What the loop is sent: by probes, by hands, by whoever controls it. A byte in a pipe wakes it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::model::{Finding, Identity};
use crate::monitor::control::{Reply, Request};
use crate::monitor::{Event, Remedy, Wanted};

/// One letter to the loop.
#[derive(Debug)]
pub(super) enum Letter {
    /// An answer to a probe; of no weight where the loop has slept since.
    Probed { target: String, epoch: u64, finding: Option<Finding> },
    /// A service has had half of its time and has not answered.
    Slow { target: String },
    /// What of a service runs.
    Found { target: String, wish: Wanted, process: Option<Identity> },
    /// Something else has happened to a target.
    Happened { target: String, event: Event },
    /// Everything was looked at.
    Looked { generation: u64, epoch: u64, remedies: Vec<(String, Remedy)>, findings: Vec<Finding> },
    /// Somebody wants something.
    Asked { request: Request, reply: Sender<Reply> },
}

/// Where letters are put in; may be cloned to any thread.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    letters: Sender<Letter>,
    bell: Arc<File>,
}

/// Where they are taken out.
#[derive(Debug)]
pub(super) struct Mail {
    letters: Receiver<Letter>,
    bell: File,
}

/// Makes both ends.
///
/// # Errors
/// When the process may open no more files.
pub(super) fn mailbox() -> io::Result<(Mailbox, Mail)> {
    let (letters, received) = mpsc::channel();
    let (reader, writer) = io::pipe()?;
    let (reader, writer) =
        (File::from(std::os::fd::OwnedFd::from(reader)), std::os::fd::OwnedFd::from(writer));
    for end in [reader.as_fd(), writer.as_fd()] {
        fcntl_setfl(end, fcntl_getfl(end)? | OFlags::NONBLOCK)?;
    }
    let mailbox = Mailbox { letters, bell: Arc::new(File::from(writer)) };
    Ok((mailbox, Mail { letters: received, bell: reader }))
}

impl Mailbox {
    /// Puts a letter in; one that comes after the end is nobody's.
    pub(super) fn put(&self, letter: Letter) {
        self.leave(letter);
        self.ring();
    }

    /// Puts a letter in that can wait until somebody rings.
    pub(super) fn leave(&self, letter: Letter) {
        self.letters.send(letter).unwrap_or(());
    }

    /// Has everything taken out that was put in.
    pub(super) fn ring(&self) {
        // A full pipe rings already, and at the end there is nobody to hear it.
        (&*self.bell).write_all(&[0]).unwrap_or(());
    }
}

impl Mail {
    /// Takes everything out; does not wait.
    pub(super) fn take(&self) -> Vec<Letter> {
        let mut rings = [0; 256];
        while (&self.bell).read(&mut rings).is_ok_and(|got| got == rings.len()) {}
        self.letters.try_iter().collect()
    }
}

impl AsFd for Mail {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
