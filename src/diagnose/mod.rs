//! Findings read together: which is the consequence of which, and what to type next.
//!
//! Pure. Judges name the causes that one observation proves; here consequences inside one service, or inside the machine,
//! are folded under the finding that explains them, and every finding that asks for action gets its cure. Nothing is
//! removed, and no severity is changed.

mod cure;
mod fold;

use crate::config::Service;
use crate::model::{Finding, Severity};

/// Reads the findings of one run together.
pub fn read(mut findings: Vec<Finding>, services: &[Service]) -> Vec<Finding> {
    fold::services(&mut findings, services);
    fold::system(&mut findings);
    for finding in &mut findings {
        if finding.severity != Severity::Ok && finding.caused_by.is_none() && finding.hint.is_none() {
            finding.hint = cure::of(finding, services);
        }
    }
    findings
}
