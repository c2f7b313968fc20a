//! The HTTP listener: one for everything that fuelops answers, with limits on who, what, how much and how long.
//!
//! Routers are joined in the caller of [`Listener::serve`]; the listener itself knows connections, hosts, origins and clocks. Error intake
//! is the first of them.

mod guard;
mod intake;
mod listener;
mod pool;

pub use guard::{Guard, is_loopback};
pub use intake::{IntakeRouter, dsn, intake};
pub use listener::{ListenError, Listener};
