//! The one value that every traceback becomes: exceptions in the order in which they were raised, each with its frames.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which runtime printed a traceback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    Python,
    Java,
    Go,
    Rust,
    Node,
    DotNet,
}

/// How an exception led to the one that names it as its origin ([`Exception::parent`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// Nothing came after it: the exception that ended the chain.
    Raised,
    /// The direct cause (`raise … from …`, `Caused by:`, `[cause]`).
    Cause,
    /// Another exception was raised while this one was handled.
    Context,
    /// A member of an exception group.
    Member,
    /// Raised while resources were closed, and put aside.
    Suppressed,
}

/// One call on the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Dotted or `::`-joined module or class, where the runtime prints one.
    pub module: String,
    /// The file as printed, made relative where it lies below a source root; empty where none was printed.
    pub path: String,
    /// The function as printed.
    pub function: String,
    /// Line number from 1.
    pub line: Option<u32>,
    /// The team's own code: not the runtime, not an installed library.
    pub in_app: bool,
    /// The source line that was printed below the frame.
    pub source_line: Option<String>,
    /// How often more the same frame stood there (`[Previous line repeated 27 more times]`).
    pub repeated: u32,
}

/// One exception of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The type as printed, such as `sqlalchemy.exc.OperationalError`; empty where the text was cut before it.
    #[serde(rename = "type")]
    pub kind: String,
    /// What stands behind the type, all its lines.
    pub message: String,
    /// How it led to its parent.
    pub mechanism: Mechanism,
    /// Index of the later exception that this one led to or belongs to.
    pub parent: Option<usize>,
    /// Oldest call first, whatever order was printed.
    pub frames: Vec<Frame>,
}

/// A printed chain: first raised first, last raised last; members of a group stand before their group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionChain {
    pub platform: Platform,
    /// Never empty.
    pub exceptions: Vec<Exception>,
    /// Some frames, exceptions or text went beyond a cap and are not in here.
    pub truncated: bool,
}

impl ExceptionChain {
    /// Returns the exception raised last: the one that a handler saw.
    pub fn last(&self) -> &Exception {
        self.exceptions.last().expect("a chain holds at least one exception")
    }

    /// Returns the exception raised first: where the trouble began.
    pub fn root(&self) -> &Exception {
        self.exceptions.first().expect("a chain holds at least one exception")
    }

    /// Finds the frame to look at: the innermost frame of the team's own code, beginning with the exception raised first.
    pub fn location(&self) -> Option<Location> {
        let own = |e: &Exception| e.frames.iter().rev().find(|f| f.in_app).map(Location::of);
        let any = |e: &Exception| e.frames.last().map(Location::of);
        self.exceptions.iter().find_map(own).or_else(|| self.exceptions.iter().find_map(any))
    }
}

/// Where to look: prints as `main.py:118 in get_fleet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub path: String,
    pub line: Option<u32>,
    pub function: String,
}

impl Location {
    fn of(frame: &Frame) -> Self {
        let path = if frame.path.is_empty() { &frame.module } else { &frame.path };
        Self { path: path.clone(), line: frame.line, function: frame.function.clone() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.function.is_empty() {
            write!(f, " in {}", self.function)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(path: &str, line: u32, function: &str, in_app: bool) -> Frame {
        Frame { path: path.into(), line: Some(line), function: function.into(), in_app, ..Frame::default() }
    }

    fn exception(kind: &str, frames: Vec<Frame>) -> Exception {
        Exception {
            kind: kind.into(),
            message: String::new(),
            mechanism: Mechanism::Raised,
            parent: None,
            frames,
        }
    }

    #[test]
    fn location_is_the_innermost_own_frame_of_the_first_exception_that_has_one() {
        let library = exception("A", vec![frame("lib.py", 1, "f", false)]);
        let own =
            exception("B", vec![frame("main.py", 7, "run", true), frame("main.py", 118, "get_fleet", true)]);
        let chain = ExceptionChain {
            platform: Platform::Python,
            exceptions: vec![library.clone(), own],
            truncated: false,
        };
        assert_eq!(chain.location().unwrap().to_string(), "main.py:118 in get_fleet");
        let foreign =
            ExceptionChain { platform: Platform::Python, exceptions: vec![library], truncated: false };
        assert_eq!(foreign.location().unwrap().to_string(), "lib.py:1 in f");
    }
}
