//! The process's environment, read once and handed down as plain values.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// What fuelops looks at in its environment, apart from `${VAR}` in the config.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `FUELOPS_CONFIG`.
    pub config: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and not `0`.
    pub force_color: bool,
    /// `TERM` is `dumb`, or empty.
    pub dumb_terminal: bool,
    /// The locale's character set is UTF-8.
    pub utf8_locale: bool,
    /// `PATH`.
    pub path: Option<OsString>,
    /// `COLUMNS`.
    pub columns: Option<usize>,
}

impl Environment {
    /// Reads the process's own environment.
    pub fn read() -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Self {
            config: env::var_os("FUELOPS_CONFIG").filter(|v| !v.is_empty()).map(PathBuf::from),
            home: env::var_os("HOME").filter(|v| !v.is_empty()).map(PathBuf::from),
            no_color: set("NO_COLOR").is_some(),
            force_color: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb_terminal: set("TERM").is_none_or(|term| term == "dumb"),
            utf8_locale: locale.contains("utf-8") || locale.contains("utf8"),
            path: env::var_os("PATH"),
            columns: set("COLUMNS").and_then(|value| value.parse().ok()),
        }
    }
}
