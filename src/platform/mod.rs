//! The operating system: what it says about itself and its processes. The only room with `cfg(target_os)` and `unsafe`.
//!
//! `linux` and `macos` hold twin files that export the same names; `facts` holds the plain values that both return. A
//! thing that cannot be known (no rights, not on this system) is `None`, never a made-up zero. A process that ends while
//! it is read is skipped, never an error.

mod facts;
pub mod files;
mod groups;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod os;
#[cfg(target_os = "macos")]
#[path = "macos/mod.rs"]
mod os;
pub mod simd;
mod termination;
mod unix;

pub use facts::{
    ClockState, CpuTimes, DiskUsage, Executable, Listener, Memory, MemoryLimit, Mount, OpenFiles, Pressure,
    ProcessStat, ProcessState, StartMark, Swap,
};
pub use groups::{LiveGroup, kill_live_groups};
pub use os::{
    ProcessHold, clock_state, command_line, cpu_times, disk_usage, executable, is_contained, limit_of,
    listeners, load_average, memory, mounts, open_files, pressure, process_files, process_files_limit,
    process_owner, process_stat, processes, swap, working_dir,
};
pub use termination::Termination;
pub use unix::{
    Account, account, account_of_name, caller_uid, file_owner, is_out_of_files, kill_group, own_cpu,
    process_exists, raise_open_files, user_name,
};
