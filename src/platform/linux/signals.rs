//! What a process does when it is signalled.

use super::read_text;

/// Whether a process has a handler for a signal; without one most signals end it. `None` where it cannot be told.
pub fn catches_signal(pid: u32, number: i32) -> Option<bool> {
    let status = read_text(&format!("/proc/{pid}/status")).ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    let bit = u32::try_from(number.checked_sub(1)?).ok()?;
    Some(mask.checked_shr(bit)? & 1 == 1)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_handler_is_seen() {
        let script = "trap 'exit 7' USR2; echo ready; while :; do sleep 0.02; done";
        let mut child = Command::new("bash").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        let seen = [libc::SIGUSR2, libc::SIGUSR1].map(|number| catches_signal(child.id(), number));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, [Some(true), Some(false)]);
    }
}
