//! fuelops keeps a backend alive and says why it fell over. This library is the whole program; `main.rs` only calls it.
//!
//! # The house
//!
//! Each room may use only rooms on floors below its own; arrows sideways exist only where named here.
//! `tests/it/house.rs` reads the `use crate::` edges and fails on any other.
//!
//! | floor | rooms | what lives there |
//! | --- | --- | --- |
//! | 8 | `cli` | arguments, the terminal, one file a subcommand: resolve, engine, report, render, exit |
//! | 7 | `monitor` | supervision: pure state machine, loop, adoption, control socket |
//! | 6 | `demo` `recover` `serve` | the sample backend and its faults; plan, proof and report of a recovery; the HTTP listener and error intake |
//! | 5 | `diagnose` `init` `keeper` `service` | findings read together: causes, consequences, cures; what `config init` finds on a machine; parent and log reader of all services; starting and stopping one service (`service` → `keeper`) |
//! | 4 | `checks` `alert` `backup` `capture` `clean` | probes (I/O) and judges (pure); who is told of an incident, outbox, sinks; dumps, archives, manifests, restores; output into files, crash records; retention (`alert` → `checks`, `checks` → `backup`) |
//! | 3 | `logs` `grouping` `process` `units` | log bytes to records to aggregates; exceptions to fingerprints; processes by identity, spawning, stopping; units by their managers' tools (`logs` → `grouping`) |
//! | 2 | `render` `report` `config` `store` | documents and their layouts (`render` → `report`); plain report data; config layers and sections; state folder, locks, atomic files, desired states, what is kept |
//! | 1 | `model` `text` `platform` | the words; units, sanitising, redaction, quoting; everything with `cfg(target_os)` or `unsafe` |
//!
//! # What holds everywhere
//!
//! - Engines take narrow inputs, never the whole config. They never print, never exit, and read neither argv nor environment.
//! - Measuring (a probe) and judging (a pure function) are two functions; time is passed in.
//! - Only `cli::ui` writes to the terminal; every medium escapes hostile text for itself.
//! - Nothing above `platform` knows which operating system it runs on; nothing outside it is `unsafe`.

pub mod alert;
pub mod backup;
pub mod capture;
pub mod checks;
pub mod clean;
pub mod cli;
pub mod config;
pub mod demo;
pub mod diagnose;
pub mod errors;
pub mod grouping;
pub mod init;
pub mod keeper;
pub mod logs;
pub mod model;
pub mod monitor;
pub mod platform;
pub mod process;
pub mod recover;
pub mod render;
pub mod report;
pub mod serve;
pub mod service;
pub mod store;
pub mod text;
pub mod units;
