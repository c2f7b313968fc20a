//! Text at the borders: units for people both ways, sanitising, redaction, shell quoting, near misses.
