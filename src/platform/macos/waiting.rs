//! What a process waits for, which the kernel tells only a debugger here.

use crate::platform::Waiting;

/// Returns nothing.
pub fn waiting(_pid: u32) -> Option<Waiting> {
    None
}
