//! Memory and swap of the machine.

use std::io;

use super::read_text;
use crate::platform::{Memory, Swap};

/// Reads the machine's memory.
///
/// # Errors
/// When `/proc/meminfo` cannot be read or lacks its total.
pub fn memory() -> io::Result<Memory> {
    let text = read_text("/proc/meminfo")?;
    parse_memory(&text)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/meminfo has no MemTotal"))
}

fn parse_memory(text: &str) -> Option<Memory> {
    let total_bytes = value(text, "MemTotal:")?;
    // Before Linux 3.14 there is no estimate: free and file cache come near.
    let estimate = || {
        let parts = ["MemFree:", "Buffers:", "Cached:"];
        parts.iter().filter_map(|key| value(text, key)).sum()
    };
    let available_bytes = value(text, "MemAvailable:").unwrap_or_else(estimate).min(total_bytes);
    Some(Memory { total_bytes, available_bytes })
}

/// Reads the swap space; zero bytes in total where there is none.
///
/// # Errors
/// When `/proc/meminfo` cannot be read.
pub fn swap() -> io::Result<Swap> {
    let text = read_text("/proc/meminfo")?;
    let total_bytes = value(&text, "SwapTotal:").unwrap_or(0);
    let used_bytes = total_bytes.saturating_sub(value(&text, "SwapFree:").unwrap_or(0));
    let pages_in = read_text("/proc/vmstat")
        .ok()
        .and_then(|t| t.lines().find_map(|l| l.strip_prefix("pswpin ")).and_then(|n| n.trim().parse().ok()));
    Ok(Swap { total_bytes, used_bytes, pages_in })
}

fn value(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_is_not_free() {
        let text = "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  700 kB\nCached: 650 kB\n";
        let memory = parse_memory(text).unwrap();
        assert_eq!((memory.total_bytes, memory.available_bytes), (1000 * 1024, 700 * 1024));
    }

    #[test]
    fn old_kernel_without_estimate_counts_the_cache() {
        let text = "MemTotal:  1000 kB\nMemFree:  100 kB\nBuffers: 50 kB\nCached: 650 kB\n";
        assert_eq!(parse_memory(text).unwrap().available_bytes, 800 * 1024);
    }

    #[test]
    fn this_machine_answers() {
        let memory = memory().unwrap();
        assert!(memory.available_bytes > 0 && memory.available_bytes <= memory.total_bytes);
        assert!(swap().is_ok());
    }
}
