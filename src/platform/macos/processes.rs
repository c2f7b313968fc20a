//! The process table, from libproc. What belongs to other users is partly hidden from anyone but root.

use std::ffi::{OsString, c_char, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::platform::{Executable, ProcessStat, ProcessState, StartMark};

/// Pids that may appear between asking for the number of processes and listing them.
const SPARE_PIDS: usize = 64;
/// Longest block of arguments that is read.
const MAX_ARGUMENTS: usize = 128 * 1024;

/// Reads every process that this caller can see.
///
/// # Errors
/// When the kernel does not list its processes.
pub fn processes() -> io::Result<Vec<ProcessStat>> {
    Ok(pids()?.into_iter().filter_map(process_stat).collect())
}

#[expect(unsafe_code, reason = "libproc is a C interface")]
fn pids() -> io::Result<Vec<u32>> {
    // SAFETY: a null buffer only asks for the number of processes.
    let count = unsafe { libc::proc_listallpids(std::ptr::null_mut(), 0) };
    let room = usize::try_from(count).map_err(|_| io::Error::last_os_error())? + SPARE_PIDS;
    let mut pids = vec![0_i32; room];
    let bytes = c_int::try_from(room * size_of::<i32>()).unwrap_or(c_int::MAX);
    // SAFETY: the buffer has `bytes` writable bytes.
    let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), bytes) };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    pids.truncate(count);
    Ok(pids.into_iter().filter_map(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0).collect())
}

/// Reads one process; `None` when it is gone.
pub fn process_stat(pid: u32) -> Option<ProcessStat> {
    let bsd: libc::proc_bsdinfo = info(pid, libc::PROC_PIDTBSDINFO)?;
    // Needs rights: absent for processes of others.
    let task: Option<libc::proc_taskinfo> = info(pid, libc::PROC_PIDTASKINFO);
    let started = Duration::from_secs(bsd.pbi_start_tvsec) + Duration::from_micros(bsd.pbi_start_tvusec);
    let cpu = task.map_or(0, |t| t.pti_total_user.saturating_add(t.pti_total_system));
    Some(ProcessStat {
        pid,
        parent: bsd.pbi_ppid,
        group: bsd.pbi_pgid,
        name: text(&bsd.pbi_name).or_else(|| text(&bsd.pbi_comm)).unwrap_or_default(),
        state: state(bsd.pbi_status),
        threads: task.map_or(0, |t| u32::try_from(t.pti_threadnum).unwrap_or(0)),
        rss_bytes: task.map_or(0, |t| t.pti_resident_size),
        cpu: mach_time(cpu),
        started: StartMark(u64::try_from(started.as_micros()).unwrap_or(u64::MAX)),
        age: SystemTime::now().duration_since(UNIX_EPOCH + started).unwrap_or_default(),
        is_kernel: pid == 0,
    })
}

fn state(status: u32) -> ProcessState {
    match status {
        libc::SRUN => ProcessState::Running,
        libc::SSLEEP | libc::SIDL => ProcessState::Sleeping,
        libc::SSTOP => ProcessState::Stopped,
        libc::SZOMB => ProcessState::Zombie,
        _ => ProcessState::Other,
    }
}

/// Asks libproc for one fixed-size record.
#[expect(unsafe_code, reason = "libproc is a C interface")]
fn info<T: Copy>(pid: u32, flavor: c_int) -> Option<T> {
    let mut record = MaybeUninit::<T>::zeroed();
    let size = c_int::try_from(size_of::<T>()).ok()?;
    let pid = c_int::try_from(pid).ok()?;
    // SAFETY: the buffer has `size` writable bytes, and the flavour fills a record of just that size.
    let got = unsafe { libc::proc_pidinfo(pid, flavor, 0, record.as_mut_ptr().cast(), size) };
    // SAFETY: the records asked for are plain numbers and bytes, valid also where they stayed zero.
    (got == size).then(|| unsafe { record.assume_init() })
}

/// Reads a C string from a fixed field, which need not end in NUL.
fn text(field: &[c_char]) -> Option<String> {
    #[expect(clippy::cast_sign_loss, reason = "a character is a byte here")]
    let bytes: Vec<u8> = field.iter().map(|c| *c as u8).take_while(|b| *b != 0).collect();
    (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[expect(unsafe_code, reason = "the clock's unit comes from the kernel")]
#[expect(deprecated, reason = "libc points to a crate of its own for one call")]
fn mach_time(ticks: u64) -> Duration {
    let mut base = libc::mach_timebase_info { numer: 1, denom: 1 };
    // SAFETY: the pointer is to a live, writable record.
    unsafe { libc::mach_timebase_info(&raw mut base) };
    let nanos = u128::from(ticks) * u128::from(base.numer) / u128::from(base.denom.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Returns the words of a command line; `None` without rights or when it is gone.
pub fn command_line(pid: u32) -> Option<Vec<OsString>> {
    let raw = arguments(pid)?;
    // A count, the path of the executable, NULs up to the first word, then the words, then the environment.
    let (count, rest) = raw.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
    let path_end = rest.iter().position(|b| *b == 0)?;
    let words = &rest[path_end..];
    let words = &words[words.iter().position(|b| *b != 0)?..];
    Some(words.split(|b| *b == 0).take(count).map(|word| OsString::from_vec(word.to_vec())).collect())
}

#[expect(unsafe_code, reason = "sysctl has no safe wrapper in nix or rustix")]
fn arguments(pid: u32) -> Option<Vec<u8>> {
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, c_int::try_from(pid).ok()?];
    let mut buffer = vec![0_u8; MAX_ARGUMENTS];
    let mut size = buffer.len();
    // SAFETY: the name has three numbers, the buffer `size` writable bytes; nothing is written to the kernel.
    let result = unsafe {
        libc::sysctl(
            name.as_mut_ptr(),
            3,
            buffer.as_mut_ptr().cast::<c_void>(),
            &raw mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    buffer.truncate(size);
    (result == 0).then_some(buffer)
}

/// Returns the file that a process runs; `None` without rights or when it is gone.
#[expect(unsafe_code, reason = "libproc is a C interface")]
pub fn executable(pid: u32) -> Option<Executable> {
    const SIZE: usize = libc::PROC_PIDPATHINFO_MAXSIZE as usize;
    let mut buffer = vec![0_u8; SIZE];
    let pid = c_int::try_from(pid).ok()?;
    // SAFETY: the buffer has `SIZE` writable bytes.
    let got =
        unsafe { libc::proc_pidpath(pid, buffer.as_mut_ptr().cast(), libc::PROC_PIDPATHINFO_MAXSIZE as u32) };
    buffer.truncate(usize::try_from(got).ok().filter(|n| *n > 0)?);
    let path = PathBuf::from(OsString::from_vec(buffer));
    let is_deleted = !path.exists();
    Some(Executable { path, is_deleted })
}

/// Returns a process's working folder; `None` without rights or when it is gone.
pub fn working_dir(pid: u32) -> Option<PathBuf> {
    let paths: libc::proc_vnodepathinfo = info(pid, libc::PROC_PIDVNODEPATHINFO)?;
    #[expect(clippy::cast_sign_loss, reason = "a character is a byte here")]
    let bytes: Vec<u8> =
        paths.pvi_cdir.vip_path.iter().flatten().map(|c| *c as u8).take_while(|b| *b != 0).collect();
    (!bytes.is_empty()).then(|| PathBuf::from(OsString::from_vec(bytes)))
}

/// Returns nothing: where a process writes is told only to a debugger here.
pub fn output_file(_pid: u32) -> Option<PathBuf> {
    None
}

/// Returns the user on whose behalf a process acts.
pub fn process_owner(pid: u32) -> Option<u32> {
    info::<libc::proc_bsdinfo>(pid, libc::PROC_PIDTBSDINFO).map(|bsd| bsd.pbi_uid)
}

/// Whether a process lives in a world of its own: there are none here.
pub fn is_contained(_pid: u32) -> Option<bool> {
    Some(false)
}

/// Returns how many files a process holds open; `None` without rights.
pub fn process_files(pid: u32) -> Option<u64> {
    info::<libc::proc_bsdinfo>(pid, libc::PROC_PIDTBSDINFO).map(|bsd| u64::from(bsd.pbi_nfiles))
}

/// Returns how many files a process may hold open; this system does not tell of others.
pub fn process_files_limit(pid: u32) -> Option<u64> {
    (pid == std::process::id())
        .then(|| rustix::process::getrlimit(rustix::process::Resource::Nofile).current)
        .flatten()
}

/// Returns the environment that a process was started with, as `NAME=value` parts that end in NUL; `None` without rights or
/// when it is gone.
pub fn environment(pid: u32) -> Option<Vec<u8>> {
    let raw = arguments(pid)?;
    let (count, rest) = raw.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
    let path_end = rest.iter().position(|b| *b == 0)?;
    let mut rest = &rest[path_end..];
    rest = &rest[rest.iter().position(|b| *b != 0)?..];
    for _ in 0..count {
        rest = &rest[rest.iter().position(|b| *b == 0)? + 1..];
    }
    Some(rest.to_vec())
}

/// Returns what in the kernel a process waits in: this system does not tell.
pub fn wait_channel(_pid: u32) -> Option<String> {
    None
}

/// Returns a name for the time since the machine was started.
pub fn boot_id() -> Option<String> {
    super::sysctl_text(c"kern.bootsessionuuid")
}
