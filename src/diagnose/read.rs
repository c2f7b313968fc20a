//! The way through: sharpen, fold, cure.

use crate::diagnose::fold::{Folded, fold};
use crate::diagnose::scene::Scene;
use crate::diagnose::{Known, cure, naming};
use crate::model::{Finding, Severity};

/// Reads the findings of one run together.
pub fn read(mut findings: Vec<Finding>, known: &Known<'_>) -> Vec<Finding> {
    if findings.iter().all(|finding| finding.severity == Severity::Ok) {
        return findings;
    }
    sharpen(&mut findings, known);
    let folded = fold(&Scene::new(&findings, known), findings.len());
    for (finding, folded) in findings.iter_mut().zip(folded) {
        if let Some(Folded { caused_by, evidence }) = folded {
            finding.caused_by = Some(caused_by);
            finding.evidence = Some(evidence);
        }
    }
    for finding in &mut findings {
        if finding.severity != Severity::Ok && finding.caused_by.is_none() && finding.hint.is_none() {
            finding.hint = cure::of(finding, known);
        }
    }
    findings
}

/// Names causes more closely where evidence tells more than the measurement did.
fn sharpen(findings: &mut [Finding], known: &Known<'_>) {
    let scene = Scene::new(findings, known);
    let named: Vec<_> = scene.bad().filter_map(|node| Some((node.at, naming::of(node)?))).collect();
    for (at, named) in named {
        let finding = &mut findings[at];
        if named.cause.is_some_and(|cause| finding.cause != Some(cause)) {
            // What the probe would have one do is for another cause.
            (finding.cause, finding.hint) = (named.cause, None);
        }
        finding.summary = with_evidence(&finding.summary, &named.evidence);
        finding.evidence = Some(named.evidence);
    }
}

/// What matters stands first: behind what is wrong, before the details of it.
fn with_evidence(summary: &str, evidence: &str) -> String {
    match summary.split_once("; ") {
        Some((what, details)) => format!("{what} – {evidence}; {details}"),
        None => format!("{summary} – {evidence}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::checks::Evidence;
    use crate::diagnose::testing::{bad, diagnosed};
    use crate::model::Cause;

    /// Unoptimised, on a busy machine; the figure of the release build stands in README.
    const BOUND: Duration = Duration::from_millis(500);

    #[test]
    fn five_hundred_findings_are_read_at_once() {
        let findings: Vec<_> = (0..500)
            .map(|n| bad(&format!("check.c{n}"), Cause::ALL[n % Cause::ALL.len()]).with("status", 500))
            .collect();
        let start = Instant::now();
        assert_eq!(diagnosed(findings, &Evidence::default()).len(), 500);
        assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    }
}
