//! The tree of what was looked at.

use md5::{Digest, Md5};

/// A node: a stack, a frame, a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub name: &'static str,
    pub contributes: bool,
    /// Why it does not contribute, or what was changed in it.
    pub hint: Option<String>,
    pub parts: Vec<Part>,
}

/// What a node is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Component(Component),
}

impl Component {
    /// A node of one text; an absent one contributes nothing.
    pub(super) fn text(name: &'static str, text: Option<&str>) -> Self {
        let parts: Vec<Part> = text.map(|text| Part::Text(text.to_owned())).into_iter().collect();
        Self { name, contributes: !parts.is_empty(), hint: None, parts }
    }

    /// A node of nodes: it contributes where one of them does.
    pub(super) fn of(name: &'static str, parts: Vec<Self>) -> Self {
        let contributes = parts.iter().any(|part| part.contributes);
        Self { name, contributes, hint: None, parts: parts.into_iter().map(Part::Component).collect() }
    }

    /// Takes it out.
    pub(super) fn silence(&mut self, hint: impl Into<String>) {
        self.contributes = false;
        self.hint = Some(hint.into());
    }

    /// Puts another text in its place.
    pub(super) fn replace(&mut self, text: String, hint: &str) {
        self.parts = vec![Part::Text(text)];
        self.hint = Some(hint.to_owned());
    }

    /// The texts that contribute, in their order.
    pub(super) fn contributing<'c>(&'c self, out: &mut Vec<&'c str>) {
        if !self.contributes {
            return;
        }
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push(text),
                Part::Component(component) => component.contributing(out),
            }
        }
    }

    /// Whether a node of this name contributes below it.
    pub(super) fn has_contributing(&self, name: &str) -> bool {
        let below = |part: &Part| matches!(part, Part::Component(c) if c.has_contributing(name));
        self.contributes && (self.name == name || self.parts.iter().any(below))
    }

    /// The hash, where it contributes.
    pub fn hash(&self) -> Option<String> {
        self.contributes.then(|| {
            let mut texts = Vec::new();
            self.contributing(&mut texts);
            md5_of(texts)
        })
    }
}

/// md5 of texts one behind the other, as hex digits.
pub(super) fn md5_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Md5::new();
    texts.into_iter().for_each(|text| hash.update(text.as_bytes()));
    data_encoding::HEXLOWER.encode(&hash.finalize())
}
