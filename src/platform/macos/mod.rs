//! macOS: libproc and sysctl through libc for processes, `sysinfo` for memory, `listeners` for sockets.
//!
//! Type-checked on Linux; see README for what has been run on a Mac.

mod boot;
mod clock;
mod cpu;
mod disks;
mod groups;
mod heap;
mod hold;
mod kernel_log;
mod memory;
mod peer;
mod processes;
mod scope;
mod signals;
mod sockets;
mod waiting;

pub use boot::kernel_clock;
pub use clock::clock_state;
pub use cpu::{cpu_times, load_average, pressure};
pub use disks::{disk_usage, mounts, open_files};
pub use groups::groups_of;
pub use heap::{release_idle_memory, return_large_blocks, share_one_arena};
pub use hold::ProcessHold;
pub use kernel_log::{kernel_log, kernel_log_has_our_pids, out_of_memory_kills};
pub use memory::{GroupKills, cpu_quota, limit_of, memory, swap};
pub use peer::peer_uid;
pub use processes::{
    boot_id, command_line, environment, executable, is_contained, output_file, process_files,
    process_files_limit, process_owner, process_stat, processes, wait_channel, working_dir,
};
pub use scope::{Scope, ScopeDoor, ScopeWatch, control_group};
pub use signals::catches_signal;
pub use sockets::{every_listener, listeners};
pub use waiting::waiting;

use std::ffi::CStr;
use std::mem::MaybeUninit;

/// Reads a number by its sysctl name.
#[expect(unsafe_code, reason = "sysctl has no safe wrapper in nix or rustix")]
fn sysctl_number(name: &CStr) -> Option<u64> {
    let mut value = MaybeUninit::<[u8; 8]>::zeroed();
    let mut size = size_of::<[u8; 8]>();
    // SAFETY: the name ends in NUL; `value` has `size` writable bytes; nothing is written to the kernel.
    let result = unsafe {
        libc::sysctlbyname(name.as_ptr(), value.as_mut_ptr().cast(), &raw mut size, std::ptr::null_mut(), 0)
    };
    // SAFETY: zeroed above, and every bit pattern is a valid array of bytes.
    let bytes = unsafe { value.assume_init() };
    match (result, size) {
        (0, 4) => Some(u64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))),
        (0, 8) => Some(u64::from_le_bytes(bytes)),
        _ => None,
    }
}

/// Reads a text by its sysctl name.
#[expect(unsafe_code, reason = "sysctl has no safe wrapper in nix or rustix")]
fn sysctl_text(name: &CStr) -> Option<String> {
    let mut value = vec![0_u8; 128];
    let mut size = value.len();
    // SAFETY: the name ends in NUL; `value` has `size` writable bytes; nothing is written to the kernel.
    let result = unsafe {
        libc::sysctlbyname(name.as_ptr(), value.as_mut_ptr().cast(), &raw mut size, std::ptr::null_mut(), 0)
    };
    value.truncate(size);
    let text = String::from_utf8_lossy(&value).trim_end_matches('\0').to_owned();
    (result == 0 && !text.is_empty()).then_some(text)
}
