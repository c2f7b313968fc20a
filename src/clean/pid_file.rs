//! Files by which a running process is known: `app.pid`, `APP.PID`, `app.pid.1`, `app.lock`, whatever their text looks like.

use std::ffi::CStr;
use std::io::Read;

use crate::platform;
use crate::platform::files::Folder;

/// As much of a file is read.
const MAX_BYTES: u64 = 4096;
/// So many numbers at the start may be processes.
const MAX_NUMBERS: usize = 16;
/// Words of a name.
const WORDS: [&[u8]; 4] = [b"pid", b"pidfile", b"lock", b"lck"];
/// What stands between a key and its number, in JSON, TOML, YAML or a shell's assignment.
const BETWEEN: [char; 6] = ['"', '\'', ' ', '\t', ':', '='];

/// Whether a file of this name and length may hold a process's number.
pub(super) fn is_meant(name: &[u8], size: u64) -> bool {
    let is_word = |part: &[u8]| WORDS.iter().any(|word| part.eq_ignore_ascii_case(word));
    size > 0 && name.split(|byte| *byte == b'.').any(is_word)
}

/// The first process that a file names and that is alive.
pub(super) fn live_pid(folder: &Folder, name: &CStr) -> Option<u32> {
    let mut text = Vec::new();
    folder.open_file(name).ok()?.take(MAX_BYTES).read_to_end(&mut text).ok()?;
    let named = named_in(&String::from_utf8_lossy(&text));
    named.into_iter().find(|pid| platform::process_stat(*pid).is_some())
}

/// The numbers that stand alone at the start; without one the number behind a host's name, or behind a key `pid`.
fn named_in(text: &str) -> Vec<u32> {
    let text = text.trim_start_matches('\u{feff}');
    let words = || text.split(|c: char| c.is_ascii_whitespace() || c == '\0').filter(|word| !word.is_empty());
    let alone: Vec<u32> = words().map_while(|word| word.parse().ok()).take(MAX_NUMBERS).collect();
    if !alone.is_empty() {
        return alone;
    }
    let of_host = || words().next()?.rsplit_once(':')?.1.parse().ok();
    behind_key(text).or_else(of_host).into_iter().collect()
}

fn behind_key(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let is_key = |(at, _): &(usize, &str)| !lower[..*at].ends_with(|c: char| c.is_alphanumeric());
    lower.match_indices("pid").filter(is_key).find_map(|(at, key)| {
        let rest = lower[at + key.len()..].trim_start_matches(BETWEEN);
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_shapes_are_known() {
        for name in [
            "app.pid",
            "APP.PID",
            "app.pid.1",
            "pid",
            "pidfile",
            "celeryd@host.pid",
            "app.lock",
            "LCK..ttyS0",
        ] {
            assert!(is_meant(name.as_bytes(), 5), "{name}");
        }
        for name in ["app.log", "rapid", "pids.txt", "block.log"] {
            assert!(!is_meant(name.as_bytes(), 5), "{name}");
        }
        assert!(!is_meant(b"app.pid", 0) && is_meant(b"app.lock", 100_000));
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
            "web-1:42",
            "42\0",
            "\u{feff}42\n",
        ] {
            assert_eq!(named_in(text), [42], "{text}");
        }
        for text in ["", "none", "{\"port\": 42}", "pid=", "99999999999", "stupid 42"] {
            assert!(named_in(text).is_empty(), "{text}");
        }
        assert_eq!(named_in("999999 42\n43\nweb-1\n44\n"), [999_999, 42, 43]);
    }
}
