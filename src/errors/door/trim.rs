//! Makes an oversized event smaller, the least missed first: it is stored trimmed rather than refused.

use serde_json::Value;

use super::chain::text;

/// Bytes of an event's JSON that are kept.
pub(super) const MAX_EVENT: usize = 1 << 20;
/// Frames of one stack, and breadcrumbs, that are kept.
const MAX_FRAMES: usize = 100;
const MAX_BREADCRUMBS: usize = 100;
const MAX_EXCEPTIONS: usize = 64;

/// Bounds what is long by its number: frames lose their middle, breadcrumbs their oldest. Returns how many went.
pub(super) fn lists(event: &mut Value) -> u64 {
    let mut gone = 0;
    let crumbs = match &mut event["breadcrumbs"] {
        Value::Array(list) => Some(list),
        Value::Object(fields) => fields.get_mut("values").and_then(Value::as_array_mut),
        _ => None,
    };
    if let Some(crumbs) = crumbs.filter(|list| list.len() > MAX_BREADCRUMBS) {
        let beyond = crumbs.len() - MAX_BREADCRUMBS;
        crumbs.drain(..beyond);
        gone += beyond as u64;
    }
    if event["breadcrumbs"].is_null() {
        event.as_object_mut().map(|fields| fields.remove("breadcrumbs"));
    }
    each_stack(event, &mut |frames| {
        if frames.len() > MAX_FRAMES {
            let beyond = frames.len() - MAX_FRAMES;
            frames.drain(MAX_FRAMES / 2..MAX_FRAMES / 2 + beyond);
            gone += beyond as u64;
        }
    });
    gone
}

/// Bytes of the JSON, trimmed step by step until they fit; the flag says whether anything had to go.
pub(super) fn bytes(event: &mut Value) -> (Vec<u8>, bool) {
    let mut json = event.to_string().into_bytes();
    let steps: [fn(&mut Value); 5] = [foreign_frames, side_data, all_variables, texts, only_essentials];
    let trimmed = json.len() > MAX_EVENT;
    for step in steps {
        if json.len() <= MAX_EVENT {
            break;
        }
        step(event);
        json = event.to_string().into_bytes();
    }
    (json, trimmed)
}

fn each_stack(event: &mut Value, change: &mut dyn FnMut(&mut Vec<Value>)) {
    let Some(fields) = event.as_object_mut() else { return };
    for key in ["exception", "threads"] {
        let list = match fields.get_mut(key) {
            Some(Value::Array(list)) => list,
            Some(Value::Object(inner)) => match inner.get_mut("values") {
                Some(Value::Array(list)) => list,
                _ => continue,
            },
            _ => continue,
        };
        if list.len() > MAX_EXCEPTIONS {
            list.drain(..list.len() - MAX_EXCEPTIONS);
        }
        for value in list {
            let frames = value.get_mut("stacktrace").and_then(|s| s.get_mut("frames"));
            frames.and_then(Value::as_array_mut).into_iter().for_each(&mut *change);
        }
    }
    let frames = fields.get_mut("stacktrace").and_then(|s| s.get_mut("frames"));
    frames.and_then(Value::as_array_mut).into_iter().for_each(&mut *change);
}

fn each_frame(event: &mut Value, change: fn(&mut serde_json::Map<String, Value>)) {
    each_stack(event, &mut |frames| frames.iter_mut().filter_map(Value::as_object_mut).for_each(change));
}

fn foreign_frames(event: &mut Value) {
    each_frame(event, |frame| {
        if frame.get("in_app") != Some(&Value::Bool(true)) {
            ["vars", "pre_context", "post_context"].iter().for_each(|key| {
                frame.remove(*key);
            });
        }
    });
}

fn side_data(event: &mut Value) {
    if let Some(fields) = event.as_object_mut() {
        ["breadcrumbs", "modules", "threads", "debug_meta"].iter().for_each(|key| {
            fields.remove(*key);
        });
    }
}

fn all_variables(event: &mut Value) {
    each_frame(event, |frame| {
        ["vars", "pre_context", "post_context"].iter().for_each(|key| {
            frame.remove(*key);
        });
    });
    if let Some(fields) = event.as_object_mut() {
        fields.remove("extra");
        fields.remove("contexts");
    }
}

/// What is left is a few hundred frames and texts: each text keeps its beginning.
fn texts(event: &mut Value) {
    match event {
        Value::String(text) if text.len() > 512 => text.truncate(text.floor_char_boundary(512)),
        Value::Array(items) => items.iter_mut().for_each(texts),
        Value::Object(fields) => fields.values_mut().for_each(texts),
        _ => {}
    }
}

fn only_essentials(event: &mut Value) {
    const KEPT: [&str; 8] = [
        "event_id",
        "timestamp",
        "level",
        "platform",
        "transaction",
        "release",
        "environment",
        "server_name",
    ];
    let (kind, message) = super::tags::title(event);
    let cut = |text: &str| text[..text.floor_char_boundary(512)].to_owned();
    let mut left = serde_json::Map::new();
    for key in KEPT {
        let value = text(&event[key]);
        if !value.is_empty() {
            left.insert(key.to_owned(), cut(value).into());
        }
    }
    left.insert(
        "exception".into(),
        serde_json::json!({"values": [{"type": cut(&kind), "value": cut(&message)}]}),
    );
    *event = Value::Object(left);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_large_event_keeps_its_own_frames_longest() {
        let frame = |own: bool| json!({"function": "f", "in_app": own, "vars": {"a": "x".repeat(900)}, "pre_context": ["y".repeat(900)]});
        let frames: Vec<Value> = (0..1000).map(|i| frame(i % 2 == 0)).collect();
        let mut event = json!({"exception": {"values": [{"type": "E", "stacktrace": {"frames": frames}}]}});
        let (json, trimmed) = bytes(&mut event);
        assert!(trimmed && json.len() <= MAX_EVENT);
        let frames = &event["exception"]["values"][0]["stacktrace"]["frames"];
        assert!(frames[0]["vars"].is_object() && frames[1]["vars"].is_null());
        assert_eq!(lists(&mut event), 900);
    }

    #[test]
    fn whatever_is_left_fits() {
        let mut event = json!({"level": "error", "odd": vec!["z".repeat(400); 10_000]});
        assert!(bytes(&mut event).0.len() < 1000);
        assert_eq!(event["level"], "error");
    }
}
