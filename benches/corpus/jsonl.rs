//! A structured log: one JSON object a line, tracebacks inside.

use std::io;

use super::failures::{self, Trigger};
use super::messages::{Layout, MESSAGES, Message};
use super::page::{Page, Speech};
use super::phrase::{Phrase, hex};
use super::truth::{Level, Truth};

const FAILURE_IN: u64 = 240;

/// Writes the log.
pub(crate) fn write(mut page: Page) -> io::Result<Truth> {
    let messages: Vec<Message> = MESSAGES
        .iter()
        .filter(|message| message.3 != Level::None)
        .map(|&(share, _, logger, written, effective, text)| {
            let logger = logger.split(':').next().filter(|name| !name.is_empty()).unwrap_or("root");
            (share, Layout::Json, logger, written, effective, text)
        })
        .collect();
    let mut speech = Speech::new(&messages);
    let (failures, mut exceptions) = failures::all();
    let text = Phrase::new("Unhandled error while serving {truck}");
    while page.wants_more()? {
        let pause = page.rng.below(150_000);
        page.clock.advance(pause);
        if page.rng.once_in(FAILURE_IN) {
            let index = page.rng.below(failures.len() as u64) as usize;
            let failure = &failures[index];
            let level = match failure.trigger {
                Trigger::Logged(_, Level::Critical, _) => Level::Critical,
                _ => Level::Error,
            };
            page.head(Layout::Json, level, "api");
            page.phrase(&text);
            page.truth.level(level, level);
            context(&mut page);
            page.text(", \"exception\": \"");
            page.phrase(&failure.body_json);
            page.text("\"}\n");
            exceptions[index].count += 1;
            page.truth.failures += 1;
            page.truth.chained += u64::from(failure.chained);
        } else {
            speech.say(&mut page);
            context(&mut page);
            page.text("}\n");
        }
    }
    page.truth.mislevelled = speech.mislevelled();
    page.truth.exceptions = exceptions;
    page.finish("jsonl")
}

/// Closes the message and adds what the formatter adds to each record.
fn context(page: &mut Page) {
    const MODULES: [&str; 4] = ["main", "wialon_sync", "routers.fleet", "mpg_engine"];
    const FUNCTIONS: [&str; 4] = ["get_truck_detail", "run_cycle", "build_summary", "compute_mpg"];
    page.text("\", \"module\": \"");
    let module = *page.rng.pick(&MODULES);
    page.text(module);
    page.text("\", \"function\": \"");
    let function = *page.rng.pick(&FUNCTIONS);
    page.text(function);
    page.text("\", \"line\": ");
    let line = 1 + page.rng.below(1_900);
    page.number(line);
    page.text(", \"process\": 4711, \"thread\": \"MainThread\", \"correlation_id\": \"");
    let id = page.rng.next();
    hex(id, 12, &mut page.out);
    page.text("\"");
}
