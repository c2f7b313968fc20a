//! What `config init` finds on a machine, and the config that fits it.
//!
//! `look` does the I/O and brings an [`Inventory`] back; [`Proposal::of`] is pure: it decides what is worth watching, and
//! says of each thing why; `text` writes it as a commented `fuelops.toml`. Values of secrets are never read into any of
//! them: of a `.env` only names, and the hosts, ports, users and databases that stand in it.

mod ask;
mod database;
mod environment;
mod folder;
mod inventory;
mod kinds;
mod login;
mod look;
mod named;
mod proposal;
mod servers;
mod services;
mod text;

pub use inventory::{Inventory, Listening, Process};
pub use look::look;
pub use proposal::{Find, Proposal};
pub use text::text;
