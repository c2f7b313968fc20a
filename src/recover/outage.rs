//! Since when a service that does not run has been down, as far as its own files tell: a recovery's downtime counts from
//! where it began to work, and the outage began before.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};

use crate::report::{Outage, OutageClue};
use crate::store::LogFiles;

/// Bytes at the end of the crash records that are read.
const TAIL: u64 = 256 * 1024;
/// How a crash record of the keeper names its service.
const CONTEXT: &str = "Context: ";
const CRASH: &str = "CRASH: ";

/// Tells since when a service of this name is down: by its last crash record where that is the last that was heard of it,
/// else by its last line.
pub fn outage(service: &str, files: &LogFiles, now: DateTime<Utc>) -> Option<Outage> {
    let written =
        fs::symlink_metadata(&files.main).ok().filter(|metadata| metadata.is_file() && metadata.len() > 0);
    let last_line = written.and_then(|metadata| metadata.modified().ok()).map(DateTime::<Utc>::from);
    let crash = tail(&files.crashes).ok().and_then(|text| last_crash(&text, service));
    let crash = crash.map(|since| Outage { since, known_by: OutageClue::CrashRecord });
    let line = last_line.map(|since| Outage { since, known_by: OutageClue::LastLogLine });
    // A record is written to the second; a service that has run since prints beyond it.
    let is_last =
        |outage: &Outage| last_line.is_none_or(|line| line <= outage.since + chrono::Duration::seconds(2));
    crash.filter(is_last).or(line).filter(|outage| outage.since <= now)
}

fn tail(path: &Path) -> io::Result<String> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// When the service crashed last, by the blocks of `crashes.log`.
fn last_crash(text: &str, service: &str) -> Option<DateTime<Utc>> {
    let ours = format!("{CONTEXT}{service} (pid ");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.windows(2).rev().find(|pair| pair[0].starts_with(CRASH) && pair[1].starts_with(&ours))?;
    let time = NaiveDateTime::parse_from_str(at[0].strip_prefix(CRASH)?, "%Y-%m-%d %H:%M:%S").ok()?;
    Some(Local.from_local_datetime(&time).earliest()?.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> LogFiles {
        LogFiles::of("api", None, folder)
    }

    fn block(service: &str, at: DateTime<Local>) -> String {
        let line = "=".repeat(80);
        let time = at.format("%Y-%m-%d %H:%M:%S");
        format!(
            "\n{line}\nCRASH: {time}\nContext: {service} (pid 7): x: killed by signal 9\n{line}\nError: Signal: x\n"
        )
    }

    #[test]
    fn a_crash_record_tells_unless_the_service_has_printed_since() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let now = Utc::now();
        assert_eq!(outage("api", &files, now), None);
        let crashed = Local::now() - chrono::Duration::minutes(5);
        let text = block("api", crashed) + &block("web", Local::now());
        fs::write(&files.crashes, text).unwrap();
        let told = outage("api", &files, now).unwrap();
        assert_eq!((told.known_by, told.since.timestamp()), (OutageClue::CrashRecord, crashed.timestamp()));
        fs::write(&files.main, "it has run since\n").unwrap();
        let told = outage("api", &files, Utc::now()).unwrap();
        assert_eq!(told.known_by, OutageClue::LastLogLine);
    }

    #[test]
    fn nothing_is_told_of_the_future_or_of_links() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        fs::write(folder.path().join("other"), "x").unwrap();
        std::os::unix::fs::symlink("other", &files.main).unwrap();
        fs::write(&files.crashes, block("api", Local::now() + chrono::Duration::hours(1))).unwrap();
        assert_eq!(outage("api", &files, Utc::now()), None);
    }
}
