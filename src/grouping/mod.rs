//! Stack frames, exception chains and fingerprints; one for logs and for errors.
