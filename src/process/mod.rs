//! Processes by identity.
