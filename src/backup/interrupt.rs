//! Being asked to end early, in the middle of what takes long.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::InterruptHandle;

/// How often is looked whether to end.
const TICK: Duration = Duration::from_millis(50);

/// Whether work is asked to end early.
#[derive(Clone)]
pub struct Interrupt(Arc<dyn Fn() -> bool + Send + Sync>);

impl Interrupt {
    /// What tells; it is asked again and again.
    pub fn new(is_asked: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_asked))
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        (self.0)()
    }
}

/// Nobody ever asks.
impl Default for Interrupt {
    fn default() -> Self {
        Self::new(|| false)
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Interrupt").field(&self.is_asked()).finish()
    }
}

impl Interrupt {
    /// A reader that fails once an end is asked for.
    pub(super) fn watch<R: Read>(&self, inner: R) -> Watched<'_, R> {
        Watched { interrupt: self, inner }
    }

    /// Does what a database takes long for, and ends its statements once an end is asked for.
    pub(super) fn guard<T>(&self, handle: &InterruptHandle, work: impl FnOnce() -> T) -> T {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    // One that comes between two statements is heard by none of them.
                    if self.is_asked() {
                        handle.interrupt();
                    }
                    thread::park_timeout(TICK);
                }
            });
            let over = Over { flag: &is_over, watcher: watcher.thread() };
            let done = work();
            drop(over);
            done
        })
    }
}

/// Ends the watching however the work ends.
struct Over<'a> {
    flag: &'a AtomicBool,
    watcher: &'a thread::Thread,
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.flag.store(true, Ordering::SeqCst);
        self.watcher.unpark();
    }
}

/// What is read until somebody asks for an end.
#[derive(Debug)]
pub(super) struct Watched<'a, R> {
    interrupt: &'a Interrupt,
    inner: R,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.interrupt.is_asked() {
            // Not of the kind that is tried again.
            return Err(io::Error::other("interrupted"));
        }
        self.inner.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use rusqlite::Connection;

    use super::*;

    #[test]
    fn reading_and_statements_end_once_an_end_is_asked_for() {
        let asked = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&asked);
        let interrupt = Interrupt::new(move || heard.load(Ordering::SeqCst));
        let mut all = Vec::new();
        interrupt.watch(&b"abc"[..]).read_to_end(&mut all).unwrap();
        let database = Connection::open_in_memory().unwrap();
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0));
        let handle = database.get_interrupt_handle();
        assert_eq!(interrupt.guard(&handle, || count("SELECT 1")).unwrap(), 1);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(100));
                asked.store(true, Ordering::SeqCst);
            });
            interrupt.guard(&handle, || count(endless)).unwrap_err();
        });
        interrupt.watch(&b"abc"[..]).read_to_end(&mut all).unwrap_err();
        assert_eq!(all, b"abc");
    }
}
