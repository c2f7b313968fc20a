//! How the heap deals with large blocks.

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
