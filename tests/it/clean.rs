//! `fuelops clean` as a program, on real file systems: what it says, what it leaves, and what it survives.

mod contract;
mod cron;
mod disks;
mod names;
mod races;
mod rotation;
mod yard;
