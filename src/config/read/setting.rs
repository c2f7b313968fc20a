//! How values of the plain types are read, shown and described.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::{Node, Reader, Schema};
use crate::text::human;
use crate::text::suggest::did_you_mean;

/// Far from where adding to a point in time overflows.
const MAX_DURATION: Duration = Duration::from_secs(100 * 366 * 86_400);

/// A type that a value of the file can be read as.
pub(in crate::config) trait Setting: Sized {
    /// Its keys are shown one by one, rather than the whole.
    const IS_SECTION: bool = false;

    /// Reads a value; `None` after a problem was reported.
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self>;

    /// What holds when the key is absent and has no default; `None` when the key must be there.
    fn absent() -> Option<Self> {
        None
    }

    /// The value in TOML, without secrets; `None` when there is nothing to show.
    fn show(&self) -> Option<String>;

    /// What the JSON Schema says of it.
    fn schema(schema: &mut Schema) -> Value;
}

/// A string in TOML.
pub(in crate::config) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Reads one of a closed list of words.
pub(in crate::config) fn read_word<T: Copy>(
    node: &Node<'_>,
    cx: &mut Reader<'_>,
    words: &[(&str, T)],
) -> Option<T> {
    let text = cx.text(node, "a word in quotes")?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let near = did_you_mean(&text, words.iter().map(|(word, _)| *word));
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        cx.wrong(node, format_args!("{text:?} is not one of {}{near}", list.join(", ")));
    }
    found.map(|(_, value)| *value)
}

/// Reads a whole number, also one that a variable in a string stands for.
pub(in crate::config) fn read_integer(
    node: &Node<'_>,
    cx: &mut Reader<'_>,
    range: std::ops::RangeInclusive<u64>,
    expected: &str,
) -> Option<u64> {
    let number = match node.value() {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) if text.contains("${") => cx.text(node, expected)?.trim().parse().ok(),
        _ => {
            cx.mismatch(node, expected);
            return None;
        }
    };
    let fits = number.filter(|n| range.contains(n));
    if fits.is_none() {
        cx.mismatch(node, expected);
    }
    fits
}

/// Reads a number with or without a fraction; infinities and "not a number" are none.
pub(in crate::config) fn read_number(node: &Node<'_>, cx: &mut Reader<'_>, expected: &str) -> Option<f64> {
    let number = match node.value() {
        DeValue::Integer(number) => number.as_str().parse::<f64>().ok().filter(|_| number.radix() == 10),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        DeValue::String(text) if text.contains("${") => cx.text(node, expected)?.trim().parse().ok(),
        _ => None,
    };
    let fits = number.filter(|n| n.is_finite() && *n >= 0.0);
    if fits.is_none() {
        cx.mismatch(node, expected);
    }
    fits
}

/// What stands for a number in a string.
fn variable(schema: &mut Schema) -> Value {
    schema.define("variable", |_| json!({ "type": "string", "pattern": "\\$\\{", "description": "${VAR}" }))
}

/// The schema of a whole number.
pub(in crate::config) fn integer_schema(schema: &mut Schema, min: u64, max: u64) -> Value {
    json!({ "anyOf": [{ "type": "integer", "minimum": min, "maximum": max }, variable(schema)] })
}

/// The schema of a number that is not negative.
pub(in crate::config) fn number_schema(schema: &mut Schema) -> Value {
    json!({ "anyOf": [{ "type": "number", "minimum": 0 }, variable(schema)] })
}

impl Setting for String {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = cx.text(node, "a string")?;
        if text.is_empty() {
            cx.wrong(node, "is empty; leave the key out if nothing is meant");
            return None;
        }
        Some(text)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl Setting for bool {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        const EXPECTED: &str = "true or false without quotes";
        match node.value() {
            DeValue::Boolean(flag) => return Some(*flag),
            DeValue::String(text) if text.contains("${") => match cx.text(node, EXPECTED)?.trim() {
                "true" => return Some(true),
                "false" => return Some(false),
                _ => {}
            },
            _ => {}
        }
        cx.mismatch(node, EXPECTED);
        None
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "anyOf": [{ "type": "boolean" }, variable(schema)] })
    }
}

impl Setting for u32 {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let number = read_integer(node, cx, 0..=u64::from(Self::MAX), "a whole number, 0 or more")?;
        Self::try_from(number).ok()
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn schema(schema: &mut Schema) -> Value {
        integer_schema(schema, 0, u64::from(Self::MAX))
    }
}

impl Setting for NonZeroU32 {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let number = read_integer(node, cx, 1..=u64::from(u32::MAX), "a whole number, 1 or more")?;
        u32::try_from(number).ok().and_then(Self::new)
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn schema(schema: &mut Schema) -> Value {
        integer_schema(schema, 1, u64::from(u32::MAX))
    }
}

impl Setting for Duration {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        if let DeValue::Integer(number) = node.value() {
            cx.wrong(
                node,
                format_args!("{number} has no unit; write \"{number}s\", \"{number}m\" or \"{number}h\""),
            );
            return None;
        }
        let text = cx.text(node, "a duration such as \"30s\"")?;
        let duration = human::parse_duration(&text).map_err(|error| cx.wrong(node, error)).ok()?;
        if duration > MAX_DURATION {
            cx.wrong(node, format_args!("{text:?} is more than a hundred years"));
            return None;
        }
        Some(duration)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&human::duration_exact(*self)))
    }

    fn schema(schema: &mut Schema) -> Value {
        let description = "A number with ms, s, m, h, d or w, or several of them: 30s, 1h30m, 7d.";
        let pattern = r"^\s*([0-9.]+(ms|s|sec|m|min|h|d|w)\s*)+$|\$\{";
        schema.define(
            "duration",
            |_| json!({ "type": "string", "pattern": pattern, "description": description }),
        )
    }
}

/// A duration that is not zero.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Span(Duration);

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl Setting for Span {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let duration = Duration::read(node, cx)?;
        if duration.is_zero() {
            cx.wrong(node, "must be longer than nothing");
            return None;
        }
        Some(Self(duration))
    }

    fn show(&self) -> Option<String> {
        self.0.show()
    }

    fn schema(schema: &mut Schema) -> Value {
        Duration::schema(schema)
    }
}

impl Setting for PathBuf {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        cx.path(node)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }

    fn schema(schema: &mut Schema) -> Value {
        let description = "A path; a relative one starts at root.";
        schema.define("path", |_| json!({ "type": "string", "minLength": 1, "description": description }))
    }
}

impl<T: Setting> Setting for Option<T> {
    const IS_SECTION: bool = T::IS_SECTION;

    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        T::read(node, cx).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }

    fn schema(schema: &mut Schema) -> Value {
        T::schema(schema)
    }
}

impl<T: Setting> Setting for Vec<T> {
    const IS_SECTION: bool = T::IS_SECTION;

    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Array(items) = node.value() else {
            match T::IS_SECTION {
                true => cx.mismatch(node, &format!("an array of tables; write [[{}]]", node.path())),
                false => cx.mismatch(node, "an array; write [ ] around it"),
            }
            return None;
        };
        let read: Vec<Option<T>> =
            items.iter().enumerate().map(|(index, item)| T::read(&node.item(index, item), cx)).collect();
        read.into_iter().collect()
    }

    fn show(&self) -> Option<String> {
        let items: Vec<String> = self.iter().filter_map(T::show).collect();
        Some(format!("[{}]", items.join(", ")))
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "type": "array", "items": T::schema(schema) })
    }
}
