//! Why an event is where it is: its fingerprint, and the trees that Sentry's rules make of it. Secrets stay out of both.

use serde_json::Value;

use super::door::Door;
use crate::grouping::sentry::{Component, Part, variants};
use crate::report::{GroupingReport, GroupingVariant};

const MAX_LINES: usize = 2000;

/// Explains an event.
pub fn explain(event: &Value, door: &Door) -> GroupingReport {
    let (identity, _) = door.identify(event);
    let variants = variants(event).into_iter().map(|variant| {
        let mut tree = Vec::new();
        if let Some(component) = &variant.component {
            lines(component, 0, door, &mut tree);
        }
        (variant.name, GroupingVariant { hash: variant.hash, contributes: variant.contributes, tree })
    });
    GroupingReport {
        fingerprint: identity.fingerprint.to_string(),
        broad: identity.broad.map(|key| key.to_string()),
        stands_on: identity.stands_on.to_owned(),
        variants: variants.collect(),
    }
}

fn lines(component: &Component, depth: usize, door: &Door, out: &mut Vec<String>) {
    if out.len() >= MAX_LINES {
        return;
    }
    let mark = if component.contributes { "*" } else { "" };
    let hint = component.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
    let indent = "  ".repeat(depth);
    out.push(format!("{indent}{}{mark}{hint}", component.name));
    for part in &component.parts {
        match part {
            Part::Text(text) => out.push(format!("{indent}  {}", Value::from(door.scrubber.text(text)))),
            Part::Component(component) => lines(component, depth + 1, door, out),
        }
    }
}
