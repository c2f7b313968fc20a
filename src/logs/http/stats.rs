//! What is counted for one path, and for one route.

use serde::{Deserialize, Serialize};

use crate::logs::http::clients::Clients;
use crate::logs::http::latency::LatencySketch;

/// Requests of one path or route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    pub requests: u64,
    /// Requests by the first digit of their status; 0 holds those without a usable one.
    pub by_class: [u64; 6],
    /// Requests answered with 404.
    pub not_found: u64,
    pub latency: LatencySketch,
    pub first_5xx_at: Option<i64>,
    pub last_5xx_at: Option<i64>,
    pub(super) clients: Clients,
}

/// Place of a status in [`Stats::by_class`].
#[inline]
fn class(status: u16) -> usize {
    match status {
        100..=599 => usize::from(status / 100),
        _ => 0,
    }
}

impl Stats {
    /// Counts one request; `at` is in microseconds since 1970.
    #[inline]
    pub(super) fn observe(&mut self, status: u16, latency_us: Option<u64>, client: u64, at: Option<i64>) {
        self.requests += 1;
        let class = class(status);
        self.by_class[class] += 1;
        self.not_found += u64::from(status == 404);
        if let Some(latency) = latency_us {
            self.latency.observe(latency);
        }
        if class == 5 {
            self.span_5xx(at, at);
        }
        self.clients.observe(client);
    }

    fn span_5xx(&mut self, first: Option<i64>, last: Option<i64>) {
        self.first_5xx_at = self.first_5xx_at.into_iter().chain(first).min();
        self.last_5xx_at = self.last_5xx_at.max(last);
    }

    /// Adds the requests of another path or part.
    pub(super) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        for (mine, theirs) in self.by_class.iter_mut().zip(other.by_class) {
            *mine += theirs;
        }
        self.not_found += other.not_found;
        self.latency.merge(&other.latency);
        self.span_5xx(other.first_5xx_at, other.last_5xx_at);
        self.clients.merge(&other.clients);
    }

    /// Different clients: exact below 64, near above.
    pub fn clients(&self) -> u64 {
        self.clients.count()
    }

    /// Some request got what it asked for, or failed inside: the path exists.
    pub(super) fn is_live(&self) -> bool {
        self.requests > self.by_class[3] + self.by_class[4]
    }

    /// Every request was answered with 404.
    pub(super) fn is_missing(&self) -> bool {
        self.not_found == self.requests
    }
}
