//! Thresholds and sizes.

use std::time::Duration;

/// Yellow from `warn`, red from `critical`; a value that cannot be reached switches one off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bars {
    pub warn: f64,
    pub critical: f64,
}

/// How long an answer may take; an absent bar is never crossed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyBars {
    pub warn: Option<Duration>,
    pub critical: Option<Duration>,
}

/// Days that a certificate must still be valid: yellow below `warn`, red below `critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayBars {
    pub warn: u32,
    pub critical: u32,
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// A share from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);
