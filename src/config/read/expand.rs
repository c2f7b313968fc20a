//! `${VAR}` and `${VAR:-default}` in strings.
//!
//! A default stands in when the variable is unset or empty, as in a shell; it ends at the first `}` and is taken as it
//! stands. `$${` is a literal `${`. Every other `$` is itself, so that regular expressions and shell lines need no care.

use std::borrow::Cow;

/// Longer is no value of a config.
const MAX_EXPANDED_BYTES: usize = 256 * 1024;

/// Why a string could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpandError {
    #[error("variable {0} is not set; set it, or write ${{{0}:-default}}")]
    Unset(String),
    #[error("the value of variable {0} is not UTF-8")]
    NotUtf8(String),
    #[error("a ${{ is not closed; write ${{NAME}}, or $${{ for a literal ${{")]
    Unclosed,
    #[error("${{{0}}} names no variable; write ${{NAME}} or ${{NAME:-default}}, or $${{ for a literal ${{")]
    Malformed(String),
    #[error("is longer than 256 KiB with its variables filled in")]
    TooLong,
}

/// What the environment says about a variable.
pub(super) enum Variable {
    Unset,
    NotUtf8,
    Value(String),
}

/// Expands a string; the names of the variables that it took a value from are added to `used`.
pub(super) fn expand<'t>(
    text: &'t str,
    lookup: impl Fn(&str) -> Variable,
    used: &mut Vec<String>,
) -> Result<Cow<'t, str>, ExpandError> {
    let Some(first) = text.find("${") else { return Ok(Cow::Borrowed(text)) };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut next = Some(first);
    while let Some(at) = next {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
        } else {
            out.push_str(&rest[..at]);
            let (inner, tail) = rest[at + 2..].split_once('}').ok_or(ExpandError::Unclosed)?;
            out.push_str(&value(inner, &lookup, used)?);
            rest = tail;
        }
        if out.len() > MAX_EXPANDED_BYTES {
            return Err(ExpandError::TooLong);
        }
        next = rest.find("${");
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

fn value(
    inner: &str,
    lookup: &impl Fn(&str) -> Variable,
    used: &mut Vec<String>,
) -> Result<String, ExpandError> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(word) {
        return Err(ExpandError::Malformed(inner.to_owned()));
    }
    match (lookup(name), default) {
        (Variable::Value(text), Some(default)) if text.is_empty() => Ok(default.to_owned()),
        (Variable::Value(text), _) => {
            used.push(name.to_owned());
            Ok(text)
        }
        (Variable::NotUtf8, _) => Err(ExpandError::NotUtf8(name.to_owned())),
        (Variable::Unset, Some(default)) => Ok(default.to_owned()),
        (Variable::Unset, None) => Err(ExpandError::Unset(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Variable {
        match name {
            "HOME" => Variable::Value("/home/fuel".to_owned()),
            "EMPTY" => Variable::Value(String::new()),
            "BYTES" => Variable::NotUtf8,
            "LONG" => Variable::Value("x".repeat(100_000)),
            _ => Variable::Unset,
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, ExpandError>) {
        let expanded = expand(text, lookup, &mut Vec::new());
        assert_eq!(expanded.map(Cow::into_owned), expected.map(str::to_owned));
    }

    #[test]
    fn variables_and_defaults_are_filled_in() {
        check("${HOME}/x and ${HOME}", Ok("/home/fuel/x and /home/fuel"));
        check("${NOPE:-8000}", Ok("8000"));
        check("${EMPTY:-x}|${EMPTY}", Ok("x|"));
        check("${NOPE:-}", Ok(""));
    }

    #[test]
    fn a_dollar_without_brace_is_itself_and_two_make_a_literal_brace() {
        check("^a$ $5 $$ $HOME", Ok("^a$ $5 $$ $HOME"));
        check("$${HOME} ${HOME}", Ok("${HOME} /home/fuel"));
        check("a$${", Ok("a${"));
    }

    #[test]
    fn unset_and_malformed_are_named() {
        check("x ${NOPE}", Err(ExpandError::Unset("NOPE".to_owned())));
        check("${HOME", Err(ExpandError::Unclosed));
        check("${a b}", Err(ExpandError::Malformed("a b".to_owned())));
        check("${}", Err(ExpandError::Malformed(String::new())));
        check("${LONG}${LONG}${LONG}", Err(ExpandError::TooLong));
        check("${BYTES:-x}", Err(ExpandError::NotUtf8("BYTES".to_owned())));
        let message = ExpandError::Unset("DB".to_owned()).to_string();
        assert_eq!(message, "variable DB is not set; set it, or write ${DB:-default}");
    }

    #[test]
    fn names_of_variables_that_gave_a_value_are_kept() {
        let mut used = Vec::new();
        let expanded = expand("${HOME}${NOPE:-x}", lookup, &mut used).map(Cow::into_owned);
        assert_eq!((expanded, used), (Ok("/home/fuelx".to_owned()), vec!["HOME".to_owned()]));
    }
}
