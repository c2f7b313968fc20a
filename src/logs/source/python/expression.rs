//! Arguments of calls, and the texts that expressions make.

use crate::logs::source::python::literal::{Piece, shortened};
use crate::logs::source::python::token::{Kind, Token};

/// Tokens of one call that are looked at: nobody writes longer ones, and nested calls are each read on their own.
const MAX_CALL: usize = 768;
/// Brackets in brackets beyond this depth are not opened.
const MAX_DEPTH: usize = 8;

/// One argument of a call.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs::source) struct Argument<'t, 's> {
    pub(in crate::logs::source) keyword: Option<&'t str>,
    pub(in crate::logs::source) value: &'t [Token<'s>],
}

/// Splits the arguments of the call whose `(` is `tokens[open]`.
pub(in crate::logs::source) fn arguments<'t, 's>(
    tokens: &'t [Token<'s>],
    open: usize,
) -> Vec<Argument<'t, 's>> {
    let inside = &tokens[(open + 1).min(tokens.len())..];
    let inside = &inside[..inside.len().min(MAX_CALL)];
    let (mut depth, mut from, mut found) = (0usize, 0, Vec::new());
    for (at, token) in inside.iter().enumerate() {
        match token.kind {
            Kind::Op('(' | '[' | '{') => depth += 1,
            Kind::Op(')' | ']' | '}') if depth == 0 => {
                found.extend(argument(&inside[from..at]));
                return found;
            }
            Kind::Op(')' | ']' | '}') => depth -= 1,
            Kind::Op(',') if depth == 0 => {
                found.extend(argument(&inside[from..at]));
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn argument<'t, 's>(tokens: &'t [Token<'s>]) -> Option<Argument<'t, 's>> {
    match tokens {
        [] => None,
        [name, equals, value @ ..] if equals.is_op('=') && !value.first().is_some_and(|t| t.is_op('=')) => {
            name.name().map(|keyword| Argument { keyword: Some(keyword), value })
        }
        value => Some(Argument { keyword: None, value }),
    }
}

/// The dotted name that the tokens consist of, such as `routers.fleet.router`.
pub(in crate::logs::source) fn dotted(tokens: &[Token<'_>]) -> Option<String> {
    let mut name = String::new();
    for (at, token) in tokens.iter().enumerate() {
        match (at % 2, &token.kind) {
            (0, Kind::Name(part)) => name.push_str(part),
            (1, Kind::Op('.')) => name.push('.'),
            _ => return None,
        }
    }
    (!name.is_empty() && !name.ends_with('.')).then_some(name)
}

/// Stands before and behind the name of a constant in a text that is only known when the name is; no source holds it.
pub(in crate::logs::source) const NAME_MARK: char = '\0';

/// The one text that an expression makes, the names of constants in it between [`NAME_MARK`]s; none where it is no text, or
/// one of several.
pub(in crate::logs::source) fn text_of(tokens: &[Token<'_>]) -> Option<String> {
    let [pieces] = templates(tokens, &[]).try_into().ok()?;
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(part) => text.push_str(&part),
            Piece::Hole(name)
                if name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') && !name.is_empty() =>
            {
                text.extend([NAME_MARK, NAME_MARK]);
                text.insert_str(text.len() - NAME_MARK.len_utf8(), &name);
            }
            Piece::Hole(_) => return None,
        }
    }
    Some(text)
}

/// The texts that an expression can make: one, or one for each branch of `a if x else b`. `values` are the arguments that a
/// logging call puts into the placeholders of its first one.
pub(in crate::logs::source) fn templates(
    tokens: &[Token<'_>],
    values: &[Argument<'_, '_>],
) -> Vec<Vec<Piece>> {
    Reader { values }.branches(tokens, 0)
}

struct Reader<'a> {
    values: &'a [Argument<'a, 'a>],
}

impl Reader<'_> {
    fn branches(&self, tokens: &[Token<'_>], depth: usize) -> Vec<Vec<Piece>> {
        let tokens = unwrapped(tokens);
        let (Some(condition), Some(other)) = (find_name(tokens, "if"), find_name(tokens, "else")) else {
            return vec![self.sum(tokens, depth)];
        };
        if condition > other || depth >= MAX_DEPTH {
            return Vec::new();
        }
        let mut all = self.branches(&tokens[..condition], depth + 1);
        all.extend(self.branches(&tokens[other + 1..], depth + 1));
        all
    }

    /// Terms joined by `+`.
    fn sum(&self, tokens: &[Token<'_>], depth: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for term in split(tokens, '+') {
            for piece in self.term(term, depth) {
                match (pieces.last_mut(), piece) {
                    (Some(Piece::Text(before)), Piece::Text(more)) => before.push_str(&more),
                    (_, piece) => pieces.push(piece),
                }
            }
        }
        pieces
    }

    /// Adjacent literals with what formats them, a constant, or something that is only known when it runs.
    fn term(&self, tokens: &[Token<'_>], depth: usize) -> Vec<Piece> {
        let literals = tokens.iter().take_while(|token| matches!(token.kind, Kind::Text(_))).count();
        if literals == 0 {
            return self.value(tokens, depth);
        }
        let mut pieces = Vec::new();
        for token in &tokens[..literals] {
            if let Kind::Text(more) = &token.kind {
                pieces.extend(more.iter().cloned());
            }
        }
        match &tokens[literals..] {
            [] if self.values.is_empty() => pieces,
            [] => with_values(pieces, self.values),
            [op, value @ ..] if op.is_op('%') => {
                let values = tuple(value);
                fill(pieces, |text| printf(text, &values))
            }
            [dot, name, open, ..] if dot.is_op('.') && name.name() == Some("format") && open.is_op('(') => {
                let values = arguments(tokens, literals + 2);
                fill(pieces, |text| braces(text, &values))
            }
            // `.strip()`, `* 60`, a slice: what comes out is not known.
            _ => vec![Piece::Hole(String::new())],
        }
    }

    fn value(&self, tokens: &[Token<'_>], depth: usize) -> Vec<Piece> {
        if let Some(name) = dotted(tokens) {
            return vec![Piece::Hole(shortened(&name))];
        }
        let inside = unwrapped(tokens);
        if inside.len() < tokens.len() && depth < MAX_DEPTH {
            return self.sum(inside, depth + 1);
        }
        vec![Piece::Hole(String::new())]
    }
}

/// Takes brackets off that stand round the whole expression.
fn unwrapped<'t, 's>(tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let [open, inside @ .., close] = tokens else { return tokens };
    if !open.is_op('(') || !close.is_op(')') || inside.is_empty() {
        return tokens;
    }
    let mut depth = 0usize;
    for token in inside {
        match token.kind {
            Kind::Op('(' | '[' | '{') => depth += 1,
            Kind::Op(')' | ']' | '}') if depth == 0 => return tokens,
            Kind::Op(')' | ']' | '}') => depth -= 1,
            // A tuple is no text.
            Kind::Op(',') if depth == 0 => return tokens,
            _ => {}
        }
    }
    inside
}

fn find_name(tokens: &[Token<'_>], wanted: &str) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match token.kind {
            Kind::Op('(' | '[' | '{') => depth += 1,
            Kind::Op(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.name() == Some(wanted)
    })
}

fn split<'t, 's>(tokens: &'t [Token<'s>], op: char) -> Vec<&'t [Token<'s>]> {
    let (mut depth, mut from, mut parts) = (0usize, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op('(' | '[' | '{') => depth += 1,
            Kind::Op(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Kind::Op(c) if c == op && depth == 0 => {
                parts.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[from..]);
    parts
}

/// The values of `"…" % (a, b)` or `"…" % a`.
fn tuple<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<Argument<'t, 's>> {
    match tokens.first() {
        Some(open) if open.is_op('(') => arguments(tokens, 0),
        _ => vec![Argument { keyword: None, value: tokens }],
    }
}

/// `logging` puts values in by `%`, loguru by braces.
fn with_values(pieces: Vec<Piece>, values: &[Argument<'_, '_>]) -> Vec<Piece> {
    let percent = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains('%')));
    if percent {
        fill(pieces, |text| printf(text, values))
    } else {
        fill(pieces, |text| braces(text, values))
    }
}

fn fill(pieces: Vec<Piece>, format: impl Fn(&str) -> Vec<Piece>) -> Vec<Piece> {
    let expand = |piece: Piece| match piece {
        Piece::Text(text) => format(&text),
        hole @ Piece::Hole(_) => vec![hole],
    };
    pieces.into_iter().flat_map(expand).collect()
}

/// The expression that the next placeholder shows, where it is a plain name.
fn shown(values: &[Argument<'_, '_>], index: usize) -> String {
    let positional = values.iter().filter(|value| value.keyword.is_none()).nth(index);
    positional.and_then(|value| dotted(value.value)).map_or_else(String::new, |name| shortened(&name))
}

/// `%s`, `%(name)d`, `%-8.2f`, `%%`
fn printf(text: &str, values: &[Argument<'_, '_>]) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        pieces.text(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            pieces.text("%");
            rest = after;
            continue;
        }
        let named = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'));
        let (name, spec) = named.map_or((None, rest), |(name, spec)| (Some(name), spec));
        let length =
            spec.find(|c: char| !(c.is_ascii_digit() || "#-+ .*hlL".contains(c))).unwrap_or(spec.len());
        if spec[length..].starts_with(|c: char| "diouxXeEfFgGcrsa".contains(c)) {
            let expression = name.map_or_else(|| shown(values, pieces.holes), shortened);
            pieces.hole(expression);
            rest = &spec[length + 1..];
        } else {
            pieces.text("%");
        }
    }
    pieces.text(rest);
    pieces.list
}

/// `{}`, `{0}`, `{name!r:>8}`, `{{`
fn braces(text: &str, values: &[Argument<'_, '_>]) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        pieces.text(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            pieces.text(brace);
            rest = after;
        } else if let (true, Some((inside, after))) = (brace == "{", rest.split_once('}')) {
            let name = inside.split(['!', ':']).next().unwrap_or("");
            let index = if name.is_empty() { Ok(pieces.holes) } else { name.parse() };
            pieces.hole(index.map_or_else(|_| shortened(name), |index| shown(values, index)));
            rest = after;
        } else {
            pieces.text(brace);
        }
    }
    pieces.text(rest);
    pieces.list
}

/// Pieces while they are put together; adjacent texts are one.
#[derive(Default)]
struct Pieces {
    list: Vec<Piece>,
    holes: usize,
}

impl Pieces {
    fn text(&mut self, text: &str) {
        match self.list.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.list.push(Piece::Text(text.to_owned())),
        }
    }

    fn hole(&mut self, expression: String) {
        self.list.push(Piece::Hole(expression));
        self.holes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::source::python::token::{call_tokens, clause_tokens};

    fn shown(expression: &str) -> Vec<String> {
        let source = format!("({expression})");
        let tokens = call_tokens(&source, 1);
        let arguments = arguments(&tokens, 0);
        let show = |pieces: Vec<Piece>| {
            let parts = pieces.into_iter().map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Hole(name) => format!("{{{name}}}"),
            });
            parts.collect::<String>()
        };
        templates(arguments[0].value, &arguments[1..]).into_iter().map(show).collect()
    }

    #[test]
    fn every_way_to_make_a_text_is_read() {
        for (expression, expected) in [
            (r#""plain""#, "plain"),
            (r#""a " "b " f"{c}""#, "a b {c}"),
            (r#""a %s of %d (%.1f%%)", x.y, n, 3"#, "a {x.y} of {n} ({}%)"),
            (r#""a {} of {n} {{}}", x, n=3"#, "a {x} of {n} {}"),
            (r#""100% sure""#, "100% sure"),
            (r#""a %s" % x"#, "a {x}"),
            (r#""a %(name)s and %s" % (x, y)"#, "a {name} and {y}"),
            (r#""a {} {1} {name!r:>3}".format(x, y, name=z)"#, "a {x} {y} {name}"),
            (r#""a " + x + " b" + str(y)"#, "a {x} b{}"),
            (
                r#"("a "
                "b")"#,
                "a b",
            ),
            (r#"settings.PREFIX + "/x""#, "{settings.PREFIX}/x"),
            (r#"msg"#, "{msg}"),
            (r#""=" * 60"#, "{}"),
            (r#"f(x)"#, "{}"),
        ] {
            assert_eq!(shown(expression), [expected], "{expression}");
        }
        assert_eq!(shown(r#""on" if x else "off""#), ["on", "off"]);
    }

    #[test]
    fn arguments_are_split_and_named() {
        let tokens = clause_tokens("f(a, b=[1, 2], c == d, )", 1);
        let keywords: Vec<_> =
            arguments(&tokens, 1).into_iter().map(|a| (a.keyword, a.value.len())).collect();
        assert_eq!(keywords, [(None, 1), (Some("b"), 5), (None, 4)]);
    }

    #[test]
    fn what_never_closes_has_the_arguments_that_are_there() {
        assert_eq!(arguments(&clause_tokens("f(a, b", 1), 1).len(), 1);
        assert_eq!(arguments(&clause_tokens("f(", 1), 1).len(), 0);
    }
}
