//! One walk over `/proc`: descriptors and mappings of every process, and what the kernel itself holds for loop devices.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, CWD, FileType, StatxFlags};

use crate::platform::files::{Access, FileId, Folder, Holder, Holders};

/// Inode of the process namespace that the machine started with; inside any other some processes are out of sight.
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;
/// Longest list of mappings that is read of one process.
const MAX_MAPPINGS: u64 = 16 * 1024 * 1024;

/// Finds who has files on these devices open. What may not be read makes the answer incomplete, never wrong.
pub fn holders(devices: &[u64]) -> Holders {
    let mut found = Holders::new(sees_all_processes());
    let Ok(entries) = fs::read_dir("/proc") else {
        found.is_complete = false;
        return found;
    };
    let own = std::process::id();
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for pid in pids.filter(|pid| *pid != own) {
        let seen = descriptors(pid, devices, &mut found);
        found.is_complete &= seen.as_ref().err().is_none_or(is_gone);
        // Some first processes hide their mappings even from root; a file that is only mapped loses nothing by its name.
        mappings(pid, devices, &mut found).unwrap_or(());
    }
    loop_devices(&mut found);
    found
}

/// A process that ended meanwhile holds nothing any more.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}

/// Whether a process has a file open for writing.
pub fn has_open(pid: u32, file: FileId) -> bool {
    let mut found = Holders::new(true);
    let seen = descriptors(pid, &[file.device], &mut found);
    seen.is_ok() && found.of(file).iter().any(|holder| holder.access != Access::Read)
}

fn sees_all_processes() -> bool {
    let namespace = rustix::fs::stat("/proc/self/ns/pid").map(|stat| stat.st_ino);
    rustix::process::geteuid().is_root() && namespace == Ok(FIRST_PID_NAMESPACE)
}

fn descriptors(pid: u32, devices: &[u64], found: &mut Holders) -> io::Result<()> {
    let folder = Folder::open_trusted(format!("/proc/{pid}/fd").as_ref())?;
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))?.flatten() {
        let name = CString::new(entry.file_name().as_bytes())?;
        // The kernel's cached answer is enough, and a dead file server is not waited for.
        let flags = AtFlags::STATX_DONT_SYNC;
        let Ok(stat) = rustix::fs::statx(folder.as_fd(), &name, flags, StatxFlags::TYPE | StatxFlags::INO)
        else {
            continue;
        };
        let device = rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor);
        let is_file = FileType::from_raw_mode(u32::from(stat.stx_mode)) == FileType::RegularFile;
        if is_file && devices.contains(&device) {
            let access = access(pid, &entry.file_name().to_string_lossy());
            found.add(FileId { device, inode: stat.stx_ino }, Holder { pid, access });
        }
    }
    Ok(())
}

/// How a descriptor was opened; unknown counts as the worst.
fn access(pid: u32, descriptor: &str) -> Access {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let Some(flags) = flags.and_then(|octal| i32::from_str_radix(octal.trim(), 8).ok()) else {
        return Access::Write;
    };
    match flags & libc::O_ACCMODE {
        libc::O_RDONLY => Access::Read,
        _ if flags & libc::O_APPEND != 0 => Access::Append,
        _ => Access::Write,
    }
}

fn mappings(pid: u32, devices: &[u64], found: &mut Holders) -> io::Result<()> {
    let mut lines = BufReader::new(File::open(format!("/proc/{pid}/maps"))?.take(MAX_MAPPINGS));
    let mut line = Vec::new();
    while {
        line.clear();
        lines.read_until(b'\n', &mut line)? > 0
    } {
        if let Some((id, access)) = mapping(&line).filter(|(id, _)| devices.contains(&id.device)) {
            found.add(id, Holder { pid, access });
        }
    }
    Ok(())
}

/// Reads one line of `maps`: range, permissions, offset, device, inode, path.
fn mapping(line: &[u8]) -> Option<(FileId, Access)> {
    let mut fields = line.split(|b| *b == b' ').filter(|field| !field.is_empty());
    let permissions = fields.nth(1)?;
    let device = std::str::from_utf8(fields.nth(1)?).ok()?;
    let inode: u64 = std::str::from_utf8(fields.next()?).ok()?.trim().parse().ok()?;
    let (major, minor) = device.split_once(':')?;
    let number = |hex| u32::from_str_radix(hex, 16).ok();
    let id = FileId { device: rustix::fs::makedev(number(major)?, number(minor)?), inode };
    let writes = permissions.contains(&b'w') && permissions.contains(&b's');
    (inode != 0).then_some((id, if writes { Access::Write } else { Access::Read }))
}

/// Files that loop devices stand on: the kernel has them open and no process does.
fn loop_devices(found: &mut Holders) {
    let Ok(entries) = fs::read_dir("/sys/block") else { return };
    for entry in entries.flatten().filter(|e| e.file_name().as_bytes().starts_with(b"loop")) {
        let Ok(path) = fs::read(entry.path().join("loop/backing_file")) else { continue };
        let path = path.strip_suffix(b"\n").unwrap_or(&path);
        if let Ok(stat) = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
            let id = FileId { device: stat.st_dev, inode: stat.st_ino };
            found.add(id, Holder { pid: 0, access: Access::Write });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_reader_and_an_appender_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "x").unwrap();
        let id = Folder::open_trusted(folder.path()).unwrap().look(c"a.log").unwrap().id;
        for (file, wanted) in [
            (File::open(&path).unwrap(), Access::Read),
            (File::options().append(true).open(&path).unwrap(), Access::Append),
            (File::options().write(true).open(&path).unwrap(), Access::Write),
        ] {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(file).spawn().unwrap();
            let seen = holders(&[id.device]);
            assert_eq!(seen.of(id), [Holder { pid: child.id(), access: wanted }]);
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        assert_eq!(holders(&[id.device]).of(id), []);
    }

    #[test]
    fn a_line_of_mappings_is_read() {
        let line = b"7f0c4000-7f0c5000 rw-s 00000000 fe:01 1234      /srv/app/my log\n";
        let id = FileId { device: rustix::fs::makedev(0xfe, 1), inode: 1234 };
        assert_eq!(mapping(line), Some((id, Access::Write)));
        assert_eq!(mapping(b"7ffd-7ffe r--p 00000000 00:00 0    [vvar]\n"), None);
        assert_eq!(mapping(b"odd"), None);
    }
}
