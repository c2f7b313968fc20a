//! The spool: a file that programs append to, one JSON object a line, and that is taken in and removed.
//!
//! Writers lock the file for the moment of one write and look whether it is still the one that its name leads to; so a
//! file that was renamed and then locked once has all that will ever be written to it. What was taken in is noted in the
//! transaction that stores it: a crash in between loses nothing and counts nothing twice.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use crate::errors::door::{Admitted, Arrival, Door, Draft, EventId, Source, draft, parse_json};
use crate::errors::store::{Limits, Store, StoreError};

/// Its name in `state_dir`.
pub const SPOOL: &str = "errors.spool";
const BATCH: usize = 500;
/// Bytes of one line: what the shim writes is much shorter.
const MAX_LINE: u64 = 1 << 20;
/// Bytes that are held at once.
const MAX_HELD: usize = 16 << 20;
const MARK: &str = "spool:";

/// What was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    pub events: u64,
    /// Lines that were no JSON.
    pub malformed: u64,
}

/// Takes in what was spooled.
///
/// # Errors
/// When the store cannot be written; the spool is then left as it is.
pub fn drain(
    folder: &Path,
    store: &mut Store,
    door: &Door,
    limits: Limits,
    now: i64,
) -> Result<Drained, StoreError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    };
    let mut drained = Drained::default();
    let spool = folder.join(SPOOL);
    if fs::metadata(&spool).is_ok_and(|file| file.len() > 0) {
        let name = format!("{SPOOL}.{now}-{}", std::process::id());
        match fs::rename(&spool, folder.join(name)) {
            // Another fuelops was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(wrong(&spool))?,
        }
    }
    for path in taken(folder) {
        // Whoever holds it is taking it in, or writes its last line.
        let Ok(file) = File::open(&path) else { continue };
        flock(&file, FlockOperation::LockExclusive).map_err(|e| wrong(&path)(e.into()))?;
        if !path.exists() {
            continue;
        }
        take(&path, &mut BufReader::new(&file), store, door, limits, now, &mut drained)?;
        fs::remove_file(&path).map_err(wrong(&path))?;
        store.forget_mark(&mark_of(&path))?;
    }
    Ok(drained)
}

/// Files that were renamed to be taken in, perhaps by a process that died.
fn taken(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_taken = |name: &str| name.strip_prefix(SPOOL).is_some_and(|rest| rest.starts_with('.'));
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_taken))
        .collect();
    paths.sort();
    paths
}

fn mark_of(path: &Path) -> String {
    format!("{MARK}{}", path.file_name().unwrap_or_default().to_string_lossy())
}

fn take(
    path: &Path,
    file: &mut impl BufRead,
    store: &mut Store,
    door: &Door,
    limits: Limits,
    now: i64,
    drained: &mut Drained,
) -> Result<(), StoreError> {
    let source = mark_of(path);
    let from: usize = store.mark(&source)?.and_then(|mark| mark.parse().ok()).unwrap_or(0);
    let room = store.room(limits);
    let mut last = 0;
    loop {
        let mut chunk = lines(file).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        if chunk.is_empty() {
            return Ok(());
        }
        let before = from.saturating_sub(last).min(chunk.len());
        last += chunk.len();
        chunk.drain(..before);
        if chunk.is_empty() {
            continue;
        }
        let events: Vec<Admitted> = chunk.iter().filter_map(|line| admit(line, door, now)).collect();
        let malformed = (chunk.len() - events.len()) as u64;
        let outcomes = store.apply_with_mark(&events, now, room, (&source, &last.to_string()))?;
        drained.events += outcomes.iter().filter(|outcome| !outcome.is_duplicate).count() as u64;
        drained.malformed += malformed;
        if malformed > 0 {
            store.note_loss(now, "malformed", "spool", malformed)?;
        }
    }
}

/// The next lines, as many as are taken in together; none at the end. Of one that is too long its beginning is left, which
/// is no JSON.
fn lines(file: &mut impl BufRead) -> io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut held) = (Vec::new(), 0);
    while lines.len() < BATCH && held < MAX_HELD {
        let mut line = Vec::new();
        if file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
            line.truncate(1);
            file.skip_until(b'\n')?;
        }
        if !line.trim_ascii().is_empty() {
            held += line.len();
            lines.push(line);
        }
    }
    Ok(lines)
}

/// A line of the shim's: what the old module's record held, and an id.
fn admit(line: &[u8], door: &Door, now: i64) -> Option<Admitted> {
    let record = parse_json(line).ok().filter(Value::is_object)?;
    let text = |key: &str| record[key].as_str().unwrap_or("").to_owned();
    let made = Draft {
        timestamp: Some(record["at"].clone()).filter(|at| !at.is_null()),
        kind: text("type"),
        message: text("message"),
        context: text("context"),
        endpoint: text("endpoint"),
        release: text("release"),
        environment: text("environment"),
        host: text("host"),
        data: record["request_data"].clone(),
        traceback: text("traceback"),
        ..Draft::default()
    };
    let id: Option<EventId> = text("event_id").parse().ok();
    let event = draft(&made, &door.roots);
    let count = record["count"].as_u64().unwrap_or(1);
    Some(door.admit(event, Arrival { received: now, source: Source::Shim, count, keeps_body: true, id }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::store::Access;

    const LIMITS: Limits = Limits { max_age: i64::MAX, max_bytes: u64::MAX, min_free: 0 };
    const NOW: i64 = 1_795_000_000_000_000;

    #[test]
    fn a_spool_is_taken_in_once_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("errors.db"), Access::Write, 0).unwrap();
        let line = |n: u32| {
            format!(
                "{{\"event_id\":\"{n:032x}\",\"type\":\"KeyError\",\"message\":\"'a'\",\"endpoint\":\"/x\"}}\n"
            )
        };
        let text: String = (0..1200).map(line).collect::<String>() + "no json\n";
        fs::write(folder.path().join(SPOOL), &text).unwrap();
        // One that a dead process has left half taken in.
        fs::write(folder.path().join(format!("{SPOOL}.1-1")), line(7)).unwrap();
        let mut drain = || drain(folder.path(), &mut store, &Door::default(), LIMITS, NOW).unwrap();
        assert_eq!(drain(), Drained { events: 1200, malformed: 1 });
        assert_eq!(drain(), Drained::default());
        assert_eq!(
            fs::read_dir(folder.path())
                .unwrap()
                .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("spool"))
                .count(),
            0
        );
        assert_eq!(store.all_issues(NOW).unwrap()[0].count, 1200);
    }

    #[test]
    fn a_spool_is_read_to_its_end_in_bounded_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("errors.db"), Access::Write, 0).unwrap();
        let long = format!("{{\"type\":\"Long\",\"message\":\"{}\"}}\n", "x".repeat(1 << 20));
        let wide = format!("{{\"type\":\"Wide\",\"message\":\"{}\"}}\n", "x".repeat(900 << 10));
        let text = long + &wide.repeat(40) + "\n{\"type\":\"Last\"}";
        let pieces = |text: &str| {
            let mut file = text.as_bytes();
            std::iter::from_fn(|| Some(lines(&mut file).unwrap()).filter(|piece| !piece.is_empty()))
                .collect::<Vec<_>>()
        };
        assert!(
            pieces(&text)
                .iter()
                .all(|piece| piece.iter().map(Vec::len).sum::<usize>() <= MAX_HELD + (1 << 20))
        );
        fs::write(folder.path().join(SPOOL), &text).unwrap();
        let drained = drain(folder.path(), &mut store, &Door::default(), LIMITS, NOW).unwrap();
        assert_eq!(drained, Drained { events: 41, malformed: 1 });
        let kinds: Vec<_> = store.all_issues(NOW).unwrap().into_iter().map(|issue| issue.kind).collect();
        assert_eq!(kinds, ["Wide", "Last"]);
    }

    #[test]
    fn what_was_taken_in_before_a_crash_is_not_taken_in_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("errors.db"), Access::Write, 0).unwrap();
        let path = folder.path().join(format!("{SPOOL}.1-1"));
        fs::write(&path, "{\"type\":\"E\"}\n".repeat(700)).unwrap();
        store
            .apply_with_mark(&[], NOW, crate::errors::store::Room::Bodies, (&mark_of(&path), "500"))
            .unwrap();
        let drained = drain(folder.path(), &mut store, &Door::default(), LIMITS, NOW).unwrap();
        assert_eq!(drained, Drained { events: 200, malformed: 0 });
    }

    #[test]
    fn a_count_beyond_reason_keeps_nobody_from_reading_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("errors.db"), Access::Write, 0).unwrap();
        let line = format!("{{\"type\":\"E\",\"count\":{}}}\n", u64::MAX);
        fs::write(folder.path().join(SPOOL), line.repeat(3)).unwrap();
        let drained = drain(folder.path(), &mut store, &Door::default(), LIMITS, NOW).unwrap();
        assert_eq!(drained, Drained { events: 3, malformed: 0 });
        assert_eq!(store.all_issues(NOW).unwrap()[0].count, 3 << 32);
    }
}
