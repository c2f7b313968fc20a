//! String literals: prefixes, quotes, escapes, and the placeholders of f-strings.

/// A part of a text: what stands there always, or what is put in when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::logs::source) enum Piece {
    Text(String),
    /// The expression, where it is short.
    Hole(String),
}

/// An expression in a placeholder is shown up to this length.
const MAX_EXPRESSION: usize = 32;

/// Reads the literal that `source` begins with, quotes included; returns its pieces and its length. A literal that is not
/// closed ends with its line, a triple-quoted one with the source.
pub(super) fn read(source: &str, prefix: &str) -> (Vec<Piece>, usize) {
    let quote = source.chars().next().unwrap_or('"');
    let triple = source.as_bytes().get(1..3).is_some_and(|b| b.iter().all(|&b| b == quote as u8));
    let has = |letter: char| prefix.chars().any(|c| c.eq_ignore_ascii_case(&letter));
    let mut reader = Reader {
        source,
        at: if triple { 3 } else { 1 },
        quote,
        triple,
        raw: has('r'),
        formatted: has('f') || has('t'),
        pieces: Vec::new(),
        text: String::new(),
    };
    while !reader.at_end() {
        reader.step();
    }
    reader.flush();
    (reader.pieces, reader.at.min(source.len()))
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
    quote: char,
    triple: bool,
    raw: bool,
    formatted: bool,
    pieces: Vec<Piece>,
    text: String,
}

impl Reader<'_> {
    /// Steps over the closing quotes, or says that the literal goes on.
    fn at_end(&mut self) -> bool {
        let rest = &self.source[self.at..];
        let Some(next) = rest.chars().next() else { return true };
        if next == self.quote {
            let length = if self.triple { 3 } else { 1 };
            if rest.bytes().take(length).filter(|&b| b == self.quote as u8).count() == length {
                self.at += length;
                return true;
            }
        }
        next == '\n' && !self.triple
    }

    fn step(&mut self) {
        let rest = &self.source[self.at..];
        let Some(next) = rest.chars().next() else { return };
        match next {
            '\\' => self.escape(rest),
            '{' | '}' if self.formatted && rest.as_bytes().get(1) == Some(&(next as u8)) => {
                self.text.push(next);
                self.at += 2;
            }
            '{' if self.formatted => self.hole(rest),
            _ => {
                self.text.push(next);
                self.at += next.len_utf8();
            }
        }
    }

    fn escape(&mut self, rest: &str) {
        let Some(next) = rest[1..].chars().next() else {
            self.at += 1;
            return;
        };
        let used = 1 + next.len_utf8();
        if self.raw {
            self.text.push_str(&rest[..used]);
            self.at += used;
            return;
        }
        let numbered = |digits: usize| {
            let code = rest.get(used..used + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            (code.and_then(char::from_u32), used + digits)
        };
        let (c, used) = match next {
            'n' => (Some('\n'), used),
            't' => (Some('\t'), used),
            'r' => (Some('\r'), used),
            '\\' | '\'' | '"' => (Some(next), used),
            '\n' => (None, used),
            'x' => numbered(2),
            'u' => numbered(4),
            'U' => numbered(8),
            _ => {
                self.text.push('\\');
                (Some(next), used)
            }
        };
        self.text.extend(c);
        self.at += used.min(rest.len());
        while !self.source.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// A placeholder `{expression!r:>8}`; a brace that nothing closes is text.
    fn hole(&mut self, rest: &str) {
        let line = if self.triple { rest } else { rest.split('\n').next().unwrap_or(rest) };
        let Some((expression, used)) = hole(line) else {
            self.text.push('{');
            self.at += 1;
            return;
        };
        // `{x=}` prints the expression as well.
        let (label, expression) = match expression.strip_suffix('=') {
            Some(shown) if !shown.ends_with(['=', '!', '<', '>']) => (Some(expression), shown),
            _ => (None, expression),
        };
        self.text.push_str(label.unwrap_or(""));
        self.flush();
        self.pieces.push(Piece::Hole(shortened(expression)));
        self.at += used;
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.text)));
        }
    }
}

/// Expression and length of a placeholder that begins at `{`.
fn hole(text: &str) -> Option<(&str, usize)> {
    /// Placeholders are not searched further than this for their end.
    const MAX_HOLE: usize = 1024;
    let bytes = &text.as_bytes()[..text.len().min(MAX_HOLE)];
    let (mut depth, mut end, mut at) = (0usize, None, 1);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' if end.is_none() => at = past_quoted(bytes, at)?,
            b'(' | b'[' | b'{' => depth += 1,
            b'}' if depth == 0 => return Some((text.get(1..end.unwrap_or(at))?.trim(), at + 1)),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'!' if depth == 0 && bytes.get(at + 1) != Some(&b'=') => end = end.or(Some(at)),
            b':' if depth == 0 => end = end.or(Some(at)),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Place of the closing quote of a literal within an expression.
fn past_quoted(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    bytes[open + 1..].iter().position(|&b| b == quote).map(|length| open + 1 + length)
}

/// The expression where it is short enough to be shown.
pub(super) fn shortened(expression: &str) -> String {
    if expression.len() <= MAX_EXPRESSION && !expression.contains(['\n', '{', '}']) {
        expression.to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces in one line, holes in braces, and what was left over.
    fn shown(source: &str) -> (String, &str) {
        let prefix = source.find(['"', '\'']).unwrap_or(0);
        let (pieces, used) = read(&source[prefix..], &source[..prefix]);
        let text = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Hole(name) => format!("{{{name}}}"),
        });
        (text.collect(), &source[prefix + used..])
    }

    #[test]
    fn quotes_escapes_and_prefixes_are_read() {
        for (source, text, rest) in [
            (r#""a\n\x41\u2764\"b" + c"#, "a\nA❤\"b", " + c"),
            (r#"r"\d+\"" x"#, r#"\d+\""#, " x"),
            ("'''a\n'b''' x", "a\n'b", " x"),
            ("'' x", "", " x"),
            ("'open\nnext", "open", "\nnext"),
            ("\"\"\"open\nnext", "open\nnext", ""),
            (r"'\", "", ""),
            (r"'\xzz'", "", ""),
            (r"'\d'", r"\d", ""),
        ] {
            assert_eq!(shown(source), (text.to_owned(), rest), "{source}");
        }
    }

    #[test]
    fn placeholders_of_f_strings_are_holes() {
        for (source, text) in [
            (r#"f"truck {truck_id} late""#, "truck {truck_id} late"),
            (r#"f"{e!r}: {x:>{width}.2f}%""#, "{e}: {x}%"),
            (r#"f"{d['a']} {{json}} {f(x, y)}""#, "{d['a']} {json} {f(x, y)}"),
            (r#"f"{d["a"]} nested quotes of 3.12""#, r#"{d["a"]} nested quotes of 3.12"#),
            (r#"f"{x=} {a != b}""#, "x={x} {a != b}"),
            (r#"f"open { brace""#, "open { brace"),
            (r#"f"{'a' if x else 'b:c'}""#, "{'a' if x else 'b:c'}"),
            (r#"f"{some_function_with_a_long_name(and_arguments)}""#, "{}"),
            (r#""{not} an f-string""#, "{not} an f-string"),
        ] {
            assert_eq!(shown(source).0, text, "{source}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(prefix in "[rRfFbBuU]{0,2}", body in "[a-z'\"{}\\\\:!=\n(❤]{0,40}") {
            for quote in ["'", "\"", "'''", "\"\"\""] {
                let source = format!("{quote}{body}");
                let (_, used) = read(&source, &prefix);
                prop_assert!(used > 0 && used <= source.len() && source.is_char_boundary(used));
            }
        }
    }
}
