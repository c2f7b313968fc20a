//! The JVM: `Type: message`, `\tat class.method(File.java:12)`, `... 12 more`, `Caused by:`, `Wrapped by:`, `Suppressed:`.
//!
//! A throwable and its causes stand at one indentation, what it suppressed one deeper. Causes follow what they caused, so a
//! chain is turned round when it is complete.

use crate::grouping::in_app::package_is_own;
use crate::grouping::parse::Read;
use crate::grouping::parse::scan::{self, MAX_MESSAGE};
use crate::grouping::parse::tree::{self, Chain, MAX_DEPTH, Node};
use crate::grouping::{Frame, Mechanism, Platform, SourceRoots};

/// Reads `at [module/]class.method(place)`; the place tells it from the other languages that write `at`.
pub(super) fn frame(body: &[u8]) -> Option<Frame> {
    let rest = body.strip_prefix(b"at ")?;
    let open = memchr::memchr(b'(', rest)?;
    let close = open + memchr::memchr(b')', &rest[open..])?;
    let (qualified, place) = (&rest[..open], &rest[open + 1..close]);
    if qualified.is_empty() || qualified.contains(&b' ') || !is_place(place) {
        return None;
    }
    let qualified = scan::name(without_module(qualified));
    let (class, method) = qualified.rsplit_once('.').unwrap_or(("", &qualified));
    let (file, line) = scan::place(place);
    Some(Frame {
        module: class.to_owned(),
        path: if line.is_some() { scan::name(file) } else { String::new() },
        function: method.to_owned(),
        line,
        in_app: package_is_own(&qualified),
        ..Frame::default()
    })
}

fn is_place(place: &[u8]) -> bool {
    const SOURCES: &[&[u8]] = &[b".java", b".kt", b".scala", b".groovy", b".clj"];
    const UNKNOWN: &[&[u8]] = &[b"Native Method", b"Unknown Source", b"<generated>", b"SourceFile"];
    let (file, _) = scan::place(place);
    SOURCES.iter().any(|ending| file.ends_with(ending)) || UNKNOWN.iter().any(|open| place.starts_with(open))
}

/// Cuts `java.base/` and `app//` off; the `/` in the name of a lambda's class is none of these.
fn without_module(qualified: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(qualified, b"$$").unwrap_or(qualified.len());
    memchr::memrchr(b'/', &qualified[..end]).map_or(qualified, |slash| &qualified[slash + 1..])
}

/// A throwable and its causes, in print order, at one indentation.
struct Level {
    indent: usize,
    printed: Chain,
    /// `Wrapped by:` prints the root first.
    root_first: bool,
}

impl Level {
    fn new(indent: usize, node: Node) -> Self {
        Self { indent, printed: vec![node], root_first: false }
    }

    fn finish(self) -> Chain {
        let mut chain = self.printed;
        if !self.root_first {
            chain.reverse();
        }
        for node in &mut chain {
            node.frames.reverse();
            node.mechanism.get_or_insert(Mechanism::Cause);
        }
        chain
    }
}

struct Reader {
    levels: Vec<Level>,
    /// Behind a head and before its first frame, lines belong to the message.
    in_message: bool,
}

/// Reads the chain whose first frame is line `at`.
pub(super) fn read(lines: &[&[u8]], at: usize, floor: usize, _roots: &SourceRoots) -> Read {
    let (kind, message) = scan::head_above(lines, at, floor).unwrap_or_default();
    let indent = scan::indent(lines[at]).saturating_sub(1);
    let mut reader = Reader { levels: vec![Level::new(indent, Node::new(kind, message))], in_message: false };
    let mut next = at;
    while next < lines.len() && reader.line(lines[next]) {
        next += 1;
    }
    (tree::finish(Platform::Java, reader.finish()), next)
}

impl Reader {
    fn node(&mut self) -> &mut Node {
        let level = self.levels.last_mut().expect("the lowest level is never popped");
        level.printed.last_mut().expect("a level begins with a node")
    }

    /// Takes a line; false when it does not belong to the chain any more.
    fn line(&mut self, line: &[u8]) -> bool {
        let body = line.trim_ascii();
        if let Some(frame) = frame(body) {
            self.in_message = false;
            self.node().push_frame(frame);
        } else if let Some(head) = body.strip_prefix(b"Caused by: ") {
            self.head(scan::indent(line), head, false);
        } else if let Some(head) = body.strip_prefix(b"Wrapped by: ") {
            self.head(scan::indent(line), head, true);
        } else if let Some(head) = body.strip_prefix(b"Suppressed: ") {
            self.suppressed(scan::indent(line), head);
        } else if body.starts_with(b"... ") {
            self.in_message = false;
        } else if self.in_message {
            self.node().push_message(line);
        } else {
            return false;
        }
        true
    }

    fn head(&mut self, indent: usize, head: &[u8], root_first: bool) {
        while self.levels.len() > 1 && self.levels.last().is_some_and(|level| level.indent > indent) {
            self.pop();
        }
        let level = self.levels.last_mut().expect("the lowest level is never popped");
        level.root_first |= root_first;
        level.printed.push(node(head));
        self.in_message = true;
    }

    fn suppressed(&mut self, indent: usize, head: &[u8]) {
        while self.levels.len() > 1 && self.levels.last().is_some_and(|level| level.indent >= indent) {
            self.pop();
        }
        if self.levels.len() < MAX_DEPTH {
            self.levels.push(Level::new(indent, node(head)));
        }
        self.in_message = true;
    }

    fn pop(&mut self) {
        if let Some(level) = self.levels.pop() {
            let chain = level.finish();
            self.node().members.push((Mechanism::Suppressed, chain));
        }
    }

    fn finish(mut self) -> Chain {
        while self.levels.len() > 1 {
            self.pop();
        }
        self.levels.pop().map_or_else(Chain::new, Level::finish)
    }
}

fn node(head: &[u8]) -> Node {
    let (kind, message) = scan::type_and_message(head).unwrap_or((b"", head));
    Node::new(scan::name(kind), scan::lossy(message, MAX_MESSAGE))
}
