//! What is known beside the findings.

use crate::checks::Evidence;
use crate::config::{Check, Service};

/// Everything that findings are read together with. Nothing in it is measured here.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub services: &'a [Service],
    pub checks: &'a [Check],
    pub evidence: &'a Evidence,
    pub tools: Tools,
}

/// What a hint may name.
#[derive(Clone, Copy, Debug)]
pub struct Tools {
    /// Whether this fuelops has a command of this name.
    pub has_command: fn(&str) -> bool,
    /// Whether this machine has a program of this name.
    pub has_program: fn(&str) -> bool,
}
