//! Ways in which the sample backend can be broken while it runs.
//!
//! A fault is one word in a file of the backend's own folder. So it reaches a backend whoever started it, survives a
//! restart, and a person can play with it by `echo hang > fault`.

use std::fs;
use std::io;
use std::path::Path;

/// Name of the file, in the working folder of the sample backend.
const FILE: &str = "fault";

/// What is wrong with the sample backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An exception that nobody catches ends the process; its pid file stays.
    Crash,
    /// Connections are accepted and never answered, as by a blocked event loop.
    Hang,
    /// Memory grows and is never given back.
    Leak,
    /// Every route but the liveness probe raises, and answers 500.
    Errors,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 4] = [Self::Crash, Self::Hang, Self::Leak, Self::Errors];

    /// The word that stands in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Leak => "leak",
            Self::Errors => "errors",
        }
    }

    /// The fault that stands in `folder` now; a missing file or an unknown word is none.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(FILE)).ok()?;
        Self::ALL.into_iter().find(|fault| fault.word() == text.trim())
    }

    /// Writes the fault into `folder`, or takes it away.
    pub(super) fn write(folder: &Path, fault: Option<Self>) -> io::Result<()> {
        let path = folder.join(FILE);
        match fault {
            Some(fault) => fs::write(path, fault.word()),
            None => match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        for fault in Fault::ALL {
            Fault::write(folder.path(), Some(fault)).unwrap();
            assert_eq!(Fault::read(folder.path()), Some(fault));
        }
        Fault::write(folder.path(), None).unwrap();
        Fault::write(folder.path(), None).unwrap();
        assert_eq!(Fault::read(folder.path()), None);
    }

    #[test]
    fn an_unknown_word_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "explode\n").unwrap();
        assert_eq!(Fault::read(folder.path()), None);
    }
}
