//! One file a subcommand: resolve, engine, report, render, exit.

pub mod alert;
pub mod analyze_logs;
pub mod backup;
pub mod clean;
pub mod completions;
pub mod config;
pub mod control;
pub mod demo;
pub mod health;
pub mod keeper;
pub mod logs;
pub mod man;
pub mod monitor;
pub mod recover;
pub mod run;
pub mod sample;
pub mod track_errors;
