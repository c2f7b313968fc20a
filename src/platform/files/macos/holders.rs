//! One walk over the process table: the files that each process has open.

use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, size_of};

use crate::platform::files::{Access, FileId, Holder, Holders};

/// Flavour of `proc_pidfdinfo` for files; not in libc.
const VNODE_INFO: c_int = 1;
const FILE_FLAG_WRITE: u32 = 0x2;
const FILE_FLAG_APPEND: u32 = 0x8;
const ALL_PIDS: u32 = 1;
/// Processes and descriptors that may appear between asking for their number and listing them.
const SPARE: usize = 64;
const REGULAR: u16 = 0o100_000;

/// `struct proc_fileinfo` of `sys/proc_info.h`.
#[repr(C)]
#[derive(Clone, Copy)]
struct FileInfo {
    open_flags: u32,
    status: u32,
    offset: i64,
    kind: i32,
    guard_flags: u32,
}

/// `struct vnode_fdinfo` of `sys/proc_info.h`.
#[repr(C)]
#[derive(Clone, Copy)]
struct VnodeFdInfo {
    file: FileInfo,
    vnode: libc::vnode_info,
}

/// Finds who has files on these devices open. What may not be read makes the answer incomplete, never wrong.
pub fn holders(devices: &[u64]) -> Holders {
    let mut found = Holders::new(rustix::process::geteuid().is_root());
    let own = std::process::id();
    let pids: Vec<i32> = list(|buffer, bytes| call(List::Pids, buffer, bytes));
    for pid in pids.into_iter().filter(|pid| *pid > 0 && u32::try_from(*pid) != Ok(own)) {
        descriptors(pid, devices, &mut found);
    }
    found
}

/// Whether a process has a file open for writing.
pub fn has_open(pid: u32, file: FileId) -> bool {
    let mut found = Holders::new(true);
    if let Ok(pid) = i32::try_from(pid) {
        descriptors(pid, &[file.device], &mut found);
    }
    found.of(file).iter().any(|holder| holder.access != Access::Read)
}

fn descriptors(pid: i32, devices: &[u64], found: &mut Holders) {
    let open: Vec<libc::proc_fdinfo> = list(|buffer, bytes| call(List::Descriptors(pid), buffer, bytes));
    for descriptor in open {
        if descriptor.proc_fdtype == libc::PROX_FDTYPE_VNODE.cast_unsigned() {
            look(pid, descriptor.proc_fd, devices, found);
        }
    }
}

enum List {
    Pids,
    Descriptors(i32),
}

#[expect(unsafe_code, reason = "libproc is a C interface")]
fn call(what: List, buffer: *mut c_void, bytes: c_int) -> c_int {
    match what {
        // SAFETY: the buffer is null, which asks for the size, or has `bytes` writable bytes.
        List::Pids => unsafe { libc::proc_listpids(ALL_PIDS, 0, buffer, bytes) },
        // SAFETY: as above.
        List::Descriptors(pid) => unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDLISTFDS, 0, buffer, bytes) },
    }
}

/// Asks for the size of a list, then for the list.
#[expect(unsafe_code, reason = "libproc is a C interface")]
fn list<T: Copy>(ask: impl Fn(*mut c_void, c_int) -> c_int) -> Vec<T> {
    let Ok(wanted) = usize::try_from(ask(std::ptr::null_mut(), 0)) else { return Vec::new() };
    let mut room: Vec<MaybeUninit<T>> = vec![MaybeUninit::zeroed(); wanted / size_of::<T>() + SPARE];
    let bytes = c_int::try_from(room.len() * size_of::<T>()).unwrap_or(c_int::MAX);
    let got = usize::try_from(ask(room.as_mut_ptr().cast(), bytes)).unwrap_or(0) / size_of::<T>();
    // SAFETY: the lists asked for are plain integers, valid also where they stayed zero.
    room.into_iter().take(got).map(|item| unsafe { item.assume_init() }).collect()
}

#[expect(unsafe_code, reason = "libproc is a C interface")]
fn look(pid: i32, descriptor: i32, devices: &[u64], found: &mut Holders) {
    let mut info = MaybeUninit::<VnodeFdInfo>::zeroed();
    let size = c_int::try_from(size_of::<VnodeFdInfo>()).unwrap_or(0);
    // SAFETY: the buffer has `size` writable bytes, and the flavour fills a record of just that size.
    let got = unsafe { libc::proc_pidfdinfo(pid, descriptor, VNODE_INFO, info.as_mut_ptr().cast(), size) };
    if got != size {
        return;
    }
    // SAFETY: plain numbers, all of them written.
    let info = unsafe { info.assume_init() };
    let stat = &info.vnode.vi_stat;
    let id = FileId { device: u64::from(stat.vst_dev), inode: stat.vst_ino };
    if stat.vst_mode & libc::S_IFMT != REGULAR || !devices.contains(&id.device) {
        return;
    }
    let access = match info.file.open_flags {
        flags if flags & FILE_FLAG_WRITE == 0 => Access::Read,
        flags if flags & FILE_FLAG_APPEND != 0 => Access::Append,
        _ => Access::Write,
    };
    found.add(id, Holder { pid: pid.unsigned_abs(), access });
}
