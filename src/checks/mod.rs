//! Probes (I/O, each with its own deadline) and judges (pure).
