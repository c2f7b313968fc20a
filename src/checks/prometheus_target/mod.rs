//! A target, as a Prometheus server sees it: known at all, up, and looked at lately.

mod api;
mod judge;
mod probe;

pub(super) use judge::judge;
pub(super) use probe::observe;

use crate::checks::http::HttpObservation;
use crate::checks::prometheus_target::api::Targets;

/// What came of asking a Prometheus server for its targets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TargetObservation {
    /// Without its body.
    pub(super) http: HttpObservation,
    /// What the body says; meaningless where there was none.
    pub(super) targets: Result<Targets, String>,
}
