//! Stack frames, exception chains and fingerprints; one for logs and for errors.
//!
//! A traceback is text that five languages print in five shapes. This room turns that text into one value
//! ([`ExceptionChain`]), says which printed chains are the same fault ([`Fingerprint`]), and counts them ([`GroupTable`]).
//! It promises: no panic on any bytes, time linear in the text, everything capped, no I/O, and the same fingerprint for the
//! same fault on every machine, in every virtualenv and on every line number.

mod exception;
mod fingerprint;
mod group;
mod in_app;
mod message;
mod parse;
pub mod sentry;
mod table;

pub use exception::{Exception, ExceptionChain, Frame, Location, Mechanism, Platform};
pub use fingerprint::{Basis, Fingerprint, ParseFingerprintError};
pub use group::{ExceptionGroup, Occurrence, Place, Tally};
pub use in_app::{SourceRoots, frame_is_own};
pub use message::parameterize;
pub use parse::{MAX_TEXT, looks_like_traceback, parse};
pub use table::{GroupTable, MAX_GROUPS};
