//! Being asked to end while work is under way that has to be left in a good state.
//!
//! Until [`Interrupt::is_at_work`] is told, a signal ends the program at once; from then on the first one only asks, and
//! a second one ends it all the same. The exit code says which signal it was.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{self, Receiver};

use nix::sys::signal::Signal;

use crate::cli::exit::Exit;
use crate::platform::{self, Termination};

/// The signals that end what never ends by itself, waited for on a thread of their own. A second one ends it all the same,
/// though it may be stuck in writing to somebody who does not read.
///
/// # Errors
/// Fails only if the kernel refuses.
pub fn endings() -> io::Result<Receiver<Signal>> {
    let termination = Termination::hold_back()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut is_repeated = false;
        while let Ok(signal) = termination.wait() {
            if is_repeated || sender.send(signal).is_err() {
                std::process::exit(i32::from(Exit::of(signal).code()));
            }
            is_repeated = true;
        }
    });
    Ok(receiver)
}

/// Whether somebody has asked for an end.
#[derive(Debug, Default)]
pub struct Interrupt {
    is_at_work: AtomicBool,
    is_asked: AtomicBool,
    signal: AtomicU8,
}

impl Interrupt {
    /// Starts to listen.
    ///
    /// # Errors
    /// Fails only if the kernel refuses.
    pub fn listen() -> io::Result<Arc<Self>> {
        let termination = Termination::hold_back()?;
        let interrupt = Arc::new(Self::default());
        let heard = Arc::clone(&interrupt);
        std::thread::spawn(move || {
            while let Ok(signal) = termination.wait() {
                heard.hear(u8::try_from(signal as i32).unwrap_or(0));
            }
        });
        Ok(interrupt)
    }

    fn hear(&self, signal: u8) {
        self.signal.store(signal, Ordering::SeqCst);
        let is_repeated = self.is_asked.swap(true, Ordering::SeqCst);
        if is_repeated || !self.is_at_work.load(Ordering::SeqCst) {
            platform::kill_live_groups();
            std::process::exit(i32::from(Exit::Signal(signal).code()));
        }
    }

    /// From now on an end has to wait for what is under way; the answer is what tells that it is asked for.
    pub fn is_at_work(&self) -> &AtomicBool {
        self.is_at_work.store(true, Ordering::SeqCst);
        &self.is_asked
    }

    /// How to end where somebody has asked for it.
    pub fn exit(&self) -> Option<Exit> {
        let is_asked = self.is_asked.load(Ordering::SeqCst);
        is_asked.then(|| Exit::Signal(self.signal.load(Ordering::SeqCst)))
    }
}
