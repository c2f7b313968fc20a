//! Since when files may be evidence: after a recovery, what was written since is what explains it.

use std::path::Path;
use std::time::{Duration, SystemTime};

/// The log that every recovery writes to.
const RECOVERY_LOG: &str = "recovery.log";
/// What a recovery preserves it has written before its last word in that log.
const LONGEST_RECOVERY: Duration = Duration::from_secs(3_600);
/// For so long a recovery is looked into; without an end nothing could ever be cleaned again.
const WINDOW: Duration = Duration::from_secs(7 * 86_400);

/// Tells since when files are evidence of the last recovery, if it is not long ago.
pub fn evidence_since(root: &Path, now: SystemTime) -> Option<SystemTime> {
    let ended = root.join(RECOVERY_LOG).metadata().ok()?.modified().ok()?;
    let is_recent = now.duration_since(ended).is_ok_and(|ago| ago < WINDOW);
    if is_recent { ended.checked_sub(LONGEST_RECOVERY) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_recovery_of_this_week_leaves_evidence() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        assert_eq!(evidence_since(folder.path(), now), None);
        std::fs::write(folder.path().join(RECOVERY_LOG), "x").unwrap();
        assert!(
            evidence_since(folder.path(), now + Duration::from_secs(60)).is_some_and(|since| since < now)
        );
        assert_eq!(evidence_since(folder.path(), now + WINDOW * 2), None);
    }
}
