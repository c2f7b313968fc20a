//! The targets of `fuzz/` with their seeds and mutations of them: what a run without libFuzzer can find.

use std::fmt::Write;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[expect(unreachable_pub, reason = "the library of the fuzzing workspace")]
#[path = "../../fuzz/targets.rs"]
mod targets;

/// Mutated inputs of each target, and bytes of each; `FUELOPS_FUZZ_INPUTS` asks for more.
const INPUTS: u64 = 4000;
const MAX_BYTES: usize = 2048;

/// What stands in logs and envelopes and is rarely met by chance.
const WORDS: [&[u8]; 24] = [
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\x1b[31m",
    b"\xe2\x80\xae",
    b"ERROR",
    b"Traceback (most recent call last):\n",
    b"  File \"a.py\", line 1, in f\n",
    b"During handling of the above exception, another exception occurred:\n",
    b"2026-03-02 10:00:00,000 ",
    b"[02/Mar/2026:10:00:00 +0000]",
    b"1772445600000000000",
    b"-99999999999999999999",
    b"\"GET /a/1?b=c HTTP/1.1\" 500",
    b"\"",
    b"\\\"",
    b"{",
    b"}",
    b"[",
    b"\\u0000",
    b"\\ud800",
    b"NaN",
    b"{\"type\":\"event\",\"length\":18446744073709551615}\n",
];

/// Numbers that look random and are the same in each run.
struct Lots(u64);

impl Lots {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).unwrap() % end.max(1)
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fuzz/seeds").join(target)];
    if matches!(target, "traceback" | "records") {
        folders.push(root.join("tests/data/tracebacks"));
    }
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no seeds");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn mutated(seeds: &[Vec<u8>], lots: &mut Lots) -> Vec<u8> {
    let mut bytes = seeds[lots.below(seeds.len())].clone();
    for _ in 0..=lots.below(6) {
        let (from, to) = (lots.below(bytes.len() + 1), lots.below(bytes.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        match lots.below(7) {
            0 => drop(bytes.drain(from..to)),
            1 => drop(bytes.splice(from..from, WORDS[lots.below(WORDS.len())].iter().copied())),
            2 => {
                let other = &seeds[lots.below(seeds.len())];
                drop(bytes.splice(from.., other[lots.below(other.len())..].iter().copied()));
            }
            3 => bytes.extend_from_within(from..to),
            4 => bytes.truncate(to),
            5 => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte = lots.below(256) as u8),
            _ => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << lots.below(8)),
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

fn holds(name: &str, target: fn(&[u8])) {
    let seeds = seeds(name);
    let mut lots = Lots(0x9e37_79b9_7f4a_7c15);
    let wanted = std::env::var("FUELOPS_FUZZ_INPUTS").ok().and_then(|text| text.parse().ok());
    let mutations = (0..wanted.unwrap_or(INPUTS)).map(|_| mutated(&seeds, &mut lots));
    for input in seeds.iter().cloned().chain(mutations) {
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            let shown = input.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{}", byte.escape_ascii()).unwrap();
                text
            });
            panic!("`{name}` does not hold for b\"{shown}\"");
        }
    }
}

#[test]
fn any_line_is_read() {
    holds("line", targets::line);
}

#[test]
fn any_lines_become_records_whatever_the_cuts() {
    holds("records", targets::records);
}

#[test]
fn any_messages_become_patterns_in_any_order() {
    holds("patterns", targets::patterns);
}

#[test]
fn any_stack_is_counted() {
    holds("traceback", targets::traceback);
}

#[test]
fn any_envelope_is_taken_apart() {
    holds("envelope", targets::envelope);
}

#[test]
fn any_event_is_one_issue_however_it_is_read() {
    holds("event", targets::event);
}
