//! .NET: `Outer: message`, ` ---> Inner: message`, `   at Class.Method(args) in /File.cs:line 12`,
//! `   --- End of inner exception stack trace ---`. Inner stacks are printed before outer ones.

use memchr::memmem;

use crate::grouping::in_app::{package_is_own, path_is_own};
use crate::grouping::parse::Read;
use crate::grouping::parse::scan::{self, MAX_MESSAGE};
use crate::grouping::parse::tree::{self, Chain, Node};
use crate::grouping::{Frame, Mechanism, Platform, SourceRoots};

const ARROW: &[u8] = b" ---> ";
const END_OF_INNER: &[u8] = b"--- End of inner exception stack trace ---";
const RETHROWN: &[u8] = b"--- End of stack trace from previous location";

/// Reads `at Class.Method(args)`, with its place where symbols were at hand.
pub(super) fn frame(body: &[u8]) -> Option<Frame> {
    let rest = body.strip_prefix(b"at ")?;
    let open = memchr::memchr(b'(', rest)?;
    let close = open + memmem::rfind(&rest[open..], b")")?;
    let qualified = &rest[..open];
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"._<>`+[],|$".contains(b) || *b >= 0x80;
    if !qualified.contains(&b'.') || !qualified.iter().all(plain) {
        return None;
    }
    let qualified = scan::name(qualified);
    let (class, method) = qualified.rsplit_once('.').unwrap_or(("", &qualified));
    let (path, line) = place(&rest[close + 1..]);
    Some(Frame {
        module: class.to_owned(),
        path: scan::path(path),
        function: method.to_owned(),
        line,
        in_app: package_is_own(&qualified),
        ..Frame::default()
    })
}

/// ` in /src/File.cs:line 12`
fn place(tail: &[u8]) -> (&[u8], Option<u32>) {
    let Some(tail) = tail.strip_prefix(b" in ") else { return (b"", None) };
    match memmem::rfind(tail, b":line ") {
        Some(end) => (&tail[..end], scan::number(&tail[end + b":line ".len()..])),
        None => (tail, None),
    }
}

/// Reads the chain whose first frame is line `at`.
pub(super) fn read(lines: &[&[u8]], at: usize, floor: usize, roots: &SourceRoots) -> Read {
    // Outermost first: the last one is the innermost, whose stack comes first.
    let mut open = heads_above(lines, at, floor);
    let mut chain = Chain::new();
    let mut current = open.pop().unwrap_or_default();
    let mut next = at;
    while next < lines.len() {
        let body = lines[next].trim_ascii();
        if let Some(mut frame) = frame(body) {
            frame.in_app &= path_is_own(&frame.path, roots);
            if let Some(inside) = roots.relative(&frame.path) {
                frame.path = inside.to_owned();
            }
            current.push_frame(frame);
        } else if body == END_OF_INNER {
            let Some(outer) = open.pop() else { break };
            chain.push(std::mem::replace(&mut current, outer));
        } else if !body.starts_with(RETHROWN) {
            break;
        }
        next += 1;
    }
    chain.push(current);
    chain.extend(open.into_iter().rev());
    for node in &mut chain {
        node.frames.reverse();
        node.mechanism = Some(Mechanism::Cause);
    }
    (tree::finish(Platform::DotNet, chain), next.max(at + 1))
}

/// The exceptions that are named above the first frame, outermost first.
fn heads_above(lines: &[&[u8]], at: usize, floor: usize) -> Vec<Node> {
    let mut first = at;
    while first > floor.max(at.saturating_sub(scan::MAX_LOOK_BACK)) && lines[first - 1].starts_with(ARROW) {
        first -= 1;
    }
    let Some((kind, message)) = scan::head_above(lines, first, floor) else { return Vec::new() };
    // Older runtimes put the inner exceptions behind the outer one, on its line.
    let mut parts = message.split(" ---> ");
    let mut heads = vec![Node::new(kind, parts.next().unwrap_or(""))];
    let arrows = lines[first..at].iter().filter_map(|line| line.strip_prefix(ARROW));
    heads.extend(parts.map(str::as_bytes).chain(arrows).map(head));
    heads
}

fn head(text: &[u8]) -> Node {
    let text = text.strip_prefix(b"(Inner Exception #0) ").unwrap_or(text);
    let (kind, message) = scan::type_and_message(text).unwrap_or((b"", text));
    Node::new(scan::name(kind), scan::lossy(message, MAX_MESSAGE))
}
