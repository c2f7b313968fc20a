//! Which issue an event belongs to.
//!
//! An event has one exact key and perhaps a broad one. The exact key of an exception is the chain's fingerprint with the
//! source line that each exception was raised at, so that twenty faults of one function are twenty issues; the broad key
//! is the fingerprint alone, for sources that know no source lines. A message's exact key is its template, its broad key
//! the text with its variable parts masked. A broad key finds an issue; it never joins two that differ exactly.
//! What the application chose as `fingerprint` is the exact key, and there is no broad one.

use std::borrow::Cow;

use serde_json::Value;

use super::chain::{exceptions, text};
use crate::grouping::{Basis, Exception, ExceptionChain, Fingerprint, Frame, parameterize};

/// What finds an event's issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub fingerprint: Fingerprint,
    /// Finds the issue where the fingerprint is not known.
    pub broad: Option<Fingerprint>,
    /// What it stands on.
    pub stands_on: &'static str,
}

/// Tells an event's issue from its unscrubbed content; only hashes of it are kept.
pub(super) fn identify(event: &Value, chain: Option<&ExceptionChain>) -> Identity {
    let found = match chain {
        Some(chain) => of_chain(chain, event),
        None => of_message(event),
    };
    match custom_parts(event, &found) {
        Some(parts) => Identity {
            fingerprint: Fingerprint::of_parts(parts.iter().map(String::as_str)),
            broad: None,
            stands_on: "custom fingerprint",
        },
        None => found,
    }
}

fn of_chain(chain: &ExceptionChain, event: &Value) -> Identity {
    let chain = without_places(chain);
    let (broad, basis) = Fingerprint::of(&chain);
    if basis == Basis::Message && chain.last().kind.is_empty() {
        return of_message(event);
    }
    let own = |app: bool| {
        let last = move |e: &'_ Exception| {
            e.frames.iter().rev().find(|f| f.in_app || !app).and_then(|f| f.source_line.clone())
        };
        chain.exceptions.iter().filter_map(last).collect::<Vec<String>>()
    };
    let lines: Vec<String> = match basis {
        Basis::App => own(true),
        Basis::System => own(false),
        Basis::Message => Vec::new(),
    };
    let stands_on = match basis {
        Basis::App => "types and own frames",
        Basis::System => "types and all frames",
        Basis::Message => "type and message",
    };
    if lines.is_empty() {
        return Identity { fingerprint: broad, broad: None, stands_on };
    }
    let base = broad.to_string();
    let mut lines: Vec<String> =
        lines.iter().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    // SDKs and Python tell the members of a group in different orders.
    lines.sort_unstable();
    let parts = std::iter::once(base.as_str()).chain(lines.iter().map(String::as_str));
    Identity { fingerprint: Fingerprint::of_parts(parts), broad: Some(broad), stands_on }
}

/// The place of a syntax error is printed like a frame, but no SDK sends it as one.
fn without_places(chain: &ExceptionChain) -> Cow<'_, ExceptionChain> {
    let is_place = |frame: &Frame| frame.function.is_empty();
    if !chain.exceptions.iter().any(|exception| exception.frames.iter().any(is_place)) {
        return Cow::Borrowed(chain);
    }
    let mut chain = chain.clone();
    for exception in &mut chain.exceptions {
        if !exception.frames.iter().all(is_place) {
            exception.frames.retain(|frame| !is_place(frame));
        }
    }
    Cow::Owned(chain)
}

fn of_message(event: &Value) -> Identity {
    let (template, formatted) = message(event);
    let of = |text: &str| Fingerprint::of_parts(["message", parameterize(text).as_str()]);
    let broad = of(formatted);
    if template.is_empty() || template == formatted {
        return Identity { fingerprint: broad, broad: None, stands_on: "message" };
    }
    let exact = Fingerprint::of_parts(["template", template]);
    Identity { fingerprint: exact, broad: Some(broad), stands_on: "message template" }
}

/// The template of an event's message, and the text that was made of it; either may be empty.
pub(super) fn message(event: &Value) -> (&str, &str) {
    let entry = ["logentry", "sentry.interfaces.Message", "message"].iter().find_map(|key| {
        let value = &event[*key];
        (value.is_object() || value.is_string()).then_some(value)
    });
    match entry {
        Some(Value::String(plain)) => ("", plain),
        Some(entry) => {
            let (template, formatted) = (text(&entry["message"]), text(&entry["formatted"]));
            if formatted.is_empty() { ("", template) } else { (template, formatted) }
        }
        None => ("", ""),
    }
}

/// The parts of a fingerprint that the application chose; none where it left the choice to us.
fn custom_parts(event: &Value, found: &Identity) -> Option<Vec<String>> {
    let parts = event["fingerprint"].as_array()?;
    let is_default = |part: &Value| matches!(variable(text(part)), Some("default"));
    if parts.is_empty() || parts.iter().all(is_default) {
        return None;
    }
    let resolved = parts.iter().map(|part| match part {
        Value::String(part) => {
            variable(part).map_or_else(|| part.clone(), |name| resolve(event, name, found))
        }
        other => other.to_string(),
    });
    Some(std::iter::once("custom".to_owned()).chain(resolved).collect())
}

/// The name in `{{ name }}`.
fn variable(part: &str) -> Option<&str> {
    part.trim().strip_prefix("{{")?.strip_suffix("}}").map(str::trim)
}

fn resolve(event: &Value, name: &str, found: &Identity) -> String {
    let last = || exceptions(event).last().copied().cloned().unwrap_or_default();
    let frame =
        || last()["stacktrace"]["frames"].as_array().and_then(|f| f.last().cloned()).unwrap_or_default();
    let value = match name {
        "default" => return found.fingerprint.to_string(),
        "type" | "error.type" => last()["type"].clone(),
        "value" | "error.value" => last()["value"].clone(),
        "function" | "stack.function" => frame()["function"].clone(),
        "module" | "stack.module" => frame()["module"].clone(),
        "message" => return message(event).1.to_owned(),
        name => match name.strip_prefix("tags.") {
            Some(tag) => super::tags::tag(event, tag).unwrap_or_default().into(),
            None => event[name].clone(),
        },
    };
    text(&value).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::errors::door::chain::from_event;
    use crate::grouping::SourceRoots;

    fn identity(event: &Value) -> Identity {
        identify(event, from_event(event, &SourceRoots::default()).as_ref())
    }

    fn raised(line: Option<&str>, function: &str) -> Value {
        json!({"platform": "python", "exception": {"values": [{"type": "ValueError", "value": "x", "stacktrace": {"frames": [
            {"abs_path": "/srv/a.py", "function": function, "context_line": line}]}}]}})
    }

    #[test]
    fn faults_of_one_function_are_told_apart_by_their_source_line() {
        let (a, b) = (
            identity(&raised(Some("raise ValueError(1)"), "f")),
            identity(&raised(Some(" raise  ValueError(2)"), "f")),
        );
        assert_ne!(a.fingerprint, b.fingerprint);
        assert_eq!(a.broad, b.broad);
        assert_eq!(identity(&raised(None, "f")).fingerprint, a.broad.unwrap());
        assert_eq!(a, identity(&raised(Some("  raise ValueError(1) "), "f")));
    }

    #[test]
    fn a_template_and_its_text_share_the_broad_key() {
        let sent =
            identity(&json!({"logentry": {"message": "order %s failed", "formatted": "order 17 failed"}}));
        let logged = identity(&json!({"logentry": {"message": "order 18 failed"}}));
        assert_eq!(sent.broad, Some(logged.fingerprint));
    }

    #[test]
    fn an_application_may_choose() {
        let with = |parts: Value| {
            let mut event = raised(None, "f");
            event["fingerprint"] = parts;
            identity(&event).fingerprint
        };
        assert_eq!(with(json!(["{{ default }}"])), identity(&raised(None, "f")).fingerprint);
        assert_eq!(with(json!(["db", "{{ type }}"])), with(json!(["db", "ValueError"])));
        assert_ne!(with(json!(["db"])), with(json!(["db", "{{ default }}"])));
    }
}
