//! Asks a Prometheus server for its targets.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::checks::http::{self, BodyTaker, HttpObservation, Request};
use crate::checks::prometheus_target::{TargetObservation, api};
use crate::checks::tls::Trust;
use crate::config::PrometheusTargetCheck;

const PATH: &str = "/api/v1/targets?state=active";
/// Bytes of an answer that are read: some ten thousand targets.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Asks; ends by itself within `timeout`.
pub(in crate::checks) async fn observe(
    check: PrometheusTargetCheck,
    trust: Trust,
    timeout: Duration,
) -> TargetObservation {
    let mut kept = Kept(Vec::new());
    let http = match Request::get(&check.url, "application/json", &trust) {
        Ok(request) => http::exchange_into(request.below(PATH), timeout, &mut kept).await,
        Err(failure) => HttpObservation::failed(check.url.to_string(), failure),
    };
    let targets = match &http.outcome {
        Ok(answer) if answer.is_cut => Err("more than 32 MiB".to_owned()),
        Ok(_) => api::read(&kept.0, &check.job),
        Err(_) => Err("nothing".to_owned()),
    };
    TargetObservation { http, targets }
}

struct Kept(Vec<u8>);

impl BodyTaker for Kept {
    fn take(&mut self, _content_type: Option<&str>, block: &[u8]) -> ControlFlow<()> {
        if self.0.len() + block.len() > MAX_ANSWER {
            return ControlFlow::Break(());
        }
        self.0.extend_from_slice(block);
        ControlFlow::Continue(())
    }
}
