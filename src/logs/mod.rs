//! Log bytes to records to aggregates.
