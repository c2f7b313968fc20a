//! Names of services, checks and alerts, and the keys that refer to them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::circle::circles;
use super::{Node, Reader, Schema, Setting};
use crate::text::suggest::did_you_mean;

/// Longest name; it stands in check ids, metric labels and file names.
const MAX_NAME: usize = 64;

/// References to nothing that are told at once.
const MAX_DANGLING: usize = 100;

/// Names of a circle that are told.
const MAX_SHOWN: usize = 8;

/// Circles of dependencies that are told at once.
const MAX_CIRCLES: usize = 10;

/// A name that others may refer to.
#[derive(Debug)]
pub(in crate::config) struct Name(String);

/// Names of others that this section refers to.
#[derive(Debug)]
pub(in crate::config) struct References(Vec<String>);

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl From<References> for Vec<String> {
    fn from(references: References) -> Self {
        references.0
    }
}

/// Every name and reference that was read.
#[derive(Debug, Default)]
pub(in crate::config) struct Names {
    declared: Vec<Declared>,
    references: Vec<Reference>,
}

#[derive(Debug)]
struct Declared {
    /// `service`, `check` or `alert`.
    kind: String,
    name: String,
    section: String,
    offset: usize,
}

#[derive(Debug)]
struct Reference {
    section: String,
    key: String,
    to: String,
    offset: usize,
}

/// Whether a text is a well-formed name.
pub(super) fn is_name(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= MAX_NAME
        && text.starts_with(first)
        && text.chars().all(|c| first(c) || matches!(c, '-' | '.' | '@' | ':'))
}

/// Notes the names of a list, so that those of nothing can be told; `is_name` says which of them are names.
pub(in crate::config) fn refer(
    node: &Node<'_>,
    cx: &mut Reader<'_>,
    names: &[String],
    is_name: impl Fn(&str) -> bool,
) {
    let toml::de::DeValue::Array(items) = node.value() else { return };
    for (index, (name, item)) in
        names.iter().zip(items.iter()).enumerate().filter(|(_, (name, _))| is_name(name))
    {
        let item = node.item(index, item);
        let Some(offset) = item.at().offset() else { continue };
        let (section, key) = (item.section, item.key);
        cx.names.references.push(Reference { section, key, to: name.clone(), offset });
    }
}

impl Setting for Name {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let name = cx.text(node, "a name")?;
        if !is_name(&name) {
            let rule = "letters, digits, _, and after the first also - . @ :";
            cx.wrong(node, format_args!("{name:?} is not a name; use up to {MAX_NAME} {rule}"));
            return None;
        }
        let kind = node.section.split(['.', '[']).next().unwrap_or_default().to_owned();
        let offset = node.at().offset()?;
        cx.names.declared.push(Declared { kind, name: name.clone(), section: node.section.clone(), offset });
        Some(Self(name))
    }

    fn show(&self) -> Option<String> {
        self.0.show()
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.@:-]*$", "maxLength": MAX_NAME })
    }
}

impl Setting for References {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let names = Vec::<String>::read(node, cx)?;
        refer(node, cx, &names, |_| true);
        Some(Self(names))
    }

    fn show(&self) -> Option<String> {
        self.0.show()
    }

    fn schema(schema: &mut Schema) -> Value {
        Vec::<String>::schema(schema)
    }
}

impl Names {
    /// Finds names that are taken, references that lead nowhere, and circles; as (offset, section, message).
    pub(in crate::config) fn problems(&self) -> Vec<(usize, String, String)> {
        let mut problems = self.taken();
        problems.extend(self.dangling());
        if problems.is_empty() {
            problems = self.circles();
        }
        problems
    }

    /// Services and checks share one set of names, alerts have their own.
    fn taken(&self) -> Vec<(usize, String, String)> {
        let mut first: HashMap<(bool, &str), &Declared> = HashMap::new();
        let mut problems = Vec::new();
        for one in &self.declared {
            let earlier = first.entry((one.kind == "alert", &one.name)).or_insert(one);
            if earlier.offset != one.offset {
                let article = if earlier.kind == "alert" { "an" } else { "a" };
                let message = format!("name: {:?} is taken by {article} {} already", one.name, earlier.kind);
                problems.push((one.offset, one.section.clone(), message));
            }
        }
        problems
    }

    fn dangling(&self) -> Vec<(usize, String, String)> {
        let targets = || self.declared.iter().filter(|d| d.kind != "alert").map(|d| d.name.as_str());
        let known: HashSet<&str> = targets().collect();
        let lost = self.references.iter().filter(|reference| !known.contains(reference.to.as_str()));
        // Each near miss is looked for among all names.
        lost.take(MAX_DANGLING)
            .map(|reference| {
                let near = did_you_mean(&reference.to, targets());
                let is_file = reference.key.starts_with("databases") && reference.to.contains(['/', '.']);
                let cure = if is_file {
                    format!("; for an SQLite file write \"sqlite:{}\"", reference.to)
                } else {
                    String::new()
                };
                let message =
                    format!("{}: there is no service or check {:?}{near}{cure}", reference.key, reference.to);
                (reference.offset, reference.section.clone(), message)
            })
            .collect()
    }

    fn circles(&self) -> Vec<(usize, String, String)> {
        let mut place: HashMap<&str, usize> = HashMap::new();
        let mut owner: HashMap<&str, usize> = HashMap::new();
        for (index, one) in self.declared.iter().enumerate().filter(|(_, d)| d.kind != "alert") {
            place.insert(&one.name, index);
            owner.insert(&one.section, index);
        }
        let mut needs = vec![Vec::new(); self.declared.len()];
        let mut arrows: HashMap<(usize, usize), &Reference> = HashMap::new();
        for reference in self.references.iter().filter(|r| r.key.starts_with("depends_on")) {
            let ends = (owner.get(reference.section.as_str()), place.get(reference.to.as_str()));
            if let (Some(from), Some(to)) = ends {
                needs[*from].push(*to);
                arrows.entry((*from, *to)).or_insert(reference);
            }
        }
        let told = |circle: Vec<usize>| {
            let arrow = arrows.get(&(circle[0], circle[1 % circle.len()]))?;
            let names: Vec<&str> = circle.iter().map(|index| self.declared[*index].name.as_str()).collect();
            let (shown, rest) = names.split_at(names.len().min(MAX_SHOWN));
            let more = if rest.is_empty() { String::new() } else { format!("({} more) -> ", rest.len()) };
            let message =
                format!("{}: goes in a circle: {} -> {more}{}", arrow.key, shown.join(" -> "), names[0]);
            Some((arrow.offset, arrow.section.clone(), message))
        };
        circles(&needs, MAX_CIRCLES).into_iter().filter_map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_joints() {
        for good in ["backend", "celery-worker@1", "a.b", "_x", "9"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-x", ".x", "a b", "a/b", "ü", "x\n", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
