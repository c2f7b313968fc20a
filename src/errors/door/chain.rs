//! Between an event's JSON and an exception chain, both ways: what SDKs send and what logs print become the same value.

use serde_json::{Map, Value, json};

use crate::grouping::{Exception, ExceptionChain, Frame, Mechanism, Platform, SourceRoots, frame_is_own};

/// Exceptions of one event that are looked at, and frames of each.
const MAX_EXCEPTIONS: usize = 64;
const MAX_FRAMES: usize = 512;

/// Reads the exceptions of an event, or the stack that it carries without one; none where it carries neither.
pub(super) fn from_event(event: &Value, roots: &SourceRoots) -> Option<ExceptionChain> {
    let values = exceptions(event);
    let platform = platform(event, values.first().copied());
    let mut exceptions: Vec<Exception> =
        values.iter().take(MAX_EXCEPTIONS).map(|value| exception(value, platform, roots)).collect();
    if exceptions.is_empty() {
        let stack = bare_stack(event)?;
        let frames = frames(stack, platform, roots);
        if frames.is_empty() {
            return None;
        }
        exceptions.push(Exception {
            kind: String::new(),
            message: String::new(),
            mechanism: Mechanism::Raised,
            parent: None,
            frames,
        });
    }
    link(&mut exceptions, &values);
    let truncated = values.len() > MAX_EXCEPTIONS;
    Some(ExceptionChain { platform, exceptions, truncated })
}

/// The exceptions as they came: a list, a list below `values`, or one alone.
pub(super) fn exceptions(event: &Value) -> Vec<&Value> {
    let list = match &event["exception"] {
        Value::Object(fields) if fields.contains_key("values") => &fields["values"],
        other => other,
    };
    match list {
        Value::Array(values) => values.iter().filter(|value| value.is_object()).collect(),
        Value::Object(_) => vec![list],
        _ => Vec::new(),
    }
}

/// The stack of an event without exception: its own, or that of the thread that crashed, is current, or is alone.
fn bare_stack(event: &Value) -> Option<&Value> {
    if event["stacktrace"].is_object() {
        return Some(&event["stacktrace"]);
    }
    let threads = match &event["threads"] {
        Value::Array(list) => list,
        other => other["values"].as_array()?,
    };
    let only = |flag: &str| {
        let mut found = threads.iter().filter(|thread| thread[flag] == true);
        found.next().filter(|_| found.next().is_none())
    };
    let alone = || threads.first().filter(|_| threads.len() == 1);
    let thread = only("crashed").or_else(|| only("current")).or_else(alone)?;
    Some(&thread["stacktrace"])
}

fn platform(event: &Value, first: Option<&Value>) -> Platform {
    let named = |value: &Value| Some(value.as_str()?.to_ascii_lowercase());
    let of_frame = || named(&first?["stacktrace"]["frames"][0]["platform"]);
    match named(&event["platform"]).or_else(of_frame).as_deref() {
        Some("javascript" | "node") => Platform::Node,
        Some("java" | "android" | "kotlin") => Platform::Java,
        Some("go") => Platform::Go,
        Some("rust" | "native" | "c" | "cocoa") => Platform::Rust,
        Some("csharp" | "dotnet") => Platform::DotNet,
        _ => Platform::Python,
    }
}

fn exception(value: &Value, platform: Platform, roots: &SourceRoots) -> Exception {
    Exception {
        kind: text(&value["type"]).to_owned(),
        message: text(&value["value"]).to_owned(),
        mechanism: Mechanism::Raised,
        parent: None,
        frames: frames(&value["stacktrace"], platform, roots),
    }
}

fn frames(stack: &Value, platform: Platform, roots: &SourceRoots) -> Vec<Frame> {
    let Some(list) = stack["frames"].as_array() else { return Vec::new() };
    list.iter()
        .filter(|f| f.is_object())
        .take(MAX_FRAMES)
        .map(|value| frame(value, platform, roots))
        .collect()
}

fn frame(value: &Value, platform: Platform, roots: &SourceRoots) -> Frame {
    let (file, absolute) = (text(&value["filename"]), text(&value["abs_path"]));
    // `<string>` is made absolute by SDKs, and is no file for all that.
    let path = if absolute.is_empty() || file.starts_with('<') { file } else { absolute };
    let path = path.trim_start_matches("app:///").trim_start_matches("file://").replace('\\', "/");
    let function = text(&value["function"]);
    let mut frame = Frame {
        module: text(&value["module"]).to_owned(),
        path,
        function: if platform == Platform::Python { last_name(function) } else { function }.to_owned(),
        line: value["lineno"].as_u64().and_then(|n| u32::try_from(n).ok()),
        source_line: value["context_line"].as_str().map(|line| line.trim().to_owned()),
        ..Frame::default()
    };
    let told = value["in_app"].as_bool().filter(|_| !frame.path.starts_with('<'));
    frame.in_app = told.unwrap_or_else(|| frame_is_own(platform, &frame, roots));
    if let Some(inside) = roots.relative(&frame.path) {
        frame.path = inside.to_owned();
    }
    frame
}

/// `Fleet.get` and `outer.<locals>.inner` are printed as `get` and `inner`.
fn last_name(function: &str) -> &str {
    function.rsplit('.').next().unwrap_or(function)
}

/// Fills in what led to what. SDKs number the members of a group; a plain chain is told by its order.
fn link(exceptions: &mut [Exception], values: &[&Value]) {
    let id = |index: usize| values.get(index)?["mechanism"]["exception_id"].as_u64();
    let last = exceptions.len() - 1;
    for (index, exception) in exceptions.iter_mut().enumerate().take(last) {
        let mechanism = values.get(index).map_or(&Value::Null, |value| &value["mechanism"]);
        let parent = mechanism["parent_id"].as_u64();
        let numbered = parent.and_then(|wanted| (index + 1..=last).find(|later| id(*later) == Some(wanted)));
        exception.parent = Some(numbered.unwrap_or(index + 1));
        exception.mechanism = match text(&mechanism["source"]) {
            source if source.starts_with("exceptions[") || source.starts_with("errors[") => Mechanism::Member,
            "__context__" => Mechanism::Context,
            _ => Mechanism::Cause,
        };
    }
}

/// Writes a printed chain as SDKs send exceptions.
pub(super) fn to_values(chain: &ExceptionChain) -> Value {
    let value = |(index, exception): (usize, &Exception)| {
        let frames: Vec<Value> = exception.frames.iter().map(frame_value).collect();
        let mut mechanism = json!({"type": "generic", "handled": true, "exception_id": index});
        if let Some(parent) = exception.parent {
            mechanism["parent_id"] = parent.into();
            mechanism["source"] = match exception.mechanism {
                Mechanism::Member => "exceptions[]".into(),
                Mechanism::Context => "__context__".into(),
                _ => "__cause__".into(),
            };
        }
        let mut value = json!({"type": exception.kind, "value": exception.message, "mechanism": mechanism});
        if !frames.is_empty() {
            value["stacktrace"] = json!({ "frames": frames });
        }
        value
    };
    json!({ "values": chain.exceptions.iter().enumerate().map(value).collect::<Vec<_>>() })
}

fn frame_value(frame: &Frame) -> Value {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("filename", frame.path.as_str().into());
    put("function", frame.function.as_str().into());
    put("in_app", frame.in_app.into());
    if !frame.module.is_empty() {
        put("module", frame.module.as_str().into());
    }
    if let Some(line) = frame.line {
        put("lineno", line.into());
    }
    if let Some(source) = &frame.source_line {
        put("context_line", source.as_str().into());
    }
    Value::Object(fields)
}

/// The word by which SDKs call a platform.
pub(super) fn platform_word(platform: Platform) -> &'static str {
    match platform {
        Platform::Python => "python",
        Platform::Java => "java",
        Platform::Go => "go",
        Platform::Rust => "rust",
        Platform::Node => "node",
        Platform::DotNet => "csharp",
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grouping::{Fingerprint, parse};

    #[test]
    fn an_event_and_the_printed_traceback_are_the_same_fault() {
        let printed = "Traceback (most recent call last):\n  File \"/srv/main.py\", line 3, in get\n    x = d[k]\nKeyError: 'a'\n\n\
            During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n\
            \x20 File \"/srv/main.py\", line 9, in route\n    raise HTTPError(1)\napp.HTTPError: 1\n";
        let frame = |function: &str, line: u32| {
            json!({"filename": "main.py", "abs_path": "/srv/main.py", "module": "main",
            "function": function, "lineno": line, "in_app": true})
        };
        let event = json!({"platform": "python", "exception": {"values": [
            {"type": "KeyError", "value": "'a'", "stacktrace": {"frames": [frame("Fleet.get", 3)]}},
            {"type": "HTTPError", "module": "app", "value": "1", "stacktrace": {"frames": [frame("Fleet.route", 9)]}},
        ]}});
        let roots = SourceRoots::new(["/srv"]);
        let printed = parse(printed.as_bytes(), &roots).remove(0);
        let sent = from_event(&event, &roots).unwrap();
        assert_eq!(Fingerprint::of(&sent), Fingerprint::of(&printed));
        let back = json!({"platform": "python", "exception": to_values(&printed)});
        assert_eq!(Fingerprint::of(&from_event(&back, &roots).unwrap()), Fingerprint::of(&printed));
    }

    #[test]
    fn odd_shapes_are_read_or_left_alone() {
        let roots = SourceRoots::default();
        for none in [
            json!({}),
            json!({"exception": 3}),
            json!({"exception": {"values": null}}),
            json!({"threads": 1}),
        ] {
            assert_eq!(from_event(&none, &roots), None, "{none}");
        }
        let alone = from_event(&json!({"exception": {"type": "E", "stacktrace": 1}}), &roots).unwrap();
        assert_eq!(alone.last().kind, "E");
        let cyclic = json!({"exception": [
            {"type": "A", "mechanism": {"exception_id": 0, "parent_id": 0}},
            {"type": "B", "mechanism": {"exception_id": 0, "parent_id": 0}}]});
        assert_eq!(from_event(&cyclic, &roots).unwrap().exceptions[0].parent, Some(1));
        let crashed = json!({"threads": {"values": [{"stacktrace": {"frames": [{"function": "a"}]}},
            {"crashed": true, "stacktrace": {"frames": [{"function": "b"}]}}]}});
        assert_eq!(from_event(&crashed, &roots).unwrap().last().frames[0].function, "b");
    }
}
