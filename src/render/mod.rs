//! Documents and their layouts: one document, one renderer for each format.
//!
//! A view turns a report into a [`Document`]; a renderer turns any document into text. A new command is one report and
//! one view, a new format one renderer. Every renderer escapes hostile text for its own medium and redacts nothing by
//! itself: reports are redacted where they are made.

mod alert;
mod backup;
mod clean;
mod config;
mod demo;
mod document;
mod errors;
mod health;
mod html;
mod json;
mod log_line;
mod log_news;
mod logs;
mod markdown;
mod monitor;
mod nagios;
mod plot;
mod prometheus;
mod recover;
mod service;
mod terminal;

pub use alert::{alert_list, alert_test};
pub use backup::{backup, backup_line};
pub use clean::{clean, clean_line};
pub use config::{config_aliases, config_aliases_text, config_check, config_init, config_show};
pub use demo::{demo, demo_aftermath, demo_ending, demo_recovery, demo_scene, demo_watched};
pub use document::{Align, Block, Cell, Column, Document, Plot, Role, Series, Span, Table, Text};
pub use errors::{
    ErrorView, error_action, error_gate, error_grouping, error_issue, error_list, error_report,
};
pub use health::{HealthDetail, health};
pub use html::html;
pub use json::{json, json_line, write_json};
pub use log_line::log_lines;
pub use log_news::log_news;
pub use logs::{LogView, logs};
pub use markdown::markdown;
pub use monitor::{monitor, monitor_answer, monitor_headline, monitor_replay, monitor_silences, monitor_why};
pub use nagios::{nagios, unable as nagios_unable};
pub use prometheus::prometheus;
pub use recover::recover;
pub use service::service;
pub use terminal::{Glyphs, TerminalStyle, terminal};
