//! Which shapes go on with a record, and what the record is then waiting for. Pure: a mode and a shape in, a mode out.

use crate::logs::assemble::shape::{self, Shape};

/// What an open record is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Its opening line, or plain continuation lines.
    Head,
    /// A Python traceback before the raised exception.
    Python,
    /// Behind the raised exception: notes, more of its message, another exception of the chain.
    Raised,
    /// Behind `During handling…`: a traceback is due.
    Chain,
    Java,
    Go,
    Rust,
    /// Behind `panicked at …:`, whose message is due.
    RustMessage,
    Node,
    /// Inside `[SQL: …` that has not closed; so many lines may still come.
    Sql(u16),
    /// Behind a line of `=`, which may open a crash block.
    Bar,
    /// Inside a crash block, with so many of its lines of `=` seen; so many lines may still come.
    Crash {
        bars: u8,
        left: u16,
    },
    /// A record that is one JSON object over several lines.
    Pretty,
    /// Behind the end of such an object, or any other record that is complete.
    Done,
    /// An entry of `journalctl -o export`, up to the blank line.
    Journal,
}

/// What a record lets follow its opening line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing: the layout writes records of one line (JSON, access lines).
    Nothing,
    /// Stacks only: each line has a head of its own (syslog).
    Stacks,
    /// Whatever looks like it goes on.
    Text,
}

/// How many lines an open `[SQL:` may take.
const MAX_OPEN_LINES: u16 = 500;
/// How many lines a crash block may take: it holds a whole chain of tracebacks.
const MAX_BLOCK_LINES: u16 = 2000;
/// The lines of `=` of a crash block: above and below what crashed when, and at its end.
const BLOCK_BARS: u8 = 3;

/// The mode behind the line if it belongs to the record, `None` if it does not. Blank lines are not asked about.
///
/// `severe` says that the record is a warning or worse, or bears no level: such a record may print a bare exception.
pub(super) fn step(mode: Mode, takes: Takes, severe: bool, shape: Shape, text: &[u8]) -> Option<Mode> {
    match mode {
        Mode::Head => head(takes, severe, shape, text),
        Mode::Python => python(shape, text),
        Mode::Raised => raised(shape, text),
        Mode::Chain => matches!(shape, Shape::Traceback | Shape::Indented).then_some(Mode::Python),
        Mode::Java => matches!(shape, Shape::Frame | Shape::Indented | Shape::CausedBy).then_some(Mode::Java),
        Mode::Go => go(shape, text),
        Mode::RustMessage if shape == Shape::Text => Some(Mode::Rust),
        Mode::Rust | Mode::RustMessage => {
            matches!(shape, Shape::RustNote | Shape::Indented | Shape::Frame).then_some(Mode::Rust)
        }
        Mode::Node => {
            let known = matches!(
                shape,
                Shape::Indented
                    | Shape::Frame
                    | Shape::Closer
                    | Shape::NodeTail
                    | Shape::Raised
                    | Shape::NodeHead
            );
            (known || shape::raised_type(text).is_some()).then_some(Mode::Node)
        }
        Mode::Sql(left) => sql(left, shape, text),
        Mode::Bar if shape == Shape::Crash => Some(Mode::Crash { bars: 1, left: MAX_BLOCK_LINES }),
        Mode::Bar => matches!(shape, Shape::Indented).then_some(Mode::Head),
        Mode::Crash { left: 0, .. } | Mode::Crash { bars: BLOCK_BARS.., .. } => None,
        Mode::Crash { bars, left } => match shape {
            Shape::Bar => Some(Mode::Crash { bars: bars + 1, left: left - 1 }),
            _ => Some(Mode::Crash { bars, left: left - 1 }),
        },
        Mode::Pretty => match shape {
            Shape::Closer => Some(Mode::Done),
            Shape::Indented | Shape::Frame => Some(Mode::Pretty),
            _ => None,
        },
        Mode::Done => None,
        Mode::Journal => Some(Mode::Journal),
    }
}

/// Behind the opening line.
fn head(takes: Takes, severe: bool, shape: Shape, text: &[u8]) -> Option<Mode> {
    let stack = match shape {
        Shape::Traceback => Some(Mode::Python),
        Shape::RaisedDotted | Shape::CausedBy => Some(Mode::Java),
        Shape::Raised if severe => Some(Mode::Raised),
        Shape::Goroutine => Some(Mode::Go),
        _ => None,
    };
    match takes {
        Takes::Nothing => None,
        Takes::Stacks => stack,
        Takes::Text => stack.or(match shape {
            Shape::Indented | Shape::Closer | Shape::OpenBrace => Some(Mode::Head),
            Shape::Frame if text.starts_with(b"  File \"") => Some(Mode::Python),
            Shape::Frame => Some(Mode::Java),
            Shape::Chain => Some(Mode::Chain),
            Shape::Tail => Some(behind_tail(text, Mode::Head)),
            _ => None,
        }),
    }
}

fn python(shape: Shape, text: &[u8]) -> Option<Mode> {
    match shape {
        Shape::Indented | Shape::Frame | Shape::Traceback | Shape::Closer => Some(Mode::Python),
        Shape::Raised | Shape::RaisedDotted | Shape::CausedBy => Some(Mode::Raised),
        Shape::Chain => Some(Mode::Chain),
        Shape::Text => shape::raised_type(text).map(|_| Mode::Raised),
        _ => None,
    }
}

fn raised(shape: Shape, text: &[u8]) -> Option<Mode> {
    match shape {
        Shape::Indented | Shape::Closer => Some(Mode::Raised),
        Shape::Frame => Some(Mode::Java),
        Shape::Chain => Some(Mode::Chain),
        Shape::CausedBy => Some(Mode::Java),
        Shape::Tail => Some(behind_tail(text, Mode::Raised)),
        // One bare word is the name of a field, as pydantic prints it between message and reason.
        Shape::Text if text.len() <= 80 && !text.contains(&b' ') => Some(Mode::Raised),
        _ => None,
    }
}

/// A `[SQL: …` that does not close on its line takes the lines up to its bracket.
fn behind_tail(text: &[u8], closed: Mode) -> Mode {
    let open = text.starts_with(b"[") && !text.trim_ascii_end().ends_with(b"]");
    if open { Mode::Sql(MAX_OPEN_LINES) } else { closed }
}

fn sql(left: u16, shape: Shape, text: &[u8]) -> Option<Mode> {
    if left == 0 || matches!(shape, Shape::Traceback | Shape::Chain) {
        return raised(shape, text);
    }
    Some(if text.trim_ascii_end().ends_with(b"]") { Mode::Raised } else { Mode::Sql(left - 1) })
}

/// `main.main()`, `created by …`, `exit status 2`, the registers behind a fatal signal.
fn go(shape: Shape, text: &[u8]) -> Option<Mode> {
    let known = match shape {
        Shape::Indented | Shape::Frame | Shape::Goroutine => true,
        Shape::Text => {
            let call =
                text.ends_with(b")") && text.contains(&b'(') && !text[..text.len().min(24)].contains(&b' ');
            let register = text.len() < 32 && memchr::memmem::find(text, b" 0x").is_some();
            let opens =
                [&b"created by "[..], b"exit status ", b"[signal ", b"runtime stack:", b"[recovered]"];
            call || register || opens.iter().any(|start| text.starts_with(start))
        }
        _ => false,
    };
    known.then_some(Mode::Go)
}

/// What a line opens that belongs to no record before it; `None` for lines that cannot stand alone.
pub(super) fn opening(shape: Shape, text: &[u8]) -> Option<Mode> {
    match shape {
        Shape::Text | Shape::NodeTail | Shape::RustNote => Some(Mode::Head),
        Shape::Traceback => Some(Mode::Python),
        Shape::Raised => Some(Mode::Raised),
        Shape::RaisedDotted | Shape::JavaUncaught | Shape::CausedBy => Some(Mode::Java),
        Shape::GoPanic | Shape::Goroutine => Some(Mode::Go),
        Shape::RustPanic if text.ends_with(b":") => Some(Mode::RustMessage),
        Shape::RustPanic => Some(Mode::Rust),
        Shape::NodeHead => Some(Mode::Node),
        Shape::OpenBrace => Some(Mode::Pretty),
        Shape::Bar => Some(Mode::Bar),
        Shape::Crash => Some(Mode::Crash { bars: 1, left: MAX_BLOCK_LINES }),
        Shape::Indented | Shape::Frame | Shape::Chain | Shape::Tail | Shape::Closer => None,
    }
}

/// Whether a record that a shape opens is a printed stack.
pub(super) fn opens_stack(shape: Shape) -> bool {
    matches!(
        shape,
        Shape::Traceback
            | Shape::JavaUncaught
            | Shape::CausedBy
            | Shape::GoPanic
            | Shape::Goroutine
            | Shape::RustPanic
            | Shape::NodeHead
            | Shape::RaisedDotted
    )
}

impl Mode {
    /// Whether more of a stack is due, so that lines of others may stand between.
    pub(super) fn awaits_more(self) -> bool {
        matches!(self, Self::Python | Self::Chain | Self::Java | Self::Go | Self::RustMessage | Self::Sql(_))
    }

    /// Whether a frame that comes now is the record's own.
    pub(super) fn holds_frames(self) -> bool {
        self.awaits_more() || matches!(self, Self::Crash { .. } | Self::Rust | Self::Node | Self::Journal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs lines through the rules, the first one as an opening line that takes text.
    fn walk(lines: &[&str]) -> Vec<bool> {
        let mut mode = Mode::Head;
        lines
            .iter()
            .map(|line| match step(mode, Takes::Text, true, shape::of(line.as_bytes()), line.as_bytes()) {
                Some(next) => {
                    mode = next;
                    true
                }
                None => false,
            })
            .collect()
    }

    #[test]
    fn a_chained_traceback_is_one() {
        let lines = [
            "Traceback (most recent call last):",
            "  File \"a.py\", line 1, in f",
            "    g()",
            "KeyError: 'x'",
            "During handling of the above exception, another exception occurred:",
            "Traceback (most recent call last):",
            "  File \"b.py\", line 2, in h",
            "    raise ValueError from e",
            "app.errors.Broken: y",
            "[SQL: SELECT a,",
            "FROM trucks",
            "WHERE id = %s]",
            "[parameters: (1,)]",
            "(Background on this error at: https://sqlalche.me/e/20/e3q8)",
        ];
        assert_eq!(walk(&lines), [true; 14]);
    }

    #[test]
    fn a_sentence_behind_a_traceback_is_a_record_of_its_own() {
        let lines = [
            "Traceback (most recent call last):",
            "  File \"a.py\", line 1, in f",
            "KeyError: 'x'",
            "Bye, all",
        ];
        assert_eq!(walk(&lines), [true, true, true, false]);
        let twice =
            ["Traceback (most recent call last):", "KeyError: 'x'", "Traceback (most recent call last):"];
        assert_eq!(walk(&twice), [true, true, false]);
    }

    #[test]
    fn records_of_one_line_take_nothing() {
        for shape in [Shape::Traceback, Shape::Indented, Shape::Raised, Shape::Closer] {
            assert_eq!(step(Mode::Head, Takes::Nothing, true, shape, b"x"), None);
        }
        assert_eq!(step(Mode::Head, Takes::Stacks, true, Shape::Indented, b" x"), None);
    }

    #[test]
    fn a_bare_exception_follows_only_a_record_that_could_tell_of_it() {
        assert!(step(Mode::Head, Takes::Text, true, Shape::Raised, b"KeyError: 'x'").is_some());
        assert!(step(Mode::Head, Takes::Text, false, Shape::Raised, b"KeyError: 'x'").is_none());
    }

    #[test]
    fn a_go_panic_takes_its_goroutines() {
        let lines = [
            "goroutine 1 [running]:",
            "main.main()",
            "\t/app/main.go:7 +0x1d",
            "created by main.run in goroutine 1",
            "exit status 2",
            "a sentence (in short)",
        ];
        assert_eq!(walk(&lines), [true, true, true, true, true, false]);
    }
}
