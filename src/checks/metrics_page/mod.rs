//! A page of metrics, asked for as Prometheus asks, and read as it reads.

mod judge;
mod probe;

pub(super) use judge::judge;
pub(super) use probe::observe;

use crate::checks::exposition::{Dialect, Page};
use crate::checks::http::HttpObservation;

/// Bytes of a page that are read; a page that is larger is a fault of its own.
pub(super) const MAX_PAGE: u64 = 64 * 1024 * 1024;

/// What came of asking for a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MetricsObservation {
    pub(super) http: HttpObservation,
    pub(super) dialect: Dialect,
    pub(super) read: Page,
    /// What its first bytes are, where they are no metrics.
    pub(super) stranger: Option<&'static str>,
    pub(super) bytes: u64,
}
