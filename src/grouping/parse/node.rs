//! Node and other V8 programs: `Type: message`, `    at function (place:line:column)`, and what `console.error` prints behind a
//! stack: `{ [cause]: Error: … }` and `[errors]: [ … ]`.

use memchr::memmem;

use crate::grouping::in_app::path_is_own;
use crate::grouping::parse::Read;
use crate::grouping::parse::scan::{self, MAX_MESSAGE};
use crate::grouping::parse::tree::{self, Chain, Node};
use crate::grouping::{Frame, Mechanism, Platform, SourceRoots};

const CAUSE: &[u8] = b"[cause]: ";
const ERRORS: &[u8] = b"[errors]: [";
const ELIDED: &[u8] = b"lines matching cause stack trace ...";

/// A printed frame, in slices of its line.
pub(super) struct Call<'a> {
    function: &'a [u8],
    path: &'a [u8],
    line: Option<u32>,
}

/// Reads `at function (path:line:column)`, `at path:line:column`, `at Array.map (<anonymous>)`.
pub(super) fn frame(body: &[u8]) -> Option<Call<'_>> {
    let rest = body.strip_prefix(b"at ")?;
    let rest = rest.strip_suffix(b" {").or_else(|| rest.strip_suffix(b",")).unwrap_or(rest);
    if let Some(inside) = rest.strip_suffix(b")") {
        let open = memmem::find(inside, b" (")?;
        let (function, place) = (&inside[..open], &inside[open + 2..]);
        let known = matches!(place, b"<anonymous>" | b"native") || place.starts_with(b"index ");
        if known {
            return Some(Call { function, path: b"", line: None });
        }
        let (path, line) = scan::place(place);
        return line.map(|_| Call { function, path, line });
    }
    let rest = rest.strip_prefix(b"async ").unwrap_or(rest);
    let (path, line) = scan::place(rest);
    // `at 10:15:12` in a sentence is a time and not a file.
    let file =
        path.iter().any(|b| matches!(b, b'/' | b'\\' | b'.' | b'[' | b'<')) || path.starts_with(b"node:");
    (line.is_some() && file && !path.contains(&b' ')).then_some(Call { function: b"", path, line })
}

impl Call<'_> {
    fn frame(&self, roots: &SourceRoots) -> Frame {
        let path = scan::path(self.path.strip_prefix(b"file://").unwrap_or(self.path));
        let in_app = !path.is_empty() && path_is_own(&path, roots);
        let shown = roots.relative(&path).map(str::to_owned);
        Frame {
            path: shown.unwrap_or(path),
            function: scan::name(self.function),
            line: self.line,
            in_app,
            ..Frame::default()
        }
    }
}

/// What is open around the line that is read.
enum Open {
    /// Newest first, as printed.
    Causes(Chain),
    /// The `[errors]` of the newest exception below.
    Errors(Vec<Chain>),
}

struct Reader<'r> {
    open: Vec<Open>,
    /// Braces that stand open behind a stack: what they hold are properties of the error.
    braces: usize,
    in_message: bool,
    roots: &'r SourceRoots,
}

/// Reads the chain whose first frame is line `at`.
pub(super) fn read(lines: &[&[u8]], at: usize, floor: usize, roots: &SourceRoots) -> Read {
    let (kind, message) = scan::head_above(lines, at, floor).unwrap_or_default();
    let first = Open::Causes(vec![Node::new(kind, message)]);
    let mut reader = Reader { open: vec![first], braces: 0, in_message: false, roots };
    let mut next = at;
    while next < lines.len() && reader.line(lines[next]) {
        next += 1;
    }
    (tree::finish(Platform::Node, reader.finish()), next)
}

impl Reader<'_> {
    /// Takes a line; false when it does not belong to the chain any more.
    fn line(&mut self, line: &[u8]) -> bool {
        let body = line.trim_ascii();
        if let Some(call) = frame(body) {
            self.in_message = false;
            self.braces += usize::from(body.ends_with(b" {"));
            let frame = call.frame(self.roots);
            if let Some(node) = self.node() {
                node.push_frame(frame);
            }
            return true;
        }
        if self.in_message {
            if let Some(node) = self.node() {
                node.push_message(line);
            }
            return true;
        }
        body.ends_with(ELIDED) || (self.braces > 0 && self.property(body))
    }

    fn node(&mut self) -> Option<&mut Node> {
        self.open.iter_mut().rev().find_map(|open| match open {
            Open::Causes(printed) => printed.last_mut(),
            Open::Errors(members) => members.last_mut().and_then(|chain| chain.last_mut()),
        })
    }

    /// A line between the braces behind a stack.
    fn property(&mut self, body: &[u8]) -> bool {
        if let Some(head) = body.strip_prefix(CAUSE) {
            let cause = self.head(head);
            match self.open.last_mut() {
                Some(Open::Causes(printed)) => printed.push(cause),
                Some(Open::Errors(members)) => {
                    if let Some(chain) = members.last_mut() {
                        chain.push(cause);
                    }
                }
                None => {}
            }
        } else if body.starts_with(ERRORS) && self.open.len() == 1 {
            self.open.push(Open::Errors(Vec::new()));
        } else if body == b"]" || body == b"]," {
            self.close_errors();
        } else if matches!(body, b"}" | b"}," | b"} ]") {
            self.braces -= 1;
        } else if let Some(Open::Errors(_)) = self.open.last() {
            self.member(body);
        }
        true
    }

    fn member(&mut self, body: &[u8]) {
        if scan::type_and_message(body).is_none() {
            return;
        }
        let node = self.head(body);
        if let Some(Open::Errors(members)) = self.open.last_mut() {
            members.push(vec![node]);
        }
    }

    fn head(&mut self, head: &[u8]) -> Node {
        let (kind, message) = scan::type_and_message(head).unwrap_or((b"", head));
        self.in_message = !head.ends_with(b"{") && !head.ends_with(b",");
        Node::new(scan::name(kind), scan::lossy(message, MAX_MESSAGE))
    }

    fn close_errors(&mut self) {
        if !matches!(self.open.last(), Some(Open::Errors(_))) {
            return;
        }
        let Some(Open::Errors(members)) = self.open.pop() else { return };
        if let Some(group) = self.node() {
            group.members.extend(members.into_iter().map(|chain| (Mechanism::Member, raised_order(chain))));
        }
    }

    fn finish(mut self) -> Chain {
        self.close_errors();
        match self.open.pop() {
            Some(Open::Causes(printed)) => raised_order(printed),
            _ => Chain::new(),
        }
    }
}

/// Turns a chain and its stacks from print order into the order in which things happened.
fn raised_order(mut chain: Chain) -> Chain {
    chain.reverse();
    for node in &mut chain {
        node.frames.reverse();
        node.mechanism = Some(Mechanism::Cause);
    }
    chain
}
