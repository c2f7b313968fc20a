//! Memory and swap of the machine. There are no control groups here.

use std::io;

use sysinfo::System;

use crate::platform::{CpuQuota, Memory, MemoryLimit, Swap};

/// Reads the machine's memory.
///
/// # Errors
/// When the kernel reports none.
pub fn memory() -> io::Result<Memory> {
    let system = measured()?;
    let total_bytes = system.total_memory();
    if total_bytes == 0 {
        return Err(io::Error::other("the kernel reports no memory"));
    }
    Ok(Memory { total_bytes, available_bytes: system.available_memory().min(total_bytes) })
}

/// Reads the swap space, which grows and shrinks here by itself.
///
/// # Errors
/// When the kernel does not tell.
pub fn swap() -> io::Result<Swap> {
    let system = measured()?;
    Ok(Swap { total_bytes: system.total_swap(), used_bytes: system.used_swap(), pages_in: None })
}

/// Returns nothing: no group limits a process here.
pub fn limit_of(_pid: u32) -> Option<MemoryLimit> {
    None
}

/// What no group counts here.
#[derive(Clone, Debug)]
pub struct GroupKills;

impl GroupKills {
    /// Nothing.
    pub fn of(_pid: u32) -> Option<Self> {
        None
    }

    /// Never.
    pub fn has_grown(&self) -> bool {
        false
    }

    /// Does nothing.
    pub fn recount(&mut self) {}
}

/// Returns nothing: no group limits this process here.
pub fn cpu_quota() -> Option<CpuQuota> {
    None
}

fn measured() -> io::Result<System> {
    let mut system = System::new().map_err(io::Error::other)?;
    system.refresh_memory();
    Ok(system)
}
