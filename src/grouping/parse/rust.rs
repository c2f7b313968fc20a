//! Rust: `thread 'main' panicked at src/main.rs:4:5:` with the message below (older: `panicked at 'message', src/main.rs:4:5`),
//! and the numbered frames of a backtrace, where one was asked for.

use memchr::memmem;

use crate::grouping::in_app::{crate_is_own, path_is_own};
use crate::grouping::parse::Read;
use crate::grouping::parse::scan::{self, MAX_MESSAGE};
use crate::grouping::parse::tree::{self, Node};
use crate::grouping::{Frame, Platform, SourceRoots};

const PANICKED: &[u8] = b" panicked at ";

/// Says whether a line reports a panic.
pub(super) fn is_start(line: &[u8]) -> bool {
    memmem::find(line, b"thread '").is_some_and(|at| memmem::find(&line[at..], PANICKED).is_some())
}

/// Reads the panic at line `at` with its message and backtrace.
pub(super) fn read(lines: &[&[u8]], at: usize, roots: &SourceRoots) -> Read {
    let line = lines[at];
    let behind = memmem::find(line, PANICKED).map_or(&b""[..], |p| &line[p + PANICKED.len()..]);
    let mut node = Node::new("panic", "");
    let mut next = at + 1;
    let place = match old_style(behind) {
        Some((message, place)) => {
            node.message = scan::lossy(message, MAX_MESSAGE);
            place
        }
        None => {
            next = read_message(lines, next, &mut node);
            behind.strip_suffix(b":").unwrap_or(behind)
        }
    };
    let after = read_backtrace(lines, next, &mut node, roots);
    node.frames.reverse();
    if !node.frames.iter().any(|frame| frame.in_app) {
        let (path, line) = scan::place(place);
        node.push_frame(located(Frame { line, ..Frame::default() }, path, roots, true));
    }
    (tree::finish(Platform::Rust, vec![node]), after)
}

/// `'message', src/main.rs:4:5`, as printed before Rust 1.73.
fn old_style(behind: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = behind.strip_prefix(b"'")?;
    let end = memmem::rfind(rest, b"', ")?;
    Some((&rest[..end], &rest[end + 3..]))
}

/// The lines to the backtrace or the note about it.
fn read_message(lines: &[&[u8]], from: usize, node: &mut Node) -> usize {
    let mut next = from;
    while next < lines.len() && !is_backtrace_word(lines[next]) && !is_start(lines[next]) {
        if next == from {
            node.message = scan::lossy(lines[next], MAX_MESSAGE);
        } else {
            node.push_message(lines[next]);
        }
        next += 1;
    }
    next
}

fn is_backtrace_word(line: &[u8]) -> bool {
    line.starts_with(b"stack backtrace:") || line.starts_with(b"note: ")
}

fn read_backtrace(lines: &[&[u8]], from: usize, node: &mut Node, roots: &SourceRoots) -> usize {
    let mut next = from;
    if lines.get(next).is_some_and(|line| line.starts_with(b"stack backtrace:")) {
        next += 1;
        while next < lines.len() {
            let body = lines[next].trim_ascii();
            if let Some(function) = numbered(body) {
                let function = scan::name(function);
                let in_app = crate_is_own(&function);
                node.push_frame(Frame { function, in_app, ..Frame::default() });
            } else if let (Some(place), Some(frame)) = (body.strip_prefix(b"at "), node.frames.pop()) {
                let (path, line) = scan::place(place);
                let in_app = frame.in_app;
                node.frames.push(located(Frame { line, ..frame }, path, roots, in_app));
            } else {
                break;
            }
            next += 1;
        }
    }
    while lines.get(next).is_some_and(|line| line.starts_with(b"note: ")) {
        next += 1;
    }
    next
}

/// `  12: [0x55… - ]name`
fn numbered(body: &[u8]) -> Option<&[u8]> {
    let digits = body.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = (digits > 0).then(|| body[digits..].strip_prefix(b":"))??.trim_ascii_start();
    if rest.starts_with(b"0x") {
        return memmem::find(rest, b" - ").map(|at| &rest[at + 3..]);
    }
    Some(rest)
}

fn located(frame: Frame, path: &[u8], roots: &SourceRoots, in_app: bool) -> Frame {
    let path = scan::path(path.strip_prefix(b"./").unwrap_or(path));
    let in_app = in_app && path_is_own(&path, roots);
    let shown = roots.relative(&path).map(str::to_owned);
    Frame { path: shown.unwrap_or(path), in_app, ..frame }
}
