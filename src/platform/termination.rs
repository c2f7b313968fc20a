//! Being asked to end: by Ctrl-C, by a supervisor, by a terminal that closes.

use std::io;

use nix::sys::signal::{SigSet, Signal};

/// The signals that ask a program to end, held back from its threads so that one thread can wait for them.
///
/// Programs that are started meanwhile hold them back, too, unless they are given back to them
/// ([`unblock_signals`](crate::platform::unblock_signals)).
#[derive(Debug)]
pub struct Termination {
    signals: SigSet,
}

impl Termination {
    /// Holds the signals back from the calling thread and from all threads that it starts from now on.
    ///
    /// # Errors
    ///
    /// Fails only if the kernel refuses the mask.
    pub fn hold_back() -> io::Result<Self> {
        let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
        signals.thread_block()?;
        Ok(Self { signals })
    }

    /// Waits until one arrives.
    ///
    /// # Errors
    ///
    /// Fails only if the kernel refuses to wait.
    pub fn wait(&self) -> io::Result<Signal> {
        Ok(self.signals.wait()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_arrives_is_handed_to_the_waiter() {
        let thread = std::thread::spawn(|| {
            let termination = Termination::hold_back().unwrap();
            // `raise` signals this thread only: the rest of the test run must not notice.
            nix::sys::signal::raise(Signal::SIGHUP).unwrap();
            termination.wait().unwrap()
        });
        assert_eq!(thread.join().unwrap(), Signal::SIGHUP);
    }

    #[test]
    fn a_program_that_is_started_meanwhile_can_be_ended() {
        use std::os::unix::process::ExitStatusExt;
        let thread = std::thread::spawn(|| {
            let _termination = Termination::hold_back().unwrap();
            let mut command = std::process::Command::new("sleep");
            command.arg("60");
            crate::platform::unblock_signals(&mut command);
            let mut child = command.spawn().unwrap();
            let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
            nix::sys::signal::kill(pid, Signal::SIGTERM).unwrap();
            child.wait().unwrap().signal()
        });
        assert_eq!(thread.join().unwrap(), Some(Signal::SIGTERM as i32));
    }
}
