//! Tokens of Python source, with their lines.

use crate::logs::source::python::literal::{self, Piece};

/// Tokens of one call that are looked at: nobody writes longer ones, and nested calls are each read on their own.
const MAX_CALL: usize = 768;
/// Tokens of one statement: a table of routes is one.
const MAX_STATEMENT: usize = 50_000;

/// One token and the line it begins on, from 1.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::logs::source) struct Token<'s> {
    pub(in crate::logs::source) kind: Kind<'s>,
    pub(in crate::logs::source) line: u32,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::logs::source) enum Kind<'s> {
    Name(&'s str),
    Number,
    /// A string literal; adjacent literals are tokens of their own.
    Text(Vec<Piece>),
    /// One character of punctuation.
    Op(char),
    /// End of a logical line: a newline outside of brackets.
    End,
}

impl Token<'_> {
    pub(in crate::logs::source) fn is_op(&self, op: char) -> bool {
        self.kind == Kind::Op(op)
    }

    pub(in crate::logs::source) fn name(&self) -> Option<&str> {
        match self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Where to stop reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// Behind the bracket that closes the one at the beginning.
    Closed,
    /// At the end of the logical line.
    Line,
}

/// Tokens of the call whose `(` the source begins with, to its `)`.
pub(in crate::logs::source) fn call_tokens(source: &str, line: u32) -> Vec<Token<'_>> {
    read(source, line, Stop::Closed, MAX_CALL).0
}

/// Tokens of the clause that the source begins with, to the end of its logical line.
pub(in crate::logs::source) fn clause_tokens(source: &str, line: u32) -> Vec<Token<'_>> {
    read(source, line, Stop::Line, MAX_CALL).0
}

/// Tokens of the logical line that the source begins with, and its length; comments and line continuations vanish.
pub(in crate::logs::source) fn statement_tokens(source: &str, line: u32) -> (Vec<Token<'_>>, usize) {
    read(source, line, Stop::Line, MAX_STATEMENT)
}

fn read(source: &str, line: u32, stop: Stop, limit: usize) -> (Vec<Token<'_>>, usize) {
    let mut reader = Reader { source, at: 0, line, depth: 0, tokens: Vec::new() };
    while reader.at < source.len() && reader.tokens.len() < limit {
        reader.next();
        let done = match (reader.tokens.last().map(|token| &token.kind), stop) {
            (Some(Kind::End), _) => true,
            (Some(Kind::Op(')' | ']' | '}')), Stop::Closed) => reader.depth == 0,
            _ => false,
        };
        if done {
            break;
        }
    }
    (reader.tokens, reader.at)
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
    line: u32,
    /// Open brackets.
    depth: usize,
    tokens: Vec<Token<'s>>,
}

impl<'s> Reader<'s> {
    fn push(&mut self, kind: Kind<'s>, line: u32) {
        self.tokens.push(Token { kind, line });
    }

    fn next(&mut self) {
        let rest = &self.source[self.at..];
        let Some(first) = rest.chars().next() else { return };
        match first {
            '\n' => {
                if self.depth == 0
                    && !matches!(self.tokens.last(), None | Some(Token { kind: Kind::End, .. }))
                {
                    self.push(Kind::End, self.line);
                }
                self.line += 1;
                self.at += 1;
            }
            '\\' if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") => {
                self.at += rest.find('\n').map_or(1, |end| end + 1);
                self.line += 1;
            }
            '#' => self.at += memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len()),
            '"' | '\'' => self.text(0),
            c if c.is_alphabetic() || c == '_' => self.word(rest),
            c if c.is_ascii_digit() => {
                self.at +=
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                self.push(Kind::Number, self.line);
            }
            c => {
                self.at += c.len_utf8();
                if !c.is_whitespace() {
                    self.op(c);
                }
            }
        }
    }

    fn op(&mut self, c: char) {
        match c {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.push(Kind::Op(c), self.line);
    }

    /// A name, or the prefix of a literal.
    fn word(&mut self, rest: &'s str) {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = &rest[..end];
        let prefix = end <= 2 && word.bytes().all(|b| b"rRbBuUfFtT".contains(&b));
        if prefix && rest[end..].starts_with(['"', '\'']) {
            self.text(end);
            return;
        }
        self.at += end;
        // A statement in brackets that were never closed: the rest of the file shall not be one line.
        if self.depth > 0 && matches!(word, "def" | "class") && self.at_margin(end) {
            self.depth = 0;
            self.push(Kind::End, self.line);
            return;
        }
        self.push(Kind::Name(word), self.line);
    }

    /// The word that ends here stands at the left margin.
    fn at_margin(&self, length: usize) -> bool {
        let start = self.at - length;
        start == 0 || self.source.as_bytes()[start - 1] == b'\n'
    }

    fn text(&mut self, prefix: usize) {
        let line = self.line;
        let start = &self.source[self.at..];
        let (pieces, used) = literal::read(&start[prefix..], &start[..prefix]);
        self.line += memchr::memchr_iter(b'\n', &start.as_bytes()[..prefix + used]).count() as u32;
        self.at += prefix + used;
        self.push(Kind::Text(pieces), line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tokens: &[Token<'_>]) -> String {
        let word = |token: &Token<'_>| match &token.kind {
            Kind::Name(name) => (*name).to_owned(),
            Kind::Number => "0".to_owned(),
            Kind::Text(_) => "\"\"".to_owned(),
            Kind::Op(c) => c.to_string(),
            Kind::End => "¶".to_owned(),
        };
        tokens.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn statement(source: &str) -> String {
        shown(&statement_tokens(source, 1).0)
    }

    #[test]
    fn logical_lines_end_outside_of_brackets() {
        assert_eq!(statement("a = f(\n  1, # x\n  'y')\n\nb"), "a = f ( 0 , \"\" ) ¶");
        assert_eq!(statement("a = 1 + \\\n  2\nb"), "a = 0 + 0 ¶");
        assert_eq!(statement("a"), "a");
    }

    #[test]
    fn calls_end_with_their_bracket() {
        assert_eq!(shown(&call_tokens("(a, (b)[c]) + d", 1)), "( a , ( b ) [ c ] )");
        assert_eq!(shown(&call_tokens("(a,\n b", 1)), "( a , b");
    }

    #[test]
    fn prefixes_belong_to_literals_and_names_do_not() {
        assert_eq!(statement("rb'x' f\"y\" bar'z'"), "\"\" \"\" bar \"\"");
    }

    #[test]
    fn lines_are_counted_through_literals() {
        let source = "(x, '''a\nb''', y\\\n, \nz)";
        let lines: Vec<_> =
            call_tokens(source, 5).into_iter().filter_map(|t| Some((t.name()?.to_owned(), t.line))).collect();
        assert_eq!(lines, [("x".to_owned(), 5), ("y".to_owned(), 6), ("z".to_owned(), 8)]);
    }

    #[test]
    fn an_open_bracket_does_not_swallow_the_file() {
        assert_eq!(statement("x = (1\ndef f():\n  y\n"), "x = ( 0 ¶");
    }
}
