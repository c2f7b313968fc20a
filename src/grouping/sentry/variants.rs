//! All variants of an event: which strategy won, what its hash is, and what a fingerprint of the application's changes.

use serde_json::Value;

use super::component::{Component, md5_of};
use super::enhance::Rules;
use super::strategies::{ByVariant, Cx, ORDER};

/// One way to look at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// `app`, `system`, `default`, `checksum`, `custom-fingerprint` or `fallback`.
    pub name: String,
    pub contributes: bool,
    pub hash: Option<String>,
    /// None for what is no tree.
    pub component: Option<Component>,
}

/// Looks at an event in every way.
pub fn variants(event: &Value) -> Vec<Variant> {
    let checksum = event["checksum"].as_str().filter(|text| !text.is_empty());
    if let Some(checksum) = checksum {
        let is_hash = checksum.len() == 32 && checksum.bytes().all(|b| b.is_ascii_hexdigit());
        let hash = if is_hash { checksum.to_owned() } else { md5_of([checksum]) };
        return vec![Variant {
            name: "checksum".to_owned(),
            contributes: true,
            hash: Some(hash),
            component: None,
        }];
    }
    let rules = event["_grouping"]["enhancements"].as_str().unwrap_or("");
    let cx = Cx { event, platform: event["platform"].as_str().unwrap_or("other"), rules: Rules::read(rules) };
    let mut found = fingerprinted(calculated(&cx), event);
    if !found.iter().any(|variant| variant.contributes) {
        let hash = Some(md5_of([]));
        found.push(Variant { name: "fallback".to_owned(), contributes: true, hash, component: None });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The trees of all strategies; only those of the first that has something to say contribute.
fn calculated(cx: &Cx<'_>) -> ByVariant {
    let mut merged: Vec<(&'static str, Vec<Component>)> = Vec::new();
    let mut hint: Option<String> = None;
    for strategy in ORDER {
        let mut found = strategy(cx).unwrap_or_default();
        without_repeats(&mut found);
        let winner = hint.is_none().then(|| precedence(&found)).flatten();
        for (name, mut component) in found {
            if let (Some(hint), true) = (&hint, component.contributes) {
                component.silence(hint.clone());
            }
            match merged.iter_mut().find(|(known, _)| *known == name) {
                Some((_, list)) => list.push(component),
                None => merged.push((name, vec![component])),
            }
        }
        hint = hint.or(winner);
    }
    let whole = |(name, parts)| {
        let mut component = Component::of(name, parts);
        if let (Some(hint), false) = (&hint, component.contributes) {
            component.hint = Some(hint.clone());
        }
        (name, component)
    };
    merged.into_iter().map(whole).collect()
}

fn precedence(found: &ByVariant) -> Option<String> {
    let mut names: Vec<&str> = found.iter().filter(|(_, c)| c.contributes).map(|(name, _)| *name).collect();
    names.sort_unstable();
    let first = found.iter().find(|(_, c)| c.contributes)?;
    Some(format!("{} of {} takes precedence", first.1.name, names.join("/")))
}

/// The own frames say nothing new where they hash like all frames, and nothing at all where those do not count.
fn without_repeats(found: &mut ByVariant) {
    let Some((_, system)) = found.iter().find(|(name, _)| *name == "system") else { return };
    let (counts, hash) = (system.contributes, system.hash());
    for (_, component) in found.iter_mut().filter(|(name, c)| *name == "app" && c.contributes) {
        if !counts {
            component.silence("ignored because system variant is not used");
        } else if component.hash() == hash {
            component.silence("ignored because hash matches system variant");
        }
    }
}

fn is_default(part: &str) -> bool {
    part.trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .is_some_and(|name| name.trim() == "default")
}

/// What an application's own fingerprint makes of the trees: it replaces them, or salts them.
fn fingerprinted(found: ByVariant, event: &Value) -> Vec<Variant> {
    let parts: Vec<String> = match event["fingerprint"].as_array() {
        Some(parts) if !parts.is_empty() => {
            parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect()
        }
        _ => vec!["{{ default }}".to_owned()],
    };
    let defaults = parts.iter().filter(|part| is_default(part)).count();
    let mut variants = Vec::new();
    if defaults == 0 {
        let hash = Some(md5_of(parts.iter().map(String::as_str)));
        let name = "custom-fingerprint".to_owned();
        variants.push(Variant { name, contributes: true, hash, component: None });
    }
    for (name, mut component) in found {
        if defaults == 0 {
            component.silence("custom fingerprint takes precedence");
        }
        let hash = if parts.len() == 1 { component.hash() } else { salted(&parts, &component) };
        variants.push(Variant {
            name: name.to_owned(),
            contributes: component.contributes,
            hash,
            component: Some(component),
        });
    }
    variants
}

fn salted(parts: &[String], component: &Component) -> Option<String> {
    component.contributes.then(|| {
        let mut texts = Vec::new();
        for part in parts {
            if is_default(part) {
                component.contributing(&mut texts);
            } else {
                texts.push(part);
            }
        }
        md5_of(texts)
    })
}
