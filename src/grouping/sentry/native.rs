//! Functions of native code without arguments, return types and generics.

use std::sync::LazyLock;

use regex::Regex;

static TRAILER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\bconst\b|&&?)$"));
static LAMBDA: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"lambda_[a-f0-9]{32}|lambda'[^']*'|\$_\d+\b|\bclosure_env\$\d+"));
static RUST_HASH: LazyLock<Regex> = LazyLock::new(|| pattern(r"::h[a-z0-9]{16}$"));
static WINDOWS_MARK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^@?(.*?)@[0-9]+$"));
static BLANKET: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Z] as "));

/// Nesting that is followed; what lies deeper is dropped with its brackets.
const MAX_DEPTH: usize = 64;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is constant")
}

/// Names that would be taken for brackets and arrows, and what stands for them meanwhile.
const STAND_INS: [(&str, &str); 5] = [
    ("operator<<", "operator⟨⟨"),
    ("operator<", "operator⟨"),
    ("operator()", "operator◯"),
    (" -> ", " ⟿ "),
    ("`anonymous namespace'", "〔anonymousnamespace〕"),
];

/// `void foo::bar<int>(char const*) const` → `foo::bar<T>`
pub(super) fn trim_function(original: &str) -> String {
    let mut function = original.trim().to_owned();
    if matches!(original, "<redacted>" | "<unknown>")
        || ["[", "+[", "-["].iter().any(|open| function.starts_with(open))
    {
        return function;
    }
    while let Some(at) = TRAILER.find(&function).map(|found| found.start()) {
        function.truncate(at);
        function.truncate(function.trim_end().len());
    }
    for (from, to) in STAND_INS {
        function = function.replace(from, to);
    }
    function = LAMBDA.replace_all(&function, "lambda").into_owned();
    function = replace_enclosed(&function, '(', ')', 0, &|inside, _, _| match inside.trim() {
        kept @ ("anonymous namespace" | "operator") => format!("({kept})"),
        _ => String::new(),
    });
    function = replace_enclosed(&function, '<', '>', 0, &generics);
    let tokens = tokens(&function);
    let arrow = tokens.iter().position(|token| token == "⟿").and_then(|at| at.checked_sub(1));
    let token = arrow.or_else(|| tokens.len().checked_sub(1)).and_then(|at| tokens.get(at));
    let Some(token) = token else { return original.to_owned() };
    let name = token
        .replace('⟨', "<")
        .replace('◯', "()")
        .replace(" ⟿ ", " -> ")
        .replace("〔anonymousnamespace〕", "`anonymous namespace'");
    let name = RUST_HASH.replace(&name, "");
    WINDOWS_MARK.replace(&name, "$1").into_owned()
}

fn generics(inside: &str, start: usize, depth: usize) -> String {
    if inside == "lambda" {
        return "<lambda>".to_owned();
    }
    if start > 0 {
        return "<T>".to_owned();
    }
    // Rust: `<Foo as Bar>::baz` is a function of Foo.
    let inside = BLANKET.replace(inside, "");
    let inside = replace_enclosed(&inside, '<', '>', depth + 1, &generics);
    inside.split(" as ").next().unwrap_or("").to_owned()
}

/// Replaces what stands between brackets, outermost first, by what `with` makes of it, its place and its depth.
fn replace_enclosed(
    text: &str,
    open: char,
    close: char,
    depth: usize,
    with: &dyn Fn(&str, usize, usize) -> String,
) -> String {
    if !text.contains(open) || depth > MAX_DEPTH {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let (mut level, mut start) = (0_usize, 0);
    for (at, c) in text.char_indices() {
        if c == open {
            if level == 0 {
                start = at;
            }
            level += 1;
        } else if c == close {
            if level > 0 {
                level -= 1;
                if level == 0 {
                    out.push_str(&with(&text[start + open.len_utf8()..at], start, depth));
                }
            }
        } else if level == 0 {
            out.push(c);
        }
    }
    out
}

/// Words that no bracket holds together.
fn tokens(function: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut level = 0_i32;
    for c in function.chars() {
        match c {
            '(' | '<' | '[' | '{' => level += 1,
            ')' | '>' | ']' | '}' => level -= 1,
            _ => {}
        }
        if c.is_whitespace() && level <= 0 {
            tokens.push(String::new());
        } else if let Some(last) = tokens.last_mut() {
            last.push(c);
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_types_and_generics_go() {
        for (function, expected) in [
            ("void foo::bar<int>(char const*) const", "foo::bar<T>"),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "alloc::vec::Vec<T>::drop"),
            ("core::panicking::panic::h0123456789abcdef", "core::panicking::panic"),
            ("-[Foo bar:baz:]", "-[Foo bar:baz:]"),
            ("std::ostream& operator<<(std::ostream&, Foo const&)", "operator<<"),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("_main@12", "_main"),
        ] {
            assert_eq!(trim_function(function), expected, "{function}");
        }
        assert!(trim_function(&"<".repeat(100_000)).len() <= 100_000);
    }
}
