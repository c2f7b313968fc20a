//! Places in a file worth reading: found by their literals in one pass, so that most of a file is never cut into tokens.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memchr_iter;

use crate::logs::source::python::Spans;

/// Marks of one file that are read.
const MAX_MARKS: usize = 100_000;

/// Code that stands further right is no code that a person wrote.
const MAX_BEFORE: usize = 500;

/// Openings of calls that write log lines.
const CALLS: &[&str] = &[
    ".trace(",
    ".debug(",
    ".info(",
    ".success(",
    ".notice(",
    ".warning(",
    ".warn(",
    ".error(",
    ".exception(",
    ".critical(",
    ".fatal(",
    ".log(",
    ".write(",
    "print(",
    "raise ",
];

/// What stands in statements about routes.
const DECLARATIONS: &[&str] = &[
    "@",
    "import ",
    "APIRouter(",
    "FastAPI(",
    "Flask(",
    "Quart(",
    "Blueprint(",
    "Starlette(",
    "Router(",
    "Sanic(",
    ".include_router(",
    ".register_blueprint(",
    ".mount(",
    ".register(",
    ".add_api_route(",
    ".add_url_rule(",
    ".add_route(",
    ".add_api_websocket_route(",
    "urlpatterns",
];

/// A place worth reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where its line begins.
    pub(super) line_start: usize,
    /// Number of the line, from 1.
    pub(super) line: u32,
    /// The statement is about routes; else it is a call that may write.
    pub(super) declares: bool,
}

static INDEX: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(CALLS.iter().chain(DECLARATIONS))
        .expect("a few short literals fit into an automaton")
});

/// Finds the marks of a file that are code; of a statement about routes, the first.
pub(super) fn marks(source: &str) -> Vec<Mark> {
    let bytes = source.as_bytes();
    let mut spans = Spans::of(source);
    let mut found: Vec<Mark> = Vec::new();
    let (mut line, mut line_start, mut counted) = (1, 0, 0);
    for hit in INDEX.find_iter(source) {
        for newline in memchr_iter(b'\n', &bytes[counted..hit.start()]) {
            line += 1;
            line_start = counted + newline + 1;
        }
        counted = hit.start();
        let declares = hit.pattern().as_usize() >= CALLS.len();
        let before = &source[line_start..hit.start()];
        let opens = match &source[hit.range()] {
            _ if before.len() > MAX_BEFORE => false,
            "@" => before.trim_start().is_empty(),
            "import " => before.trim_start().is_empty() || before.trim_start().starts_with("from "),
            _ => true,
        };
        let again =
            declares && found.last().is_some_and(|last| last.declares && last.line_start == line_start);
        if opens && !again && !spans.hold(hit.start()) {
            found.push(Mark { start: hit.start(), end: hit.end(), line_start, line, declares });
        }
        if found.len() == MAX_MARKS {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_and_text_is_not() {
        let source = "from a import b\n# log.info('x')\n'''\n@app.get('/x')\n'''\n  @app.get('/y')\nx = a @ b\nlog.error('print(')\n";
        let shown: Vec<_> =
            marks(source).iter().map(|m| (m.line, source[m.start..m.end].to_owned(), m.declares)).collect();
        assert_eq!(
            shown,
            [(1, "import ".to_owned(), true), (6, "@".to_owned(), true), (8, ".error(".to_owned(), false)]
        );
    }
}
