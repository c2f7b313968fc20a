//! What changes while logs are being written: the engine of `analyze-logs --follow`.
//!
//! A [`Lookout`] is told again and again what is wrong ([`Trouble`]), which programs started, and what time it is. It
//! answers with changes of class and never with records: something new, something that comes much more often or no longer
//! does, something that is back after it had stayed away, a start, a crash, another verdict. Pure: nothing is read here.

mod lives;
mod lookout;
mod rate;
mod standing;

pub use lookout::{Look, Lookout, Trouble};
