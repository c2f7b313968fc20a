//! What a service has logged since it was started: a real error in it speaks against the recovery.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::config::{LogRule, Timezone};
use crate::grouping::SourceRoots;
use crate::logs::audit::TeamRules;
use crate::logs::http::DeclaredNames;
use crate::logs::input::{Origin, Request, resolve};
use crate::logs::summary::real_errors;
use crate::logs::{AnalysisOptions, ZoneChoice, analyze};
use crate::text::redact;

/// Characters of an error that are shown.
const SHOWN: usize = 160;

/// The newest error that stands in a log behind an offset, after the audit of levels. A line that has begun before the
/// offset is not looked at.
pub fn error_since(
    log: &Path,
    from: u64,
    rules: &[LogRule],
    timezone: Timezone,
    now: DateTime<Utc>,
) -> Option<String> {
    let root = log.parent()?;
    let patterns: [PathBuf; 1] = [log.to_owned()];
    let found = resolve(&Request { patterns: &patterns, root, origin: Origin::Configured });
    // Rotated members were there before.
    let mut source = found.sources.into_iter().find(|source| source.path == log)?;
    if source.len <= from {
        return None;
    }
    source.start = from;
    let rules = TeamRules::new(rules.to_vec());
    let options = AnalysisOptions {
        threads: 1,
        since: None,
        until: None,
        zone: ZoneChoice::from(timezone),
        now: now.timestamp_micros(),
        rules: &rules,
        roots: &SourceRoots::default(),
        names: &DeclaredNames::default(),
        part_bytes: None,
        progress: None,
    };
    let errors = real_errors(&analyze(&[source], &options), &rules);
    let newest = errors.newest?;
    let clean = redact::secrets(&newest);
    Some(clean.lines().next().unwrap_or_default().chars().take(SHOWN).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(text: &str, from: u64) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().canonicalize().unwrap().join("backend.log");
        std::fs::write(&log, text).unwrap();
        error_since(&log, from, &[], Timezone::Local, Utc::now())
    }

    #[test]
    fn errors_of_a_fresh_log_count_and_those_before_the_offset_do_not() {
        let old = "2026-11-22 10:00:00,000 - main - ERROR - cannot load\n";
        let new = "2026-11-22 10:00:01,000 - main - INFO - ready\n2026-11-22 10:00:02,000 - main - ERROR - no such table\n";
        assert_eq!(since(new, 0).as_deref(), Some("no such table"));
        assert_eq!(since(old, old.len() as u64), None);
        assert_eq!(since("INFO:main:ready\n", 0), None);
    }

    #[test]
    fn errors_right_behind_the_offset_of_a_log_that_goes_on_count() {
        let dated = [
            "2026-11-22 10:00:00,000 - main - ERROR - cannot load\n",
            "2026-11-22 10:00:01,000 - main - INFO - ready\n2026-11-22 10:00:02,000 - main - ERROR - no such table\n",
        ];
        let undated = ["ERROR:main:cannot load\n", "INFO:main:ready\nERROR:main:no such table\n"];
        for [old, new] in [dated, undated] {
            let (one, many) = (old.to_owned(), old.repeat(1_000));
            for before in [one, many] {
                let found = since(&(before.clone() + new), before.len() as u64);
                assert_eq!(found.as_deref(), Some("no such table"), "{} bytes, then {new}", before.len());
            }
        }
    }
}
