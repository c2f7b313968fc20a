//! The JSON Schema of the file, from the same declarations that read it.

use serde_json::{Map, Value, json};

use super::{Absent, Section, Setting};

/// Collects the definitions that a schema refers to.
#[derive(Debug, Default)]
pub(in crate::config) struct Schema {
    definitions: Map<String, Value>,
}

/// A key of a section.
#[derive(Clone, Debug)]
struct Key {
    name: &'static str,
    schema: Value,
    is_required: bool,
}

/// The keys of a section, and of the tagged choice among them.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Shape {
    keys: Vec<Key>,
    tag: Option<(&'static str, Vec<(&'static str, Self)>)>,
}

impl Schema {
    /// Defines something once and refers to it.
    pub(in crate::config) fn define(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.definitions.contains_key(name) {
            // Held free first, so that what refers to itself ends.
            self.definitions.insert(name.to_owned(), Value::Null);
            let made = make(self);
            self.definitions.insert(name.to_owned(), made);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// Defines a section.
    pub(in crate::config) fn section<T: Section>(&mut self, name: &str, doc: &str) -> Value {
        self.define(name, |schema| {
            let mut object = T::shape(schema).to_schema();
            object["description"] = doc.trim().into();
            object
        })
    }

    /// The schema of a whole document.
    pub(in crate::config) fn document(mut self, shapes: &[fn(&mut Self) -> Shape]) -> Value {
        let keys = shapes.iter().flat_map(|shape| shape(&mut self).keys).collect();
        let object = Shape { keys, tag: None }.to_schema();
        let mut document = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "fuelops.toml",
        });
        document.as_object_mut().expect("just made").extend(object.as_object().expect("an object").clone());
        document["$defs"] = Value::Object(self.definitions);
        document
    }
}

impl Shape {
    /// The keys of a tagged choice.
    pub(in crate::config) fn tagged(tag: &'static str, variants: Vec<(&'static str, Self)>) -> Self {
        Self { keys: Vec::new(), tag: Some((tag, variants)) }
    }

    /// Adds a key.
    pub(in crate::config) fn key<T: Setting>(
        &mut self,
        schema: &mut Schema,
        name: &'static str,
        doc: &str,
        absent: Absent,
    ) {
        let mut value = T::schema(schema);
        let mut doc = doc.trim().to_owned();
        match absent {
            Absent::Inherit(from, _) => doc = format!("{doc} Default: {from}."),
            Absent::Default(toml) => value["default"] = to_json(toml).expect("a default is valid TOML"),
            Absent::Missing => {}
        }
        value["description"] = doc.into();
        let is_required = matches!(absent, Absent::Missing) && T::absent().is_none();
        self.keys.push(Key { name, schema: value, is_required });
    }

    /// Adds the keys of another section, or of a tagged choice.
    pub(in crate::config) fn add(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.tag = self.tag.take().or(other.tag);
    }

    /// Says for which words of the tag a key is right.
    pub(in crate::config) fn belongs(&self, key: &str) -> Option<String> {
        let (tag, variants) = self.tag.as_ref()?;
        let has_key = |shape: &Self| shape.keys.iter().any(|k| k.name == key);
        let words: Vec<_> =
            variants.iter().filter(|(_, shape)| has_key(shape)).map(|(word, _)| *word).collect();
        (!words.is_empty()).then(|| format!("it goes with {tag} {}", words.join(", ")))
    }

    fn to_schema(&self) -> Value {
        let Some((tag, variants)) = &self.tag else { return object(self.keys.iter()) };
        let one_of = variants.iter().map(|(word, shape)| {
            let mut one = object(self.keys.iter().chain(&shape.keys));
            one["title"] = (*word).into();
            one["properties"][tag] = json!({ "const": word });
            one["required"].as_array_mut().expect("made as one").push((*tag).into());
            one
        });
        json!({ "oneOf": one_of.collect::<Vec<_>>() })
    }
}

fn object<'k>(keys: impl Iterator<Item = &'k Key>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        properties.insert(key.name.to_owned(), key.schema.clone());
        required.extend(key.is_required.then_some(key.name));
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A value, from TOML to JSON.
pub(super) fn to_json(toml: &str) -> Option<Value> {
    let mut table: Map<String, Value> = toml::from_str(&format!("value = {toml}")).ok()?;
    table.remove("value")
}
