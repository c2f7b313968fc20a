//! The door: every event, whatever it came by, is identified, scrubbed, bounded and packed here before anything is stored.

mod admit;
mod alike;
mod cards;
mod chain;
mod drafts;
mod identity;
mod json;
mod names;
mod scrub;
mod sketch;
mod tags;
mod trim;
mod walk;

pub use admit::{Admitted, Arrival, Door, EventId, Source};
pub use alike::Alike;
pub use drafts::{Draft, draft, of_chain};
pub use identity::Identity;
pub use json::parse as parse_json;
pub use scrub::Scrubber;
pub use walk::Cleaned;

pub(in crate::errors) use admit::unpack;
