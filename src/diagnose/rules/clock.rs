//! The clock is wrong.

use crate::diagnose::rule::Rule;
use crate::model::{Cause, Severity};

/// Certificates and ages are judged by the clock.
pub(super) const WRONG_TIME: Rule = Rule {
    name: "wrong-time",
    is_root: |root| root.id() == "system.clock" && root.finding().severity == Severity::Critical,
    proof: |_, consequence| {
        let is_of_time =
            consequence.is_one_of(&[Cause::CertificateExpiring, Cause::StaleLog, Cause::BackupStale]);
        let is_not_yet = consequence.finding().summary.contains("not valid yet");
        (is_of_time || is_not_yet).then(|| "it is judged by a clock that is wrong".to_owned())
    },
};
