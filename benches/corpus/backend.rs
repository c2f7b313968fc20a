//! The console of one backend: uvicorn, the backend's own records, failures, restarts, and what should not be there.

use std::io;

use super::failures::{self, Failure, Trigger};
use super::messages::{Layout, MESSAGES};
use super::page::{Page, Speech};
use super::phrase::Phrase;
use super::traffic::{FAILED, STATUSES, Traffic};
use super::truth::{Exception, Level, Mislevelled, Truth};

/// A restart each 9 MiB, and at least two in a small log.
const RESTART_EVERY: u64 = 9 << 20;
/// A line over 64 KiB each 13 MiB, and one in a small log.
const LONG_EVERY: u64 = 13 << 20;
/// Every so many events: a failure, bytes that are no UTF-8.
const FAILURE_IN: u64 = 230;
const BAD_BYTES_IN: u64 = 1_600;

struct Backend<'w> {
    page: Page<'w>,
    traffic: Traffic,
    speech: Speech,
    failures: Vec<Failure>,
    exceptions: Vec<Exception>,
    /// Failures that were logged as warnings.
    hidden: Vec<u64>,
    pid: u64,
}

/// Writes the log.
pub(crate) fn write(page: Page) -> io::Result<Truth> {
    let (failures, exceptions) = failures::all();
    let hidden = vec![0; failures.len()];
    let mut backend = Backend {
        page,
        traffic: Traffic::new(),
        speech: Speech::new(MESSAGES),
        failures,
        exceptions,
        hidden,
        pid: 4_000,
    };
    backend.launch();
    let restart_every = RESTART_EVERY.min(backend.page.target / 3 + 1);
    let long_every = LONG_EVERY.min(backend.page.target / 2 + 1);
    let (mut next_restart, mut next_long) = (restart_every, long_every);
    while backend.page.wants_more()? {
        let position = backend.page.position();
        if position >= next_restart {
            backend.restart();
            next_restart += restart_every;
        } else if position >= next_long {
            backend.long_line();
            next_long += long_every;
        } else {
            backend.event();
        }
    }
    backend.finish()
}

impl Backend<'_> {
    fn event(&mut self) {
        let pause = self.page.rng.below(110_000);
        self.page.clock.advance(pause);
        match self.page.rng.below(1_000) {
            0..=663 => {
                let (route, status) = self.traffic.draw(&mut self.page.rng);
                self.access(route, status);
            }
            _ if self.page.rng.once_in(FAILURE_IN / 3) => self.fail(),
            _ if self.page.rng.once_in(BAD_BYTES_IN / 3) => self.bad_bytes(),
            _ => {
                let layout = self.speech.say(&mut self.page);
                self.page.end(layout);
            }
        }
    }

    /// One line of uvicorn's own.
    fn uvicorn(&mut self, level: Level, text: &str) {
        self.page.text(level.upper());
        self.page.text(&":         "[..10 - level.upper().len()]);
        self.page.text(text);
        self.page.text("\n");
        self.page.truth.level(level, level);
        self.page.truth.undated_records += 1;
    }

    fn access(&mut self, route: usize, status: usize) {
        let page = &mut self.page;
        page.text("INFO:     10.0.");
        let client = page.rng.below(1_000);
        page.number(client / 250);
        page.text(".");
        page.number(1 + client % 250);
        page.text(":");
        let port = 32_768 + page.rng.below(28_000);
        page.number(port);
        page.text(" - \"");
        page.text(self.traffic.method(route));
        page.text(" ");
        self.traffic.write_path(route, &mut page.rng, &mut page.out);
        page.text(" HTTP/1.1\" ");
        let (code, reason) = STATUSES[status];
        page.number(u64::from(code));
        page.text(" ");
        page.text(reason);
        page.text("\n");
        page.truth.level(Level::Info, Level::Info);
        page.truth.undated_records += 1;
        self.traffic.count(route, status);
    }

    fn fail(&mut self) {
        let index = self.page.rng.below(self.failures.len() as u64) as usize;
        self.page.truth.failures += 1;
        match self.failures[index].trigger {
            Trigger::Request(method, route) => self.fail_request(index, self.traffic.find(method, route)),
            Trigger::Logged(logger, level, text) => {
                let layout =
                    *self.page.rng.pick(&[Layout::Bracket, Layout::Dashed, Layout::Basic, Layout::Json]);
                self.page.head(layout, level, logger);
                self.page.phrase(&Phrase::new(text));
                let effective = if level == Level::Warning { Level::Error } else { level };
                self.hidden[index] += u64::from(level != effective);
                self.page.truth.level(level, effective);
                self.traceback(index, layout == Layout::Json);
            }
        }
    }

    /// An unhandled exception in a route: sometimes the handler's four records, always the access line and uvicorn's traceback.
    fn fail_request(&mut self, index: usize, route: usize) {
        if self.page.rng.once_in(4) {
            self.handler_records(index, route);
        }
        self.access(route, FAILED);
        self.page.text("ERROR:    Exception in ASGI application");
        self.page.truth.level(Level::Error, Level::Error);
        self.page.truth.undated_records += 1;
        self.traceback(index, false);
    }

    fn handler_records(&mut self, index: usize, route: usize) {
        self.error_head("🔥 UNHANDLED EXCEPTION in ");
        self.page.text(self.traffic.method(route));
        self.page.text(" ");
        self.traffic.write_path(route, &mut self.page.rng, &mut self.page.out);
        self.page.text("\n");
        self.error_head("Exception type: ");
        self.page.text(self.failures[index].type_name);
        self.page.text("\n");
        self.error_head("Exception message: ");
        self.page.phrase(&self.failures[index].message);
        self.page.text("\n");
        self.error_head("Traceback:");
        self.traceback(index, false);
    }

    fn error_head(&mut self, text: &str) {
        self.page.head(Layout::Bracket, Level::Error, "main");
        self.page.text(text);
        self.page.truth.level(Level::Error, Level::Error);
    }

    /// Ends the line and hangs a traceback on it: below it, or inside of it where the record is JSON.
    fn traceback(&mut self, index: usize, inside: bool) {
        let failure = &self.failures[index];
        if inside {
            self.page.text("\", \"exception\": \"");
            self.page.phrase(&failure.body_json);
            self.page.text("\"}\n");
        } else {
            self.page.text("\n");
            self.page.phrase(&failure.body);
            self.page.truth.continuation_lines += failure.body_lines;
        }
        self.exceptions[index].count += 1;
        self.page.truth.chained += u64::from(failure.chained);
    }

    fn bad_bytes(&mut self) {
        self.page.head(Layout::Bracket, Level::Info, "importer");
        self.page.out.extend_from_slice(b"Imported driver Jos\xe9 Mu\xf1oz from row ");
        let row = self.page.rng.below(10_000);
        self.page.number(row);
        self.page.text("\n");
        self.page.truth.level(Level::Info, Level::Info);
        self.page.truth.invalid_utf8_lines += 1;
    }

    fn long_line(&mut self) {
        self.page.head(Layout::Bracket, Level::Debug, "main");
        self.page.text("payload: {\"units\": [");
        let start = self.page.out.len();
        while self.page.out.len() - start <= 1 << 16 {
            self.page.text("{\"id\": ");
            let id = self.page.rng.below(100_000);
            self.page.number(id);
            self.page.text(", \"state\": \"ERROR\", \"fuel\": 12.5}, ");
        }
        self.page.text("{}]}\n");
        self.page.truth.level(Level::Debug, Level::Debug);
        self.page.truth.long_lines += 1;
    }

    fn start(&mut self) {
        self.pid += 1 + self.page.rng.below(900);
        self.page.truth.starts += 1;
        let started = format!("Started server process [{}]", self.pid);
        self.uvicorn(Level::Info, &started);
        self.uvicorn(Level::Info, "Waiting for application startup.");
        self.uvicorn(Level::Info, "Application startup complete.");
    }

    /// A start from the shell also says where it listens.
    fn launch(&mut self) {
        self.start();
        self.uvicorn(Level::Info, "Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)");
    }

    fn stop(&mut self) {
        self.page.truth.clean_stops += 1;
        self.uvicorn(Level::Info, "Shutting down");
        self.uvicorn(Level::Info, "Waiting for application shutdown.");
        self.uvicorn(Level::Info, "Application shutdown complete.");
        let finished = format!("Finished server process [{}]", self.pid);
        self.uvicorn(Level::Info, &finished);
    }

    /// Crashes, stops and reloads take turns; a crash comes first so that the smallest log has one.
    fn restart(&mut self) {
        match (self.page.truth.starts - 1) % 4 {
            0 | 2 => {
                self.page.truth.crashes += 1;
                self.page.clock.advance(35_000_000);
                self.launch();
            }
            1 => {
                self.stop();
                self.page.clock.advance(4_000_000);
                self.launch();
            }
            _ => {
                self.uvicorn(
                    Level::Warning,
                    "WatchFiles detected changes in 'routers/fleet.py'. Reloading...",
                );
                self.stop();
                self.page.truth.reloads += 1;
                self.page.clock.advance(1_000_000);
                self.start();
            }
        }
    }

    fn finish(mut self) -> io::Result<Truth> {
        let truth = &mut self.page.truth;
        truth.endpoints = self.traffic.endpoints();
        truth.exceptions = self.exceptions;
        truth.mislevelled = self.speech.mislevelled();
        let hidden = self.failures.iter().zip(&self.hidden).filter(|(_, count)| **count > 0);
        truth.mislevelled.extend(hidden.map(|(failure, count)| Mislevelled {
            text: match failure.trigger {
                Trigger::Logged(_, _, text) | Trigger::Request(_, text) => text,
            },
            written: Level::Warning,
            effective: Level::Error,
            count: *count,
        }));
        self.page.finish("backend")
    }
}
