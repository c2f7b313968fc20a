//! macOS: one level at a time with `O_NOFOLLOW`, mounts compared by name, holders from libproc.

mod enter;
mod holders;
mod lease;
mod look;

pub(in crate::platform) use enter::{enter, open_top};
pub use holders::{has_open, holders};
pub use lease::{Claim, Lease, claim};
pub(in crate::platform) use look::{list, look, look_at};
