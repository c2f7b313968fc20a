//! Calls that write log lines: `logger.error(f"…")`, `logging.warning("… %s", x)`, `print(…)`, `raise X("…")`.

use crate::logs::source::marks::Mark;
use crate::logs::source::python::{
    Argument, Kind, Piece, Token, arguments, call_tokens, clause_tokens, dotted, templates,
};
use crate::model::Level;

/// What kind of call writes the text; the order is that of preference where several would fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CallKind {
    Log,
    /// The message of an exception: it is logged by whoever catches it.
    Raise,
    Print,
}

/// One call and a text that it can write.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) kind: CallKind,
    pub(super) level: Option<Level>,
    pub(super) template: Vec<Piece>,
    pub(super) line: u32,
}

/// Reads the call at a mark; nothing where the mark turns out to be none.
pub(super) fn calls_at(source: &str, mark: &Mark, line: u32) -> Vec<Call> {
    let before = &source[..mark.start];
    let text = &source[mark.start..mark.end];
    let mut found = match text {
        "raise " if !before.ends_with(is_word) => raised(&clause_tokens(&source[mark.start..], line)),
        "print(" if !before.ends_with(|c| is_word(c) || c == '.') && !before.ends_with("def ") => {
            printed(&call_tokens(&source[mark.end - 1..], line))
        }
        ".write(" if before.ends_with("stderr") || before.ends_with("stdout") => {
            let tokens = call_tokens(&source[mark.end - 1..], line);
            let first = arguments(&tokens, 0).first().copied();
            first.map_or_else(Vec::new, |message| one_each(CallKind::Print, None, &message, &[]))
        }
        _ => match text.strip_prefix('.').and_then(|name| name.strip_suffix('(')).and_then(method_level) {
            Some(level) if is_logger(before) => logged(&call_tokens(&source[mark.end - 1..], line), level),
            _ => Vec::new(),
        },
    };
    found.iter_mut().for_each(|call| call.line = line);
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The level that a logger's method writes at; none in `Some` where an argument tells.
fn method_level(name: &str) -> Option<Option<Level>> {
    Some(Some(match name {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" | "success" | "notice" => Level::Info,
        "warning" | "warn" => Level::Warning,
        "error" | "exception" => Level::Error,
        "critical" | "fatal" => Level::Critical,
        "log" => return Some(None),
        _ => return None,
    }))
}

fn logged(tokens: &[Token<'_>], level: Option<Level>) -> Vec<Call> {
    let values = arguments(tokens, 0);
    match (level, values.split_first()) {
        (Some(level), Some((message, rest))) => one_each(CallKind::Log, Some(level), message, rest),
        (None, Some((level, rest))) => {
            let level = dotted(level.value).and_then(|name| level_name(&name));
            let Some((message, rest)) = rest.split_first() else { return Vec::new() };
            one_each(CallKind::Log, level, message, rest)
        }
        (_, None) => Vec::new(),
    }
}

/// `logging.ERROR` as the first argument of `log`.
fn level_name(name: &str) -> Option<Level> {
    method_level(&name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase()).flatten()
}

/// The receiver that stands before a method's `.` is a logger by its name, or the result of a call that gives one.
fn is_logger(before: &str) -> bool {
    /// A chain is not followed further back.
    const CHAIN: usize = 256;
    let line = &before[before.ceil_char_boundary(before.len().saturating_sub(CHAIN))..];
    let line = line.rsplit('\n').next().unwrap_or(line);
    let receiver =
        if line.ends_with(')') { line } else { line.rfind(|c| !is_word(c)).map_or(line, |end| &line[end..]) };
    receiver.to_ascii_lowercase().contains("log")
}

fn one_each(
    kind: CallKind,
    level: Option<Level>,
    message: &Argument<'_, '_>,
    rest: &[Argument<'_, '_>],
) -> Vec<Call> {
    // `exc_info=True` and its like are no values of the message.
    let values: Vec<_> = rest
        .iter()
        .filter(|value| !matches!(value.keyword, Some("exc_info" | "stack_info" | "stacklevel" | "extra")))
        .copied()
        .collect();
    let texts = templates(message.value, &values);
    texts.into_iter().map(|template| Call { kind, level, template, line: 0 }).collect()
}

/// `print(a, "b", c)` joins its arguments with blanks.
fn printed(tokens: &[Token<'_>]) -> Vec<Call> {
    let mut template: Vec<Piece> = Vec::new();
    for argument in arguments(tokens, 0).iter().filter(|argument| argument.keyword.is_none()) {
        if !template.is_empty() {
            template.push(Piece::Text(" ".to_owned()));
        }
        template.extend(templates(argument.value, &[]).into_iter().next().unwrap_or_default());
    }
    vec![Call { kind: CallKind::Print, level: None, template, line: 0 }]
}

/// `raise X("…")`, also `raise HTTPException(404, detail="…")`.
fn raised(tokens: &[Token<'_>]) -> Vec<Call> {
    let name = tokens.iter().skip(1).take_while(|t| t.name().is_some() || t.is_op('.')).count();
    let open = 1 + name;
    if name == 0 || !tokens.get(open).is_some_and(|token| token.is_op('(')) {
        return Vec::new();
    }
    let values = arguments(tokens, open);
    let says = |argument: &&Argument<'_, '_>| {
        matches!(argument.keyword, Some("detail" | "message" | "msg"))
            || (argument.keyword.is_none() && argument.value.iter().any(|t| matches!(t.kind, Kind::Text(_))))
    };
    values.iter().find(says).map_or_else(Vec::new, |message| one_each(CallKind::Raise, None, message, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::source::marks::marks;

    fn shown(source: &str) -> Vec<String> {
        let all: Vec<_> = marks(source).iter().flat_map(|mark| calls_at(source, mark, mark.line)).collect();
        let show = |call: Call| {
            let text: String = call
                .template
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Hole(name) => format!("{{{name}}}"),
                })
                .collect();
            let level = call.level.map_or("-", Level::word);
            format!("{}:{:?}:{level}:{text}", call.line, call.kind)
        };
        all.into_iter().map(show).collect()
    }

    #[test]
    fn calls_of_loggers_prints_and_raises_are_found() {
        let source = r#"
logger = logging.getLogger(__name__)
def get(x):
    logger.error(f"no truck {x}")
    self.log.warning("late by %d s", n, exc_info=True)
    logging.getLogger("x").info("started")
    logging.log(logging.CRITICAL, "gone %s", x)
    logger.bind(a=1).opt(exception=True).debug("bound {}", x)
    current_app.logger.exception(
        "multi "
        "line %s",
        x,
    )
    print("a", x, f"b {y}", file=sys.stderr)
    raise ValueError("bad %s" % x)
    raise HTTPException(status_code=404, detail=f"Truck {x} not found")
    sys.stderr.write("raw\n")
"#;
        assert_eq!(
            shown(source),
            [
                "4:Log:error:no truck {x}",
                "5:Log:warning:late by {n} s",
                "6:Log:info:started",
                "7:Log:critical:gone {x}",
                "8:Log:debug:bound {x}",
                "9:Log:error:multi line {x}",
                "14:Print:-:a {x} b {y}",
                "15:Raise:-:bad {x}",
                "16:Raise:-:Truck {x} not found",
                "17:Print:-:raw\n",
            ]
        );
    }

    #[test]
    fn what_is_no_logger_is_left_alone() {
        assert_eq!(
            shown("messages.error(request, 'x')\nst.info('y')\nraise\nraise e\ndef print(x): pass\n"),
            [""; 0]
        );
    }
}
