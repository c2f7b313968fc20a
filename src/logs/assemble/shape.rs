//! What a line without a known head looks like: a frame, a raised exception, a closing bracket, or just text.
//!
//! Shapes are told from the line alone; whether a shape belongs to the record before is for [`super::rules`].

/// The looks of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// White space and then something.
    Indented,
    /// A stack frame: `  File "x", line 1`, `\tat a.B.c(D.java:1)`, `    at f (x.js:1:2)`.
    Frame,
    /// `Traceback (most recent call last):`, `Stack (most recent call last):`.
    Traceback,
    /// `During handling of the above exception…`, `The above exception was the direct cause…`.
    Chain,
    /// `KeyError: 'x'`, `asyncio.exceptions.CancelledError`.
    Raised,
    /// `java.lang.IllegalStateException: x`: a raised type with a package, which only a stack follows.
    RaisedDotted,
    /// `Caused by: …`.
    CausedBy,
    /// `Exception in thread "main" …`.
    JavaUncaught,
    /// `panic: …`, `fatal error: …`.
    GoPanic,
    /// `goroutine 1 [running]:`.
    Goroutine,
    /// `thread 'main' panicked at …`.
    RustPanic,
    /// `note: run with …`, `stack backtrace:`.
    RustNote,
    /// `node:internal/…`, `/app/x.js:12`.
    NodeHead,
    /// `Node.js v18.0.0`.
    NodeTail,
    /// `[SQL: …`, `[parameters: …`, `(Background on this error at: …)`, PostgreSQL's `DETAIL:` and `LINE 1:`.
    Tail,
    /// `}`, `]`, `)`, with a comma perhaps.
    Closer,
    /// `{` or `[` alone.
    OpenBrace,
    /// Ten or more `=` and nothing else.
    Bar,
    /// `CRASH: 2025-12-28 10:00:00`.
    Crash,
    /// Anything else.
    Text,
}

/// Tells the shape of a line that is not blank.
pub(super) fn of(text: &[u8]) -> Shape {
    match text.first() {
        Some(b' ' | b'\t' | 0x0b | 0x0c | b'\r') => indented(text),
        Some(b'}' | b']' | b')') if is_only(text, b"}]),; ") => Shape::Closer,
        Some(b'{' | b'[') if is_only(text, b"{[ ") => Shape::OpenBrace,
        Some(b'[' | b'(') => tail(text),
        Some(b'=') if text.len() >= 10 && is_only(text, b"= ") => Shape::Bar,
        Some(b'/') if is_source_place(text) => Shape::NodeHead,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => lettered(text),
        _ => Shape::Text,
    }
}

/// Whether the line holds nothing but these bytes.
fn is_only(text: &[u8], bytes: &[u8]) -> bool {
    text.len() <= 200 && text.iter().all(|b| bytes.contains(b))
}

fn indented(text: &[u8]) -> Shape {
    let inner = text.trim_ascii_start();
    let frame = inner.starts_with(b"File \"")
        || (inner.starts_with(b"at ") && inner.contains(&b'('))
        || (inner.starts_with(b"at ") && inner.iter().rev().take(12).any(|b| *b == b':'))
        || (inner.starts_with(b"... ") && inner.ends_with(b" more"));
    if frame { Shape::Frame } else { Shape::Indented }
}

fn tail(text: &[u8]) -> Shape {
    const TAILS: [&[u8]; 6] = [
        b"[SQL: ",
        b"[SQL:\n",
        b"[parameters: ",
        b"[generated in ",
        b"(Background on this error at",
        b"[cached since ",
    ];
    if TAILS.iter().any(|start| text.starts_with(start)) { Shape::Tail } else { Shape::Text }
}

fn lettered(text: &[u8]) -> Shape {
    const OPENINGS: &[(&[u8], Shape)] = &[
        (b"Traceback (most recent call last):", Shape::Traceback),
        (b"Stack (most recent call last):", Shape::Traceback),
        (b"During handling of the above exception", Shape::Chain),
        (b"The above exception was the direct cause", Shape::Chain),
        (b"Caused by: ", Shape::CausedBy),
        (b"Exception in thread ", Shape::JavaUncaught),
        (b"panic: ", Shape::GoPanic),
        (b"fatal error: ", Shape::GoPanic),
        (b"goroutine ", Shape::Goroutine),
        (b"note: ", Shape::RustNote),
        (b"stack backtrace:", Shape::RustNote),
        (b"node:internal/", Shape::NodeHead),
        (b"Node.js v", Shape::NodeTail),
        (b"CRASH: ", Shape::Crash),
        (b"DETAIL:  ", Shape::Tail),
        (b"HINT:  ", Shape::Tail),
        (b"LINE 1: ", Shape::Tail),
    ];
    for (opening, shape) in OPENINGS {
        if text.starts_with(opening) {
            return *shape;
        }
    }
    if text.starts_with(b"thread '") && memchr::memmem::find(text, b"' panicked at").is_some() {
        return Shape::RustPanic;
    }
    match raised_type(text) {
        Some(name) if name.iter().filter(|b| **b == b'.').count() >= 2 && is_raised_name(name) => {
            Shape::RaisedDotted
        }
        Some(name) if is_raised_name(name) => Shape::Raised,
        _ => Shape::Text,
    }
}

/// The dotted name that a line consists of or begins with, up to its colon; `app.errors.Broken: x`.
pub(super) fn raised_type(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().take(160).take_while(|b| b.is_ascii_alphanumeric() || b"._$".contains(b)).count();
    let (name, rest) = text.split_at(len);
    let first = name.first()?;
    let named = (first.is_ascii_alphabetic() || *first == b'_') && !name.ends_with(b".");
    (named && matches!(rest, [] | [b':'] | [b':', b' ', ..])).then_some(name)
}

/// Whether a name is called like an exception.
fn is_raised_name(name: &[u8]) -> bool {
    const ENDS: [&[u8]; 10] = [
        b"Error",
        b"Exception",
        b"Warning",
        b"Interrupt",
        b"Exit",
        b"Timeout",
        b"StopIteration",
        b"Failure",
        b"ExceptionGroup",
        b"Throwable",
    ];
    name.len() > 5 && ENDS.iter().any(|end| name.ends_with(end))
}

/// `/app/server.js:12`.
fn is_source_place(text: &[u8]) -> bool {
    let Some(colon) = memchr::memrchr(b':', text) else { return false };
    let (path, line) = text.split_at(colon);
    text.len() <= 300
        && line.len() > 1
        && line[1..].iter().all(u8::is_ascii_digit)
        && [&b".js"[..], b".ts", b".mjs", b".cjs", b".tsx"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_from_the_line_alone() {
        for (text, shape) in [
            ("  File \"/app/main.py\", line 3, in f", Shape::Frame),
            ("    raise KeyError(x)", Shape::Indented),
            ("\tat a.b.C.d(C.java:12)", Shape::Frame),
            ("    at f (/app/x.js:1:2)", Shape::Frame),
            ("    at /app/x.js:1:2", Shape::Frame),
            ("\t... 12 more", Shape::Frame),
            ("Traceback (most recent call last):", Shape::Traceback),
            ("KeyError: 'x'", Shape::Raised),
            ("asyncio.CancelledError", Shape::Raised),
            ("TimeoutError", Shape::Raised),
            ("java.lang.NullPointerException: x", Shape::RaisedDotted),
            ("app.Broken: x", Shape::Text),
            ("Error: x", Shape::Text),
            ("[SQL: SELECT 1]", Shape::Tail),
            ("(Background on this error at: https://sqlalche.me/e/20/e3q8)", Shape::Tail),
            ("}", Shape::Closer),
            ("},", Shape::Closer),
            ("{", Shape::OpenBrace),
            ("====================", Shape::Bar),
            ("= x", Shape::Text),
            ("thread 'main' panicked at src/main.rs:2:5:", Shape::RustPanic),
            ("/app/server.js:12", Shape::NodeHead),
            ("/var/log", Shape::Text),
            ("🔥", Shape::Text),
        ] {
            assert_eq!(of(text.as_bytes()), shape, "{text}");
        }
    }
}
