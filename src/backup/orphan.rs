//! Backups of which the key at hand proves none: what is said of them, and how their archives are opened all the same.

use std::path::Path;

use super::key::{self, Key};
use super::manifest::Kind;
use super::shelf::{Entry, Shelf};
use crate::text::shell;

/// Says what is the matter where there are backups and none of them is proven.
pub fn orphaned(shelf: &Shelf, key: Option<&Key>, state_dir: &Path, entries: &[Entry]) -> Option<String> {
    if entries.is_empty() || entries.iter().any(|entry| entry.manifest.is_some()) {
        return None;
    }
    let path = key::path(state_dir);
    let cause = match key {
        None if path.exists() => {
            format!("{} holds no key any more, and nothing else proves these backups", path.display())
        }
        None => format!("the key {} is not there, and nothing else proves these backups", path.display()),
        Some(_) => format!("the key {} is not the one that these backups were made with", path.display()),
    };
    let by_hand =
        by_hand(shelf, entries).map(|line| format!("; without it an archive is unpacked by hand: {line}"));
    Some(format!(
        "{cause}: nothing of them is restored or removed; put back the right one, or make new backups with \
         `fuelops backup create`{}",
        by_hand.unwrap_or_default()
    ))
}

/// What opens the newest archive by its name without fuelops.
fn by_hand(shelf: &Shelf, entries: &[Entry]) -> Option<String> {
    let archives = entries.iter().flat_map(|entry| Kind::ALL.map(|kind| (kind, entry)));
    archives
        .map(|(kind, entry)| (kind, format!("{}{}", entry.id, kind.ending())))
        .find(|(_, name)| shelf.is_free(name).is_ok_and(|is_free| !is_free))
        .map(|(kind, name)| unpacking(kind, &shelf.path().join(name)))
}

fn unpacking(kind: Kind, archive: &Path) -> String {
    let path = archive.to_string_lossy();
    let archive = shell::quote(&path);
    match kind {
        Kind::Mysql => format!("zstd -dc {archive} | mariadb DATABASE"),
        Kind::Postgres => format!("zstd -dc {archive} | pg_restore --dbname=DATABASE"),
        Kind::Sqlite => format!("zstd -d {archive} -o NEW.db"),
        Kind::Files => format!("zstd -dc {archive} | tar -x -C FOLDER"),
    }
}
