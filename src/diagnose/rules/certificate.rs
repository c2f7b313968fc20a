//! One certificate that several checks meet.

use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::model::Cause;

/// The check that watches a certificate explains those that fail by it.
pub(super) const SAME_CERTIFICATE: Rule = Rule {
    name: "same-certificate",
    is_root: |root| {
        let is_watcher = matches!(root.kind(), Some(CheckKind::Certificate(_)));
        is_watcher && root.is_one_of(&[Cause::CertificateExpiring])
    },
    proof: |root, consequence| {
        if !consequence.is_one_of(&[Cause::CertificateExpiring, Cause::BadResponse]) {
            return None;
        }
        let same = |key: &str| root.text(key).is_some_and(|value| Some(value) == consequence.text(key));
        (same("certificate_expires_at") && same("certificate_subject"))
            .then(|| "it shows the same certificate".to_owned())
    },
};
