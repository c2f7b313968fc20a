//! How the heap deals with large blocks and many threads, and what a program that waits gives back.

use std::fs;

/// Has blocks of 128 KiB and more given back to the kernel as soon as they are free.
///
/// glibc does so at first, but raises the bar to the size of every large block that it frees, up to 32 MiB: tables that
/// grow by doubling then leave holes that nothing fits into, twice what a program needs at its peak. Other libraries
/// for C know no such bar.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "no crate wraps mallopt"))]
pub fn return_large_blocks() {
    #[cfg(target_env = "gnu")]
    {
        const BAR: libc::c_int = 128 << 10;
        // SAFETY: sets a number in the allocator, under its own lock; whether it is taken makes no difference to us.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, BAR);
        }
    }
}

/// Has all threads allocate from one arena: for programs that run for long and have threads for moments.
///
/// glibc gives each thread its own, up to eight for a processor; what is free in one of them serves no other, and each
/// keeps what it needed once.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "no crate wraps mallopt"))]
pub fn share_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number in the allocator, under its own lock; whether it is taken makes no difference to us.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Gives back what a program need not hold while it waits: freed blocks, and pages of its own code. The code stays in the
/// page cache, from where it is mapped again as it is run.
pub fn release_idle_memory() {
    trim();
    if let Some((start, len)) = own_code() {
        release_code(start, len);
    }
}

#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "no crate wraps malloc_trim"))]
fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: only free memory is given back, under the allocator's own lock.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[expect(unsafe_code, reason = "no safe wrapper can know that a mapping is only read")]
fn release_code(start: usize, len: usize) {
    // SAFETY: the range is one private mapping of a file that is run and never written, so each page can be had again from
    // the file as it was; the kernel does so at the next access.
    unsafe {
        libc::madvise(std::ptr::without_provenance_mut(start), len, libc::MADV_DONTNEED);
    }
}

/// Address and length of the mapping that this code is run from; nothing where it could be written to or is no file's.
fn own_code() -> Option<(usize, usize)> {
    let here = own_code as *const () as usize;
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    maps.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (range, permissions, inode) = (words.next()?, words.next()?, words.nth(2)?);
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        let is_ours = (start..end).contains(&here) && permissions == "r-xp" && inode != "0";
        is_ours.then_some((start, end - start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes of the mapping with this start that are mapped in.
    fn resident(start: usize) -> u64 {
        let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
        let from = smaps.find(&format!("{start:x}-")).unwrap();
        let line = smaps[from..].lines().find(|line| line.starts_with("Rss:")).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn code_is_given_back_and_runs_on() {
        let (start, len) = own_code().unwrap();
        assert!(len > 0);
        let before = resident(start);
        release_idle_memory();
        let after = resident(start);
        assert!(after < before, "{before} kB before, {after} kB after");
    }
}
