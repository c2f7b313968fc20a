//! Asks targets whether they work: side by side, on one thread, so that one that hangs delays no other.

use std::io;
use std::thread;
use std::time::Duration;

use chrono::Utc;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::checks::{Asker, Plan};
use crate::monitor::mailbox::{Letter, Mailbox};

/// Probes that may wait on the network at once.
const AT_ONCE: usize = 256;
/// Threads for probes that block; they end when they are not needed.
const MAX_THREADS: usize = 64;

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
    while let Some(errand) = errands.recv().await {
        match errand {
            Errand::Targets(plan) => asker = Asker::new(*plan, AT_ONCE),
            Errand::Probe { target, is_check, epoch } => {
                let (asker, mailbox) = (asker.clone(), mailbox.clone());
                tokio::spawn(async move {
                    let finding = match is_check {
                        true => asker.check(&target, Utc::now()).await,
                        false => asker.service(&target, Utc::now()).await,
                    };
                    mailbox.put(Letter::Probed { target, epoch, finding });
                });
            }
        }
    }
}
