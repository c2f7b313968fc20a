//! Asks targets whether they work: side by side, on one thread, so that one that hangs delays no other.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use crate::checks::{Asker, Plan};
use crate::model::{Finding, Severity};
use crate::monitor::mailbox::{Letter, Mailbox};

/// Probes that may wait on the network at once.
const AT_ONCE: usize = 256;
/// Threads for probes that block; they end when they are not needed.
const MAX_THREADS: usize = 64;

/// A good answer waits so long for those that are still to come: the loop wakes once for all of them.
const GATHER: Duration = Duration::from_millis(20);

/// What is asked of the thread.
#[derive(Debug)]
enum Errand {
    Probe { target: String, is_check: bool, epoch: u64 },
    Targets(Box<Plan>),
}

/// The thread's front door; it ends with the last of them.
#[derive(Debug)]
pub(super) struct Prober {
    errands: UnboundedSender<Errand>,
}

impl Prober {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there can be no thread, or no runtime.
    pub(super) fn start(plan: Plan, mailbox: Mailbox) -> io::Result<Self> {
        let (errands, received) = unbounded_channel();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MAX_THREADS)
            .thread_keep_alive(Duration::from_secs(1))
            .build()?;
        thread::Builder::new().name("prober".to_owned()).spawn(move || {
            runtime.block_on(serve(received, Asker::new(plan, AT_ONCE), mailbox));
            runtime.shutdown_background();
        })?;
        Ok(Self { errands })
    }

    /// Has a target asked; the answer comes by mail.
    pub(super) fn probe(&self, target: &str, is_check: bool, epoch: u64) {
        let errand = Errand::Probe { target: target.to_owned(), is_check, epoch };
        // It ends only with this value.
        self.errands.send(errand).unwrap_or(());
    }

    /// From now on these are the targets.
    pub(super) fn set_targets(&self, plan: Plan) {
        self.errands.send(Errand::Targets(Box::new(plan))).unwrap_or(());
    }
}

async fn serve(mut errands: UnboundedReceiver<Errand>, mut asker: Asker, mailbox: Mailbox) {
    let post = Post { mailbox, under_way: Arc::default(), will_ring: Arc::default() };
    while let Some(errand) = errands.recv().await {
        match errand {
            Errand::Targets(plan) => asker = Asker::new(*plan, AT_ONCE),
            Errand::Probe { target, is_check, epoch } => {
                let (asker, post) = (asker.clone(), post.clone());
                post.under_way.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let finding = match is_check {
                        true => asker.check(&target, Utc::now()).await,
                        false => service(&asker, &target, &post.mailbox).await,
                    };
                    let can_wait = finding.as_ref().is_none_or(|finding| finding.severity == Severity::Ok);
                    post.deliver(Letter::Probed { target, epoch, finding }, can_wait);
                });
            }
        }
    }
}

/// Asks a service, and tells when half of its time has passed: a close look can begin meanwhile.
async fn service(asker: &Asker, target: &str, mailbox: &Mailbox) -> Option<Finding> {
    let half = asker.timeout_of(target)? / 2;
    let mut asked = pin!(asker.service(target, Utc::now()));
    tokio::select! {
        finding = &mut asked => return finding,
        () = sleep(half) => mailbox.put(Letter::Slow { target: target.to_owned() }),
    }
    asked.await
}

/// Brings answers to the loop.
#[derive(Clone, Debug)]
struct Post {
    mailbox: Mailbox,
    /// Probes whose answer is still to come.
    under_way: Arc<AtomicUsize>,
    /// Somebody waits to ring for answers that were left.
    will_ring: Arc<AtomicBool>,
}

impl Post {
    /// Belongs on the runtime.
    fn deliver(&self, letter: Letter, can_wait: bool) {
        self.mailbox.leave(letter);
        let is_last = self.under_way.fetch_sub(1, Ordering::Relaxed) == 1;
        if is_last || !can_wait {
            self.mailbox.ring();
        } else if !self.will_ring.swap(true, Ordering::Relaxed) {
            let post = self.clone();
            tokio::spawn(async move {
                sleep(GATHER).await;
                post.will_ring.store(false, Ordering::Relaxed);
                post.mailbox.ring();
            });
        }
    }
}
