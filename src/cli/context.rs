//! What every command is given: the terminal, the options and the way to the config.

use std::env;
use std::path::PathBuf;

use crate::cli::args::Global;
use crate::cli::environment::Environment;
use crate::cli::ui::Ui;
use crate::config::{self, ConfigError, Loaded, Origin};
use crate::platform;
use crate::text::shell;

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

    /// Finds and reads the config; without a file, the defaults that fit the current folder.
    ///
    /// # Errors
    /// When a file was found, or asked for, and cannot be used.
    pub fn config(&self) -> Result<Loaded, ConfigError> {
        let loaded = config::load(self.global.config.as_deref(), &surroundings())?;
        match &loaded.origin {
            Origin::File { path, .. } => self.ui.detail(&format!("config: {}", path.display())),
            Origin::BuiltIn { .. } => self.ui.detail("config: none found, the defaults for this folder"),
        }
        Ok(loaded)
    }

    /// A command of this program, to be typed as it is: with the config that the caller named.
    pub fn command<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> String {
        let mut line = vec!["fuelops".to_owned()];
        if let Some(config) = &self.global.config {
            line.extend(["--config".to_owned(), config.to_string_lossy().into_owned()]);
        }
        line.extend(words.into_iter().map(str::to_owned));
        shell::command(line.iter().map(String::as_str))
    }

    /// The state folder that the config names, whatever else is wrong with that config.
    ///
    /// # Errors
    /// When the file cannot be read, or may not be trusted.
    pub fn state_dir(&self) -> Result<PathBuf, ConfigError> {
        config::state_dir(self.global.config.as_deref(), &surroundings())
    }
}

fn surroundings() -> config::Environment {
    config::Environment {
        cwd: env::current_dir().unwrap_or_else(|_| "/".into()),
        variables: env::vars_os().collect(),
        caller: platform::caller_uid(),
    }
}
