//! Constants in paths: `prefix=settings.API_V1_STR` says nothing until the name is looked up, in whatever file gives it.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::logs::source::declare::constant_at;
use crate::logs::source::mounts::Module;
use crate::logs::source::python::NAME_MARK;
use crate::logs::source::walk::SourceFile;

/// Different names that are looked up.
const MAX_NAMES: usize = 1_000;
/// Deepest indentation of a constant.
const MAX_INDENT: usize = 64;
/// Longest value: it is a part of a path.
const MAX_VALUE: usize = 512;

/// Puts the values of constants where their names stand. A name without a value is dropped; of several, the first counts.
pub(super) fn resolve(modules: &mut [Module], files: &[SourceFile]) {
    let mut values: HashMap<String, String> = HashMap::new();
    for text in modules.iter_mut().flat_map(|module| module.declared.texts()) {
        values.extend(
            names(text).take(MAX_NAMES.saturating_sub(values.len())).map(|name| (name, String::new())),
        );
    }
    if values.is_empty() {
        return;
    }
    look_up(&mut values, files);
    for text in modules.iter_mut().flat_map(|module| module.declared.texts()) {
        if text.contains(NAME_MARK) {
            *text = resolved(text, &values);
        }
    }
}

/// `settings.API` is known by its last part.
fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(NAME_MARK).skip(1).step_by(2).map(|name| last_part(name).to_owned())
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn resolved(text: &str, values: &HashMap<String, String>) -> String {
    let parts = text.split(NAME_MARK).enumerate();
    let value = |(index, part)| {
        if index % 2 == 0 { part } else { values.get(last_part(part)).map_or("", String::as_str) }
    };
    parts.map(value).collect()
}

/// Searches all files for the statements that give the names.
fn look_up(values: &mut HashMap<String, String>, files: &[SourceFile]) {
    let wanted: Vec<String> = values.keys().cloned().collect();
    let Ok(index) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&wanted) else {
        return;
    };
    for file in files {
        for hit in index.find_iter(&file.text) {
            let name = &wanted[hit.pattern().as_usize()];
            let known = values.get(name).is_some_and(|value| !value.is_empty());
            if known || !opens_line(&file.text, hit.start()) {
                continue;
            }
            let value = constant_at(&file.text[hit.start()..], name);
            if let Some(value) = value.filter(|value| value.len() <= MAX_VALUE) {
                values.insert(name.clone(), value);
            }
        }
    }
}

/// Only indentation stands before the place.
fn opens_line(text: &str, place: usize) -> bool {
    let before = &text.as_bytes()[place.saturating_sub(MAX_INDENT)..place];
    let indent = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    indent == place || before.len() > indent && before[before.len() - 1 - indent] == b'\n'
}
