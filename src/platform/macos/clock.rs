//! The clock: time since boot, and whether a time service keeps it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::platform::ClockState;

/// Returns what the kernel says of its clock.
pub fn clock_state() -> ClockState {
    // This system's monotonic clock runs on while it sleeps.
    let now = clock_gettime(ClockId::Monotonic);
    let since_boot =
        Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0));
    ClockState { is_synchronised: is_synchronised(), since_boot }
}

#[expect(unsafe_code, reason = "neither rustix nor nix has ntp_adjtime")]
fn is_synchronised() -> Option<bool> {
    // SAFETY: `timex` is plain numbers, for which all zeroes is a valid value.
    let mut state: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live, writable `timex`; `modes` is 0, so the call only reads the kernel's state.
    let result = unsafe { libc::ntp_adjtime(&raw mut state) };
    (result >= 0).then_some(state.status & libc::STA_UNSYNC == 0)
}
