//! The pattern miner: which messages are alike but for their variable parts, how often, when, and with which values.
//!
//! While lines are read, a message costs one signature (see [`crate::logs::scan`]) and one row of a [`Table`]. All that is
//! clever happens once, at the end, on a few thousand rows: [`Table::finish`] joins rows whose signatures differ in one
//! word that varies, and writes templates with typed placeholders.
//!
//! What is promised:
//!
//! - counts are exact: the counts of all patterns and of [`Mined::other`] add up to the records that were observed;
//! - order does not matter: any split of the records over tables, merged in any order, gives the same result;
//! - memory is bounded whatever the input ([`Table`] says how), and what the bound left out is counted, not lost.

mod buckets;
mod cluster;
mod finish;
mod placeholder;
mod row;
mod samples;
mod skew;
mod table;
mod template;
mod values;
mod words;

pub use buckets::Buckets;
pub use finish::{Mined, Pattern, PatternId, Share};
pub use row::{ByLevel, Kind, Variant};
pub use samples::{Place, Sample};
pub use skew::SlotSkew;
pub use table::{MAX_SIGNATURES, Seen, Table, Told};
