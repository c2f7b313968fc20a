//! The exposition format of Prometheus, text 0.0.4 and OpenMetrics 1.0, read and validated while it streams in. Pure.
//!
//! Memory is bounded whatever comes: one line, the series of one family up to a cap, the hashes of family names up to a
//! cap; where a cap is hit, the page says that it was not checked to the end. Faults are of two kinds: those for which
//! Prometheus throws the whole page away, and those that it puts up with, losing or doubling a sample.

mod histogram;
mod line;
mod page;
mod series;

pub(super) use page::{Fault, Page, Validator};

/// Which of the two formats a page is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Text,
    OpenMetrics,
}

impl Dialect {
    /// By the header Content-Type.
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let is_open =
            content_type.is_some_and(|t| t.trim_start().starts_with("application/openmetrics-text"));
        if is_open { Self::OpenMetrics } else { Self::Text }
    }

    /// The name that stands in reports.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::OpenMetrics => "openmetrics",
        }
    }
}

/// What a family counts; each kind has sample names of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Info,
    StateSet,
    GaugeHistogram,
    #[default]
    Unknown,
}

impl Kind {
    fn of(word: &[u8], dialect: Dialect) -> Option<Self> {
        Some(match (word, dialect) {
            (b"counter", _) => Self::Counter,
            (b"gauge", _) => Self::Gauge,
            (b"histogram", _) => Self::Histogram,
            (b"summary", _) => Self::Summary,
            (b"untyped", Dialect::Text) | (b"unknown", Dialect::OpenMetrics) => Self::Unknown,
            (b"info", Dialect::OpenMetrics) => Self::Info,
            (b"stateset", Dialect::OpenMetrics) => Self::StateSet,
            (b"gaugehistogram", Dialect::OpenMetrics) => Self::GaugeHistogram,
            _ => return None,
        })
    }

    /// What may stand after a family's name in the name of a sample.
    fn suffixes(self, dialect: Dialect) -> &'static [&'static [u8]] {
        match (self, dialect) {
            (Self::Histogram, Dialect::Text) => &[b"_bucket", b"_sum", b"_count"],
            (Self::Histogram, _) => &[b"_bucket", b"_sum", b"_count", b"_created"],
            (Self::Summary, Dialect::Text) => &[b"", b"_sum", b"_count"],
            (Self::Summary, _) => &[b"", b"_sum", b"_count", b"_created"],
            (Self::Counter, Dialect::OpenMetrics) => &[b"_total", b"_created"],
            (Self::Info, _) => &[b"_info"],
            (Self::GaugeHistogram, _) => &[b"_bucket", b"_gsum", b"_gcount"],
            _ => &[b""],
        }
    }
}
