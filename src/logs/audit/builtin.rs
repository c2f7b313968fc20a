//! Rules that hold for any backend.

use crate::model::Level;

/// Messages are judged by their beginning: what stands further in is data.
const HEAD_BYTES: usize = 512;

/// Why a level does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misfit {
    /// Debug text written as a warning or an error.
    DebugText,
    /// An exception or its traceback written below error.
    HiddenException,
    /// Text that says "error" or "failed" written below error.
    HiddenError,
    /// A client asked for what is not there, and was told so: no fault of the backend.
    HandledNotFound,
}

impl Misfit {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::DebugText => "debug-text",
            Self::HiddenException => "hidden-exception",
            Self::HiddenError => "hidden-error",
            Self::HandledNotFound => "handled-not-found",
        }
    }
}

/// Says what a record with this message really is, where its level says something else.
///
/// `has_trace` tells whether a stack was printed with it. A record without level is [`inferred`], not judged.
pub fn builtin(level: Level, message: &[u8], has_trace: bool) -> Option<(Level, Misfit)> {
    let head = &message[..message.len().min(HEAD_BYTES)];
    let words = Words::of(head);
    if level >= Level::Warning && words.is_debug() {
        return Some((Level::Debug, Misfit::DebugText));
    }
    if level >= Level::Warning && !has_trace && is_handled_not_found(head) {
        return Some((Level::Info, Misfit::HandledNotFound));
    }
    if level >= Level::Error || level <= Level::Debug {
        return None;
    }
    if has_trace || (names_exception(head) && !is_retry(head)) {
        return Some((Level::Error, Misfit::HiddenException));
    }
    (words.is_error() || words.mark == Some(Level::Error)).then_some((Level::Error, Misfit::HiddenError))
}

/// Guesses the level of a record that was written without one; nothing where no cue is found.
pub fn inferred(message: &[u8], has_trace: bool) -> Option<Level> {
    let head = &message[..message.len().min(HEAD_BYTES)];
    let words = Words::of(head);
    if words.is_debug() {
        return Some(Level::Debug);
    }
    if has_trace || names_exception(head) || words.is_error() {
        return Some(Level::Error);
    }
    words
        .mark
        .or_else(|| words.first_is(&["warning", "warn", "deprecationwarning"]).then_some(Level::Warning))
}

/// The beginning of a message: the sign before its first word, that word and the next.
struct Words<'a> {
    mark: Option<Level>,
    first: &'a [u8],
    second: &'a [u8],
    /// What stands directly behind the first word.
    after: u8,
}

impl<'a> Words<'a> {
    fn of(head: &'a [u8]) -> Self {
        let start = head.iter().position(u8::is_ascii_alphanumeric).unwrap_or(head.len());
        let first = word(&head[start..]);
        let rest = &head[start + first.len()..];
        let next = rest.iter().position(u8::is_ascii_alphanumeric).unwrap_or(rest.len());
        Self {
            mark: mark(&head[..start]),
            first,
            second: word(&rest[next..]),
            after: rest.first().copied().unwrap_or(b' '),
        }
    }

    fn first_is(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|w| self.first.eq_ignore_ascii_case(w.as_bytes()))
    }

    /// `DEBUG: …`, `[DEBUG] …`, `🔍 DEBUG …`, `debug: …`; but not `Debug mode is on`.
    fn is_debug(&self) -> bool {
        let is_label = matches!(self.after, b':' | b']' | b')' | b'-' | b'|' | b'=' | b'>');
        (self.first == b"DEBUG" || self.first == b"TRACE") || (self.first_is(&["debug"]) && is_label)
    }

    /// `Error fetching …`, `Failed to …`, `Unhandled …`; but not `Error rate: 0`, `error_count=0`, `Failed: 0`.
    fn is_error(&self) -> bool {
        const LEADS: &[&str] = &[
            "error",
            "exception",
            "failed",
            "failure",
            "unhandled",
            "fatal",
            "critical",
            "traceback",
            "cannot",
            "unable",
        ];
        const COUNTS: &[&str] = &[
            "rate",
            "rates",
            "count",
            "counts",
            "budget",
            "log",
            "logs",
            "tracker",
            "tracking",
            "handler",
            "handlers",
            "codes",
            "messages",
            "monitoring",
        ];
        let counted = COUNTS.iter().any(|w| self.second.eq_ignore_ascii_case(w.as_bytes()))
            || self.second.iter().all(u8::is_ascii_digit)
            || self.after == b'_'
            || self.after == b'=';
        self.first_is(LEADS) && !counted
    }
}

fn word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// What a sign before the first word says.
fn mark(lead: &[u8]) -> Option<Level> {
    const ERRORS: [&str; 7] = ["❌", "🔥", "🚨", "💥", "⛔", "✖", "✗"];
    let has = |sign: &str| memchr::memmem::find(lead, sign.as_bytes()).is_some();
    if ERRORS.iter().any(|sign| has(sign)) {
        return Some(Level::Error);
    }
    has("⚠").then_some(Level::Warning)
}

/// A client's request for something that does not exist, answered as such.
fn is_handled_not_found(head: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(head, b"404") else { return false };
    let bare = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric());
    let alone = bare(at.checked_sub(1).and_then(|i| head.get(i))) && bare(head.get(at + 3));
    let lower: Vec<u8> = head.to_ascii_lowercase();
    alone
        && (memchr::memmem::find(&lower, b"not found").is_some()
            || memchr::memmem::find(&lower, b"http").is_some())
}

/// Celery's word for a task that it tries again; should that fail for good, it says so at level error.
fn is_retry(head: &[u8]) -> bool {
    memchr::memmem::find(head, b"] retry: Retry in ").is_some()
}

/// Whether a name like `KeyError:` or `sqlalchemy.exc.OperationalError(` stands in the text.
fn names_exception(head: &[u8]) -> bool {
    ["Error", "Exception"].iter().any(|ending| {
        memchr::memmem::find_iter(head, ending.as_bytes()).any(|at| {
            let follows = matches!(head.get(at + ending.len()), Some(b':' | b'('));
            let begins =
                head[..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            // `Error:` alone is a label, not a class; a class name begins with a capital letter.
            follows && begins > 0 && head[at - begins].is_ascii_uppercase()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(level: Level, message: &str, expected: Option<(Level, Misfit)>) {
        assert_eq!(builtin(level, message.as_bytes(), false), expected, "{message}");
    }

    #[test]
    fn debug_text_is_debug_whatever_it_claims() {
        let debug = Some((Level::Debug, Misfit::DebugText));
        check(Level::Error, "🔍 DEBUG: First truck keys: ['a']", debug);
        check(Level::Warning, "[DEBUG] cache miss", debug);
        check(Level::Error, "DEBUG - query took 3 ms", debug);
        check(Level::Error, "Debug mode could not be set", None);
    }

    #[test]
    fn exceptions_below_error_are_errors() {
        let hidden = Some((Level::Error, Misfit::HiddenException));
        check(Level::Warning, "sync: KeyError: 'truck_id'", hidden);
        check(Level::Info, "pymysql.err.OperationalError: (2003, \"Can't connect\")", hidden);
        assert_eq!(builtin(Level::Warning, b"x", true), hidden);
        check(Level::Info, "Task tasks.sync[3f2a] retry: Retry in 17s: ConnectionError('broker')", None);
        check(Level::Info, "retry after ConnectionError('broker')", hidden);
        check(Level::Info, "Error: see the manual", Some((Level::Error, Misfit::HiddenError)));
    }

    #[test]
    fn failures_below_error_are_errors() {
        let hidden = Some((Level::Error, Misfit::HiddenError));
        check(Level::Warning, "Failed to fetch sensors for DO9693", hidden);
        check(Level::Info, "❌ no answer from Wialon", hidden);
        check(Level::Info, "Error rate: 0.1 %", None);
        check(Level::Info, "Failed: 0, ok: 12", None);
        check(Level::Info, "error_count=0", None);
        check(Level::Debug, "Failed to parse, trying the next layout", None);
    }

    #[test]
    fn a_handled_404_is_no_fault() {
        let handled = Some((Level::Info, Misfit::HandledNotFound));
        check(Level::Error, "HTTPException: 404: Truck XY12 not found", handled);
        check(Level::Warning, "404 Not Found: /favicon.ico", handled);
        check(Level::Error, "truck 14041 not found", None);
    }

    #[test]
    fn records_without_level_are_guessed_from_cues() {
        assert_eq!(inferred("🔥 UNHANDLED EXCEPTION in GET /x".as_bytes(), false), Some(Level::Error));
        assert_eq!(inferred("⚠️ slow query".as_bytes(), false), Some(Level::Warning));
        assert_eq!(inferred(b"Traceback (most recent call last):", true), Some(Level::Error));
        assert_eq!(inferred(b"backend is up", false), None);
    }
}
