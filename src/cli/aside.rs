//! Lines that are written by a thread of their own: a reader who has stopped reading (a pager, a terminal that is held, a
//! journal on a stalled disk) holds nobody up.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

/// Lines that may wait.
const WAITING: usize = 1024;
/// How long the end waits for what is left to be written.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Takes lines and never waits for whoever reads them.
#[derive(Debug)]
pub struct Aside {
    lines: Option<SyncSender<String>>,
    /// Closed once everything is written.
    ended: Receiver<()>,
    /// Lines that there was no room for since the last that was taken.
    lost: u64,
}

impl Aside {
    /// `write` may block, and is not called any more once it has failed.
    pub fn new(mut write: impl FnMut(&str) -> std::io::Result<()> + Send + 'static) -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let (guard, ended) = sync_channel::<()>(1);
        // Where there can be no thread, nobody is told; that is no reason not to work.
        let _thread = thread::Builder::new().name("aside".to_owned()).spawn(move || {
            let _until_the_end = guard;
            let mut is_read = true;
            for line in waiting {
                is_read = is_read && write(&line).is_ok();
            }
        });
        Self { lines: Some(lines), ended, lost: 0 }
    }

    /// Has a line written; where too many wait, it is counted and left out, and the next that fits says so.
    pub fn say(&mut self, line: &str) {
        let Some(lines) = &self.lines else { return };
        let text = match self.lost {
            0 => line.to_owned(),
            lost => format!("({lost} lines were not read in time and are left out)\n{line}"),
        };
        match lines.try_send(text) {
            Ok(()) => self.lost = 0,
            Err(TrySendError::Full(_)) => self.lost += 1,
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.lines = None;
        // Disconnected: all is written. Too late: whoever does not read is not waited for.
        self.ended.recv_timeout(LAST_WORDS).unwrap_or(());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    use super::*;

    #[test]
    fn who_does_not_read_holds_nobody_up_and_is_told_what_is_missing() {
        let (reads, may_read) = channel::<()>();
        let read = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&read);
        let mut aside = Aside::new(move |line| {
            may_read.recv().unwrap_or(());
            kept.lock().unwrap().push_str(line);
            Ok(())
        });
        for n in 0..2 * WAITING {
            aside.say(&format!("{n}\n"));
        }
        // One line is at the writer's, if it has come so far.
        assert!(aside.lost >= WAITING as u64 - 1, "{}", aside.lost);
        let lost = aside.lost;
        drop(reads);
        let begun = Instant::now();
        while aside.lost > 0 {
            aside.say("last\n");
            assert!(begun.elapsed() < Duration::from_secs(30));
            thread::sleep(Duration::from_millis(1));
        }
        drop(aside);
        let read = read.lock().unwrap();
        assert!(read.starts_with("0\n1\n") && read.ends_with("last\n"), "{} bytes", read.len());
        assert!(read.contains("lines were not read in time") && lost > 0);
    }

    #[test]
    fn the_end_does_not_wait_for_who_never_reads() {
        let mut aside = Aside::new(|_| {
            thread::sleep(Duration::from_secs(60));
            Ok(())
        });
        aside.say("a");
        let begun = Instant::now();
        drop(aside);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
