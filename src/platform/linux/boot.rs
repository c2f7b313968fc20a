//! The kernel's own clocks and the boot that they belong to.

use rustix::time::{ClockId, clock_gettime};

use super::boot_id;
use crate::platform::KernelClock;

/// Reads the kernel's clocks, past whatever a preloaded library makes of them.
pub fn kernel_clock() -> Option<KernelClock> {
    let read = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
    };
    Some(KernelClock {
        wall_ns: read(ClockId::Realtime),
        since_boot_ns: read(ClockId::Boottime),
        boot: boot_id(),
    })
}
