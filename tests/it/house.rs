//! Holds the floor plan of `src/lib.rs` up: arrows point down, or sideways where that is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors, highest first, as in the table of `src/lib.rs`.
const FLOORS: &[&[&str]] = &[
    &["cli"],
    &["monitor"],
    &["recover", "serve", "deploy", "demo"],
    &["diagnose", "init", "service", "keeper"],
    &["checks", "capture", "errors", "clean", "backup", "alert", "retry"],
    &["logs", "grouping", "process", "units"],
    &["render", "report", "config", "store"],
    &["model", "text", "platform"],
];

/// Arrows on one floor that are meant.
const SIDEWAYS: &[(&str, &str)] = &[
    ("render", "report"),
    ("logs", "grouping"),
    ("units", "process"),
    ("service", "keeper"),
    ("clean", "backup"),
    ("checks", "backup"),
    ("checks", "capture"),
    ("checks", "errors"),
    ("retry", "errors"),
    ("alert", "checks"),
];

fn floor(room: &str) -> usize {
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("`{room}` is on no floor"))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Rooms named after `crate::` in code; comments do not count.
fn edges(source: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for line in source.lines() {
        let code = line.split("//").next().unwrap_or("");
        for (at, found) in code.match_indices("crate::") {
            // `my_crate::` in a sample of somebody's log is no arrow.
            if code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &code[at + found.len()..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                rooms.insert(name);
            } else if let Some(list) = rest.strip_prefix('{') {
                for part in list.split(',') {
                    let name: String = part.trim().chars().take_while(|c| c.is_ascii_lowercase()).collect();
                    rooms.extend((!name.is_empty()).then_some(name));
                }
            }
        }
    }
    rooms
}

#[test]
fn arrows_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if room == "main" || room == "lib" {
            continue;
        }
        for to in edges(&fs::read_to_string(&file).unwrap()) {
            let meant = SIDEWAYS.contains(&(room.as_str(), to.as_str()));
            if to != room && !meant && floor(&to) <= floor(&room) {
                wrong.push(format!("{} -> {to}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows against the floors: {wrong:#?}");
}

#[test]
fn edges_reads_both_spellings_of_use() {
    let text =
        "use crate::{model::Level, text};\nuse crate::logs::Record; // crate::cli\n\"my_crate::http\"\n";
    let found = edges(text);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["logs", "model", "text"]);
}

#[test]
fn every_file_opens_with_its_promise() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let silent: Vec<_> =
        files.into_iter().filter(|f| !fs::read_to_string(f).unwrap().starts_with("//!")).collect();
    assert!(silent.is_empty(), "files without a `//!` head: {silent:#?}");
}
