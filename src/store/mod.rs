//! The state folder and what is written safely: files that are whole or not there.

mod atomic;

pub use atomic::{WriteError, create_folder, write_atomic};
