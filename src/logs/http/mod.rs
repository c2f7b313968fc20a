//! What access lines tell: requests, status classes, latencies, failing endpoints; ids folded into routes.
//!
//! Access lines are most of a backend's log, so [`HttpTable::observe`] only finds a path's counters and adds to them. Which part
//! of a path is an id is decided once, in [`HttpTable::summarize`], with all paths in view: by the routes that the source
//! declares, else by the shape of the part, else by how many siblings it has. Every request counts exactly, whatever the
//! table holds; merging the tables of parts, in any order, gives the table of the whole.

mod clients;
mod fold;
mod hash;
mod ids;
mod latency;
mod method;
mod openapi;
mod paths;
mod recent;
mod route;
mod scanner;
mod segment;
mod stats;
mod summary;
mod table;

pub use ids::DeclaredNames;
pub use latency::LatencySketch;
pub use method::Method;
pub use openapi::openapi_routes;
pub use route::{Route, RouteSet};
pub use segment::mask_path;
pub use stats::Stats;
pub use summary::{EndpointSummary, HttpSummary};
pub use table::HttpTable;
