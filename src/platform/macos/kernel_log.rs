//! The kernel's own log, which only a program of its own shows here.

use crate::platform::KernelMessage;

/// Returns nothing: there is no file to read it from.
pub fn kernel_log() -> Option<Vec<KernelMessage>> {
    None
}
