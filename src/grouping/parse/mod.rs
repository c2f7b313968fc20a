//! Finds the tracebacks that a text holds, whatever language printed them, and reads each into an exception chain.
//!
//! The text is looked at line by line; the first line that only a traceback can hold decides which reader takes over, and the
//! reader says where it stopped. Every reader moves forward, so the whole is linear in the text.

mod dotnet;
mod go;
mod java;
mod node;
mod python;
mod rust;
mod scan;
mod tree;

use memchr::memmem;

use crate::grouping::{ExceptionChain, SourceRoots};

pub use scan::MAX_TEXT;

/// Literals of which every traceback holds at least one.
const MARKS: &[&[u8]] = &[
    b"Traceback (most",
    b"  File \"",
    b"   at ",
    b"\tat ",
    b"panicked at ",
    b"goroutine ",
    b"Fatal Python error: ",
];

/// Says quickly whether it is worth to [`parse`] a text: false means that it holds no traceback.
pub fn looks_like_traceback(text: &[u8]) -> bool {
    MARKS.iter().any(|mark| memmem::find(text, mark).is_some())
}

/// Reads every chain that was printed in `text`, in the order of the text.
///
/// Only what was printed with its stack counts (a `SyntaxError` with its place is one too): a type that merely stands in a
/// message is no exception.
pub fn parse(text: &[u8], roots: &SourceRoots) -> Vec<ExceptionChain> {
    let text = scan::prepare(text);
    let (lines, cut) = scan::lines(&text);
    let mut chains = Vec::new();
    let mut at = 0;
    // Nothing before this line belongs to a later chain: bounds how far a reader may look back for a head.
    let mut floor = 0;
    while at < lines.len() {
        let Some((chain, next)) = read_at(&lines, at, floor, roots) else {
            at += 1;
            continue;
        };
        debug_assert!(next > at, "a reader moves forward");
        at = next.max(at + 1);
        floor = at;
        chains.extend(chain);
    }
    if let (true, Some(last)) = (cut, chains.last_mut()) {
        last.truncated = true;
    }
    chains
}

/// What a reader found from a line on, and the first line that it left.
type Read = (Option<ExceptionChain>, usize);

fn read_at(lines: &[&[u8]], at: usize, floor: usize, roots: &SourceRoots) -> Option<Read> {
    let line = lines[at];
    let body = line.trim_ascii_start();
    match body.first()? {
        b'a' if body.starts_with(b"at ") => read_at_frame(lines, at, floor, roots),
        b'g' if go::is_goroutine(body) => Some(go::read(lines, at, floor, roots)),
        b'F' if python::is_start(line) => Some(python::read(lines, at, roots)),
        _ if python::is_header(line) => Some(python::read(lines, at, roots)),
        _ if rust::is_start(line) => Some(rust::read(lines, at, roots)),
        _ => None,
    }
}

/// `at …` stands in three languages; the shape of the place tells which.
fn read_at_frame(lines: &[&[u8]], at: usize, floor: usize, roots: &SourceRoots) -> Option<Read> {
    let body = lines[at].trim_ascii();
    if java::frame(body).is_some() {
        Some(java::read(lines, at, floor, roots))
    } else if node::frame(body).is_some() {
        Some(node::read(lines, at, floor, roots))
    } else if dotnet::frame(body).is_some() {
        Some(dotnet::read(lines, at, floor, roots))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::grouping::Fingerprint;

    /// Lines that mean something to a reader, in any order.
    const SOUP: &[&str] = &[
        "Traceback (most recent call last):",
        "  + Exception Group Traceback (most recent call last):",
        "  File \"/srv/a.py\", line 3, in f",
        "    x = 1",
        "    ^^^^^",
        "  [Previous line repeated 7 more times]",
        "KeyError: 'x'",
        "",
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
        "  | ExceptionGroup: g (2 sub-exceptions)",
        "  +-+---------------- 1 ----------------",
        "    +---------------- 2 ----------------",
        "    | TypeError: t",
        "    +-+---------------- 1 ----------------",
        "    +------------------------------------",
        "Exception in thread \"main\" java.io.IOException: disk",
        "\tat a.B.c(B.java:3)",
        "\t... 3 more",
        "Caused by: a.E: m",
        "\tSuppressed: a.S: m",
        "Wrapped by: a.W",
        "Error: boom",
        "    at f (/srv/a.js:1:2) {",
        "  [cause]: Error: inner",
        "  [errors]: [",
        "  ]",
        "}",
        "thread 'main' panicked at src/main.rs:1:2:",
        "stack backtrace:",
        "   1: app::f",
        "             at ./src/main.rs:4:5",
        "panic: boom [recovered]",
        "goroutine 1 [running]:",
        "main.f(0x1)",
        "\t/srv/main.go:3 +0x1",
        " ---> System.E: inner",
        "   at Fuel.A.B() in /srv/A.cs:line 3",
        "   --- End of inner exception stack trace ---",
        "Fatal Python error: Aborted",
    ];

    fn check(text: &[u8]) {
        for chain in parse(text, &SourceRoots::new(["/srv"])) {
            assert!(!chain.exceptions.is_empty());
            for (index, exception) in chain.exceptions.iter().enumerate() {
                assert!(exception.parent.is_none_or(|parent| parent > index), "{chain:#?}");
            }
            Fingerprint::of(&chain);
            assert!(looks_like_traceback(text), "{}", String::from_utf8_lossy(text));
        }
    }

    proptest! {
        #[test]
        fn any_order_of_lines_is_taken(picks in prop::collection::vec(0..SOUP.len(), 0..40)) {
            let lines: Vec<_> = picks.iter().map(|&i| SOUP[i]).collect();
            check(lines.join("\n").as_bytes());
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            check(&bytes);
        }
    }

    #[test]
    fn hostile_text_takes_time_in_proportion() {
        for line in SOUP {
            for pair in [format!("{line}\n"), format!("{line}\nx: y\n"), format!("{line} {line}")] {
                let text = pair.repeat(MAX_TEXT / pair.len() + 1);
                check(text.as_bytes());
            }
        }
        let words = "TypeError [".repeat(MAX_TEXT / 12);
        check(format!("{words}\n    at f (/srv/a.js:1:2)\n").as_bytes());
    }

    #[test]
    fn caps_are_said() {
        let deep = "  File \"/srv/a.py\", line 3, in f\n".repeat(MAX_TEXT / 20);
        let chains =
            parse(format!("Traceback (most recent call last):\n{deep}").as_bytes(), &SourceRoots::default());
        assert!(chains[0].truncated);
        assert!(chains[0].last().frames.len() <= 256);
    }
}
