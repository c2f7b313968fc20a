//! What is read: arguments and configured patterns to files, files to bytes.
//!
//! [`resolve`] turns paths, globs, folders and `-` into an ordered list of [`Source`]s: each file once however many ways
//! lead to it, rotated sets from their oldest member to the current one, compression told by magic. [`open`] gives a
//! source's bytes: a file to read by range, or a stream. Nothing here stops at the first trouble: what cannot be read, or
//! not to its end, becomes a [`Problem`] that names it. [`decide`] says where to go on in logs that an earlier run read.

mod expand;
mod feed;
mod open;
mod pipe;
mod progress;
mod resolve;
mod resume;
mod series;
mod sight;
mod source;
mod spool;

pub use expand::Origin;
pub use feed::Feed;
pub use open::{Input, identity_of, open, unpacked_head};
pub use progress::{Decision, IMPRINT_LEN, Imprint, Progress, Sight, decide};
pub use resolve::{Request, Resolved, order_by_name, resolve};
pub use resume::{QUIET, Reached, Unread, leave_open_records, resume};
pub use series::{are_near, whole_among};
pub use sight::SourceSight;
pub use source::{Extent, Identity, Problem, ProblemKind, Source, SourceKind};
pub use spool::{Spooled, spool};
