//! The kinds of values that a config holds, each a type that cannot hold a wrong one.

mod command;
mod matching;
mod number;
mod secret;
mod url;

pub use command::{CommandLine, Reopen, Signal};
pub use matching::{JsonMatch, PathPattern, StatusSet, TextMatch};
pub use number::{Bars, ByteSize, DayBars, LatencyBars, Percent};
pub use secret::{Secret, SecretError};
pub use url::{Address, Url, UrlError, UrlParts};
