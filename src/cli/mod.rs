//! The command line: the only room that knows clap, the terminal, argv and the environment.

pub mod args;
pub mod aside;
pub mod commands;
pub mod context;
pub mod environment;
pub mod exit;
pub mod interrupt;
pub mod send;
pub mod time_range;
pub mod tips;
pub mod tools;
pub mod ui;

mod dispatch;

pub use dispatch::main;
