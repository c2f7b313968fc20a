//! Since when a service that does not run has been down, as far as its own files tell: a recovery's downtime counts from
//! where it began to work, and the outage began before.

use chrono::{DateTime, Utc};

use crate::capture::{last_crash, last_line};
use crate::report::{Outage, OutageClue};
use crate::store::LogFiles;

/// Tells since when a service of this name is down: by its last crash record where that is the last that was heard of it,
/// else by its last line.
pub fn outage(service: &str, files: &LogFiles, now: DateTime<Utc>) -> Option<Outage> {
    let crash =
        last_crash(service, files).map(|crash| Outage { since: crash.at, known_by: OutageClue::CrashRecord });
    let line = || last_line(files).map(|since| Outage { since, known_by: OutageClue::LastLogLine });
    crash.or_else(line).filter(|outage| outage.since <= now)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use chrono::Local;

    use super::*;

    fn files(folder: &Path) -> LogFiles {
        let files = LogFiles::of("api", None, folder);
        fs::create_dir_all(folder.join("logs")).unwrap();
        files
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
