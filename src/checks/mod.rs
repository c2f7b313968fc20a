//! Probes and judges: measures everything once, side by side, and says how bad it is.
//!
//! A probe does I/O under its own deadline and returns an observation; a judge is a pure function from an observation to
//! a finding. One probe that hangs costs its own deadline and delays no other; a whole run ends by its longest deadline
//! plus one second. What this version cannot measure is unknown and says so, never ok. Causes that one observation proves
//! are named here; what findings mean together is told one floor higher.

mod ask;
mod backup_age;
mod celery;
mod certificate;
mod command;
mod connect;
mod disk;
mod error_store;
mod evidence;
mod exposition;
mod file_age;
mod http;
mod judge;
mod later;
mod log_rate;
mod metrics_page;
mod mysql;
mod observation;
mod plan;
mod postgres;
mod processes;
mod prometheus_target;
mod redis;
mod restarts;
mod run;
mod seen;
mod start;
mod subject;
mod system;
mod tcp;
mod tls;
mod unit;
mod wire;

pub use ask::Asker;
pub use backup_age::BackupFolder;
pub use command::Errand;
pub use evidence::{
    CrashedService, Evidence, Kill, LastWords, MountedAt, SaidFault, Server, StoppedByOperator, Wait,
    WaitsOn, gather, was_out_of_memory,
};
pub use http::{HttpFetched, HttpGet, HttpPost, HttpReply, Postman};
pub use log_rate::{ErrorCounter, LogRate};
pub use plan::{Plan, UnknownTarget};
pub use processes::STARTING;
pub use run::{Measured, run};

use subject::Subject;
