//! The integration tests, in one binary.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that panics has failed, and says so")]

mod alerts;
mod analyze_logs;
mod backup;
mod clean;
mod config;
mod config_init;
mod control;
mod corpus;
mod corpus_truth;
mod demo;
mod fastapi;
mod fuzz;
mod generated;
mod grouping;
mod health_faults;
mod house;
mod keeper;
mod log_follow;
mod log_rate;
mod log_states;
mod loghub;
mod logs_tail;
mod loki;
mod monitor;
mod monitor_faults;
mod probes;
mod readme;
mod recover;
mod recover_faults;
mod run;
mod scenarios;
mod sentry_grouping;
mod servers;
mod signals;
mod soak;
mod support;
mod track_errors;
