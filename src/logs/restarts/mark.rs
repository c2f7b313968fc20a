//! What one message tells of a process's life.
//!
//! Wording of uvicorn, gunicorn, hypercorn, Celery, Flask, Django, PostgreSQL, MySQL/MariaDB, Redis, systemd, the Linux
//! kernel and the shell monitors that fuelops replaces.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde::{Deserialize, Serialize};

/// One step in a process's life, as a log message tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A program begins. Carries the pid where the message names it.
    Start,
    /// A parent that will start workers begins; their own starts are not counted.
    ParentStart,
    /// A parent that restarts its child on every change of a file begins.
    ReloaderStart,
    /// A worker of a parent begins.
    WorkerStart,
    /// A program ends because it was asked to.
    Stop,
    /// The autoreloader saw a change: the stop and start that follow are its own.
    Reload,
    /// A worker ended without being asked to.
    WorkerCrash,
    /// The kernel, or a parent on its behalf, killed a process for its memory.
    OomKill,
    /// The program says that it was not shut down cleanly before.
    UncleanStart,
    /// A monitor says that it starts the program: counts only where the program itself says nothing.
    SupervisorStart,
}

/// Literal, what it means, and what must stand at the message's beginning: `true` where it may stand anywhere.
const WORDING: &[(&str, Mark, Place)] = &[
    ("Started server process [", Mark::Start, Place::Begin),
    ("Started parent process [", Mark::ParentStart, Place::Begin),
    ("Started reloader process [", Mark::ReloaderStart, Place::Begin),
    ("Finished server process [", Mark::Stop, Place::Begin),
    ("Stopping parent process [", Mark::Stop, Place::Begin),
    ("Stopping reloader process [", Mark::Stop, Place::Begin),
    ("Application shutdown complete", Mark::Stop, Place::Begin),
    ("WatchFiles detected changes in ", Mark::Reload, Place::Begin),
    ("WatchGodReload detected file change in ", Mark::Reload, Place::Begin),
    ("StatReload detected changes in ", Mark::Reload, Place::Begin),
    ("StatReload detected file change in ", Mark::Reload, Place::Begin),
    ("Detected file change in ", Mark::Reload, Place::Anywhere),
    (" changed, reloading.", Mark::Reload, Place::Anywhere),
    (" * Restarting with ", Mark::Reload, Place::Begin),
    ("Child process [", Mark::WorkerCrash, Place::Begin),
    ("Starting gunicorn ", Mark::ParentStart, Place::Begin),
    ("Booting worker with pid: ", Mark::WorkerStart, Place::Begin),
    ("Shutting down: Master", Mark::Stop, Place::Begin),
    ("was sent SIGKILL! Perhaps out of memory?", Mark::OomKill, Place::Anywhere),
    ("WORKER TIMEOUT (pid:", Mark::WorkerCrash, Place::Anywhere),
    (" * Serving Flask app ", Mark::Start, Place::Begin),
    ("Starting development server at ", Mark::Start, Place::Begin),
    ("worker: Warm shutdown", Mark::Stop, Place::Anywhere),
    ("worker: Cold shutdown", Mark::Stop, Place::Anywhere),
    ("celery@", Mark::Start, Place::Begin),
    ("database system is ready to accept connections", Mark::Start, Place::Anywhere),
    ("database system is shut down", Mark::Stop, Place::Anywhere),
    ("database system was not properly shut down", Mark::UncleanStart, Place::Anywhere),
    ("database system was interrupted", Mark::UncleanStart, Place::Anywhere),
    ("ready for connections", Mark::Start, Place::Anywhere),
    ("mysqld: Shutdown complete", Mark::Stop, Place::Anywhere),
    ("mariadbd: Shutdown complete", Mark::Stop, Place::Anywhere),
    ("Redis is starting", Mark::Start, Place::Anywhere),
    ("Redis is now ready to exit", Mark::Stop, Place::Anywhere),
    ("Out of memory: Kill", Mark::OomKill, Place::Anywhere),
    ("Memory cgroup out of memory: Kill", Mark::OomKill, Place::Anywhere),
    ("Failed with result 'oom-kill'", Mark::OomKill, Place::Anywhere),
    ("Starting backend", Mark::SupervisorStart, Place::Anywhere),
    ("Iniciando backend", Mark::SupervisorStart, Place::Anywhere),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The message begins with it, emoji and blanks aside.
    Begin,
    Anywhere,
}

/// Finds marks in messages; built once, shared by all workers.
#[derive(Clone, Debug)]
pub struct MarkFinder {
    literals: AhoCorasick,
}

impl Default for MarkFinder {
    fn default() -> Self {
        let literals = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            // Asked of the first message of each pattern only: a faster kind takes longer to build than it saves.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(WORDING.iter().map(|(literal, ..)| literal))
            .expect("the literals are constant");
        Self { literals }
    }
}

impl MarkFinder {
    /// Says what a message tells, with the pid that it names.
    pub fn mark(&self, message: &[u8]) -> Option<(Mark, Option<u32>)> {
        // All wordings are short sentences: what stands further in is quoted text.
        let head = &message[..message.len().min(400)];
        let found = self.literals.find(head)?;
        let (_, mark, place) = WORDING[found.pattern().as_usize()];
        if place == Place::Begin && head[..found.start()].iter().any(u8::is_ascii_alphanumeric) {
            return None;
        }
        let rest = &head[found.end()..];
        let kept = match mark {
            // `celery@host ready.`; other lines of Celery begin so too.
            Mark::Start if head[found.range()].starts_with(b"celery@") => rest.ends_with(b" ready."),
            // `Child process [12] died`.
            Mark::WorkerCrash if head[found.range()].starts_with(b"Child") => rest.ends_with(b"died"),
            _ => true,
        };
        kept.then(|| (mark, pid_in(rest)))
    }
}

/// The number that the rest of a message begins with.
fn pid_in(rest: &[u8]) -> Option<u32> {
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Option<(Mark, Option<u32>)>) {
        assert_eq!(MarkFinder::default().mark(message.as_bytes()), expected, "{message}");
    }

    #[test]
    fn servers_say_when_they_start_and_stop() {
        check("Started server process [4711]", Some((Mark::Start, Some(4711))));
        check("Finished server process [4711]", Some((Mark::Stop, Some(4711))));
        check("Starting gunicorn 20.1.0", Some((Mark::ParentStart, Some(20))));
        check("Booting worker with pid: 12", Some((Mark::WorkerStart, Some(12))));
        check("celery@host1 ready.", Some((Mark::Start, None)));
        check("celery@host1 v5.4.0 (opalescent)", None);
        check("Child process [12] died", Some((Mark::WorkerCrash, Some(12))));
    }

    #[test]
    fn a_quoted_sentence_is_no_mark() {
        check("user wrote: Started server process [1]", None);
        check("GET /x?q=Finished server process [1]", None);
    }

    #[test]
    fn emoji_before_a_sentence_do_not_matter() {
        check("🚀 Starting backend...", Some((Mark::SupervisorStart, None)));
    }

    #[test]
    fn the_kernel_tells_of_its_killings() {
        check("Out of memory: Killed process 123 (python3) total-vm:1kB", Some((Mark::OomKill, None)));
        check("Worker (pid:12) was sent SIGKILL! Perhaps out of memory?", Some((Mark::OomKill, None)));
    }
}
