//! The sample backend and its faults.
