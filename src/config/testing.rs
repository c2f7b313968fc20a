//! Helpers of the tests in this room.

use std::path::Path;

use super::{Config, ConfigError, Environment, parse};

/// Reads a text in an empty environment, in a folder that is there.
#[track_caller]
pub(super) fn read(text: &str) -> Config {
    parse(text, Path::new("/"), &Environment::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What is wrong in a text.
#[track_caller]
pub(super) fn problems(text: &str) -> Vec<String> {
    match parse(text, Path::new("/"), &Environment::default()) {
        Ok(_) => Vec::new(),
        Err(ConfigError::Invalid { problems, .. }) => problems.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

/// Checks that exactly one thing is wrong in a text, and what.
#[track_caller]
pub(super) fn check_problem(text: &str, expected: &str) {
    assert_eq!(problems(text), [expected], "{text}");
}
