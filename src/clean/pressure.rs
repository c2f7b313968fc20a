//! How full a file system is, by the formula of `df`, and what has to go until that is enough.

use crate::platform::files::Space;

use super::policy::Marks;

/// Whether rules work on a file system, and how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It is not full enough.
    Closed,
    /// Until so much is free that was not.
    Until(Need),
    /// All that the rules say.
    Open,
}

/// What has to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) bytes: u64,
    pub(super) inodes: u64,
}

impl Need {
    pub(super) fn is_met(self) -> bool {
        self.bytes == 0 && self.inodes == 0
    }

    /// What is still needed once this is gone.
    pub(super) fn after(self, bytes: u64, inodes: u64) -> Self {
        Self { bytes: self.bytes.saturating_sub(bytes), inodes: self.inodes.saturating_sub(inodes) }
    }
}

/// Used of what everybody may use: blocks that are kept for root count neither as used nor as free.
pub(super) fn used_percent(space: &Space) -> f64 {
    percent(space.total_bytes.saturating_sub(space.free_bytes), space.available_bytes)
}

/// The same of inodes; 0 where the file system does not count them.
pub(super) fn used_inodes_percent(space: &Space) -> f64 {
    percent(space.inodes_total.saturating_sub(space.inodes_free), space.inodes_available)
}

fn percent(used: u64, available: u64) -> f64 {
    let whole = used.saturating_add(available);
    if whole == 0 { 0.0 } else { float(used) * 100.0 / float(whole) }
}

/// Decides for one file system.
pub(super) fn gate(space: &Space, marks: Marks) -> Gate {
    let bytes = (space.total_bytes.saturating_sub(space.free_bytes), space.available_bytes);
    let inodes = (space.inodes_total.saturating_sub(space.inodes_free), space.inodes_available);
    let Some(start) = marks.high.or(marks.low) else { return Gate::Open };
    let is_above = |(used, available)| percent(used, available) > start;
    if !is_above(bytes) && !is_above(inodes) {
        return Gate::Closed;
    }
    let Some(low) = marks.low else { return Gate::Open };
    let need = |(used, available)| if is_above((used, available)) { excess(used, available, low) } else { 0 };
    Gate::Until(Need { bytes: need(bytes), inodes: need(inodes) })
}

/// What has to go until less than a share is used.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and what is used")]
fn excess(used: u64, available: u64, low: f64) -> u64 {
    let may = float(used.saturating_add(available)) * low / 100.0;
    (float(used) - may).max(0.0) as u64 + 1
}

#[expect(clippy::cast_precision_loss, reason = "a share of a disk")]
fn float(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(total: u64, free: u64, available: u64) -> Space {
        Space { total_bytes: total, free_bytes: free, available_bytes: available, ..Space::default() }
    }

    #[test]
    fn blocks_kept_for_root_are_neither_used_nor_free() {
        assert!((used_percent(&space(1000, 700, 200)) - 60.0).abs() < 1e-9);
        assert!(used_percent(&space(0, 0, 0)).abs() < 1e-9);
    }

    #[test]
    fn rules_start_above_the_high_mark_and_stop_below_the_low_one() {
        let marks = Marks { high: Some(80.0), low: Some(70.0) };
        assert_eq!(gate(&space(1000, 200, 200), marks), Gate::Closed);
        assert_eq!(gate(&space(1000, 100, 100), marks), Gate::Until(Need { bytes: 201, inodes: 0 }));
        assert_eq!(gate(&space(1000, 100, 100), Marks { high: Some(80.0), low: None }), Gate::Open);
        assert_eq!(gate(&space(1000, 900, 900), Marks::default()), Gate::Open);
    }

    #[test]
    fn inodes_count_as_well() {
        let full =
            Space { inodes_total: 100, inodes_free: 10, inodes_available: 10, ..space(1000, 900, 900) };
        let marks = Marks { high: Some(80.0), low: Some(70.0) };
        assert_eq!(gate(&full, marks), Gate::Until(Need { bytes: 0, inodes: 21 }));
    }
}
