//! What a process does when it is signalled.

/// Whether a process has a handler for a signal: not to be seen here.
pub fn catches_signal(_pid: u32, _number: i32) -> Option<bool> {
    None
}
