//! What comes over the wire, without the wire: encodings, envelopes, who sent it, and what becomes of each item.
//!
//! The Sentry protocol as its unmodified SDKs speak it. Pure, but for [`Intake`], which hands events to the store.

mod auth;
mod encoding;
mod envelope;
mod inflate;
mod items;
mod take;

pub use auth::{Key, key_of};
pub use encoding::{DecodeError, Encoding, decode};
pub use envelope::{Envelope, EnvelopeError, Item, MAX_ITEMS};
pub use items::{Sorted, sort};
pub use take::{Form, Intake, Reply, Sampler, Taken};
