//! Latencies as counts in buckets that grow with the value: percentiles within 1 %, merged by adding.
//!
//! A bucket is a power of two cut into 64 equal parts, so that its middle is less than 1/128 off from every value in it.
//! Values below 64 µs are exact. No floating point, no order of arrival: the same values give the same sketch.

use serde::{Deserialize, Serialize};

/// Bits of a value below its highest that a bucket keeps.
const BITS: u32 = 6;

/// Counts of latencies in microseconds; only buckets that hold something take room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySketch {
    /// Buckets in ascending order, and beside them their counts.
    buckets: Vec<u16>,
    counts: Vec<u64>,
}

#[inline]
fn bucket(value: u64) -> u16 {
    if value < 1 << BITS {
        return value as u16;
    }
    let exponent = 63 - value.leading_zeros();
    let part = (value >> (exponent - BITS)) & ((1 << BITS) - 1);
    (((exponent - BITS + 1) << BITS) as u64 | part) as u16
}

/// The middle of a bucket.
fn middle(bucket: u16) -> f64 {
    let (row, part) = (u32::from(bucket) >> BITS, u64::from(bucket) & ((1 << BITS) - 1));
    if row == 0 {
        return part as f64;
    }
    let width = 1u64 << (row - 1);
    let low = ((1 << BITS) + part) << (row - 1);
    low as f64 + (width - 1) as f64 / 2.0
}

impl LatencySketch {
    /// Counts one latency.
    #[inline]
    pub fn observe(&mut self, latency_us: u64) {
        self.add(bucket(latency_us), 1);
    }

    fn add(&mut self, bucket: u16, count: u64) {
        match self.buckets.binary_search(&bucket) {
            Ok(at) => self.counts[at] += count,
            Err(at) => {
                self.buckets.insert(at, bucket);
                self.counts.insert(at, count);
            }
        }
    }

    /// Adds the latencies of another sketch.
    pub fn merge(&mut self, other: &Self) {
        for (&bucket, &count) in other.buckets.iter().zip(&other.counts) {
            self.add(bucket, count);
        }
    }

    /// Returns how many latencies were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Says that no latency was counted.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Returns the latency in milliseconds that `percent` of all requests did not exceed (nearest rank), within 1 %.
    pub fn percentile_ms(&self, percent: f64) -> Option<f64> {
        let total = self.count();
        let rank = ((percent / 100.0 * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut below = 0;
        self.buckets.iter().zip(&self.counts).find_map(|(&bucket, &count)| {
            below += count;
            (below >= rank).then(|| middle(bucket) / 1000.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(values: &[u64]) -> LatencySketch {
        let mut sketch = LatencySketch::default();
        values.iter().for_each(|&v| sketch.observe(v));
        sketch
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(LatencySketch::default().percentile_ms(50.0), None);
    }

    #[test]
    fn small_values_are_exact() {
        let sketch = sketch(&(1..=50).collect::<Vec<_>>());
        assert_eq!(sketch.percentile_ms(50.0), Some(0.025));
        assert_eq!(sketch.percentile_ms(100.0), Some(0.05));
    }

    #[test]
    fn largest_value_has_a_bucket() {
        assert!(sketch(&[u64::MAX]).percentile_ms(50.0).unwrap() > 1e16);
    }

    proptest! {
        #[test]
        fn percentiles_are_within_one_percent(mut values in prop::collection::vec(0u64..10_000_000_000, 1..200), percent in 1.0f64..100.0) {
            let estimate = sketch(&values).percentile_ms(percent).unwrap() * 1000.0;
            values.sort_unstable();
            let rank = ((percent / 100.0 * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let truth = values[rank - 1] as f64;
            prop_assert!((estimate - truth).abs() <= truth * 0.01 + 1e-9, "{} {}", estimate, truth);
        }

        #[test]
        fn merging_is_adding(values in prop::collection::vec(any::<u64>(), 0..100), cut in 0usize..100) {
            let (a, b) = values.split_at(cut.min(values.len()));
            let mut merged = sketch(b);
            merged.merge(&sketch(a));
            prop_assert_eq!(merged, sketch(&values));
        }
    }
}
