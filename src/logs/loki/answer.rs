//! What Loki answers: lines of streams, or a refusal in its own words.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::text::{redact, sanitize};

/// Labels that change within one program's output, so that its records would fall apart.
const VOLATILE: [&str; 8] =
    ["level", "detected_level", "severity", "stream", "trace_id", "span_id", "traceID", "spanID"];
/// Characters of Loki's own words that are told.
const MAX_WORDS: usize = 300;

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    /// There was more than anybody wants to hold.
    pub is_cut: bool,
}

/// Why there are no lines, or no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LokiFault {
    /// 401 or 403.
    #[error(
        "Loki wants another login ({status}): {words}; [logs.loki] of the config holds token, or username and password, and tenant"
    )]
    Login { status: u16, words: String },
    /// Loki's parser, or one of its limits.
    #[error("Loki refuses the query: {0}")]
    Refused(String),
    #[error("Loki is busy ({status}): {words}; try again later, or ask for less time")]
    Busy { status: u16, words: String },
    #[error("nothing of Loki is there (404): {0}; the URL is that of Loki itself, such as http://loki:3100")]
    NotThere(String),
    #[error("a page of HTML came instead of JSON ({status}): a proxy or a login page stands before Loki")]
    Html { status: u16 },
    #[error("what came is no answer of Loki: {0}")]
    Malformed(String),
    #[error("the query counts ({0}) and gives no lines; ask for lines, such as {{app=\"api\"}} |= \"error\"")]
    Counts(String),
    /// There is no answer at all.
    #[error("{0}")]
    Unreachable(String),
    #[error("Loki failed ({status}): {words}")]
    Failed { status: u16, words: String },
}

impl LokiFault {
    /// What an answer is that is none, by its status.
    pub fn of_status(reply: &Reply) -> Option<Self> {
        let status = reply.status;
        let words = || words(&reply.body);
        Some(match status {
            200 if !is_html(&reply.body) => return None,
            401 | 403 => Self::Login { status, words: words() },
            _ if is_html(&reply.body) => Self::Html { status },
            400 | 422 => Self::Refused(words()),
            404 => Self::NotThere(words()),
            429 | 503 => Self::Busy { status, words: words() },
            _ => Self::Failed { status, words: words() },
        })
    }

    /// Whether the same may be answered a little later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Failed { status: 500 | 502 | 504, .. })
    }

    /// Whether fewer lines at once are what Loki asks for.
    pub(super) fn is_of_limit(&self) -> bool {
        matches!(self, Self::Refused(words) if words.contains("max entries limit"))
    }
}

/// One line of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Which program's, by its labels.
    pub(super) program: String,
    /// Nanoseconds since 1970.
    pub(super) at: i64,
    pub(super) text: String,
}

/// Understands an answer; its lines come in the order of their times.
pub(super) fn read(reply: &Reply) -> Result<Vec<Line>, LokiFault> {
    if let Some(fault) = LokiFault::of_status(reply) {
        return Err(fault);
    }
    let malformed = |error: serde_json::Error| LokiFault::Malformed(error.to_string());
    // What counts has other values: the kind is looked at before they are.
    let kind: Answer<Kind> = serde_json::from_slice(&reply.body).map_err(malformed)?;
    if kind.data.result_type != "streams" {
        return Err(LokiFault::Counts(sanitize::line(&kind.data.result_type).into_owned()));
    }
    let streams: Answer<Streams> = serde_json::from_slice(&reply.body).map_err(malformed)?;
    let mut lines = Vec::new();
    for Stream { stream, values } in streams.data.result {
        let program = program(&stream);
        for Value { at, text } in values {
            let at = at.parse().map_err(|_| LokiFault::Malformed(format!("{at:?} is no time")))?;
            lines.push(Line { program: program.clone(), at, text });
        }
    }
    // Stable: what bears the same time stays as it came.
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

#[derive(Deserialize)]
struct Answer<D> {
    data: D,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "resultType")]
    result_type: String,
}

#[derive(Deserialize)]
struct Streams {
    result: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    stream: BTreeMap<String, String>,
    values: Vec<Value>,
}

/// `["nanoseconds", "line"]`, with the line's own labels behind where they were asked for.
struct Value {
    at: String,
    text: String,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time and a line")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let missing = |at| serde::de::Error::invalid_length(at, &"a time and a line");
                let at = seq.next_element()?.ok_or_else(|| missing(0))?;
                let text = seq.next_element()?.ok_or_else(|| missing(1))?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value { at, text })
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

/// The labels that tell a program, as LogQL writes them.
fn program(labels: &BTreeMap<String, String>) -> String {
    let told = labels.iter().filter(|(name, _)| !VOLATILE.contains(&name.as_str()));
    let told: Vec<String> = told.map(|(name, value)| format!("{name}={value:?}")).collect();
    sanitize::line(&format!("{{{}}}", told.join(", "))).into_owned()
}

fn is_html(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Loki's own words: plain text, or the message of a JSON error.
fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let message =
        json.as_ref().and_then(|json| ["message", "error"].iter().find_map(|key| json[key].as_str()));
    let text = message.unwrap_or(&text).trim();
    let text: String =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_WORDS).collect();
    let text = redact::secrets(&sanitize::line(&text)).into_owned();
    if text.is_empty() || text.starts_with('<') { "without a word".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, body: body.as_bytes().to_vec(), is_cut: false }
    }

    #[test]
    fn lines_of_one_program_are_put_in_order_whatever_their_volatile_labels() {
        let body = r#"{"status":"success","data":{"resultType":"streams","stats":{},"result":[
            {"stream":{"app":"api","detected_level":"error"},"values":[["3","c"],["5","e",{"structuredMetadata":{"x":"y"}}]]},
            {"stream":{"app":"api","detected_level":"info"},"values":[["1","a"],["4","d"]]},
            {"stream":{"app":"sync \"2\""},"values":[["2","b"]]}]}}"#;
        let lines = read(&reply(200, body)).unwrap();
        let told: Vec<_> = lines.iter().map(|l| (l.at, l.text.as_str(), l.program.as_str())).collect();
        let (api, sync) = (r#"{app="api"}"#, r#"{app="sync \"2\""}"#);
        assert_eq!(told, [(1, "a", api), (2, "b", sync), (3, "c", api), (4, "d", api), (5, "e", api)]);
    }

    #[test]
    fn refusals_are_told_in_lokis_own_words() {
        let told = |status, body: &str| read(&reply(status, body)).unwrap_err().to_string();
        let syntax = "parse error at line 1, col 6: syntax error: unexpected }, expecting STRING";
        assert_eq!(told(400, syntax), format!("Loki refuses the query: {syntax}"));
        let json = r#"{"status":"error","errorType":"bad_data","error":"unknown function"}"#;
        assert_eq!(told(400, json), "Loki refuses the query: unknown function");
        assert!(told(401, "no org id\n").contains("(401): no org id; [logs.loki]"));
        assert!(
            told(429, "too many outstanding requests").contains("busy (429): too many outstanding requests")
        );
        assert!(told(200, "<!DOCTYPE html><title>Sign in").contains("HTML"));
        assert!(told(502, "<html>bad gateway").contains("HTML"));
        assert!(told(404, "404 page not found").contains("http://loki:3100"));
        assert!(told(200, "{}").contains("no answer of Loki"));
        let counted = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}"#;
        assert!(told(200, counted).contains("counts (matrix)"));
    }

    #[test]
    fn what_would_command_a_terminal_does_not() {
        assert!(!read(&reply(400, "\u{1b}]0;x\u{7}")).unwrap_err().to_string().contains('\u{1b}'));
    }
}
