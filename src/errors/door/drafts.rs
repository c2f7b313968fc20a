//! Events that no SDK has made: from a shell, a log, a record of the old module. They take the shape that SDKs send.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::chain::{platform_word, to_values};
use crate::grouping::{ExceptionChain, MAX_TEXT, SourceRoots, parse};

/// Bytes of a line that are read, and as how many each counts at least: the reader bounds bytes and lines.
const MAX_LINE: usize = 8 << 10;
const MIN_LINE: usize = 16;

/// What is known of an error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Seconds since 1970 or a text; absent: now.
    pub timestamp: Option<Value>,
    pub kind: String,
    pub message: String,
    /// What was being done.
    pub context: String,
    pub endpoint: String,
    pub release: String,
    pub environment: String,
    pub host: String,
    pub logger: String,
    pub level: String,
    /// What the request or the caller held.
    pub data: Value,
    /// Printed text that holds a traceback.
    pub traceback: String,
    pub tags: Vec<(String, String)>,
    pub fingerprint: Vec<String>,
}

/// Writes a draft as an event. The last traceback that its text holds is its chain; type and message fill in what that lacks.
pub fn draft(draft: &Draft, roots: &SourceRoots) -> Value {
    let mut chain = parse(ends(&draft.traceback).as_bytes(), roots).pop();
    if let Some(last) = chain.as_mut().and_then(|chain| chain.exceptions.last_mut())
        && last.kind.is_empty()
        && !draft.kind.is_empty()
    {
        last.kind.clone_from(&draft.kind);
        last.message.clone_from(&draft.message);
    }
    let mut event = of_chain(chain.as_ref());
    if chain.is_none() && !draft.kind.is_empty() {
        event["exception"] = json!({"values": [{"type": draft.kind, "value": draft.message}]});
        event["platform"] = "other".into();
    } else if chain.is_none() {
        event["logentry"] = json!({ "message": draft.message });
    }
    if chain.is_none() && !draft.traceback.trim().is_empty() && !says_none(&draft.traceback) {
        event["extra"] = json!({ "traceback": draft.traceback });
    }
    let texts = [
        ("transaction", &draft.context),
        ("release", &draft.release),
        ("environment", &draft.environment),
        ("server_name", &draft.host),
        ("logger", &draft.logger),
        ("level", &draft.level),
    ];
    for (key, text) in texts {
        if !text.is_empty() {
            event[key] = text.as_str().into();
        }
    }
    let mut tags: Map<String, Value> =
        draft.tags.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    if !draft.endpoint.is_empty() {
        tags.insert("endpoint".to_owned(), draft.endpoint.as_str().into());
    }
    if !tags.is_empty() {
        event["tags"] = Value::Object(tags);
    }
    if !draft.data.is_null() {
        event["request"] = json!({ "data": draft.data });
    }
    if !draft.fingerprint.is_empty() {
        event["fingerprint"] = json!(draft.fingerprint);
    }
    if let Some(at) = &draft.timestamp {
        event["timestamp"] = at.clone();
    }
    event
}

/// Leaves out the middle of a text that is longer than is read: what was raised stands at one of its ends.
fn ends(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT {
        return text.into();
    }
    let lines: Vec<&str> = text.lines().map(|line| &line[..line.floor_char_boundary(MAX_LINE)]).collect();
    let head = fitting(lines.iter());
    let tail = fitting(lines[head..].iter().rev());
    [&lines[..head], &lines[lines.len() - tail..]].concat().join("\n").into()
}

/// How many lines fit into half of what is read.
fn fitting<'l>(lines: impl Iterator<Item = &'l &'l str>) -> usize {
    let sizes = lines.scan(0, |sum, line| {
        *sum += (line.len() + 1).max(MIN_LINE);
        Some(*sum)
    });
    sizes.take_while(|sum| *sum < MAX_TEXT / 2).count()
}

/// What Python prints where there is no exception.
fn says_none(traceback: &str) -> bool {
    matches!(traceback.trim(), "NoneType: None" | "None")
}

/// Writes a printed chain as an event.
pub fn of_chain(chain: Option<&ExceptionChain>) -> Value {
    let mut event = json!({ "level": "error" });
    if let Some(chain) = chain {
        event["platform"] = platform_word(chain.platform).into();
        event["exception"] = to_values(chain);
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceback_tells_more_than_type_and_message() {
        let made = draft(
            &Draft {
                kind: "KeyError".into(),
                message: "'a'".into(),
                traceback:
                    "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'a'\n"
                        .into(),
                endpoint: "/x".into(),
                ..Draft::default()
            },
            &SourceRoots::default(),
        );
        assert_eq!(made["exception"]["values"][0]["stacktrace"]["frames"][0]["function"], "f");
        assert_eq!(made["tags"]["endpoint"], "/x");
        let bare = draft(
            &Draft {
                kind: "E".into(),
                message: "m".into(),
                traceback: "NoneType: None\n".into(),
                ..Draft::default()
            },
            &SourceRoots::default(),
        );
        assert_eq!(bare["exception"]["values"][0], json!({"type": "E", "value": "m"}));
        assert!(bare["extra"].is_null());
    }

    #[test]
    fn of_a_traceback_that_is_too_long_both_ends_are_read() {
        let frames = |n: usize| {
            (0..n).map(|i| format!("  File \"a.py\", line {i}, in f{i}\n    x\n")).collect::<String>()
        };
        for (count, message) in [(40_000, 10), (10, 400_000), (40_000, 400_000)] {
            let head = "Traceback (most recent call last):\n";
            let text = format!("{head}{}ValueError: {}\n", frames(count), "x".repeat(message));
            let made = draft(&Draft { traceback: text, ..Draft::default() }, &SourceRoots::default());
            let raised = &made["exception"]["values"][0];
            let last = raised["stacktrace"]["frames"].as_array().unwrap().last().unwrap();
            assert_eq!((&raised["type"], &last["lineno"]), (&json!("ValueError"), &json!(count - 1)));
        }
    }

    #[test]
    fn type_and_message_fill_in_what_a_traceback_lacks() {
        let traceback = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n".to_owned();
        let made = Draft { kind: "E".into(), message: "m".into(), traceback, ..Draft::default() };
        let made = draft(&made, &SourceRoots::default());
        let raised = &made["exception"]["values"][0];
        assert_eq!((&raised["type"], &raised["value"]), (&json!("E"), &json!("m")));
        assert_eq!(raised["stacktrace"]["frames"][0]["function"], "f");
    }
}
