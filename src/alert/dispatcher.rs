//! The thread that takes news, keeps the book and hands out what is due: each sink at its own pace.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc as blocking};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use chrono::{DateTime, Local, TimeDelta, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::task::JoinSet;

use crate::alert::book::{Book, Event};
use crate::alert::line::{Counts, Pick};
use crate::alert::scribe::Scribe;
use crate::alert::shelf::{OutboxError, Shelf};
use crate::alert::sink::{Failure, Receipt, Sink, ping};
use crate::alert::{Kind, Notice, Policy};
use crate::checks::Postman;
use crate::config::{Alert, Url};

/// Orders that may wait for the thread; what comes beyond is dropped and counted.
const MAX_ORDERS: usize = 8_192;
/// Orders that are taken at once, and written with one fsync.
const MAX_BATCH: usize = 1_000;
/// Longest sleep while something is to be done: the clock may jump meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Whatever a clock does, what is due by itself keeps no core busy.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// How often a book is tried again that could not be written.
const WRITE_AGAIN: Duration = Duration::from_secs(5);

/// What alerting needs to know.
#[derive(Clone, Debug)]
pub struct Outfit {
    /// The outbox is kept below it.
    pub state_dir: PathBuf,
    /// Commands run here.
    pub root: PathBuf,
    /// Whom commands run as, where that is somebody else.
    pub run_as: Option<u32>,
    pub alerts: Vec<Alert>,
    /// Asked by [`Dispatcher::ping`].
    pub ping_url: Option<Url>,
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot open the outbox of alerts")]
    Outbox(#[from] OutboxError),
    #[error("cannot start the thread that sends alerts")]
    Thread(#[from] io::Error),
}

/// The way to the thread; dropped, it ends the thread without waiting for any sink. What is not delivered stays in the
/// outbox.
#[derive(Debug)]
pub struct Dispatcher {
    orders: Option<mpsc::Sender<Order>>,
    lost: AtomicU64,
    shown: Arc<Mutex<Shown>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread lets others see.
#[derive(Clone, Debug, Default)]
struct Shown {
    open: Arc<Vec<Notice>>,
    counts: BTreeMap<String, Counts>,
    error: Option<String>,
}

enum Order {
    Tell(Box<Notice>),
    Acknowledge(String, DateTime<Utc>),
    Hush(BTreeSet<String>),
    Ping,
    Reload(Box<Outfit>),
    /// Answered once nothing is left that could be delivered now.
    Settle(blocking::Sender<()>),
}

impl Dispatcher {
    /// Opens the outbox and starts the thread, which goes on with what was left undelivered.
    ///
    /// # Errors
    /// When another process has the outbox, or its folder cannot be written to.
    pub fn start(outfit: Outfit) -> Result<Self, StartError> {
        let (shelf, book) = Shelf::open(&outfit.state_dir, Utc::now())?;
        let (orders, inbox) = mpsc::channel(MAX_ORDERS);
        let shown = Arc::new(Mutex::new(Shown::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let scribe = Scribe::start(shelf)?;
        let mut desk = Desk::new(book, scribe, outfit, inbox, Arc::clone(&shown));
        desk.show(true);
        let work = move || {
            runtime.block_on(desk.run());
            // A lookup that hangs is left behind.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("alerts".to_owned()).spawn(work)?;
        Ok(Self { orders: Some(orders), lost: AtomicU64::new(0), shown, thread: Some(thread) })
    }

    /// Takes news. Never waits for a sink or a disk.
    pub fn submit(&self, notice: Notice) {
        self.order(Order::Tell(Box::new(notice)));
    }

    /// Notes that somebody takes care of an incident: no more reminders, no escalation.
    pub fn acknowledge(&self, incident: &str, now: DateTime<Utc>) {
        self.order(Order::Acknowledge(incident.to_owned(), now));
    }

    /// Has nobody reminded of these incidents, and of others again.
    pub fn hush(&self, incidents: BTreeSet<String>) {
        self.order(Order::Hush(incidents));
    }

    /// Asks the dead-man's URL, where there is one: it raises the alarm when this is not called for too long.
    pub fn ping(&self) {
        self.order(Order::Ping);
    }

    /// Takes over other sinks and rules; what waits stays. The state folder stays what it was.
    pub fn reload(&self, outfit: Outfit) {
        self.order(Order::Reload(Box::new(outfit)));
    }

    /// Incidents that somebody was, or may have been, told of and that are not over.
    pub fn open_incidents(&self) -> Vec<Notice> {
        self.seen().open.to_vec()
    }

    /// What became of everything, by sink; orders for which there was no room are the second.
    pub fn counts(&self) -> (BTreeMap<String, Counts>, u64) {
        (self.seen().counts, self.lost.load(Ordering::Relaxed))
    }

    /// Why the outbox is not on the disk at the moment.
    pub fn unsaved(&self) -> Option<String> {
        self.seen().error
    }

    /// Waits until everything that was submitted is kept and all that could be delivered is. False: it took longer.
    pub fn settle(&self, patience: Duration) -> bool {
        let (done, is_done) = blocking::channel();
        self.order(Order::Settle(done));
        is_done.recv_timeout(patience).is_ok()
    }

    /// Ends; what could not be delivered within this time stays in the outbox. Tells whether nothing is left undone.
    pub fn stop(mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let is_settled = self.settle(patience);
        self.orders = None;
        while let Some(thread) = &self.thread
            && !thread.is_finished()
            && Instant::now() < until
        {
            thread::sleep(Duration::from_millis(5));
        }
        is_settled
    }

    fn seen(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn order(&self, order: Order) {
        let Some(orders) = &self.orders else { return };
        if orders.try_send(order).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A delivery that has ended.
type Landed = (String, Vec<u64>, Result<Receipt, Failure>);

/// The thread's own things.
struct Desk {
    book: Book,
    scribe: Scribe,
    sinks: BTreeMap<String, Arc<Sink>>,
    postman: Postman,
    ping_url: Option<Url>,
    inbox: mpsc::Receiver<Order>,
    shown: Arc<Mutex<Shown>>,
    flights: JoinSet<Landed>,
    flying: BTreeSet<String>,
    pings: JoinSet<()>,
    settling: Vec<blocking::Sender<()>>,
    is_ending: bool,
}

/// What ended a sleep.
enum Woken {
    Orders(Option<Order>),
    Landed(Landed),
    Time,
}

impl Desk {
    fn new(
        book: Book,
        scribe: Scribe,
        outfit: Outfit,
        inbox: mpsc::Receiver<Order>,
        shown: Arc<Mutex<Shown>>,
    ) -> Self {
        let mut desk = Self {
            book,
            scribe,
            sinks: BTreeMap::new(),
            postman: Postman::default(),
            ping_url: None,
            inbox,
            shown,
            flights: JoinSet::new(),
            flying: BTreeSet::new(),
            pings: JoinSet::new(),
            settling: Vec::new(),
            is_ending: false,
        };
        desk.adopt(outfit);
        desk
    }

    fn adopt(&mut self, outfit: Outfit) {
        let rules: Vec<_> = outfit.alerts.iter().map(|a| (a.name.clone(), Policy::of(a))).collect();
        self.book.adopt(&rules);
        self.postman = Postman::default();
        let sink = |alert| Arc::new(Sink::new(alert, &outfit.root, outfit.run_as, &self.postman));
        self.sinks = outfit.alerts.iter().map(|alert| (alert.name.clone(), sink(alert))).collect();
        self.ping_url = outfit.ping_url;
    }

    async fn run(mut self) {
        let mut events = Vec::new();
        while !self.is_ending {
            let now = Utc::now();
            if self.book.tick(now) {
                events.push(Event::Ticked { at: now });
            }
            self.show(events.iter().any(|event| matches!(event, Event::Submitted { .. })));
            self.scribe.write(std::mem::take(&mut events), &self.book).await;
            self.depart(now);
            self.answer_settled(now);
            match self.wake(now).await {
                Woken::Time => {}
                Woken::Landed(landed) => {
                    let event = self.land(landed);
                    self.happen(event, &mut events);
                }
                Woken::Orders(order) => self.take(order, &mut events),
            }
        }
        self.scribe.write(events, &self.book).await;
        self.scribe.end(&self.book).await;
    }

    /// Gives each idle sink what it is to have now.
    fn depart(&mut self, now: DateTime<Utc>) {
        for (name, sink) in &self.sinks {
            if self.flying.contains(name) {
                continue;
            }
            let Pick::Send(ids) = self.book.pick(name, now, &Local) else { continue };
            let Some(message) = self.book.message(name, &ids) else { continue };
            let (name, sink) = (name.clone(), Arc::clone(sink));
            self.flying.insert(name.clone());
            self.flights.spawn(async move {
                // On a task of its own: a sink that panics is one that failed.
                let delivery = tokio::spawn(async move { sink.deliver(&message, now).await });
                let outcome = delivery.await.unwrap_or_else(|_| Err(Failure::broken()));
                (name, ids, outcome)
            });
        }
    }

    async fn wake(&mut self, now: DateTime<Utc>) -> Woken {
        let sleep = self.sleep(now);
        let nap = async {
            match sleep {
                Some(sleep) => tokio::time::sleep(sleep).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = self.inbox.recv() => Woken::Orders(order),
            Some(Ok(landed)) = self.flights.join_next(), if !self.flights.is_empty() => Woken::Landed(landed),
            Some(_) = self.pings.join_next(), if !self.pings.is_empty() => Woken::Time,
            () = nap => Woken::Time,
        }
    }

    /// Until something is due by itself; `None` where nothing will be.
    fn sleep(&self, now: DateTime<Utc>) -> Option<Duration> {
        let waits = self.sinks.keys().filter(|name| !self.flying.contains(*name));
        let picks = waits.filter_map(|name| match self.book.pick(name, now, &Local) {
            Pick::Wait(at) => Some(at),
            Pick::Send(_) => Some(now),
            Pick::Nothing => None,
        });
        let owed = self.scribe.owes().then(|| now + TimeDelta::from_std(WRITE_AGAIN).unwrap_or_default());
        let next = picks.chain(self.book.next_tick(now)).chain(owed).min()?;
        Some((next - now).to_std().unwrap_or_default().clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
    }

    fn take(&mut self, first: Option<Order>, events: &mut Vec<Event>) {
        let Some(first) = first else {
            self.is_ending = true;
            return;
        };
        let mut next = Some(first);
        while let Some(order) = next {
            self.obey(order, events);
            next = match self.inbox.try_recv() {
                Ok(order) if events.len() < MAX_BATCH => Some(order),
                Ok(order) => {
                    self.obey(order, events);
                    None
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
            };
        }
    }

    fn obey(&mut self, order: Order, events: &mut Vec<Event>) {
        match order {
            Order::Tell(notice) => {
                self.happen(Event::Submitted { notice: Box::new(notice.tidied()) }, events);
            }
            Order::Acknowledge(incident, at) => {
                let known = self.book.open().find(|news| news.incident == incident).cloned();
                if let Some(news) = known {
                    let notice = Notice { kind: Kind::Acknowledged, at, ..news };
                    self.happen(Event::Submitted { notice: Box::new(notice) }, events);
                }
            }
            Order::Hush(incidents) if incidents == self.book.hushed => {}
            Order::Hush(incidents) => self.happen(Event::Hushed { incidents }, events),
            Order::Ping => {
                if let Some(url) = self.ping_url.clone().filter(|_| self.pings.is_empty()) {
                    let postman = self.postman.clone();
                    self.pings.spawn(async move { drop(ping(&postman, &url).await) });
                }
            }
            Order::Reload(outfit) => {
                self.adopt(*outfit);
                self.scribe.must_copy();
            }
            Order::Settle(done) => self.settling.push(done),
        }
    }

    fn happen(&mut self, event: Event, events: &mut Vec<Event>) {
        self.book.apply(&event);
        events.push(event);
    }

    fn land(&mut self, (sink, ids, outcome): Landed) -> Event {
        self.flying.remove(&sink);
        let at = Utc::now();
        match outcome {
            Ok(receipt) => Event::Sent { sink, ids, refused: receipt.refused, at },
            Err(Failure::Refused(why)) => Event::Refused { sink, ids, why, at },
            Err(Failure::Unreachable { why, retry_after }) => {
                let line = self.book.lines.get(&sink);
                let pause = line.map_or(LONGEST_SLEEP, |line| line.pause(retry_after, chance()));
                let retry_at = at + TimeDelta::from_std(pause).unwrap_or_default();
                Event::Failed { sink, why, retry_at, at }
            }
        }
    }

    fn answer_settled(&mut self, now: DateTime<Utc>) {
        let is_idle = |name: &String| !matches!(self.book.pick(name, now, &Local), Pick::Send(_));
        if self.flying.is_empty() && self.sinks.keys().all(is_idle) {
            self.settling.drain(..).for_each(|done| done.send(()).unwrap_or(()));
        }
    }

    fn show(&mut self, is_news: bool) {
        let open = is_news.then(|| Arc::new(self.book.open().cloned().collect()));
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.counts = self.book.counts();
        shown.error = self.scribe.error();
        shown.open = open.unwrap_or_else(|| Arc::clone(&shown.open));
    }
}

/// Anything from 0 to 1, so that those who failed together do not try again together.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness there is no jitter, and nothing else is lost.
    SystemRandom::new().fill(&mut bytes).unwrap_or(());
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
