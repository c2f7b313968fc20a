//! What is looked at, in the order of precedence: exceptions, threads, a bare stack, a template, a message.

use serde_json::Value;

use super::component::Component;
use super::enhance::Rules;
use super::frame::{Family, Fields, family, frame};
use super::message::trimmed;

const MAX_FRAMES: usize = 1000;
const MAX_EXCEPTIONS: usize = 200;

/// Components by their variant, in the order in which they were made.
pub(super) type ByVariant = Vec<(&'static str, Component)>;

const SYSTEM: &str = "system";
const APP: &str = "app";

/// What all strategies look at.
pub(super) struct Cx<'e> {
    pub(super) event: &'e Value,
    pub(super) platform: &'e str,
    pub(super) rules: Rules,
}

/// A strategy: none where the event has nothing for it.
pub(super) type Strategy = fn(&Cx<'_>) -> Option<ByVariant>;

pub(super) const ORDER: [Strategy; 5] = [exceptions, threads, bare_stack, template, message];

fn list(value: &Value) -> Vec<&Value> {
    let values = match value {
        Value::Object(fields) if fields.contains_key("values") => &value["values"],
        other => other,
    };
    match values {
        Value::Array(items) => items.iter().filter(|item| item.is_object()).take(MAX_EXCEPTIONS).collect(),
        Value::Object(_) => vec![values],
        _ => Vec::new(),
    }
}

fn interface<'e>(event: &'e Value, names: [&str; 2]) -> &'e Value {
    let first = &event[names[0]];
    if first.is_null() { &event[names[1]] } else { first }
}

fn exceptions(cx: &Cx<'_>) -> Option<ByVariant> {
    let values = list(interface(cx.event, ["exception", "sentry.interfaces.Exception"]));
    let mut variants = match values.as_slice() {
        [] => return None,
        [only] => exception(only, cx),
        many => chained(many, cx),
    };
    only_with_stacks(&mut variants);
    Some(variants)
}

fn chained(values: &[&Value], cx: &Cx<'_>) -> ByVariant {
    let mut by_name: Vec<(&'static str, Vec<Component>)> = Vec::new();
    for value in values {
        for (name, component) in exception(value, cx) {
            match by_name.iter_mut().find(|(known, _)| *known == name) {
                Some((_, list)) => list.push(component),
                None => by_name.push((name, vec![component])),
            }
        }
    }
    by_name.into_iter().map(|(name, list)| (name, Component::of("chained-exception", list))).collect()
}

fn exception(value: &Value, cx: &Cx<'_>) -> ByVariant {
    let mechanism = &value["mechanism"];
    let mut kind = Component::text("type", value["type"].as_str().filter(|t| !t.is_empty()));
    if mechanism["synthetic"] == true {
        kind.silence("ignored because exception is synthetic");
    }
    let ns_error = ns_error(&mechanism["meta"]["ns_error"]);
    let stacks = match &value["stacktrace"] {
        Value::Object(_) => stack(&value["stacktrace"], value, cx),
        _ => vec![(APP, Component::of("stacktrace", Vec::new()))],
    };
    let with = |(name, stack): (&'static str, Component)| {
        let text = value["value"].as_str().map(trimmed).filter(|text| !text.is_empty());
        let mut message = Component::text("value", text.as_deref());
        if stack.contributes && message.contributes {
            message.silence("ignored because stacktrace takes precedence");
        }
        if ns_error.is_some() && message.contributes {
            message.silence("ignored because ns-error info takes precedence");
        }
        let mut parts = vec![stack, kind.clone()];
        parts.extend(ns_error.clone());
        parts.push(message);
        (name, Component::of("exception", parts))
    };
    stacks.into_iter().map(with).collect()
}

fn ns_error(value: &Value) -> Option<Component> {
    let (domain, code) = (value["domain"].as_str()?, &value["code"]);
    let code = code.as_i64().map_or_else(|| code.as_str().unwrap_or("").to_owned(), |n| n.to_string());
    Some(Component::of(
        "ns-error",
        vec![Component::text("domain", Some(domain)), Component::text("code", Some(&code))],
    ))
}

/// Where one variant has a stack that counts, those without one do not count.
fn only_with_stacks(variants: &mut ByVariant) {
    let with: Vec<&str> =
        variants.iter().filter(|(_, c)| c.has_contributing("stacktrace")).map(|(name, _)| *name).collect();
    if with.is_empty() {
        return;
    }
    let hint = format!(
        "ignored because this variant does not have a contributing stacktrace, but the {} variant does",
        with.join(" and ")
    );
    for (_, component) in variants.iter_mut().filter(|(name, _)| !with.contains(name)) {
        component.silence(hint.clone());
    }
}

/// The stack as all frames tell it and as the own ones do.
fn stack(stack: &Value, exception: &Value, cx: &Cx<'_>) -> ByVariant {
    let none = Vec::new();
    let values = stack["frames"].as_array().unwrap_or(&none);
    let frames: Vec<Fields<'_>> = values
        .iter()
        .filter(|value| value.is_object())
        .take(MAX_FRAMES)
        .map(|value| Fields { value, platform: value["platform"].as_str().unwrap_or(cx.platform) })
        .collect();
    let own = cx.rules.in_app(&frames, exception);
    [SYSTEM, APP].into_iter().map(|name| (name, variant(name, &frames, &own, exception, cx))).collect()
}

fn variant(name: &str, frames: &[Fields<'_>], own: &[bool], exception: &Value, cx: &Cx<'_>) -> Component {
    let mut parts: Vec<Component> = Vec::with_capacity(frames.len());
    for (at, fields) in frames.iter().enumerate() {
        let previous = at.checked_sub(1).map(|before| frames[before].value);
        let mut part = frame(*fields, previous);
        if name == APP && !own[at] {
            part.silence("non app frame");
        }
        parts.push(part);
    }
    if let ([only], [part]) = (frames, parts.as_mut_slice())
        && part.contributes
        && family(only.platform) == Family::Script
        && only.text("function").is_none()
        && only.is_url()
    {
        part.silence("ignored single non-URL JavaScript frame");
    }
    let out = cx.rules.apply(&mut parts, frames, own, exception);
    let mut component = Component::of("stacktrace", parts);
    if let Some(hint) = out {
        component.silence(hint);
    }
    component
}

fn threads(cx: &Cx<'_>) -> Option<ByVariant> {
    let all = list(&cx.event["threads"]);
    if all.is_empty() {
        return None;
    }
    let flagged = |key: &str| all.iter().copied().filter(|t| t[key] == true).collect::<Vec<_>>();
    let silent = |hint: String| {
        let mut component = Component::of("threads", Vec::new());
        component.silence(hint);
        Some(vec![(APP, component)])
    };
    let thread = match (flagged("crashed").as_slice(), flagged("current").as_slice(), all.as_slice()) {
        ([one], _, _) | (_, [one], _) | (_, _, [one]) => *one,
        _ => {
            return silent(format!(
                "ignored because does not contain exactly one crashing, one current or just one thread, instead contains {} threads",
                all.len()
            ));
        }
    };
    if !thread["stacktrace"].is_object() {
        return silent("thread has no stacktrace".to_owned());
    }
    let wrap = |(name, stack)| (name, Component::of("threads", vec![stack]));
    Some(stack(&thread["stacktrace"], &Value::Null, cx).into_iter().map(wrap).collect())
}

fn bare_stack(cx: &Cx<'_>) -> Option<ByVariant> {
    let value = interface(cx.event, ["stacktrace", "sentry.interfaces.Stacktrace"]);
    value.is_object().then(|| stack(value, &Value::Null, cx))
}

fn template(cx: &Cx<'_>) -> Option<ByVariant> {
    let value = interface(cx.event, ["template", "sentry.interfaces.Template"]);
    let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty());
    value.is_object().then(|| {
        let parts = vec![
            Component::text("filename", text("filename").or_else(|| text("abs_path"))),
            Component::text("context-line", text("context_line")),
        ];
        vec![("default", Component::of("template", parts))]
    })
}

fn message(cx: &Cx<'_>) -> Option<ByVariant> {
    let entry = interface(cx.event, ["logentry", "sentry.interfaces.Message"]);
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let inside = |entry: &Value| text(&entry["message"]).or_else(|| text(&entry["formatted"]));
    let found = text(entry).or_else(|| inside(entry));
    let plain = &cx.event["message"];
    let text = found.or_else(|| text(plain)).or_else(|| inside(plain))?;
    let masked = trimmed(&text);
    let mut component = Component::text("message", Some(masked.as_str()).filter(|masked| !masked.is_empty()));
    if masked != text {
        component.hint = Some("stripped common values".to_owned());
    }
    Some(vec![("default", component)])
}
