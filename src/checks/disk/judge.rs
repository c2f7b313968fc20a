//! Judges space and inodes of a file system. Pure.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::checks::Subject;
use crate::checks::disk::{DiskObservation, FolderSize};
use crate::checks::system::{against, rounded};
use crate::config::Bars;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::platform::DiskUsage;
use crate::text::human;

/// Judges a mount: its space, and its inodes where the file system counts them.
pub(in crate::checks) fn judge_mount(mount: &Path, seen: &DiskObservation, bars: Bars) -> Vec<Finding> {
    let name = mount.to_string_lossy();
    let space = Subject::new(format!("disk.{name}"), name.as_ref());
    let usage = match &seen.usage {
        Ok(usage) => usage,
        Err(why) => return vec![space.unknown(why.clone())],
    };
    let inodes = Subject::new(format!("disk.{name}.inodes"), name.as_ref());
    let of_inodes = usage.inodes_used_percent().map(|percent| judge_inodes(&inodes, usage, percent, bars));
    let findings = std::iter::once(judge_space(&space, usage, seen, bars)).chain(of_inodes);
    findings.map(|finding| finding.with("path", name.as_ref())).collect()
}

/// A mount that did not answer.
pub(in crate::checks) fn judge_mount_missed(mount: &Path, deadline: Duration) -> Finding {
    let name = mount.to_string_lossy();
    Subject::new(format!("disk.{name}"), name.as_ref()).missed(deadline)
}

/// Judges a disk check: one finding, of space or of inodes, whichever is worse.
pub(in crate::checks) fn judge_check(
    subject: &Subject,
    path: &Path,
    seen: &DiskObservation,
    bars: Bars,
) -> Finding {
    let usage = match &seen.usage {
        Ok(usage) => usage,
        Err(why) => return subject.finding(Severity::Critical, why.clone()),
    };
    let space = judge_space(subject, usage, seen, bars);
    let inodes = usage.inodes_used_percent().map(|percent| judge_inodes(subject, usage, percent, bars));
    let finding = match inodes {
        Some(inodes) if inodes.severity > space.severity => inodes,
        _ => space,
    };
    finding.with("path", path.to_string_lossy())
}

fn judge_space(subject: &Subject, usage: &DiskUsage, seen: &DiskObservation, bars: Bars) -> Finding {
    let percent = rounded(usage.used_percent());
    let severity = against(percent, bars);
    let mut summary = format!("{} used, {} free", human::percent(percent), human::bytes(usage.free_bytes));
    let mut finding = subject
        .finding(severity, "")
        .with("used_percent", percent)
        .with("used_bytes", usage.used_bytes)
        .with("free_bytes", usage.free_bytes)
        .with("total_bytes", usage.total_bytes);
    if severity != Severity::Ok {
        finding = finding.because(Cause::DiskFull);
        let folders: Vec<_> = seen
            .largest
            .iter()
            .map(
                |f| json!({"path": f.path.to_string_lossy(), "bytes": f.bytes, "is_at_least": f.is_at_least}),
            )
            .collect();
        finding = finding.with("largest_folders", folders);
        if let Some(FolderSize { path, bytes, is_at_least }) = seen.largest.first() {
            let least = if *is_at_least { "at least " } else { "" };
            let (folder, size) = (path.display(), human::bytes(*bytes));
            summary = format!("{summary}; largest of ours: {folder} with {least}{size}");
        }
    }
    finding.summary = summary;
    finding
        .metric(Metric::new("used", percent, Unit::Percent).bars(bars.warn, bars.critical).range(0.0, 100.0))
}

fn judge_inodes(subject: &Subject, usage: &DiskUsage, percent: f64, bars: Bars) -> Finding {
    let percent = rounded(percent);
    let severity = against(percent, bars);
    let free = human::count(usage.inodes_free);
    let mut finding = subject
        .finding(severity, format!("{} of inodes used, {free} free", human::percent(percent)))
        .with("inodes_used_percent", percent)
        .with("inodes_total", usage.inodes_total)
        .with("inodes_free", usage.inodes_free);
    finding.cause = (severity != Severity::Ok).then_some(Cause::InodesFull);
    finding.metric(
        Metric::new("inodes", percent, Unit::Percent).bars(bars.warn, bars.critical).range(0.0, 100.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: Bars = Bars { warn: 80.0, critical: 90.0 };

    fn seen(used: u64, free: u64, inodes: (u64, u64)) -> DiskObservation {
        let usage = DiskUsage {
            total_bytes: used + free,
            used_bytes: used,
            free_bytes: free,
            inodes_total: inodes.0,
            inodes_free: inodes.1,
        };
        DiskObservation { usage: Ok(usage), largest: Vec::new() }
    }

    #[test]
    fn space_and_inodes_are_two_findings() {
        let found = judge_mount(Path::new("/data"), &seen(95, 5, (100, 50)), BARS);
        let ids: Vec<_> = found.iter().map(|f| (f.check.as_str(), f.severity, f.cause)).collect();
        assert_eq!(
            ids,
            [
                ("disk./data", Severity::Critical, Some(Cause::DiskFull)),
                ("disk./data.inodes", Severity::Ok, None)
            ]
        );
    }

    #[test]
    fn file_system_without_inodes_has_one_finding() {
        assert_eq!(judge_mount(Path::new("/"), &seen(1, 99, (0, 0)), BARS).len(), 1);
    }

    #[test]
    fn check_tells_the_worse_of_both() {
        let subject = Subject::check("data");
        let finding = judge_check(&subject, Path::new("/data"), &seen(50, 50, (100, 2)), BARS);
        assert_eq!((finding.severity, finding.cause), (Severity::Critical, Some(Cause::InodesFull)));
        assert_eq!(finding.check, "check.data");
    }
}
