//! A value of the file, and what lies under it where it leaves something out.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Setting, Source, read_word};
use crate::text::suggest::did_you_mean;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) enum At {
    /// At this byte of the file.
    File(usize),
    /// At this byte of the file, under another key.
    Inherited(&'static str, usize),
    /// In the program.
    Default,
}

impl At {
    pub(in crate::config) fn offset(&self) -> Option<usize> {
        match self {
            Self::File(offset) | Self::Inherited(_, offset) => Some(*offset),
            Self::Default => None,
        }
    }
}

/// One value in one place.
#[derive(Clone, Debug)]
pub(in crate::config) struct Layer<'n> {
    pub(in crate::config) value: &'n DeValue<'n>,
    pub(in crate::config) at: At,
}

/// A value with its name; tables are merged key by key over all layers, anything else is taken from the first.
#[derive(Clone, Debug)]
pub(in crate::config) struct Node<'n> {
    /// Such as `service.backend`.
    pub(in crate::config) section: String,
    /// Such as `port` or `command[2]`.
    pub(in crate::config) key: String,
    /// Never empty; the most specific first.
    pub(in crate::config) layers: Vec<Layer<'n>>,
    /// What is not said here is said elsewhere in the file.
    pub(in crate::config) inherits: bool,
}

impl<'n> Node<'n> {
    pub(in crate::config) fn value(&self) -> &'n DeValue<'n> {
        self.layers[0].value
    }

    pub(in crate::config) fn at(&self) -> &At {
        &self.layers[0].at
    }

    /// The dotted name.
    pub(in crate::config) fn path(&self) -> String {
        if self.section.is_empty() { self.key.clone() } else { format!("{}.{}", self.section, self.key) }
    }

    /// The value in one of its layers alone.
    pub(in crate::config) fn layer(&self, depth: usize) -> Self {
        Self { layers: self.layers[depth..=depth].to_vec(), ..self.clone() }
    }

    /// An element of an array.
    pub(in crate::config) fn item(&self, index: usize, value: &'n Spanned<DeValue<'n>>) -> Self {
        self.part(format!("{}[{}]", self.key, index + 1), value)
    }

    /// A value of a table whose keys are free.
    pub(in crate::config) fn member(&self, name: &str, value: &'n Spanned<DeValue<'n>>) -> Self {
        self.part(format!("{}.{}", self.key, name.escape_debug()), value)
    }

    fn part(&self, key: String, value: &'n Spanned<DeValue<'n>>) -> Self {
        let at = match self.at() {
            At::File(_) => At::File(value.span().start),
            other => other.clone(),
        };
        let layers = vec![Layer { value: value.get_ref(), at }];
        Self { section: self.section.clone(), key, layers, inherits: false }
    }
}

/// What holds where a key is absent.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Absent {
    /// An error, unless the type knows how to be absent.
    Missing,
    /// This TOML.
    Default(&'static str),
    /// The value under another key of the file, and where that is absent too, this TOML.
    Inherit(&'static str, &'static str),
}

impl Absent {
    /// The TOML of the default, where there is one.
    pub(in crate::config) fn literal(self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            Self::Default(toml) | Self::Inherit(_, toml) => Some(toml),
        }
    }
}

/// A table that is being read; remembers what it was asked for, so that what nobody asked for is unknown.
#[derive(Debug)]
pub(in crate::config) struct Table<'n> {
    label: String,
    at: At,
    layers: Vec<(&'n DeTable<'n>, At)>,
    inherits: bool,
    asked: Vec<&'static str>,
    /// Says where a key that is unknown here would be right.
    belongs: Option<fn(&str) -> Option<String>>,
    is_given_up: bool,
}

impl<'n> Table<'n> {
    /// The table at the top of the file.
    pub(in crate::config) fn top(table: &'n DeTable<'n>) -> Self {
        Self::new(String::new(), At::File(0), vec![(table, At::File(0))], false)
    }

    /// Opens a value as a table; anything else is a problem.
    pub(in crate::config) fn open(node: &Node<'n>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(first) = node.value() else {
            cx.mismatch(node, "a table");
            return None;
        };
        let tables = node.layers.iter().filter_map(|layer| match layer.value {
            DeValue::Table(table) => Some((table, layer.at.clone())),
            _ => None,
        });
        Some(Self::new(label(node, first), node.at().clone(), tables.collect(), node.inherits))
    }

    fn new(label: String, at: At, layers: Vec<(&'n DeTable<'n>, At)>, inherits: bool) -> Self {
        Self { label, at, layers, inherits, asked: Vec::new(), belongs: None, is_given_up: false }
    }

    /// The value under a key, with every layer that has one; `None` where no layer has.
    pub(in crate::config) fn node(&mut self, key: &'static str) -> Option<Node<'n>> {
        self.asked.push(key);
        let found = self.layers.iter().filter_map(|(table, at)| {
            let value: &'n Spanned<DeValue<'n>> = table.get(key)?;
            let at = match at {
                At::File(_) => At::File(value.span().start),
                At::Inherited(from, _) => At::Inherited(from, value.span().start),
                At::Default => At::Default,
            };
            Some(Layer { value: value.get_ref(), at })
        });
        let layers: Vec<_> = found.collect();
        (!layers.is_empty()).then(|| self.name(key, layers))
    }

    /// Reads the word that says which other keys there are.
    pub(in crate::config) fn tag(
        &mut self,
        cx: &mut Reader<'_>,
        key: &'static str,
        words: &'static [&'static str],
    ) -> Option<&'static str> {
        let pairs: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
        let word = match self.node(key) {
            Some(node) => {
                let word = read_word(&node, cx, &pairs);
                word.inspect(|word| cx.record(&node, &(*word).to_owned(), Vec::new()))
            }
            None => {
                self.problem(cx, "", format!("\"{key}\" is missing; it is one of {}", words.join(", ")));
                None
            }
        };
        // Which keys there are depends on it.
        self.is_given_up |= word.is_none();
        word
    }

    /// Reads the value under a key.
    pub(in crate::config) fn field<T: Setting>(
        &mut self,
        cx: &mut Reader<'_>,
        key: &'static str,
        absent: Absent,
    ) -> Option<T> {
        let default = absent.literal().map(default_value);
        let mut node = self.node(key).unwrap_or_else(|| self.name(key, Vec::new()));
        if let Absent::Inherit(from, _) = absent {
            node.inherits = true;
            node.layers.extend(cx.elsewhere(from));
        }
        node.layers.extend(default.as_ref().map(|value| Layer { value, at: At::Default }));
        if node.layers.is_empty() {
            let value = T::absent();
            if value.is_none() {
                self.problem(cx, "", format!("\"{key}\" is missing; add {key} = …"));
            }
            return value;
        }
        let value = cx.observed(|cx| T::read(&node, cx));
        let is_said_elsewhere = self.inherits && !matches!(node.at(), At::File(_));
        let (value, variables) = value?;
        if !T::IS_SECTION && !is_said_elsewhere {
            cx.record(&node, &value, variables);
        }
        Some(value)
    }

    /// Reads a part of a value that is shown as a whole.
    pub(in crate::config) fn part<T: Setting>(
        &mut self,
        cx: &mut Reader<'_>,
        key: &'static str,
    ) -> Option<T> {
        if let Some(node) = self.node(key) {
            return T::read(&node, cx);
        }
        let value = T::absent();
        if value.is_none() {
            self.problem(cx, "", format!("\"{key}\" is missing; add {key} = …"));
        }
        value
    }

    fn name(&self, key: &str, layers: Vec<Layer<'n>>) -> Node<'n> {
        Node { section: self.label.clone(), key: key.to_owned(), layers, inherits: false }
    }

    /// Sets what says where a key that is unknown here would be right.
    pub(in crate::config) fn belongs(&mut self, belongs: fn(&str) -> Option<String>) {
        self.belongs = Some(belongs);
    }

    /// Reports a problem with a key of this table, or with the table where the key is empty or absent.
    pub(in crate::config) fn problem(&self, cx: &mut Reader<'_>, key: &str, message: impl Into<String>) {
        let own = self.layers.first().and_then(|(table, at)| match at {
            At::File(_) | At::Inherited(..) => table.get(key).map(|value| value.span().start),
            At::Default => None,
        });
        let offset = own.or(self.at.offset()).unwrap_or(0);
        let message = if key.is_empty() { message.into() } else { format!("{key}: {}", message.into()) };
        cx.problem(offset, &self.label, message);
    }

    /// Reports every key that nobody asked for.
    pub(in crate::config) fn finish(self, cx: &mut Reader<'_>) {
        let Some((table, At::File(_))) = self.layers.first() else { return };
        for key in table.keys().filter(|_| !self.is_given_up) {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(&name) {
                let message = if cx.is_full() { String::new() } else { self.unknown(name) };
                cx.problem(key.span().start, &self.label, message);
            }
        }
    }

    fn unknown(&self, name: &str) -> String {
        let near = match self.belongs.and_then(|belongs| belongs(name)) {
            Some(place) => format!("; {place}"),
            None => did_you_mean(name, self.asked.iter().copied()),
        };
        format!("unknown key {name:?}{near}")
    }
}

/// Parses a default; it stands in the program, so it is right.
fn default_value(toml: &'static str) -> DeValue<'static> {
    DeValue::parse(toml).expect("a default is valid TOML").into_inner()
}

/// A table of an array is called by its name where it has a proper one, else by its place.
fn label(node: &Node<'_>, table: &DeTable<'_>) -> String {
    let path = node.path();
    let name = match table.get("name").map(Spanned::get_ref) {
        Some(DeValue::String(name)) if super::reference::is_name(name) => name,
        _ => return path,
    };
    match path.split_once('[') {
        Some((array, _)) => format!("{array}.{name}"),
        None => path,
    }
}

impl Source {
    /// Where a value at this place comes from.
    pub(super) fn of(at: &At, variables: Vec<String>, line: impl Fn(usize) -> usize) -> Self {
        match at {
            At::File(offset) => Self::File { line: line(*offset), variables },
            At::Inherited(from, offset) => Self::Inherited { from, line: line(*offset) },
            At::Default => Self::Default,
        }
    }
}
