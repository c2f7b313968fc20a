//! The rotated members of a log: `app.log.1`, `app.log.2.zst` and so on, and making room for a new first one.

use std::ffi::{CStr, CString};
use std::io;

use crate::clean::series;
use crate::platform::files::{Buffer, Folder};

/// More members than this are not a rotation.
const MAX_MEMBERS: u32 = 100_000;

/// Renames every member to the next number, the last one first, as far as there is no gap. Nothing is replaced: killed
/// half-way, it leaves a gap and every member.
///
/// # Errors
/// When the folder cannot be listed or written.
pub(super) fn make_room(folder: &Folder, name: &CStr) -> io::Result<()> {
    let mut members = members(folder, name)?;
    members.sort_unstable();
    let mut next = 1;
    let connected = members.iter().take_while(|(number, _)| {
        let is_next = *number <= next;
        next = number.saturating_add(1);
        is_next
    });
    let connected = connected.count();
    for (number, ending) in members[..connected].iter().rev() {
        let named = |number: u32| member(name, number, ending);
        folder.rename_new(&named(*number)?, &named(number + 1)?)?;
    }
    Ok(())
}

/// The name of the first member.
pub(super) fn first(name: &CStr) -> io::Result<CString> {
    member(name, 1, b"")
}

fn member(name: &CStr, number: u32, ending: &[u8]) -> io::Result<CString> {
    let number = format!(".{number}");
    Ok(CString::new([name.to_bytes(), number.as_bytes(), ending].concat())?)
}

/// Numbers and endings of the members that there are.
fn members(folder: &Folder, name: &CStr) -> io::Result<Vec<(u32, Vec<u8>)>> {
    let mut found = Vec::new();
    folder.list(&mut Buffer::default(), &mut |entry| {
        let rest =
            entry.name.to_bytes().strip_prefix(name.to_bytes()).and_then(|rest| rest.strip_prefix(b"."));
        if let Some(member) = rest.and_then(parse) {
            found.push(member);
        }
        Ok(())
    })?;
    Ok(found)
}

fn parse(rest: &[u8]) -> Option<(u32, Vec<u8>)> {
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, ending) = rest.split_at(digits);
    let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let is_ending = ending.is_empty() || (series::is_compressed(ending) && !ending[1..].contains(&b'.'));
    (is_ending && (1..=MAX_MEMBERS).contains(&number)).then(|| (number, ending.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn after(names: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(dir.path().join(name), name).unwrap();
        }
        make_room(&Folder::open_trusted(dir.path()).unwrap(), c"a.log").unwrap();
        let entry = |path: std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            format!("{} -> {name}", fs::read_to_string(path).unwrap())
        };
        let mut found: Vec<String> =
            fs::read_dir(dir.path()).unwrap().map(|e| entry(e.unwrap().path())).collect();
        found.retain(|line| line.split_once(" -> ").is_some_and(|(old, new)| old != new));
        found.sort();
        found
    }

    #[test]
    fn members_move_up_as_far_as_there_is_no_gap() {
        assert_eq!(
            after(&["a.log", "a.log.1", "a.log.2.zst", "a.log.4", "b.log.1"]),
            ["a.log.1 -> a.log.2", "a.log.2.zst -> a.log.3.zst"]
        );
        assert_eq!(after(&["a.log.2", "a.log.3"]), [""; 0]);
        assert_eq!(
            after(&["a.log.1", "a.log.1.gz", "a.log.1.bak", "a.log.01x"]),
            ["a.log.1 -> a.log.2", "a.log.1.gz -> a.log.2.gz"]
        );
    }
}
