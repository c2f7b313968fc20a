//! A stream read on a thread of its own, so that unpacking and counting go on side by side.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

/// Bytes that are handed over at once.
const CHUNK: usize = 256 << 10;
/// Chunks that may wait.
const WAITING: usize = 3;

/// The reading end.
#[derive(Debug)]
pub(super) struct Pipelined {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
}

/// Reads `stream` on another thread, which gives it back when it has been read.
pub(super) fn pipelined<'scope, R: Read + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    mut stream: R,
) -> (Pipelined, ScopedJoinHandle<'scope, R>) {
    let (to_reader, full) = sync_channel(WAITING);
    let (empty, from_reader) = sync_channel::<Vec<u8>>(WAITING + 2);
    let handle = scope.spawn(move || {
        loop {
            let mut chunk: Vec<u8> = from_reader.try_recv().unwrap_or_default();
            chunk.resize(CHUNK, 0);
            let read = read_full(&mut stream, &mut chunk);
            let done = !matches!(read, Ok(CHUNK));
            let message = read.map(|len| {
                chunk.truncate(len);
                chunk
            });
            if to_reader.send(message).is_err() || done {
                return stream;
            }
        }
    });
    (Pipelined { full, empty, chunk: Vec::new(), at: 0 }, handle)
}

/// Reads until the buffer is full or the stream ends.
fn read_full(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

impl Read for Pipelined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            // A channel that is closed is a stream that has ended.
            let Ok(next) = self.full.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.chunk, next?);
            self.at = 0;
            if let Err(unwanted) = self.empty.try_send(used) {
                drop(unwanted);
            }
        }
        let read = (&self.chunk[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::pipelined;

    #[test]
    fn everything_arrives_in_order() {
        let text: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        std::thread::scope(|scope| {
            let (mut reader, handle) = pipelined(scope, &text[..]);
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            assert!(read == text);
            assert!(handle.join().unwrap().is_empty());
        });
    }

    #[test]
    fn a_reader_that_gives_up_early_ends_the_thread() {
        std::thread::scope(|scope| {
            let (reader, handle) = pipelined(scope, std::io::repeat(b'x'));
            drop(reader);
            handle.join().unwrap();
        });
    }
}
