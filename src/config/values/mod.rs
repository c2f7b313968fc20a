//! The kinds of values that a config holds, each a type that cannot hold a wrong one.

mod command;
mod hours;
mod json;
mod matching;
mod number;
mod secret;
mod url;

pub use command::{CommandLine, Reopen, Signal};
pub use hours::Hours;
pub use json::JsonMatch;
pub(super) use json::JsonMatches;
pub(super) use matching::Pattern;
pub use matching::{PathPattern, StatusSet, TextMatch};
pub use number::{Bars, ByteSize, DayBars, LatencyBars, Percent};
pub(super) use secret::Pairs;
pub use secret::{Secret, SecretError};
pub(super) use url::HiddenUrl;
pub use url::{Address, Url, UrlError, UrlParts};
