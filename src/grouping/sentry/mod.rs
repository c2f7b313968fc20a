//! Sentry's grouping rules, so that whoever comes from there finds the same groups and can see why.
//!
//! An event's JSON goes in; its variants come out, each a tree of what was looked at and, where something of it counts,
//! the hash that Sentry gives it: md5 of the texts that contribute, in their order. `app` looks at the team's own frames,
//! `system` at all, `default` at a message. Pure; no panic on any JSON.

mod component;
mod enhance;
mod frame;
mod message;
mod native;
mod strategies;
mod variants;

pub use component::{Component, Part};
pub use variants::{Variant, variants};
