//! Events that no SDK has made: from a shell, a log, a record of the old module. They take the shape that SDKs send.

use serde_json::{Map, Value, json};

use super::chain::{platform_word, to_values};
use crate::grouping::{ExceptionChain, SourceRoots, parse};

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
    let chain = parse(draft.traceback.as_bytes(), roots).pop();
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
}
