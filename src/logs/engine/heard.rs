//! Text that somebody hears while it is read, in order and whole, so that nobody has to read it again.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::AtomicU64;

use crate::logs::engine::ranged::Ranged;

/// Bytes of a file that are heard at once.
const CHUNK: usize = 256 << 10;

/// Is told of every byte of a source.
pub type Hearer<'h> = &'h mut (dyn FnMut(&[u8]) + Send);
/// The same, on whichever thread.
pub(super) type Ear<'a> = &'a (dyn Fn(&[u8]) + Sync);

/// A reader that is listened to, where somebody listens.
pub(super) struct Heard<'a, R> {
    pub(super) reader: R,
    pub(super) ear: Option<Ear<'a>>,
}

impl<R: Read> Read for Heard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if let Some(ear) = self.ear {
            ear(&buffer[..read]);
        }
        Ok(read)
    }
}

/// Hears a file from `from` to `to`: others count its parts meanwhile, in any order, out of the same cache.
pub(super) fn hear(file: &File, from: u64, to: u64, ear: Ear<'_>) -> io::Result<()> {
    let short = AtomicU64::new(u64::MAX);
    let mut reader = Heard { reader: Ranged::new(file, from, to, &short), ear: Some(ear) };
    let mut chunk = vec![0; CHUNK];
    while reader.read(&mut chunk)? > 0 {}
    Ok(())
}
