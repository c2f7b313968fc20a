//! What the age of backups means. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::backup::Newest;
use crate::checks::Subject;
use crate::checks::backup_age::{BackupObservation, NewestFile};
use crate::config::BackupCheck;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::{human, shell};

/// Judges a backup check.
pub(in crate::checks) fn judge(
    subject: &Subject,
    check: &BackupCheck,
    seen: &BackupObservation,
    now: DateTime<Utc>,
) -> Finding {
    let limit = check.max_age;
    let list = shell::command(["ls", "-lt", &seen.dir.to_string_lossy()]);
    let finding = match (&seen.verified, &seen.newest_file) {
        (Err(why), _) => return subject.unknown(format!("cannot be looked at: {why}")),
        (Ok(newest), _) if newest.iter().any(|n| n.backup.is_some()) => of_ours(subject, newest, limit, now),
        (Ok(_), Ok(file)) if file.has_manifests => {
            subject.finding(Severity::Critical, "no backup that is there is verified")
        }
        (Ok(_), Ok(file)) => of_file(subject, file, limit, now),
        (Ok(_), Err(why)) => subject.finding(Severity::Critical, why.clone()),
    };
    let is_bad = finding.severity > Severity::Ok;
    let finding = finding.with("path", seen.dir.to_string_lossy()).with("max_age_seconds", limit.as_secs());
    if !is_bad {
        return finding;
    }
    let text = "see what is there, and why the last backup was not made";
    let finding = finding.because(Cause::BackupStale);
    // Of what we are to back up, the cure is a backup of ours.
    if seen.verified.as_ref().is_ok_and(|newest| !newest.is_empty()) {
        return finding;
    }
    finding.hint(text, Some(list))
}

/// The oldest of the newest counts: what has none, or an old one, is not safe.
fn of_ours(subject: &Subject, newest: &[Newest], limit: Duration, now: DateTime<Utc>) -> Finding {
    let age_of = |newest: &Newest| {
        newest.backup.as_ref().map(|backup| (now - backup.created_at).to_std().unwrap_or_default())
    };
    let missing: Vec<_> =
        newest.iter().filter(|n| n.backup.is_none()).map(|n| n.origin.name.clone()).collect();
    let oldest = newest.iter().filter_map(|n| Some((age_of(n)?, &n.origin.name))).max();
    let (age, name) = oldest.map_or((Duration::ZERO, ""), |(age, name)| (age, name.as_str()));
    let ago = human::duration(Duration::from_secs(age.as_secs()));
    let (severity, words) = if !missing.is_empty() {
        (Severity::Critical, format!("there is no verified backup of {}", missing.join(", ")))
    } else if age > limit {
        let most = human::duration(limit);
        (Severity::Critical, format!("the newest verified backup of {name} is {ago} old, more than {most}"))
    } else {
        (Severity::Ok, format!("verified backups of all {} sources, {ago} old at most", newest.len()))
    };
    let sources = newest.iter().map(|n| {
        json!({
            "name": n.origin.name,
            "id": n.backup.as_ref().map(|backup| backup.id.clone()),
            "age_seconds": age_of(n).map(|age| age.as_secs()),
            "bytes": n.backup.as_ref().map(|backup| backup.bytes),
        })
    });
    aged(subject.finding(severity, words), age, limit).with("sources", sources.collect::<Vec<_>>())
}

/// Made by another tool: its age is all that is known of it.
fn of_file(subject: &Subject, file: &NewestFile, limit: Duration, now: DateTime<Utc>) -> Finding {
    let age = (now - DateTime::<Utc>::from(file.at)).to_std().unwrap_or_default();
    let ago = human::duration(Duration::from_secs(age.as_secs()));
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let words = format!("{name} is {ago} old ({}, not verified by fuelops)", human::bytes(file.bytes));
    let (severity, words) = if age > limit {
        (Severity::Critical, format!("the newest backup, {words}, older than {}", human::duration(limit)))
    } else {
        (Severity::Ok, format!("the newest backup, {words}"))
    };
    aged(subject.finding(severity, words), age, limit)
        .with("file", file.path.to_string_lossy())
        .with("bytes", file.bytes)
}

fn aged(finding: Finding, age: Duration, limit: Duration) -> Finding {
    let mut metric = Metric::new("age", age.as_secs_f64(), Unit::Seconds);
    metric.critical = Some(limit.as_secs_f64());
    finding.with("age_seconds", age.as_secs()).metric(metric)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::*;
    use crate::backup::{Kind, NewestBackup, Origin};
    use crate::checks::backup_age::{BackupFolder, observe};

    fn judged(seen: &BackupObservation) -> Finding {
        let check = BackupCheck { max_age: Duration::from_secs(86_400) };
        judge(&Subject::check("backup"), &check, seen, Utc::now())
    }

    #[test]
    fn files_of_another_tool_are_judged_by_their_age() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("backups");
        let folder =
            BackupFolder { dir: dir.clone(), state_dir: root.path().join(".fuelops"), origins: Vec::new() };
        let look = || judged(&observe(&folder));
        assert_eq!(look().severity, Severity::Critical);
        fs::create_dir_all(dir.join("daily")).unwrap();
        File::create(dir.join("empty.sql")).unwrap();
        assert!(look().summary.ends_with("holds no backup"), "{}", look().summary);
        fs::write(dir.join("daily/fuel.sql.gz"), "dump").unwrap();
        let good = look();
        assert_eq!((good.severity, good.cause), (Severity::Ok, None), "{}", good.summary);
        let old = SystemTime::now() - Duration::from_secs(90_000);
        File::options().write(true).open(dir.join("daily/fuel.sql.gz")).unwrap().set_modified(old).unwrap();
        let stale = look();
        assert_eq!((stale.severity, stale.cause), (Severity::Critical, Some(Cause::BackupStale)));
        assert!(stale.summary.ends_with("older than 1d"), "{}", stale.summary);
    }

    #[test]
    fn every_source_needs_its_verified_backup() {
        let of = |name: &str, hours: Option<i64>| Newest {
            origin: Origin { kind: Kind::Mysql, name: name.into() },
            backup: hours.map(|hours| NewestBackup {
                id: "b".into(),
                created_at: Utc::now() - chrono::TimeDelta::hours(hours),
                bytes: 5,
            }),
        };
        let look = |newest: Vec<Newest>| {
            let newest_file = Err("no file".to_owned());
            judged(&BackupObservation { dir: "/b".into(), verified: Ok(newest), newest_file })
        };
        assert_eq!(look(vec![of("a", Some(1)), of("b", Some(23))]).severity, Severity::Ok);
        let stale = look(vec![of("a", Some(1)), of("b", Some(30))]);
        assert_eq!(stale.summary, "the newest verified backup of b is 1d 6h old, more than 1d");
        let missing = look(vec![of("a", Some(1)), of("c", None)]);
        assert_eq!(missing.summary, "there is no verified backup of c");
        assert_eq!(look(vec![of("c", None)]).severity, Severity::Critical);
    }
}
