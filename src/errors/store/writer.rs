//! The one thread that writes: whatever waits while it commits goes into the next commit together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::Utc;

use super::apply::{Outcome, Room};
use super::bounds::ISSUES_AT_ONCE;
use super::error::StoreError;
use super::open::Store;
use super::retention::Limits;
use crate::errors::door::Admitted;
use crate::platform;

/// Events that may wait for the disk; beyond it senders are told to come back.
const QUEUE: usize = 8192;
/// Events of one commit.
const BATCH: usize = 512;
/// Rows of the ledger that are told apart until they are written.
const MAX_LOSSES: usize = 200;
const TIDY_EVERY: Duration = Duration::from_secs(60);
const LOSSES_EVERY: Duration = Duration::from_millis(200);
const LOOK_AT_DISK_EVERY: Duration = Duration::from_secs(1);

/// Called when an event has reached the disk, or could not.
pub type Ack = Box<dyn FnOnce(Result<Outcome, Arc<StoreError>>) + Send>;

/// What is given to the writer.
pub enum Offer {
    Event(Box<Admitted>, Ack),
    Loss { reason: String, category: String, count: u64 },
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event(event, _) => f.debug_tuple("Event").field(&event.id).finish(),
            Self::Loss { reason, category, count } => {
                f.debug_tuple("Loss").field(reason).field(category).field(count).finish()
            }
        }
    }
}

/// A handle to the thread; dropping it writes what waits and ends it.
#[derive(Debug)]
pub struct Writer {
    sender: Option<SyncSender<Offer>>,
    waiting: Arc<AtomicI64>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on an open store.
    pub fn start(store: Store, limits: Limits) -> Self {
        let (sender, receiver) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicI64::new(0));
        let mut desk = Desk {
            store,
            limits,
            waiting: Arc::clone(&waiting),
            room: Room::Bodies,
            looked_at: None,
            new_issues: 0,
            losses: HashMap::new(),
            losses_since: None,
        };
        let thread = std::thread::spawn(move || desk.work(&receiver));
        Self { sender: Some(sender), waiting, thread: Some(thread) }
    }

    /// Hands something over; gives it back where too much waits already.
    ///
    /// # Errors
    /// When the queue is full, or the writer is gone.
    pub fn offer(&self, offer: Offer) -> Result<(), Offer> {
        let Some(sender) = &self.sender else { return Err(offer) };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        sender.try_send(offer).map_err(|error| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(offer) | TrySendError::Disconnected(offer) => offer,
            }
        })
    }

    /// Whether so much waits that only counts should be sent.
    pub fn is_pressed(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > (QUEUE / 2) as i64
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or(());
        }
    }
}

struct Desk {
    store: Store,
    limits: Limits,
    waiting: Arc<AtomicI64>,
    room: Room,
    looked_at: Option<Instant>,
    /// Since their number was last looked at.
    new_issues: u64,
    /// Losses that are not written yet: they are counted together, not each with a commit of its own.
    losses: HashMap<(String, String), u64>,
    losses_since: Option<Instant>,
}

impl Desk {
    fn work(&mut self, receiver: &Receiver<Offer>) {
        let mut tidied = Instant::now();
        loop {
            let patience = if self.losses.is_empty() { TIDY_EVERY } else { LOSSES_EVERY };
            match receiver.recv_timeout(patience) {
                Ok(first) => self.commit(first, receiver),
                Err(RecvTimeoutError::Timeout) => self.write_losses(),
                Err(RecvTimeoutError::Disconnected) => return self.write_losses(),
            }
            if self.losses_since.is_some_and(|since| since.elapsed() >= LOSSES_EVERY) {
                self.write_losses();
            }
            if self.new_issues >= ISSUES_AT_ONCE {
                // What could not be removed now is tried again after as many more.
                self.store.bound(Utc::now().timestamp_micros()).map(drop).unwrap_or(());
                self.new_issues = 0;
            }
            if tidied.elapsed() >= TIDY_EVERY {
                // What could not be removed now is tried again in a minute.
                self.store.prune(self.limits, Utc::now().timestamp_micros()).map(|_| ()).unwrap_or(());
                tidied = Instant::now();
            }
        }
    }

    /// Writes the ledger; what cannot be written now waits for a disk that has room again.
    fn write_losses(&mut self) {
        let now = Utc::now().timestamp_micros();
        if !self.losses.is_empty() && self.store.note_losses(now, &self.losses).is_ok() {
            self.losses.clear();
        }
        self.losses_since = (!self.losses.is_empty()).then(Instant::now);
    }

    fn lose(&mut self, reason: String, category: String, count: u64) {
        let is_crowded = self.losses.len() >= MAX_LOSSES;
        let row = if is_crowded { ("other".to_owned(), "other".to_owned()) } else { (reason, category) };
        *self.losses.entry(row).or_default() += count;
        self.losses_since.get_or_insert_with(Instant::now);
    }

    fn commit(&mut self, first: Offer, receiver: &Receiver<Offer>) {
        let (mut events, mut acks) = (Vec::new(), Vec::new());
        let mut taken = 0;
        for offer in std::iter::once(first).chain(receiver.try_iter()).take(BATCH) {
            taken += 1;
            match offer {
                Offer::Event(event, ack) => {
                    events.push(*event);
                    acks.push(ack);
                }
                Offer::Loss { reason, category, count } => self.lose(reason, category, count),
            }
        }
        self.waiting.fetch_sub(taken, Ordering::Relaxed);
        let now = Utc::now().timestamp_micros();
        self.look_at_disk();
        if events.is_empty() {
            return;
        }
        match self.store.apply(&events, now, self.room) {
            Ok(outcomes) => {
                self.new_issues += outcomes.iter().filter(|outcome| outcome.is_new_issue).count() as u64;
                acks.into_iter().zip(outcomes).for_each(|(ack, outcome)| ack(Ok(outcome)));
            }
            Err(error) => {
                let is_full = matches!(error, StoreError::Full { .. });
                let reason = if is_full { "disk-full" } else { "store-failed" };
                self.lose(
                    reason.to_owned(),
                    "error".to_owned(),
                    events.iter().map(|event| event.count).sum(),
                );
                let error = Arc::new(error);
                acks.into_iter().for_each(|ack| ack(Err(Arc::clone(&error))));
            }
        }
    }

    fn look_at_disk(&mut self) {
        if self.looked_at.is_none_or(|at| at.elapsed() >= LOOK_AT_DISK_EVERY) {
            self.room = room(&self.store, self.limits);
            self.looked_at = Some(Instant::now());
        }
    }
}

/// Whether the disk has room for bodies.
pub(super) fn room(store: &Store, limits: Limits) -> Room {
    let folder = store.path().parent().unwrap_or(store.path());
    match platform::disk_usage(folder) {
        Ok(disk) if disk.free_bytes < limits.min_free => Room::CountsOnly,
        _ => Room::Bodies,
    }
}

impl Store {
    /// Whether the disk has room for bodies, by these limits.
    pub fn room(&self, limits: Limits) -> Room {
        room(self, limits)
    }
}
