//! A few threads for what takes the processor: unpacking, reading, scrubbing. Connections never wait behind it.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::thread::JoinHandle;

/// Work that may wait.
const QUEUE: usize = 1024;

pub(super) type Work = Box<dyn FnOnce() + Send>;

/// The threads; they end when it is dropped, after the work that waits.
#[derive(Debug)]
pub(super) struct Pool {
    sender: Option<SyncSender<Work>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(super) fn new(threads: usize) -> Self {
        let (sender, receiver) = sync_channel::<Work>(QUEUE);
        let receiver = Arc::new(Mutex::new(receiver));
        let start = |_| {
            let receiver = Arc::clone(&receiver);
            thread::spawn(move || work(&receiver))
        };
        Self { sender: Some(sender), threads: (0..threads.max(1)).map(start).collect() }
    }

    /// Hands work over; gives it back where too much waits.
    pub(super) fn run(&self, work: Work) -> Result<(), Work> {
        let Some(sender) = &self.sender else { return Err(work) };
        sender.try_send(work).map_err(|error| match error {
            TrySendError::Full(work) | TrySendError::Disconnected(work) => work,
        })
    }
}

fn work(receiver: &Mutex<Receiver<Work>>) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // One request that panics must not take the others with it; its own answer is never sent, and it is told so.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(());
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.sender = None;
        for thread in self.threads.drain(..) {
            thread.join().unwrap_or(());
        }
    }
}
