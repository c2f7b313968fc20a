//! Finds the files of a backup: by patterns, through open folders, never through a link.

use std::collections::HashSet;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use globset::GlobMatcher;

use crate::config::PathPattern;
use crate::platform::files::{Buffer, Entry, FileId, FileKind, Folder};

/// Levels that `**` goes down.
const MAX_DEPTH: usize = 64;
/// Names that are looked at; beyond, the pattern is told to be too wide.
const MAX_NAMES: usize = 1_000_000;
/// Files that are taken.
const MAX_FILES: usize = 100_000;
/// What makes a part of a path a pattern.
const SPECIAL: [char; 6] = ['*', '?', '[', ']', '{', '}'];

/// A file that a pattern matched, open.
#[derive(Debug)]
pub(super) struct Found {
    /// Below the patterns' root, or without its first slash.
    pub(super) path: PathBuf,
    pub(super) file: File,
}

/// What was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: String,
    pub why: String,
    pub weight: Weight,
}

/// What it costs that something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// A link, whose target stands for itself, or what holds nothing.
    Nothing,
    /// Content that was asked for.
    Content,
}

/// Walks below the patterns and calls `take` with each file once; folders of `avoid` are not entered.
pub(super) fn gather(
    patterns: &[PathPattern],
    avoid: &HashSet<FileId>,
    take: &mut dyn FnMut(Found) -> io::Result<()>,
) -> io::Result<Vec<Skipped>> {
    let mut walk = Walk { avoid, take, seen: HashSet::new(), skipped: Vec::new(), names: 0 };
    for pattern in patterns {
        walk.pattern(pattern)?;
    }
    Ok(walk.skipped)
}

struct Walk<'a> {
    avoid: &'a HashSet<FileId>,
    take: &'a mut dyn FnMut(Found) -> io::Result<()>,
    seen: HashSet<FileId>,
    skipped: Vec<Skipped>,
    names: usize,
}

/// A pattern at work.
struct Search<'a> {
    matcher: GlobMatcher,
    root: &'a Path,
}

impl Walk<'_> {
    fn pattern(&mut self, pattern: &PathPattern) -> io::Result<()> {
        let matcher = pattern.glob().map_err(io::Error::other)?.compile_matcher();
        let search = Search { matcher, root: pattern.root() };
        let written = Path::new(pattern.as_written());
        let base = if written.is_absolute() { Path::new("/") } else { pattern.root() };
        let parts: Vec<&OsStr> = written.components().filter_map(normal).collect();
        let literal =
            parts[..parts.len().saturating_sub(1)].iter().take_while(|part| !is_special(part)).count();
        let depth = if pattern.as_written().contains("**") { MAX_DEPTH } else { parts.len() - literal };
        let mut folder = match Folder::open_trusted(base) {
            Ok(folder) => folder,
            Err(error) => return self.unreadable(base, &error),
        };
        let mut path = base.to_owned();
        for part in &parts[..literal] {
            path.push(part);
            match folder.enter_mount(&CString::new(part.as_bytes())?) {
                Ok(Entry::Folder(inner)) => folder = inner,
                Ok(Entry::Link | Entry::Mount) => {
                    self.skip(
                        &path,
                        "is a symbolic link or no folder; name the folder itself in [backup] include",
                        Weight::Content,
                    );
                    return Ok(());
                }
                // A folder that is not there yet has no files.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return self.unreadable(&path, &error),
            }
        }
        self.folder(&search, &folder, &path, depth)
    }

    fn folder(&mut self, search: &Search<'_>, folder: &Folder, path: &Path, depth: usize) -> io::Result<()> {
        let mut names: Vec<(OsString, FileKind)> = Vec::new();
        let listed = folder.list(&mut Buffer::default(), &mut |found| {
            names.push((OsString::from_vec(found.name.to_bytes().to_vec()), found.kind));
            Ok(())
        });
        if let Err(error) = listed {
            return self.unreadable(path, &error);
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        self.names += names.len();
        if self.names > MAX_NAMES {
            self.skip(
                path,
                "more than a million names were looked at; name narrower patterns",
                Weight::Content,
            );
            return Ok(());
        }
        for (name, kind) in names {
            let inside = path.join(&name);
            let c_name = CString::new(name.as_bytes())?;
            let kind = if kind == FileKind::Other {
                folder.look(&c_name).map_or(kind, |look| look.kind)
            } else {
                kind
            };
            match kind {
                FileKind::Folder if depth > 1 => self.enter(search, folder, &c_name, &inside, depth - 1)?,
                FileKind::File if search.matcher.is_match(&inside) => {
                    self.file(search, folder, &c_name, &inside)?;
                }
                FileKind::Link if search.matcher.is_match(&inside) => {
                    self.skip(&inside, "is a symbolic link", Weight::Nothing);
                }
                FileKind::Fifo | FileKind::Socket | FileKind::Device if search.matcher.is_match(&inside) => {
                    self.skip(&inside, "is a pipe, a socket or a device", Weight::Nothing);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        search: &Search<'_>,
        folder: &Folder,
        name: &CStr,
        path: &Path,
        depth: usize,
    ) -> io::Result<()> {
        match folder.enter(name) {
            Ok(Entry::Folder(inner)) if inner.id().is_ok_and(|id| self.avoid.contains(&id)) => Ok(()),
            Ok(Entry::Folder(inner)) => self.folder(search, &inner, path, depth),
            // What is mounted or swapped for a link is not below the root.
            Ok(Entry::Link | Entry::Mount) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn file(&mut self, search: &Search<'_>, folder: &Folder, name: &CStr, path: &Path) -> io::Result<()> {
        if self.seen.len() >= MAX_FILES {
            self.skip(path, "more than 100,000 files match; name narrower patterns", Weight::Content);
            return Ok(());
        }
        let look = match folder.look(name) {
            Ok(look) => look,
            // Rotated away while we were looking.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return self.unreadable(path, &error),
        };
        if !self.seen.insert(look.id) {
            return Ok(());
        }
        match folder.open_file(name) {
            Ok(file) => {
                let inside = path.strip_prefix(search.root).unwrap_or(path);
                let inside = inside.strip_prefix("/").unwrap_or(inside);
                (self.take)(Found { path: inside.to_owned(), file })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) -> io::Result<()> {
        self.skip(path, &error.to_string(), Weight::Content);
        Ok(())
    }

    fn skip(&mut self, path: &Path, why: &str, weight: Weight) {
        if self.skipped.len() < MAX_FILES {
            self.skipped.push(Skipped { path: path.display().to_string(), why: why.to_owned(), weight });
        }
    }
}

fn normal(part: Component<'_>) -> Option<&OsStr> {
    match part {
        Component::Normal(name) => Some(name),
        _ => None,
    }
}

fn is_special(part: &OsStr) -> bool {
    part.to_string_lossy().contains(SPECIAL)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn found(root: &Path, patterns: &[&str]) -> (Vec<String>, Vec<String>) {
        let patterns: Vec<_> = patterns.iter().map(|text| PathPattern::new(root, text).unwrap()).collect();
        let avoid =
            Folder::open_trusted(&root.join("backups")).and_then(|folder| folder.id()).into_iter().collect();
        let mut paths = Vec::new();
        let skipped = gather(&patterns, &avoid, &mut |found| {
            paths.push(found.path.display().to_string());
            Ok(())
        });
        (
            paths,
            skipped
                .unwrap()
                .into_iter()
                .map(|skipped| skipped.path.rsplit('/').next().unwrap().to_owned())
                .collect(),
        )
    }

    #[test]
    fn patterns_find_each_file_once_and_no_links() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        for path in ["a.log", "b.txt", "logs/c.log", "logs/deep/d.log", "backups/e.log", "elsewhere/f.log"] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "x").unwrap();
        }
        symlink("/etc/hostname", root.join("logs/link.log")).unwrap();
        symlink(root.join("elsewhere"), root.join("linked")).unwrap();
        fs::hard_link(root.join("a.log"), root.join("logs/again.log")).unwrap();
        nix::unistd::mkfifo(&root.join("logs/pipe.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let (paths, skipped) = found(&root, &["*.log", "./logs/*.log", "linked/*.log", "none/*.log"]);
        assert_eq!(paths, ["a.log", "logs/c.log"]);
        assert_eq!(skipped, ["link.log", "pipe.log", "linked"]);
        let (paths, _) = found(&root, &["**/*.log"]);
        assert_eq!(paths, ["a.log", "elsewhere/f.log", "logs/c.log", "logs/deep/d.log"]);
        let (paths, _) = found(&root, &["logs/*/*.log", "b.txt"]);
        assert_eq!(paths, ["logs/deep/d.log", "b.txt"]);
        let absolute = format!("{}/logs/c.*", root.display());
        assert_eq!(
            found(Path::new("/var/empty-or-not"), &[&absolute]).0,
            [absolute.trim_start_matches('/').replace("c.*", "c.log")]
        );
    }
}
