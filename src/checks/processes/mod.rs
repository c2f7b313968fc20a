//! Processes: who uses most of the machine, the services' own, and those that a check looks for.

mod culprits;

pub(super) use culprits::Culprits;
