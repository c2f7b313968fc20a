//! What access lines tell, as the report tells it.

use std::collections::BTreeMap;

use crate::logs::http::HttpTable;
use crate::logs::source::SourceIndex;
use crate::logs::summary::coverage::moment;
use crate::report::{Endpoint, Http, LatencyPercentiles};
use crate::text::redact;

/// Requests by endpoint, ids folded by the routes that the source declares, or by what the data shows.
pub(super) fn http(table: &HttpTable, index: &SourceIndex) -> Http {
    let summary = table.summarize(&index.route_set());
    let by_status = summary.by_status.iter().map(|(status, n)| (status.to_string(), *n)).collect();
    let endpoints = summary
        .endpoints
        .iter()
        .map(|endpoint| {
            let stats = &endpoint.stats;
            let percentile = |p| stats.latency.percentile_ms(p);
            let latency_ms = match (percentile(50.0), percentile(95.0), percentile(99.0)) {
                (Some(p50), Some(p95), Some(p99)) => Some(LatencyPercentiles { p50, p95, p99 }),
                _ => None,
            };
            Endpoint {
                method: endpoint.method.word().to_owned(),
                route: redact::secrets(&endpoint.route).into_owned(),
                requests: stats.requests,
                by_class: by_class(&stats.by_class),
                latency_ms,
                scanner: endpoint.scanner,
                first_5xx_at: moment(stats.first_5xx_at),
                last_5xx_at: moment(stats.last_5xx_at),
            }
        })
        .collect();
    Http { requests: summary.requests, by_status, endpoints }
}

fn by_class(counts: &[u64; 6]) -> BTreeMap<String, u64> {
    let class = |(digit, n): (usize, &u64)| (*n > 0).then(|| (format!("{digit}xx"), *n));
    counts.iter().enumerate().filter_map(class).collect()
}
