//! Linux: `openat2` keeps links and mounts out, `statx` sees mount points, a lease asks who has a file open.

mod enter;
mod holders;
mod lease;
mod look;

pub(in crate::platform) use enter::{enter, open_top};
pub use holders::{has_open, holders};
pub use lease::{Claim, Lease, claim};
pub(in crate::platform) use look::{list, look, look_at};
