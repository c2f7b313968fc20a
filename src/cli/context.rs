//! What every command is given: the terminal, the options and the way to the config.

use crate::cli::args::Global;
use crate::cli::environment::Environment;
use crate::cli::ui::Ui;

/// The resolved surroundings of one run.
#[derive(Debug)]
pub struct Context {
    pub ui: Ui,
    pub global: Global,
    pub environment: Environment,
}

impl Context {
    /// Prepares a run.
    pub fn new(global: Global, environment: Environment) -> Self {
        Self { ui: Ui::new(&global, &environment), global, environment }
    }
}
