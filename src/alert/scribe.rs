//! Writes the book on a thread of its own, so that a disk that stalls delays no alert for long.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;

use crate::alert::book::{Book, Event};
use crate::alert::shelf::{MAX_EVENTS, Shelf};

/// How long an alert waits for the disk. Then it is told all the same: twice is better than never.
const PATIENCE: Duration = Duration::from_secs(2);

/// What has been written so far.
#[derive(Clone, Debug, Default)]
struct Written {
    /// The number of the last order that is done with.
    upto: u64,
    /// Why it is not on the disk.
    error: Option<String>,
}

enum Order {
    Add(u64, Vec<Event>),
    Copy(u64, Box<Book>),
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(super) struct Scribe {
    orders: Option<Sender<Order>>,
    written: watch::Receiver<Written>,
    thread: Option<JoinHandle<()>>,
    given: u64,
    /// Events since the last copy.
    events: usize,
    is_owing: bool,
}

impl Scribe {
    pub(super) fn start(shelf: Shelf) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::channel();
        let (told, written) = watch::channel(Written::default());
        let work = move || write_all(shelf, &inbox, &told);
        let thread = thread::Builder::new().name("outbox".to_owned()).spawn(work)?;
        Ok(Self {
            orders: Some(orders),
            written,
            thread: Some(thread),
            given: 0,
            events: MAX_EVENTS,
            is_owing: false,
        })
    }

    /// Has these events written, and waits a while for it. Where events did not reach the disk, a copy of the book is
    /// tried instead.
    pub(super) async fn write(&mut self, events: Vec<Event>, book: &Book) {
        if events.is_empty() && !self.owes() {
            return;
        }
        // While the disk stalls, nothing more is piled up before it: the copy that comes next holds it all.
        if self.written.borrow().upto < self.given {
            self.is_owing = true;
            return;
        }
        self.give(events, book);
        self.wait().await;
    }

    fn give(&mut self, events: Vec<Event>, book: &Book) {
        self.given += 1;
        self.events += events.len();
        let order = if self.events > MAX_EVENTS || self.owes() {
            (self.events, self.is_owing) = (0, false);
            Order::Copy(self.given, Box::new(book.clone()))
        } else {
            Order::Add(self.given, events)
        };
        if let Some(orders) = &self.orders {
            orders.send(order).unwrap_or(());
        }
    }

    async fn wait(&mut self) -> bool {
        let given = self.given;
        let done = self.written.wait_for(|written| written.upto >= given);
        tokio::time::timeout(PATIENCE, done).await.is_ok()
    }

    /// Whether something is still to be written that no event will bring along.
    pub(super) fn owes(&self) -> bool {
        self.is_owing || self.error().is_some()
    }

    /// Has the whole book written next: something changed that is no event.
    pub(super) fn must_copy(&mut self) {
        self.is_owing = true;
    }

    /// Why the last events are not on the disk.
    pub(super) fn error(&self) -> Option<String> {
        self.written.borrow().error.clone()
    }

    /// Ends after what was ordered; a disk that stalls is not waited for.
    pub(super) async fn end(mut self, book: &Book) {
        self.write(Vec::new(), book).await;
        self.orders = None;
        if self.wait().await
            && let Some(thread) = self.thread.take()
        {
            thread.join().unwrap_or(());
        }
    }
}

fn write_all(mut shelf: Shelf, inbox: &Receiver<Order>, told: &watch::Sender<Written>) {
    for order in inbox {
        let (upto, outcome) = match order {
            Order::Add(number, events) => (number, shelf.add(events)),
            Order::Copy(number, book) => (number, shelf.copy(*book)),
        };
        let error = outcome.err().map(|error| format!("{:#}", anyhow::Error::from(error)));
        told.send_replace(Written { upto, error });
    }
}
