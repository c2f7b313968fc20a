//! The folders that a run starts at, and those that it refuses to start at.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::platform::files::{FileKind, Folder};

use super::guard;
use super::pattern::{PatternError, Patterns};
use super::policy::{Policy, Rule};

/// Folders of the system: what lies in them may be cleaned, they themselves are too much.
const SYSTEM: [&str; 22] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/var",
    "/Applications",
    "/Library",
    "/System",
    "/Users",
    "/private",
];

/// A policy that is not followed.
#[derive(Debug, thiserror::Error)]
#[error("{what} {why}")]
pub struct PolicyError {
    what: String,
    why: String,
}

/// A folder with the patterns that start there.
#[derive(Debug)]
pub(super) struct Top {
    /// No component is a link.
    pub(super) path: PathBuf,
    pub(super) patterns: Patterns,
}

/// Finds where each pattern starts.
///
/// # Errors
/// When the policy names a folder that is refused, or a pattern that leads out of all folders.
pub(super) fn tops(policy: &Policy) -> Result<Vec<Top>, PolicyError> {
    let places = places(policy)?;
    let mut tops: Vec<Top> = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        let index = u16::try_from(index).map_err(|_| error("[clean]", "has more than 65,535 rules"))?;
        for pattern in &rule.paths {
            let wrong = |why: String| error(&format!("pattern {:?}", pattern.as_written()), &why);
            let start = start(pattern.as_written(), pattern.root(), &places).map_err(wrong)?;
            if is_home(&start.top.join(&start.between), policy) && start.relative.starts_with("**") {
                return Err(wrong("searches your whole home folder; name a folder in it".to_owned()));
            }
            let at = tops.iter().position(|known| known.path == start.top).unwrap_or_else(|| {
                tops.push(Top { path: start.top, patterns: Patterns::default() });
                tops.len() - 1
            });
            let added = tops[at].patterns.add(index, &start.between, &start.relative);
            added.map_err(|e: PatternError| wrong(e.to_string()))?;
        }
    }
    Ok(tops)
}

/// Leaves out of built-in rules what the caller's home is too much for.
pub fn fitting(mut rules: Vec<Rule>, root: &Path, home: Option<&Path>) -> Vec<Rule> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if home.is_some_and(|home| real(home) == real(root)) {
        for rule in &mut rules {
            rule.paths.retain(|pattern| !pattern.as_written().starts_with("**"));
        }
    }
    rules
}

/// A folder as it is written, and the outermost one that it is walked from.
struct Place {
    written: PathBuf,
    real: PathBuf,
    top: PathBuf,
}

fn places(policy: &Policy) -> Result<Vec<Place>, PolicyError> {
    let shown = |path: &Path| format!("root {}", path.display());
    let real = policy.root.canonicalize().map_err(|e| error(&shown(&policy.root), &e.to_string()))?;
    if real == Path::new("/") {
        return Err(error("root /", "is the whole machine; name the folder of your backend"));
    }
    let mut places = vec![Place { written: policy.root.clone(), top: real.clone(), real }];
    for path in &policy.roots {
        let refused = |why: &str| error(&format!("[clean] roots: {}", path.display()), why);
        let real = match path.canonicalize() {
            Ok(real) => real,
            // A folder that is not there yet has nothing to clean.
            Err(e) if e.kind() == io::ErrorKind::NotFound => path.clone(),
            Err(e) => return Err(refused(&e.to_string())),
        };
        if let Some(why) = refusal(&real, policy) {
            return Err(refused(why));
        }
        places.push(Place { written: path.clone(), top: real.clone(), real });
    }
    let tops: Vec<PathBuf> = places.iter().map(|place| place.real.clone()).collect();
    for place in &mut places {
        // Overlapping folders are walked once, from the outermost.
        let outer = tops.iter().filter(|top| place.real.starts_with(top));
        if let Some(top) = outer.min_by_key(|top| top.components().count()) {
            place.top.clone_from(top);
        }
    }
    Ok(places)
}

fn refusal(real: &Path, policy: &Policy) -> Option<&'static str> {
    if SYSTEM.iter().any(|system| real == Path::new(system)) {
        return Some("is refused: it is a folder of the system; name one in it");
    }
    if is_home(real, policy) {
        return Some("is refused: it is your home folder; name one in it");
    }
    if is_mount_root(real) {
        return Some("is refused: a file system is mounted there; name a folder in it");
    }
    let is_repository = |name: &&[u8]| real.join(std::ffi::OsStr::from_bytes(name)).exists();
    if [&b".git"[..], b".hg", b".svn", b".jj"].iter().any(is_repository) || is_bare(real) {
        return Some("is refused: it is a repository; name a folder in it");
    }
    None
}

fn is_home(path: &Path, policy: &Policy) -> bool {
    let home = policy.home.as_deref().and_then(|home| home.canonicalize().ok());
    home.is_some_and(|home| home == path)
}

fn is_bare(path: &Path) -> bool {
    let mut markers = guard::Markers::default();
    for entry in path.read_dir().into_iter().flatten().flatten() {
        markers.note(entry.file_name().as_bytes());
    }
    markers.closed().is_some()
}

fn is_mount_root(path: &Path) -> bool {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return true };
    let Ok(name) = CString::new(name.as_bytes()) else { return false };
    let Ok(parent) = Folder::open_trusted(parent) else { return false };
    let Ok(look) = parent.look(&name) else { return false };
    look.kind == FileKind::Folder
        && (look.is_mount || parent.id().is_ok_and(|id| id.device != look.id.device))
}

/// Where a pattern is followed from.
struct Start {
    top: PathBuf,
    /// The folders from there to where the pattern begins.
    between: PathBuf,
    relative: String,
}

fn start(written: &str, root: &Path, places: &[Place]) -> Result<Start, String> {
    let path = Path::new(written);
    if !path.is_absolute() {
        return Ok(start_in(root, written, places));
    }
    let within = places.iter().find_map(|place| {
        let rest = path.strip_prefix(&place.written).or_else(|_| path.strip_prefix(&place.real)).ok()?;
        Some((place, rest.to_str()?))
    });
    let (place, rest) =
        within.ok_or("lies outside root; add the folder that it is about to [clean] roots")?;
    Ok(start_in(&place.written, rest, places))
}

/// A folder that no place holds, such as a state folder elsewhere, is a top of its own.
fn start_in(folder: &Path, relative: &str, places: &[Place]) -> Start {
    let known = places.iter().find(|place| place.written == folder).map(|place| place.real.clone());
    let real = known.unwrap_or_else(|| folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
    let top = places.iter().find(|place| real.starts_with(&place.top)).map(|place| place.top.clone());
    let top = top.unwrap_or_else(|| real.clone());
    let between = real.strip_prefix(&top).unwrap_or(Path::new("")).to_owned();
    Start { top, between, relative: relative.to_owned() }
}

fn error(what: &str, why: &str) -> PolicyError {
    PolicyError { what: what.to_owned(), why: why.to_owned() }
}
