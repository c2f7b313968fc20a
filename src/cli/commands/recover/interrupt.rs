//! Ctrl-C in the middle of a recovery: the first finishes the start, the second abandons it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::platform::Termination;
use crate::recover::Guard;

/// What was asked for meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt {
    pub(super) count: Arc<AtomicU32>,
    /// The last signal's number.
    signal: Arc<AtomicU32>,
    /// Processes are being stopped or started: ending now would leave them half done.
    pub(super) at_work: Arc<AtomicU32>,
    /// Sent home where the user wants the recovery abandoned.
    pub(super) post: Arc<Mutex<Option<Guard>>>,
}

impl Interrupt {
    /// The exit code that tells of it; `None` where nobody interrupted.
    pub(super) fn exit(&self) -> Option<Exit> {
        let signal = u8::try_from(self.signal.load(Ordering::Relaxed)).ok()?;
        (signal > 0).then_some(Exit::Signal(signal))
    }
}

/// Answers signals from now on.
pub(super) fn listen(context: &Context) -> Result<Interrupt> {
    let interrupt = Interrupt::default();
    let termination = Termination::hold_back()?;
    let (mine, resume) = (interrupt.clone(), resume_command(context));
    let ui = crate::cli::ui::Ui::new(&context.global, &context.environment);
    std::thread::spawn(move || {
        while let Ok(signal) = termination.wait() {
            let number = u8::try_from(signal as i32).unwrap_or(0);
            mine.signal.store(number.into(), Ordering::Relaxed);
            let count = mine.count.fetch_add(1, Ordering::Relaxed) + 1;
            if mine.at_work.load(Ordering::Relaxed) == 0 {
                std::process::exit(i32::from(Exit::Signal(number).code()));
            }
            if count == 1 {
                ui.warn("the services are brought up first; once more abandons them as they are");
                continue;
            }
            if let Some(guard) = mine.post.lock().unwrap_or_else(PoisonError::into_inner).take() {
                guard.relieve();
            }
            ui.error(&format!("abandoned; services may be down: {resume} brings them up"));
            std::process::exit(i32::from(Exit::Signal(number).code()));
        }
    });
    Ok(interrupt)
}

/// For the guard, which nobody interrupts.
pub(super) fn ignore() -> Result<Interrupt> {
    let termination = Termination::hold_back()?;
    std::thread::spawn(move || while termination.wait().is_ok() {});
    Ok(Interrupt::default())
}

fn resume_command(context: &Context) -> String {
    context.command(["recover", "--yes"])
}
