//! Go: `panic: …` or `fatal error: …`, then `goroutine N [running]:` with pairs of lines: the call, and below it the place.
//! Only the first goroutine is the one that failed; the others are read past.

use memchr::memmem;

use crate::grouping::in_app::go_is_own;
use crate::grouping::parse::Read;
use crate::grouping::parse::scan::{self, MAX_LOOK_BACK, MAX_MESSAGE};
use crate::grouping::parse::tree::{self, Chain, Node};
use crate::grouping::{Frame, Mechanism, Platform, SourceRoots};

/// Says whether a line opens a goroutine's stack.
pub(super) fn is_goroutine(body: &[u8]) -> bool {
    body.strip_prefix(b"goroutine ").is_some_and(|rest| {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        digits > 0 && rest[digits..].starts_with(b" ") && rest.ends_with(b"]:")
    })
}

/// Reads the stack that line `at` opens and the panic above it; a dump that no panic asked for is no exception.
pub(super) fn read(lines: &[&[u8]], at: usize, floor: usize, roots: &SourceRoots) -> Read {
    let mut chain = panics_above(lines, at, floor);
    let mut next = at + 1;
    let mut frames = Vec::new();
    while next < lines.len() && !lines[next].trim_ascii().is_empty() {
        let Some((frame, used)) = frame(&lines[next..], roots) else { break };
        frames.push(frame);
        next += used;
    }
    next = past_other_goroutines(lines, next);
    let Some(last) = chain.last_mut() else { return (None, next) };
    for frame in frames.into_iter().rev() {
        last.push_frame(frame);
    }
    (tree::finish(Platform::Go, chain), next)
}

/// `panic: a [recovered]` and `\tpanic: b` below it are a chain; lines between belong to a message.
fn panics_above(lines: &[&[u8]], at: usize, floor: usize) -> Chain {
    let stop = floor.max(at.saturating_sub(MAX_LOOK_BACK));
    let Some(first) = (stop..at).find(|&i| panic_head(lines[i]).is_some()) else { return Chain::new() };
    let mut chain = Chain::new();
    for line in &lines[first..at] {
        if let Some((kind, message)) = panic_head(line) {
            let message = message.strip_suffix(b" [recovered]").unwrap_or(message);
            let mut node = Node::new(kind, scan::lossy(message, MAX_MESSAGE));
            node.mechanism = Some(Mechanism::Context);
            chain.push(node);
        } else if let Some(node) = chain.last_mut() {
            node.push_message(line);
        }
    }
    chain
}

/// `panic: message`, `fatal error: message`, `… http: panic serving 1.2.3.4:5: message`.
fn panic_head(line: &[u8]) -> Option<(&'static str, &[u8])> {
    let body = line.trim_ascii_start();
    if let Some(message) = body.strip_prefix(b"panic: ") {
        return Some(("panic", message));
    }
    if let Some(message) = body.strip_prefix(b"fatal error: ") {
        return Some(("fatal error", message));
    }
    let behind = &body[memmem::find(body, b"panic serving ")? + b"panic serving ".len()..];
    let end = memmem::find(behind, b": ")?;
    Some(("panic", &behind[end + 2..]))
}

/// A call and the place below it: (frame, number of lines).
fn frame(lines: &[&[u8]], roots: &SourceRoots) -> Option<(Frame, usize)> {
    let call = lines[0].trim_ascii();
    let place = lines.get(1).filter(|line| line.starts_with(b"\t") || line.starts_with(b"    "));
    let function = function_name(call)?;
    let (path, line) = place.map_or((&b""[..], None), |place| {
        let place = place.trim_ascii();
        let end = memmem::rfind(place, b" +0x").unwrap_or(place.len());
        scan::place(&place[..end])
    });
    let (function, path) = (scan::name(function), scan::path(path));
    let in_app = go_is_own(&function, &path, roots);
    let shown = roots.relative(&path).map(str::to_owned);
    let frame = Frame { path: shown.unwrap_or(path), function, line, in_app, ..Frame::default() };
    Some((frame, 1 + usize::from(place.is_some())))
}

/// `main.(*T).get(0xc0, {0x1, 0x2})` without its arguments, `created by main.start in goroutine 1` without its frame words.
fn function_name(call: &[u8]) -> Option<&[u8]> {
    if let Some(created) = call.strip_prefix(b"created by ") {
        let end = memmem::find(created, b" in goroutine ").unwrap_or(created.len());
        return Some(&created[..end]);
    }
    let inside = call.strip_suffix(b")")?;
    // The arguments are the last parenthesis at depth 0; a receiver `(*T)` stands before it.
    let mut depth = 0usize;
    for (at, byte) in inside.iter().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 0 => return (at > 0).then_some(&inside[..at]),
            b'(' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The stacks of other goroutines are no exceptions of their own.
fn past_other_goroutines(lines: &[&[u8]], mut next: usize) -> usize {
    while next + 1 < lines.len()
        && lines[next].trim_ascii().is_empty()
        && is_goroutine(lines[next + 1].trim_ascii())
    {
        next += 2;
        while next < lines.len() && !lines[next].trim_ascii().is_empty() {
            next += 1;
        }
    }
    next
}
