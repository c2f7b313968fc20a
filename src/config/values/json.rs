//! Fields that a JSON answer must have.

use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

use crate::config::read::{Node, Reader, Schema, Setting, quoted};

/// A field of a JSON document and the value that it must have.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonMatch {
    /// Object keys, or array indices from 0, from the outside in.
    pub path: Vec<String>,
    pub equals: Value,
}

impl JsonMatch {
    /// Finds the field in a document.
    pub fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(document, |value, key| match value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            other => other.get(key),
        })
    }

    /// Whether the document has the field with this value; `1` and `1.0` are equal.
    pub fn is_match(&self, document: &Value) -> bool {
        let found = self.find(document);
        found == Some(&self.equals)
            || matches!(
                (found.and_then(Value::as_f64), self.equals.as_f64()),
                (Some(a), Some(b)) if a.total_cmp(&b).is_eq()
            )
    }
}

/// Several of them, written as a table: `{ status = "healthy", "system.ok" = true }`.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct JsonMatches(Vec<JsonMatch>);

impl From<JsonMatches> for Vec<JsonMatch> {
    fn from(matches: JsonMatches) -> Self {
        matches.0
    }
}

impl JsonMatches {
    fn add(
        &mut self,
        node: &Node<'_>,
        cx: &mut Reader<'_>,
        path: &[String],
        table: &DeTable<'_>,
    ) -> Option<()> {
        let mut is_good = true;
        for (key, value) in table {
            let part = node.member(key.get_ref(), value);
            let path = [path, &key.get_ref().split('.').map(str::to_owned).collect::<Vec<_>>()].concat();
            is_good &= match value.get_ref() {
                DeValue::Table(inner) => self.add(&part, cx, &path, inner).is_some(),
                _ => scalar(&part, cx).map(|equals| self.0.push(JsonMatch { path, equals })).is_some(),
            };
        }
        is_good.then_some(())
    }
}

fn scalar(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Value> {
    let value = match node.value() {
        DeValue::String(_) => return cx.text(node, "a string").map(Value::from),
        DeValue::Boolean(flag) => Some(Value::from(*flag)),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::from)
        }
        DeValue::Float(number) => {
            number.as_str().parse::<f64>().ok().map(Value::from).filter(|v| !v.is_null())
        }
        _ => None,
    };
    if value.is_none() {
        cx.mismatch(node, "a string, a number, true or false");
    }
    value
}

impl Setting for JsonMatches {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = node.value() else {
            cx.mismatch(node, "a table of fields such as { status = \"healthy\" }");
            return None;
        };
        let mut matches = Self::default();
        matches.add(node, cx, &[], table)?;
        Some(matches)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn show(&self) -> Option<String> {
        let fields = self.0.iter().map(|m| format!("{} = {}", quoted(&m.path.join(".")), m.equals));
        let fields: Vec<_> = fields.collect();
        (!fields.is_empty()).then(|| format!("{{ {} }}", fields.join(", ")))
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("json", |_| {
            let value = json!({ "anyOf": [
                { "type": ["string", "number", "boolean"] },
                { "$ref": "#/$defs/json" },
            ] });
            json!({ "type": "object", "additionalProperties": value })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_key_and_index() {
        let document = json!({ "system": { "disks": [{ "free": 5 }] }, "status": "healthy" });
        let field = |path: &str, equals: Value| JsonMatch {
            path: path.split('.').map(str::to_owned).collect(),
            equals,
        };
        assert!(field("status", "healthy".into()).is_match(&document));
        assert!(field("system.disks.0.free", 5.0.into()).is_match(&document));
        assert!(!field("system.disks.1.free", 5.into()).is_match(&document));
        assert!(!field("status.x", "healthy".into()).is_match(&document));
    }
}
