//! The state folder and what is written safely: files that are whole or not there.

mod append;
mod atomic;
mod compress;
mod desired;
mod journal;
mod kept;
mod lock;
mod new_file;
mod spare;
mod tail;
mod watched;

pub use append::open_to_append;
pub use atomic::{
    AtomicFile, WriteError, create_folder, hand_over, write_atomic, write_own, write_until_boot,
};
pub use compress::{Compressor, Framer, PIECE, decompress, workers};
pub use desired::{Desired, Wish};
pub use journal::{Journal, JournalError};
pub use kept::{Ended, KeptProgram, LogFiles, kept_folder};
pub use lock::{Holder, Lock, LockError};
pub use new_file::write_new;
pub use spare::{create_spare, spare_of, tag_of};
pub use tail::{head, tail};
pub use watched::Watched;
