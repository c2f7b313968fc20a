//! Python: plain and chained tracebacks, exception groups, syntax errors, and the dump of a fatal error.
//!
//! Grammar, a line at a time, behind the bars of an exception group (`  | `) where there are any:
//! ```text
//! Traceback (most recent call last):            starts an exception
//!   File "PATH", line N, in FUNCTION            a frame; without "in": the place of a syntax error
//!     SOURCE / ^^^^ / [Previous line repeated N more times]
//! TYPE: MESSAGE                                 ends the stack; further lines belong to the message
//! During handling of … / The above exception …  links to the next Traceback
//! +-+------- N -------, +------- N -------, +------------------   members of a group
//! ```

use memchr::memmem;

use crate::grouping::in_app::path_is_own;
use crate::grouping::parse::Read;
use crate::grouping::parse::scan::{self, MAX_MESSAGE};
use crate::grouping::parse::tree::{self, Chain, MAX_DEPTH, Node};
use crate::grouping::{Frame, Mechanism, Platform, SourceRoots};

const HEADER: &[u8] = b"Traceback (most recent call last):";
const FATAL: &[u8] = b"Fatal Python error: ";
/// What `stack_info=True` adds below a traceback.
const STACK: &[u8] = b"Stack (most recent call last):";
const CAUSE: &[u8] = b"The above exception was the direct cause of the following exception:";
const CONTEXT: &[u8] = b"During handling of the above exception, another exception occurred:";

/// Says whether a line opens a traceback; a log's own prefix may stand before it.
pub(super) fn is_header(line: &[u8]) -> bool {
    line.trim_ascii_end().ends_with(HEADER)
}

/// Says whether a line can stand at the head of a stack without a header: a syntax error of the main script, a fatal error.
pub(super) fn is_start(line: &[u8]) -> bool {
    // With a function it would be a part of a stack dump (`stack_info=True`), which is no exception.
    let syntax_error =
        |line: &[u8]| file_line(line.trim_ascii()).is_some_and(|file| file.function.is_empty());
    line.starts_with(FATAL) || (line.starts_with(b"  File \"") && syntax_error(line))
}

/// Reads the chain that begins at line `at`, to the next header that is not linked to it, or to the end.
pub(super) fn read(lines: &[&[u8]], at: usize, roots: &SourceRoots) -> Read {
    if let Some(message) = lines[at].strip_prefix(FATAL) {
        return read_fatal(lines, at, message, roots);
    }
    let mut reader = Reader::new(base_indent(lines[at]), roots);
    let mut next = at;
    while next < lines.len() && (next == at || !reader.ends_before(lines[next])) {
        reader.line(lines[next]);
        next += 1;
    }
    let chain = tree::finish(Platform::Python, reader.finish());
    // Without a header only the type proves that this was an exception.
    (chain.filter(|chain| is_header(lines[at]) || !chain.last().kind.is_empty()), next)
}

/// Indentation of the whole block, where somebody indented it.
fn base_indent(line: &[u8]) -> usize {
    if !line.trim_ascii_start().starts_with(HEADER) { 0 } else { scan::indent(line) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a stack, or before the type of a group's member that has none.
    Frames,
    /// Behind `Type: message`: more lines of the message, or a link.
    Message,
    /// Behind a link: a traceback must follow.
    Linked,
    /// Text that belongs to nothing.
    Done,
}

/// A chain that is being read, and the column of the bars it stands behind.
struct Level {
    bar: usize,
    chain: Chain,
    node: Node,
    state: State,
}

impl Level {
    fn new(bar: usize) -> Self {
        Self { bar, chain: Chain::new(), node: Node::default(), state: State::Frames }
    }

    /// Ends the exception that is being read.
    fn close_node(&mut self) {
        let node = std::mem::take(&mut self.node);
        if !node.is_empty() {
            self.chain.push(node);
        }
    }
}

struct Reader<'r> {
    levels: Vec<Level>,
    base: usize,
    roots: &'r SourceRoots,
}

impl<'r> Reader<'r> {
    fn new(base: usize, roots: &'r SourceRoots) -> Self {
        Self { levels: vec![Level::new(0)], base, roots }
    }

    fn top(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the lowest level is never popped")
    }

    fn has_bar(&self, column: usize) -> bool {
        column > 0 && self.levels.iter().any(|level| level.bar == column)
    }

    /// A header that nothing links to begins another chain, unless it stands behind the bars of this one's group.
    fn ends_before(&self, line: &[u8]) -> bool {
        if !is_header(line) {
            return line.starts_with(FATAL);
        }
        let member = matches!(split_bars(line), Some((column, Bar::Text(_))) if self.has_bar(column));
        !member && self.levels[0].state != State::Linked
    }

    fn line(&mut self, line: &[u8]) {
        let line = &line[scan::indent(line).min(self.base)..];
        match split_bars(line) {
            Some((column, Bar::Header)) => self.group_header(column),
            // A `|` in a message or source line is no bar: bars stand where a group has put them.
            Some((column, bar)) if self.has_bar(column) => {
                self.leave_to(column);
                match bar {
                    Bar::Text(text) => self.content(text),
                    Bar::Separator { first: true } => self.enter_members(column),
                    Bar::Separator { first: false } => self.next_member(column),
                    Bar::End | Bar::Header => self.pop(),
                }
            }
            _ => {
                if self.levels.len() > 1 && !line.trim_ascii().is_empty() {
                    self.leave_to(0);
                }
                self.content(line);
            }
        }
    }

    /// The lowest level is that of the group's own bars once a group has begun.
    fn group_header(&mut self, column: usize) {
        self.leave_to(column);
        let level = self.top();
        level.bar = column;
        self.content(HEADER);
    }

    fn enter_members(&mut self, column: usize) {
        if self.levels.len() < MAX_DEPTH {
            self.levels.push(Level::new(column + 2));
        }
    }

    fn next_member(&mut self, column: usize) {
        if self.levels.len() > 1 {
            self.pop();
            self.levels.push(Level::new(column));
        }
    }

    /// Ends the levels that stand further right than `column`.
    fn leave_to(&mut self, column: usize) {
        while self.levels.len() > 1 && self.top().bar > column {
            self.pop();
        }
    }

    /// Gives the finished chain of a member to its group.
    fn pop(&mut self) {
        if self.levels.len() == 1 {
            return;
        }
        let Some(mut level) = self.levels.pop() else { return };
        level.close_node();
        // `and 3 more exceptions` stands where a member would.
        let more = level.chain.iter().all(|node| node.kind.is_empty() && node.frames.is_empty());
        let group = &mut self.top().node;
        group.truncated |= more;
        if !more {
            group.members.push((Mechanism::Member, level.chain));
        }
    }

    fn content(&mut self, text: &[u8]) {
        let roots = self.roots;
        let level = self.top();
        if is_header(text) {
            level.close_node();
            level.state = State::Frames;
            return;
        }
        match level.state {
            State::Frames => frame_or_head(level, text, roots),
            State::Message => match link(text) {
                Some(mechanism) => {
                    level.node.mechanism = Some(mechanism);
                    level.state = State::Linked;
                }
                None if text == STACK => level.state = State::Done,
                // The quotes around the traceback of another process.
                None if text == b"\"\"\"" => {}
                None => level.node.push_message(text),
            },
            State::Linked if text.trim_ascii().is_empty() => {}
            State::Linked | State::Done => level.state = State::Done,
        }
    }

    fn finish(mut self) -> Chain {
        while self.levels.len() > 1 {
            self.pop();
        }
        let level = self.top();
        level.close_node();
        std::mem::take(&mut level.chain)
    }
}

fn link(text: &[u8]) -> Option<Mechanism> {
    let text = text.trim_ascii();
    if text == CAUSE {
        Some(Mechanism::Cause)
    } else if text == CONTEXT {
        Some(Mechanism::Context)
    } else {
        None
    }
}

/// A line of a stack, or the line that ends it.
fn frame_or_head(level: &mut Level, text: &[u8], roots: &SourceRoots) {
    let body = text.trim_ascii();
    if body.is_empty() {
        return;
    }
    if text.starts_with(b" ") || text.starts_with(b"\t") {
        match file_line(body) {
            Some(file) => level.node.push_frame(frame(&file, roots)),
            None => below_frame(&mut level.node, body),
        }
        return;
    }
    let (kind, message) = scan::type_and_message(body).unwrap_or((b"", body));
    level.node.kind = scan::name(kind);
    level.node.message = scan::lossy(message, MAX_MESSAGE);
    level.state = State::Message;
}

/// The lines below `File …`: the first is the source, a note says how often it repeats, the rest are marks.
fn below_frame(node: &mut Node, body: &[u8]) {
    let Some(frame) = node.frames.last_mut() else { return };
    if let Some(rest) = body.strip_prefix(b"[Previous line repeated ") {
        let digits = rest.split(|&b| b == b' ').next().unwrap_or(b"");
        frame.repeated = frame.repeated.saturating_add(scan::number(digits).unwrap_or(0));
    } else if frame.source_line.is_none() && !body.iter().all(|b| matches!(b, b'^' | b'~' | b' ')) {
        frame.source_line = Some(scan::name(body));
    }
}

struct FileLine<'a> {
    path: &'a [u8],
    line: Option<u32>,
    function: &'a [u8],
}

/// `File "PATH", line N, in FUNCTION`, the comma and the function as far as they are there.
fn file_line(body: &[u8]) -> Option<FileLine<'_>> {
    let rest = body.strip_prefix(b"File \"")?;
    let end = memmem::find(rest, b"\", line ")?;
    let tail = &rest[end + b"\", line ".len()..];
    let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let function = tail[digits..].strip_prefix(b", in ").or_else(|| tail[digits..].strip_prefix(b" in "));
    Some(FileLine {
        path: &rest[..end],
        line: scan::number(&tail[..digits]),
        function: function.unwrap_or(b""),
    })
}

fn frame(file: &FileLine<'_>, roots: &SourceRoots) -> Frame {
    let path = scan::path(file.path);
    let in_app = path_is_own(&path, roots);
    let shown = roots.relative(&path).map(str::to_owned);
    Frame {
        path: shown.unwrap_or(path),
        line: file.line,
        function: scan::name(file.function.trim_ascii()),
        in_app,
        ..Frame::default()
    }
}

enum Bar<'a> {
    Text(&'a [u8]),
    Separator { first: bool },
    End,
    Header,
}

/// Splits off the bar of an exception group; the column is where it stands.
fn split_bars(line: &[u8]) -> Option<(usize, Bar<'_>)> {
    let column = line.iter().take_while(|b| **b == b' ').count();
    let rest = line[column..].trim_ascii_end();
    if let Some(text) = rest.strip_prefix(b"|") {
        return Some((column, Bar::Text(text.strip_prefix(b" ").unwrap_or(text))));
    }
    let rest = rest.strip_prefix(b"+")?;
    if rest.trim_ascii_start().starts_with(b"Exception Group Traceback") {
        return Some((column, Bar::Header));
    }
    let (first, dashes) = match rest.strip_prefix(b"-+") {
        Some(dashes) => (true, dashes),
        None => (false, rest),
    };
    if !dashes.starts_with(b"----") {
        return None;
    }
    let inner: &[u8] = dashes.trim_ascii();
    let numbered = inner.iter().any(u8::is_ascii_digit) && inner.ends_with(b"----");
    let plain = inner.iter().all(|&b| b == b'-');
    match (numbered, plain) {
        (true, _) => Some((column, Bar::Separator { first })),
        (_, true) => Some((column, Bar::End)),
        // `+---------------- ... ----------------`: members beyond the width that Python prints.
        _ => Some((column, Bar::Separator { first })),
    }
}

/// `Fatal Python error: Segmentation fault`: one stack, printed innermost first.
fn read_fatal(lines: &[&[u8]], at: usize, message: &[u8], roots: &SourceRoots) -> Read {
    let mut node = Node::new("Fatal Python error", scan::lossy(message.trim_ascii(), MAX_MESSAGE));
    let mut next = at + 1;
    let mut in_stack = false;
    while next < lines.len() {
        let line = lines[next];
        let file = if line.starts_with(b"  File \"") { file_line(line.trim_ascii()) } else { None };
        match file {
            Some(file) => node.push_frame(frame(&file, roots)),
            // The stacks of other threads follow the one that failed, behind a blank line.
            None if in_stack => break,
            None if is_header(line) => break,
            None => {}
        }
        in_stack |= !node.frames.is_empty();
        next += 1;
    }
    node.frames.reverse();
    (tree::finish(Platform::Python, vec![node]), next)
}
