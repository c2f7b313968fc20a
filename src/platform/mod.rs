//! The operating system: what it says about itself and its processes. The only room with `cfg(target_os)` and `unsafe`.
//!
//! `linux` and `macos` hold twin files that export the same names; `facts` holds the plain values that both return. A
//! thing that cannot be known (no rights, not on this system) is `None`, never a made-up zero. A process that ends while
//! it is read is skipped, never an error.

mod arrivals;
mod birth;
mod facts;
mod file_user;
pub mod files;
mod groups;
mod named_zone;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod os;
#[cfg(target_os = "macos")]
#[path = "macos/mod.rs"]
mod os;
pub mod simd;
mod termination;
mod unix;

pub use arrivals::{Arrivals, Arrived};
pub use birth::{
    Birth, Credentials, Session, adopt_orphans, become_account, enlarge_pipe, pause, reap, unblock_signals,
};
pub use facts::{
    ClockState, CpuQuota, CpuTimes, Delivery, DiskUsage, Executable, KernelClock, KernelMessage, Listener,
    Memory, MemoryLimit, Mount, OpenFiles, Pressure, ProcessStat, ProcessState, StartMark, Swap, Waiting,
};
pub use file_user::FileUser;
pub use groups::{LiveGroup, kill_live_groups};
pub use named_zone::{NamedZone, UnknownZone};
pub use os::{
    GroupKills, ProcessHold, Scope, ScopeDoor, ScopeWatch, boot_id, catches_signal, clock_state,
    command_line, control_group, cpu_quota, cpu_times, disk_usage, environment, every_listener, executable,
    groups_of, is_contained, kernel_clock, kernel_log, kernel_log_has_our_pids, limit_of, listeners,
    load_average, memory, mounts, open_files, out_of_memory_kills, output_file, peer_uid, pressure,
    process_files, process_files_limit, process_owner, process_stat, processes, release_idle_memory,
    return_large_blocks, share_one_arena, swap, wait_channel, waiting, working_dir,
};
pub use rustix::process::Signal;
pub use termination::Termination;
pub use unix::{
    Account, account, account_of_name, caller_uid, file_owner, host_name, is_out_of_files, kill_group,
    own_cpu, process_exists, raise_open_files, user_name,
};
