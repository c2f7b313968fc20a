//! Finds the source files of a backend: bounded, in a fixed order, and never outside the folders that were named.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that are read.
const MAX_FILES: usize = 20_000;
/// Folder entries that are looked at.
const MAX_ENTRIES: usize = 200_000;
/// Folders in folders beyond this depth are not opened.
const MAX_DEPTH: usize = 24;
/// A larger file is generated, or no source.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// All files together.
const MAX_TOTAL_BYTES: u64 = 128 << 20;

/// Folders that hold other people's code, or none.
const SKIPPED: &[&str] = &[
    "node_modules",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "venv",
    "env",
    "build",
    "dist",
    "target",
    "migrations",
    "tests",
    "test",
    "htmlcov",
    "backups",
    "logs",
];

/// Where a project keeps the document that its server hands out.
const OPENAPI: [&str; 3] = ["openapi.json", "docs/openapi.json", "static/openapi.json"];

/// One source file.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Relative to its root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// What was found, and whether a bound cut it short.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<SourceFile>,
    pub(super) truncated: bool,
}

/// Reads the Python files below the roots; what cannot be read is left out.
pub(super) fn python_files(roots: &[PathBuf]) -> Found {
    let mut walk = Walk { found: Found::default(), entries: 0, bytes: 0 };
    for root in roots {
        walk.folder(root, "", 0);
    }
    walk.found
}

/// OpenAPI documents at their usual places in the roots; what cannot be read or is none is left out.
pub(super) fn openapi_documents(roots: &[PathBuf]) -> Vec<serde_json::Value> {
    let paths = roots.iter().flat_map(|root| OPENAPI.iter().map(move |name| root.join(name)));
    let small = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MAX_FILE_BYTES)
    };
    paths
        .filter(small)
        .filter_map(|path| fs::read(path).ok())
        .filter_map(|text| serde_json::from_slice(&text).ok())
        .collect()
}

struct Walk {
    found: Found,
    entries: usize,
    bytes: u64,
}

impl Walk {
    fn folder(&mut self, folder: &Path, relative: &str, depth: usize) {
        let Ok(listing) = fs::read_dir(folder) else { return };
        let mut entries: Vec<_> = listing.flatten().take(MAX_ENTRIES - self.entries).collect();
        self.entries += entries.len();
        if self.entries >= MAX_ENTRIES || depth > MAX_DEPTH {
            self.found.truncated = true;
            return;
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        // A virtualenv is one under any name.
        if depth > 0 && entries.iter().any(|entry| entry.file_name() == "pyvenv.cfg") {
            return;
        }
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            // Symbolic links are neither: they could lead out of the root, or round in circles.
            let Ok(kind) = entry.file_type() else { continue };
            let path = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
            if kind.is_dir() && !SKIPPED.contains(&name) {
                self.folder(&entry.path(), &path, depth + 1);
            } else if kind.is_file() && is_source(name) {
                self.file(&entry.path(), path);
            }
        }
    }

    fn file(&mut self, file: &Path, path: String) {
        let Ok(length) = fs::metadata(file).map(|meta| meta.len()) else { return };
        let full = self.found.files.len() >= MAX_FILES || self.bytes + length > MAX_TOTAL_BYTES;
        if full || length > MAX_FILE_BYTES {
            self.found.truncated = true;
            return;
        }
        let Ok(bytes) = fs::read(file) else { return };
        self.bytes += bytes.len() as u64;
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        self.found.files.push(SourceFile { path, text });
    }
}

/// Python, but not its tests: they declare routes and write lines that no log holds.
fn is_source(name: &str) -> bool {
    name.ends_with(".py")
        && !name.starts_with("test_")
        && !name.ends_with("_test.py")
        && name != "conftest.py"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_is_found_and_the_rest_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x = 1\n").unwrap();
        };
        for path in [
            "main.py",
            "routers/fleet.py",
            "routers/__init__.py",
            "notes.txt",
            "test_main.py",
            "tests/helper.py",
            ".git/hook.py",
            "node_modules/a.py",
            "myenv/pyvenv.cfg",
            "myenv/lib/x.py",
        ] {
            write(path);
        }
        let found = python_files(&[dir.path().to_owned(), dir.path().join("nowhere")]);
        let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["main.py", "routers/__init__.py", "routers/fleet.py"]);
        assert!(!found.truncated);
    }
}
