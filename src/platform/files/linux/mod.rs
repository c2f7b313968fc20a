//! Linux: `openat2` keeps links and mounts out, `statx` sees mount points, a lease asks who has a file open.

mod enter;
mod holders;
mod lease;
mod look;

pub(in crate::platform) use enter::{enter, open_top};
pub use holders::holders;
pub use lease::{Claim, Lease, claim};
pub(in crate::platform) use look::{list, look, look_at};

use rustix::time::{ClockId, clock_gettime};

use super::look::nanoseconds;

/// The kernel's wall clock and the time since boot, both in nanoseconds, past whatever a preloaded library says.
pub fn kernel_time() -> Option<(i64, i64)> {
    let read = |clock| {
        let time = clock_gettime(clock);
        nanoseconds(time.tv_sec, time.tv_nsec)
    };
    Some((read(ClockId::Realtime), read(ClockId::Boottime)))
}
