//! Celery workers: tasks received, done, retried, failed with their traceback, and workers that restart.

use std::io;

use super::failures::{self, Failure};
use super::page::Page;
use super::phrase::Phrase;
use super::truth::{Exception, Level, Truth};

const TASKS: [&str; 6] = [
    "tasks.sync_wialon",
    "tasks.compute_mpg",
    "tasks.daily_report",
    "tasks.score_drivers",
    "tasks.detect_refuels",
    "tasks.send_alerts",
];
const RESTART_EVERY: u64 = 20 << 20;

struct Workers<'w> {
    page: Page<'w>,
    id: Phrase,
    failures: Vec<Failure>,
    exceptions: Vec<Exception>,
}

/// Writes the log.
pub(crate) fn write(page: Page) -> io::Result<Truth> {
    let (failures, exceptions) = failures::all();
    let mut workers = Workers { page, id: Phrase::new("{uuid}"), failures, exceptions };
    workers.banner();
    let every = RESTART_EVERY.min(workers.page.target / 2 + 1);
    let mut next = every;
    while workers.page.wants_more()? {
        let pause = workers.page.rng.below(90_000);
        workers.page.clock.advance(pause);
        if workers.page.position() >= next {
            next += every;
            workers.restart();
        } else {
            workers.task();
        }
    }
    let Workers { mut page, exceptions, .. } = workers;
    page.truth.exceptions = exceptions;
    page.finish("celery")
}

impl Workers<'_> {
    /// `[2026-03-02 00:00:00,123: INFO/ForkPoolWorker-1] `
    fn head(&mut self, level: Level, process: &str, worker: u64) {
        let page = &mut self.page;
        page.text("[");
        page.out.extend_from_slice(page.clock.second());
        let millis = page.clock.millis(b',');
        page.out.extend_from_slice(&millis);
        page.text(": ");
        page.text(level.upper());
        page.text("/");
        page.text(process);
        if worker > 0 {
            page.text("-");
            page.number(worker);
        }
        page.text("] ");
        page.truth.level(level, level);
    }

    fn named(&mut self, task: &str, id: &[u8]) {
        self.page.text("Task ");
        self.page.text(task);
        self.page.text("[");
        self.page.out.extend_from_slice(id);
        self.page.text("] ");
    }

    fn task(&mut self) {
        let task = *self.page.rng.pick(&TASKS);
        let worker = 1 + self.page.rng.below(8);
        let mut id = Vec::with_capacity(36);
        self.id.write(&mut self.page.rng, &mut id);
        self.head(Level::Info, "MainProcess", 0);
        self.named(task, &id);
        self.page.text("received\n");
        match self.page.rng.below(120) {
            0..=2 => self.failed(task, worker, &id),
            3..=6 => {
                self.head(Level::Info, "ForkPoolWorker", worker);
                self.named(task, &id);
                let wait = 1 + self.page.rng.below(180);
                self.page.text(&format!("retry: Retry in {wait}s: ConnectionError('broker')\n"));
            }
            _ => {
                self.head(Level::Info, "ForkPoolWorker", worker);
                self.named(task, &id);
                let (whole, part) = (self.page.rng.below(9), self.page.rng.below(1_000_000));
                self.page.text(&format!("succeeded in {whole}.{part:06}s: None\n"));
            }
        }
    }

    /// As Celery logs it: the exception's `repr` on the first line, the traceback below.
    fn failed(&mut self, task: &str, worker: u64, id: &[u8]) {
        let index = self.page.rng.below(self.failures.len() as u64) as usize;
        self.head(Level::Error, "ForkPoolWorker", worker);
        self.named(task, id);
        let failure = &self.failures[index];
        let short = failure.type_name.rsplit('.').next().unwrap_or_default();
        self.page.text("raised unexpected: ");
        self.page.text(short);
        self.page.text("()\n");
        self.page.phrase(&failure.body);
        self.page.truth.continuation_lines += failure.body_lines;
        self.page.truth.chained += u64::from(failure.chained);
        self.page.truth.failures += 1;
        self.exceptions[index].count += 1;
    }

    fn banner(&mut self) {
        self.page.truth.starts += 1;
        self.head(Level::Info, "MainProcess", 0);
        self.page.text("Connected to redis://127.0.0.1:6379/0\n");
        self.head(Level::Info, "MainProcess", 0);
        self.page.text("celery@worker1 ready.\n");
    }

    fn restart(&mut self) {
        if self.page.truth.starts.is_multiple_of(2) {
            self.page.truth.clean_stops += 1;
            self.head(Level::Warning, "MainProcess", 0);
            self.page.text("Warm shutdown (MainProcess)\n");
        } else {
            self.page.truth.crashes += 1;
        }
        self.page.clock.advance(20_000_000);
        self.banner();
    }
}
