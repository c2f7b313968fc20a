//! Processes by identity: which one is a service's own, what belongs to it, and what only looks like it.
//!
//! A process is a service's own when its owner, its executable and the words of its command agree, script and module
//! resolved against the process's own working folder. A command-line pattern alone proves nothing, and neither does a pid
//! file: its number may be stale, or somebody else's by now. What cannot be proved for want of rights is told apart from
//! what is not there.
//!
//! What is signalled is held first ([`Bound`]), so that no signal reaches the next owner of a number. What is started
//! ([`spawn`]) gets a control group of its own where it may, and a cookie, so that the next stop ([`stop`]) is exact.

mod bound;
mod cookie;
mod guard;
mod locate;
mod pid_file;
mod program;
pub mod signal;
mod spawn;
pub mod stop;
mod table;
mod tree;
mod wanted;

pub use bound::{Bound, Change, Trust};
pub use cookie::{Cookie, VARIABLE as COOKIE_VARIABLE};
pub use guard::{Guard, Permit, Refusal};
pub use locate::{Owner, Presence, Proof};
pub use pid_file::PidFile;
pub use program::{Likeness, Program};
pub use spawn::{Launch, Launched, Stream, bare_environment, spawn};
pub use table::{Facts, Table};
pub use tree::{FileUse, TreeUsage, cpu_now};
pub use wanted::{Twins, Wanted};
