//! Exceptions as they are nested in print, and the flat chain that they become.

use crate::grouping::parse::scan;
use crate::grouping::{Exception, ExceptionChain, Frame, Mechanism, Platform};

/// Exceptions of one chain that are kept.
const MAX_EXCEPTIONS: usize = 64;
/// Frames of one exception that are kept: the outermost, and from there on the innermost.
const MAX_FRAMES: usize = 256;
/// When a stack is full, this much of its middle goes.
const FRAMES_DROPPED: std::ops::Range<usize> = 64..128;
/// Groups in groups beyond this depth are read as members of the deepest.
pub(super) const MAX_DEPTH: usize = 16;

/// One exception while its text is read.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) frames: Vec<Frame>,
    /// How this one led to the next of its chain.
    pub(super) mechanism: Option<Mechanism>,
    /// Chains that belong to this exception: the members of a group, what was suppressed.
    pub(super) members: Vec<(Mechanism, Chain)>,
    pub(super) truncated: bool,
}

/// Exceptions in the order in which they were raised.
pub(super) type Chain = Vec<Node>;

impl Node {
    pub(super) fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), ..Self::default() }
    }

    /// Adds the next printed frame; a full stack loses a part of its middle.
    pub(super) fn push_frame(&mut self, frame: Frame) {
        if self.frames.len() == MAX_FRAMES {
            self.frames.drain(FRAMES_DROPPED);
            self.truncated = true;
        }
        self.frames.push(frame);
    }

    /// Adds a line to the message.
    pub(super) fn push_message(&mut self, line: &[u8]) {
        self.truncated |= scan::append_line(&mut self.message, line);
    }

    /// Nothing was read of it but that it began.
    pub(super) fn is_empty(&self) -> bool {
        self.kind.is_empty() && self.message.is_empty() && self.frames.is_empty()
    }
}

/// Flattens a finished chain; none when nothing was in it.
pub(super) fn finish(platform: Platform, chain: Chain) -> Option<ExceptionChain> {
    let mut flat = Flat { exceptions: Vec::new(), truncated: false };
    flat.chain(chain, Mechanism::Raised, 0);
    let Flat { exceptions, truncated } = flat;
    (!exceptions.is_empty()).then_some(ExceptionChain { platform, exceptions, truncated })
}

struct Flat {
    exceptions: Vec<Exception>,
    truncated: bool,
}

impl Flat {
    /// Appends a chain and returns the index of its last exception, whose mechanism is `end`.
    fn chain(&mut self, chain: Chain, end: Mechanism, depth: usize) -> Option<usize> {
        let mut before: Option<usize> = None;
        for node in chain.into_iter().filter(|node| !node.is_empty()) {
            let Some(index) = self.node(node, end, depth) else { continue };
            if let Some(earlier) = before {
                self.exceptions[earlier].parent = Some(index);
            }
            before = Some(index);
        }
        let last = before?;
        self.exceptions[last].mechanism = end;
        Some(last)
    }

    fn node(&mut self, node: Node, end: Mechanism, depth: usize) -> Option<usize> {
        self.truncated |= node.truncated;
        let mut members = Vec::new();
        for (mechanism, chain) in node.members {
            if depth < MAX_DEPTH {
                members.extend(self.chain(chain, mechanism, depth + 1));
            } else {
                self.truncated = true;
            }
        }
        if self.exceptions.len() == MAX_EXCEPTIONS && depth > 0 {
            self.truncated = true;
            return None;
        }
        if self.exceptions.len() >= MAX_EXCEPTIONS {
            // The exception raised last must stay the last: it takes the place of the one before it.
            self.exceptions.pop();
            self.truncated = true;
        }
        let index = self.exceptions.len();
        for member in members.into_iter().filter(|&member| member < index) {
            self.exceptions[member].parent = Some(index);
        }
        self.exceptions.push(Exception {
            kind: node.kind,
            message: node.message.trim_end().to_owned(),
            mechanism: node.mechanism.unwrap_or(end),
            parent: None,
            frames: node.frames,
        });
        Some(index)
    }
}
