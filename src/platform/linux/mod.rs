//! Linux: read from `/proc` and `/sys` by hand, because every process is read and each system call counts.

mod boot;
mod cgroup;
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
pub use cgroup::{GroupKills, cpu_quota, limit_of};
pub use clock::clock_state;
pub use cpu::{cpu_times, load_average, pressure};
pub use disks::{disk_usage, mounts, open_files};
pub use groups::groups_of;
pub use heap::{release_idle_memory, return_large_blocks, share_one_arena};
pub use hold::ProcessHold;
pub use kernel_log::{kernel_log, kernel_log_has_our_pids, out_of_memory_kills};
pub use memory::{memory, swap};
pub use peer::peer_uid;
pub use processes::{
    boot_id, command_line, environment, executable, is_contained, output_file, process_files,
    process_files_limit, process_owner, process_stat, processes, wait_channel, working_dir,
};
pub use scope::{Scope, ScopeDoor, ScopeWatch, control_group};
pub use signals::catches_signal;
pub use sockets::{every_listener, listeners};
pub use waiting::waiting;

use std::fs::File;
use std::io::{self, Read};

/// Longest file of `/proc/PID` that is read; a command line can be megabytes of its owner's choosing.
const MAX_PROC_FILE: u64 = 128 * 1024;
/// Longest file about the whole machine that is read; a host of containers has thousands of mounts.
const MAX_SYSTEM_FILE: u64 = 4 * 1024 * 1024;

/// Reads a small file of the kernel into `buffer`, replacing what it held; at most [`MAX_PROC_FILE`] bytes.
fn read_into(path: &str, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    File::open(path)?.take(MAX_PROC_FILE).read_to_end(buffer)?;
    Ok(())
}

/// Reads a text file of the kernel; at most [`MAX_SYSTEM_FILE`] bytes.
fn read_text(path: &str) -> io::Result<String> {
    let mut buffer = Vec::new();
    File::open(path)?.take(MAX_SYSTEM_FILE).read_to_end(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer).into_owned())
}
