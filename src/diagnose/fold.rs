//! Folds consequences under the finding that explains them.

use crate::config::Service;
use crate::model::{Cause, CheckId, Finding, Severity};

/// Folds what each service's parts say about one another.
pub(super) fn services(findings: &mut [Finding], services: &[Service]) {
    for service in services {
        let id = |part: &str| format!("service.{}.{part}", service.name);
        let (process, port, http) = (id("process"), id("port"), id("http"));
        let cause = |check: &CheckId| find(findings, check).and_then(|f| f.cause);
        let is_bad = |check: &CheckId| find(findings, check).is_some_and(|f| f.severity > Severity::Ok);
        // A stranger on the port keeps the service from starting; lost workers do too, and are its own.
        let folds: &[(&CheckId, &CheckId)] = match (cause(&process), cause(&port)) {
            (Some(Cause::ProcessDown), Some(Cause::PortTaken)) => &[(&process, &port), (&http, &port)],
            (Some(Cause::ProcessDown | Cause::OrphanProcess), _) => &[(&port, &process), (&http, &process)],
            (Some(Cause::ProcessHung), _) => &[(&http, &process)],
            (_, Some(Cause::PortTaken | Cause::OrphanProcess)) => &[(&http, &port)],
            _ if is_bad(&port) => &[(&http, &port)],
            _ => &[],
        };
        for (consequence, root) in folds {
            fold(findings, consequence, root);
        }
    }
}

/// Folds what the machine's parts say about one another: load is made of what keeps the processors busy, and swap fills
/// when memory is short.
pub(super) fn system(findings: &mut [Finding]) {
    for (consequence, root) in [("system.load", "system.cpu"), ("system.swap", "system.memory")] {
        let is_cause = find(findings, root).is_some_and(|f| f.cause.is_some());
        if is_cause {
            fold(findings, consequence, root);
        }
    }
}

/// A good finding is nobody's consequence.
fn fold(findings: &mut [Finding], consequence: &str, root: &str) {
    if let Some(finding) = findings.iter_mut().find(|f| f.check == consequence)
        && finding.severity != Severity::Ok
    {
        finding.caused_by = Some(root.to_owned());
    }
}

fn find<'a>(findings: &'a [Finding], check: &str) -> Option<&'a Finding> {
    findings.iter().find(|f| f.check == check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::cure::tests::service;

    type Part = (Severity, Option<Cause>);
    const OK: Part = (Severity::Ok, None);
    const BAD: Part = (Severity::Critical, None);

    fn because(cause: Cause) -> Part {
        (Severity::Critical, Some(cause))
    }

    /// Who is caused by whom, among process, port and http.
    fn folded(parts: [Part; 3]) -> [Option<String>; 3] {
        let names = ["process", "port", "http"];
        let mut findings: Vec<Finding> = names
            .iter()
            .zip(parts)
            .map(|(name, (severity, cause))| {
                let mut finding = Finding::new(format!("service.api.{name}"), "api", severity, "");
                finding.cause = cause;
                finding
            })
            .collect();
        services(&mut findings, &[service("api")]);
        let short = |id: &String| id.trim_start_matches("service.api.").to_owned();
        [0, 1, 2].map(|n| findings[n].caused_by.as_ref().map(short))
    }

    fn by(root: &str) -> Option<String> {
        Some(root.to_owned())
    }

    #[test]
    fn dead_process_explains_port_and_url() {
        let down = because(Cause::ProcessDown);
        assert_eq!(folded([down, BAD, BAD]), [None, by("process"), by("process")]);
    }

    #[test]
    fn stranger_on_the_port_explains_the_dead_process() {
        let warning = (Severity::Warning, Some(Cause::PortTaken));
        let parts = [because(Cause::ProcessDown), because(Cause::PortTaken), warning];
        assert_eq!(folded(parts), [by("port"), None, by("port")]);
    }

    #[test]
    fn lost_parent_explains_workers_on_the_port() {
        let lost = because(Cause::OrphanProcess);
        assert_eq!(folded([lost, lost, lost]), [None, by("process"), by("process")]);
    }

    #[test]
    fn stopped_process_explains_silence_but_no_open_port() {
        let hung = because(Cause::ProcessHung);
        assert_eq!(folded([hung, OK, hung]), [None, None, by("process")]);
    }

    #[test]
    fn silence_of_a_running_process_is_its_own_cause() {
        assert_eq!(folded([OK, OK, because(Cause::ProcessHung)]), [None, None, None]);
        assert_eq!(folded([OK, BAD, BAD]), [None, None, by("port")]);
        assert_eq!(folded([because(Cause::ProcessDown), OK, OK]), [None, None, None]);
    }

    #[test]
    fn load_follows_the_processors() {
        let of = |check: &str, cause| {
            let mut finding = Finding::new(check, "x", Severity::Warning, "");
            finding.cause = cause;
            finding
        };
        let mut findings =
            [of("system.cpu", Some(Cause::CpuSaturated)), of("system.load", None), of("system.swap", None)];
        system(&mut findings);
        assert_eq!(findings[1].caused_by.as_deref(), Some("system.cpu"));
        assert_eq!(findings[2].caused_by, None);
    }
}
