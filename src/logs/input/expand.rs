//! Patterns to files: literal paths, globs, folders, and the rotated members of what was configured.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::logs::input::series;
use crate::logs::input::source::{Problem, ProblemKind};

/// Files that one run reads at most; more are named and left out.
const MAX_FILES: usize = 10_000;
/// Directory entries that one pattern may look at.
const MAX_ENTRIES: usize = 1_000_000;
/// Folders below a folder or a `**`.
const MAX_DEPTH: usize = 16;
/// Extensions of files that hold log lines.
const LOG_EXTENSIONS: [&str; 7] = ["log", "out", "err", "jsonl", "ndjson", "txt", "stdout"];
/// Names without extension that do.
const LOG_NAMES: [&str; 10] =
    ["syslog", "messages", "secure", "maillog", "kern", "daemon", "debug", "user", "cron", "auth"];

/// Where patterns come from: what was typed must exist, what is configured may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Arguments,
    /// The rotated members of a configured file belong to it.
    Configured,
}

/// A file that a pattern led to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) name: String,
    /// Named itself, not found by a glob or in a folder.
    pub(super) is_named: bool,
}

/// All files that the patterns lead to, in their order, each pattern's by name.
pub(super) fn expand(patterns: &[PathBuf], root: &Path, origin: Origin) -> (Vec<Candidate>, Vec<Problem>) {
    let mut expansion = Expansion { root, found: Vec::new(), problems: Vec::new() };
    for pattern in patterns {
        let before = expansion.found.len();
        expansion.pattern(pattern, origin);
        if origin == Origin::Configured {
            expansion.add_members(before, pattern);
        }
        if expansion.found.len() > MAX_FILES {
            let left = expansion.found.split_off(MAX_FILES).len();
            let detail = format!("{left} files left out: {MAX_FILES} are read at once; narrow the pattern");
            expansion.problems.push(Problem::beginning(lossy(pattern), ProblemKind::TooMany, detail));
            break;
        }
    }
    (expansion.found, expansion.problems)
}

struct Expansion<'a> {
    root: &'a Path,
    found: Vec<Candidate>,
    problems: Vec<Problem>,
}

impl Expansion<'_> {
    fn pattern(&mut self, pattern: &Path, origin: Origin) {
        let path = self.place(pattern);
        if path.is_dir() {
            return self.folder(&path, pattern);
        }
        // A path that exists is meant as it stands, whatever characters it holds.
        if path.symlink_metadata().is_ok() || !has_wildcard(pattern) {
            let exists = path.symlink_metadata().is_ok();
            if exists || origin == Origin::Arguments {
                self.found.push(Candidate { path, name: lossy(pattern), is_named: true });
            } else if let Err(error) = path.symlink_metadata()
                && error.kind() != std::io::ErrorKind::NotFound
            {
                self.problems.push(Problem::of_error(lossy(pattern), &error));
            }
            return;
        }
        self.glob(pattern, origin);
    }

    /// Where a pattern's path lies; the current folder is left unsaid.
    fn place(&self, pattern: &Path) -> PathBuf {
        if self.root == Path::new(".") || self.root.as_os_str().is_empty() {
            pattern.to_owned()
        } else {
            self.root.join(pattern)
        }
    }

    fn folder(&mut self, path: &Path, pattern: &Path) {
        let wanted = |below: &Path| below.file_name().and_then(|name| name.to_str()).is_some_and(is_log_name);
        let walk = Walk { depth: MAX_DEPTH, wanted: &wanted };
        let before = self.found.len();
        self.take(&walk, path, pattern);
        let has_found = self.found.len() > before;
        let has_failed = self.problems.last().is_some_and(|problem| problem.path == lossy(pattern));
        if !has_found && !has_failed {
            let detail = "a folder without logs (names with .log, .out, .err, .jsonl, .txt)";
            self.problems.push(Problem::nothing(lossy(pattern), ProblemKind::NoLogs, detail));
        }
    }

    fn glob(&mut self, pattern: &Path, origin: Origin) {
        let (fixed, rest) = split_at_wildcard(pattern);
        let matcher = match compile(&rest) {
            Ok(matcher) => matcher,
            Err(detail) => {
                self.problems.push(Problem::nothing(lossy(pattern), ProblemKind::BadPattern, detail));
                return;
            }
        };
        let wants_hidden = rest.components().any(|part| is_hidden(part.as_os_str().as_encoded_bytes()));
        let is_own = |below: &Path| {
            below.file_name().and_then(|name| name.to_str()).is_some_and(is_own_report)
                || (!wants_hidden
                    && below.components().any(|part| is_hidden(part.as_os_str().as_encoded_bytes())))
        };
        let wanted = |below: &Path| matcher.is_match(below) && !is_own(below);
        let depth = if lossy(&rest).contains("**") { MAX_DEPTH } else { rest.components().count() - 1 };
        let before = self.found.len();
        self.take(&Walk { depth, wanted: &wanted }, &self.place(&fixed), &fixed);
        if self.found.len() == before && origin == Origin::Arguments {
            self.problems.push(Problem::nothing(lossy(pattern), ProblemKind::NoMatch, "matches no file"));
        }
    }

    /// Walks a folder and keeps what is wanted, in the order of names.
    fn take(&mut self, walk: &Walk, folder: &Path, name: &Path) {
        let mut below = Vec::new();
        match walk.run(folder, &mut below) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => self.problems.push(Problem::of_error(lossy(name), &error)),
        }
        below.sort();
        self.found.extend(below.into_iter().map(|rest| Candidate {
            path: if folder.as_os_str().is_empty() { rest.clone() } else { folder.join(&rest) },
            name: lossy(&name.join(&rest)),
            is_named: false,
        }));
    }

    /// Adds the rotated members of the files found from `from` on, and of a configured file that is missing just now.
    fn add_members(&mut self, from: usize, pattern: &Path) {
        let mut folders: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        let missing = (!has_wildcard(pattern)).then(|| (self.place(pattern), lossy(pattern)));
        let known = self.found[from..].iter().map(|found| (found.path.clone(), found.name.clone()));
        let mut names = BTreeMap::new();
        for (path, name) in known.chain(missing) {
            let (Some(folder), Some(file)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
            else {
                continue;
            };
            names.entry(folder.to_owned()).or_insert_with(|| Path::new(&name).parent().map(Path::to_owned));
            folders.entry(folder.to_owned()).or_default().insert(series::member(file).base);
        }
        let known: BTreeSet<PathBuf> = self.found.iter().map(|found| found.path.clone()).collect();
        for (folder, bases) in folders {
            let wanted = |below: &Path| {
                let base =
                    below.file_name().and_then(|name| name.to_str()).map(|name| series::member(name).base);
                base.is_some_and(|base| bases.contains(&base)) && !known.contains(&folder.join(below))
            };
            let name = names.remove(&folder).flatten().unwrap_or_default();
            self.take(&Walk { depth: 0, wanted: &wanted }, &folder, &name);
        }
    }
}

/// A walk through folders: never through a link to one, so that it ends.
struct Walk<'a> {
    depth: usize,
    /// Asked with the path below the folder that the walk began in.
    wanted: &'a dyn Fn(&Path) -> bool,
}

impl Walk<'_> {
    fn run(&self, folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let mut stack = vec![(PathBuf::new(), 0)];
        let mut entries = 0;
        while let Some((below, depth)) = stack.pop() {
            let here = folder.join(&below);
            let here = if here.as_os_str().is_empty() { Path::new(".") } else { &here };
            let listing = match fs::read_dir(here) {
                Ok(listing) => listing,
                // A folder further down that may not be read hides only itself.
                Err(_) if depth > 0 => continue,
                Err(error) => return Err(error),
            };
            for entry in listing {
                let entry = entry?;
                entries += 1;
                if entries > MAX_ENTRIES || found.len() > MAX_FILES {
                    return Ok(());
                }
                let path = below.join(entry.file_name());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => {
                        if depth < self.depth && !is_skipped_folder(&entry.file_name().to_string_lossy()) {
                            stack.push((path, depth + 1));
                        }
                    }
                    Ok(_) if (self.wanted)(&path) && !folder.join(&path).is_dir() => found.push(path),
                    Ok(_) | Err(_) => {}
                }
            }
        }
        Ok(())
    }
}

/// Our own reports are no logs.
fn is_own_report(name: &str) -> bool {
    name.strip_prefix("analysis_").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Hidden folders, and the copies of logs that a recovery kept: they hold the same lines a second time.
fn is_skipped_folder(name: &str) -> bool {
    let is_crash_copy =
        name.strip_prefix("crash_").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_hidden(name.as_bytes()) || is_crash_copy
}

fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".") && name != b"." && name != b".."
}

fn is_log_name(name: &str) -> bool {
    if is_hidden(name.as_bytes()) || is_own_report(name) {
        return false;
    }
    let base = series::member(name).base;
    LOG_NAMES.contains(&base.as_str())
        || base.rsplit_once('.').is_some_and(|(_, extension)| LOG_EXTENSIONS.contains(&extension))
}

fn has_wildcard(pattern: &Path) -> bool {
    pattern.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[{".contains(byte))
}

/// The folder before the first component with a wildcard, and the rest.
fn split_at_wildcard(pattern: &Path) -> (PathBuf, PathBuf) {
    let parts: Vec<Component> = pattern.components().filter(|part| *part != Component::CurDir).collect();
    let at = parts.iter().position(|part| has_wildcard(part.as_ref())).unwrap_or(parts.len());
    (parts[..at].iter().collect(), parts[at..].iter().collect())
}

fn compile(rest: &Path) -> Result<GlobMatcher, String> {
    let text = rest.to_str().ok_or("a pattern must be UTF-8")?;
    let glob =
        GlobBuilder::new(text).literal_separator(true).build().map_err(|error| error.kind().to_string())?;
    Ok(glob.compile_matcher())
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
