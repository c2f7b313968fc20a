//! Processors: time used and load. There is no pressure here.

use std::io;
use std::mem::MaybeUninit;

use crate::platform::{CpuTimes, Pressure};

/// Reads the CPU time of all processors together.
///
/// # Errors
/// When the kernel does not tell.
#[expect(unsafe_code, reason = "Mach is a C interface")]
#[expect(deprecated, reason = "libc points to a crate of its own for one call")]
pub fn cpu_times() -> io::Result<CpuTimes> {
    let mut load = MaybeUninit::<libc::host_cpu_load_info>::zeroed();
    let mut count = libc::HOST_CPU_LOAD_INFO_COUNT;
    // SAFETY: the record holds `count` numbers, and the flavour fills just those.
    let result = unsafe {
        libc::host_statistics64(
            libc::mach_host_self(),
            libc::HOST_CPU_LOAD_INFO,
            load.as_mut_ptr().cast(),
            &raw mut count,
        )
    };
    if result != libc::KERN_SUCCESS {
        return Err(io::Error::other(format!("host_statistics64 failed with {result}")));
    }
    // SAFETY: zeroed above and filled by the call; plain numbers.
    let load = unsafe { load.assume_init() };
    // User, system, idle, nice.
    let [user, system, idle, nice] = load.cpu_ticks.map(u64::from);
    let busy = user + system + nice;
    let processors = super::sysctl_number(c"hw.logicalcpu").and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
    Ok(CpuTimes { busy, total: busy + idle, steal: 0, processors })
}

/// Returns the load average of 1, 5 and 15 minutes.
pub fn load_average() -> Option<[f64; 3]> {
    let load = sysinfo::System::load_average().ok()?;
    Some([load.one, load.five, load.fifteen])
}

/// Returns nothing: this system does not measure pressure.
pub fn pressure() -> Pressure {
    Pressure::default()
}
