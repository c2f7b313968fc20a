//! Files by which a running process is known: `app.pid`, `APP.PID`, `app.pid.1`, `app.lock`, whatever their text looks like.

use std::ffi::CStr;
use std::io::Read;

use crate::platform;
use crate::platform::files::Folder;

/// Longer is no file of one number.
const MAX_BYTES: u64 = 4096;
/// What stands between a key and its number, in JSON, TOML, YAML or a shell's assignment.
const BETWEEN: [char; 6] = ['"', '\'', ' ', '\t', ':', '='];

/// Whether a file of this name and length may hold a process's number.
pub(super) fn is_meant(name: &[u8], size: u64) -> bool {
    let is_word = |part: &[u8]| [&b"pid"[..], b"lock"].iter().any(|word| part.eq_ignore_ascii_case(word));
    (1..=MAX_BYTES).contains(&size) && name.split(|byte| *byte == b'.').any(is_word)
}

/// The process that a file names, where it is alive.
pub(super) fn live_pid(folder: &Folder, name: &CStr) -> Option<u32> {
    let mut text = Vec::new();
    folder.open_file(name).ok()?.take(MAX_BYTES).read_to_end(&mut text).ok()?;
    let pid = named_in(&String::from_utf8_lossy(&text))?;
    platform::process_stat(pid).map(|_| pid)
}

/// The number that stands alone at the start, or behind a key `pid`.
fn named_in(text: &str) -> Option<u32> {
    let first = text.split_ascii_whitespace().next()?;
    first.parse().ok().or_else(|| {
        let lower = text.to_ascii_lowercase();
        let is_key = |(at, _): &(usize, &str)| !lower[..*at].ends_with(|c: char| c.is_alphanumeric());
        lower.match_indices("pid").filter(is_key).find_map(|(at, key)| {
            let rest = lower[at + key.len()..].trim_start_matches(BETWEEN);
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse().ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_shapes_are_known() {
        for name in ["app.pid", "APP.PID", "app.pid.1", "pid", "celeryd@host.pid", "app.lock", "app.pid.lock"]
        {
            assert!(is_meant(name.as_bytes(), 5), "{name}");
        }
        for name in ["app.log", "rapid", "pids.txt", "block.log"] {
            assert!(!is_meant(name.as_bytes(), 5), "{name}");
        }
        assert!(!is_meant(b"app.pid", 0) && !is_meant(b"app.lock", 100_000));
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for text in [
            "42",
            " 42\n/var/lib/x\n5432\n",
            "{\"host\": \"a\", \"pid\": 42}",
            "{\"PID\":\"42\",\"rapid\":1}",
            "pid=42\n",
            "PID: 42",
            "rapid = yes\npid = 42",
        ] {
            assert_eq!(named_in(text), Some(42), "{text}");
        }
        for text in ["", "none", "{\"port\": 42}", "pid=", "99999999999", "stupid 42"] {
            assert_eq!(named_in(text), None, "{text}");
        }
    }
}
