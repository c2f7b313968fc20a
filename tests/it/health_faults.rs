//! Faults on real things: each ends in a clear finding, inside its deadline.

mod plan;
mod servers;

mod http;
mod machine;
mod programs;
mod rights;
mod services;
mod tls;
