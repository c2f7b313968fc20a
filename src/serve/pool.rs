//! A few threads for what takes the processor: unpacking, reading, scrubbing. Connections never wait behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::thread::JoinHandle;

/// Work that may wait.
const QUEUE: usize = 1024;

pub(super) type Work = Box<dyn FnOnce() + Send>;

/// The threads; they end when it is dropped, after the work that waits.
#[derive(Debug)]
pub(super) struct Pool {
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

/// Where work is left and taken.
#[derive(Default)]
struct Desk {
    tray: Mutex<Tray>,
    news: Condvar,
}

#[derive(Default)]
struct Tray {
    work: VecDeque<Work>,
    /// Threads that wait for work: nobody is woken who is awake.
    idle: usize,
    is_closed: bool,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Pool {
    pub(super) fn new(threads: usize) -> Self {
        let desk = Arc::new(Desk::default());
        let start = |_| {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                while let Some(work) = desk.take() {
                    perform(work);
                }
            })
        };
        let threads = (0..threads.max(1)).map(start).collect();
        Self { desk, threads }
    }

    /// Hands work over; gives it back where too much waits.
    pub(super) fn run(&self, work: Work) -> Result<(), Work> {
        let mut tray = self.desk.tray();
        if tray.work.len() >= QUEUE {
            return Err(work);
        }
        tray.work.push_back(work);
        let is_waited_for = tray.idle > 0;
        drop(tray);
        if is_waited_for {
            self.desk.news.notify_one();
        }
        Ok(())
    }
}

impl Desk {
    fn tray(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next work; none once there is none and there will be none.
    fn take(&self) -> Option<Work> {
        let mut tray = self.tray();
        loop {
            if let Some(work) = tray.work.pop_front() {
                return Some(work);
            }
            if tray.is_closed {
                return None;
            }
            tray.idle += 1;
            tray = self.news.wait(tray).unwrap_or_else(PoisonError::into_inner);
            tray.idle -= 1;
        }
    }
}

fn perform(work: Work) {
    // One request that panics must not take the others with it; its own answer is never sent, and it is told so.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(());
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.desk.tray().is_closed = true;
        self.desk.news.notify_all();
        for thread in self.threads.drain(..) {
            thread.join().unwrap_or(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn all_that_was_taken_is_done_before_the_end_whatever_panics() {
        let done = Arc::new(AtomicUsize::new(0));
        let pool = Pool::new(3);
        let mut taken = 0;
        for n in 0..3000 {
            let done = Arc::clone(&done);
            let work: Work = Box::new(move || {
                assert!(n != 7, "one of them panics");
                done.fetch_add(1, Ordering::Relaxed);
            });
            taken += usize::from(pool.run(work).is_ok());
        }
        drop(pool);
        assert_eq!(done.load(Ordering::Relaxed), taken - 1);
    }

    #[test]
    fn too_much_work_is_given_back() {
        let gate = Arc::new(Mutex::new(()));
        let pool = Pool::new(1);
        let closed = gate.lock().unwrap();
        let work = || {
            let gate = Arc::clone(&gate);
            Box::new(move || drop(gate.lock().unwrap())) as Work
        };
        let taken = (0..QUEUE + 10).filter(|_| pool.run(work()).is_ok()).count();
        assert!((QUEUE..=QUEUE + 1).contains(&taken), "{taken}");
        drop(closed);
    }
}
