//! The door: every event, whatever it came by, is identified, scrubbed, bounded and packed here before anything is stored.

mod admit;
mod chain;
mod drafts;
mod identity;
mod json;
mod scrub;
mod sketch;
mod tags;
mod trim;

pub use admit::{Admitted, Arrival, Door, EventId, Source};
pub use drafts::{Draft, draft, of_chain};
pub use identity::Identity;
pub use json::parse as parse_json;
pub use scrub::{Cleaned, Scrubber};
pub use sketch::sketch;

pub(in crate::errors) use admit::unpack;
