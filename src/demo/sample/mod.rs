//! The sample backend: a stand-in for a Python service, in its routes, its files and the shapes of its log lines.
//!
//! It promises the `/health` family in the shape that teams already scrape, `backend.pid` with its own pid in its
//! working folder, a log on the writer that it is given (uvicorn's access lines, `asctime - name - LEVEL - message`,
//! Python tracebacks), an orderly end on SIGTERM, and every [`super::Fault`]. It listens on loopback only.

mod http;
mod logbook;
mod routes;
mod server;
mod vitals;

pub use server::{Ending, Leash, Role, Sample};
