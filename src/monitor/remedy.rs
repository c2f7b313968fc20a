//! What would help a service, read from everything that was measured. Pure.
//!
//! Whether a restart can help at all is decided where `recover` decides it. Here it is asked for more: nobody has looked,
//! so a living process is stopped only on two signs that have nothing to do with one another.

use crate::config::Service;
use crate::model::{Cause, Finding, Severity};
use crate::monitor::{Reason, Remedy};
use crate::recover::{self, Wish};
use crate::service::Inventory;

/// Processor time below which a process that is asked something does nothing about it, in percent of one processor.
const IDLE: f64 = 1.0;

/// Decides for one service. `found` is what of it runs; nothing where that could not be looked at.
pub fn remedy(service: &Service, findings: &[Finding], found: Option<&Inventory>) -> Remedy {
    let Some(found) = found else {
        return Remedy::Unknown { why: "the processes of this machine could not be listed".to_owned() };
    };
    let case = Case { service, findings, found };
    if found.own.is_empty() { case.of_dead() } else { case.of_living() }
}

struct Case<'a> {
    service: &'a Service,
    findings: &'a [Finding],
    found: &'a Inventory,
}

impl Case<'_> {
    fn part(&self, part: &str) -> Option<&Finding> {
        let id = format!("service.{}.{part}", self.service.name);
        self.findings.iter().find(|finding| finding.check == id)
    }

    fn of_dead(&self) -> Remedy {
        let unsure = self.part("process").filter(|finding| finding.severity == Severity::Unknown);
        if let Some(unsure) = unsure {
            return Remedy::Unknown { why: unsure.summary.clone() };
        }
        if let Some(unproven) = &self.found.unproven {
            return Remedy::Unknown { why: format!("pid {} may be it: {}", unproven.pid, unproven.why) };
        }
        if let Some(orphan) = self.found.orphans.first() {
            let evidence = format!("pid {} ({}): {}", orphan.pid, orphan.command, orphan.why);
            return Remedy::Restart { reason: Reason::Orphan, evidence: vec![evidence] };
        }
        if let Some(stranger) = self.found.strangers.first() {
            return Remedy::Leave {
                why: format!("pid {} ({}) {}", stranger.pid, stranger.command, stranger.why),
            };
        }
        let why = self.part("process").map_or("does not run", |finding| finding.summary.as_str());
        Remedy::Start { why: why.to_owned() }
    }

    fn of_living(&self) -> Remedy {
        if let Some(over) = self.over_its_limit() {
            return Remedy::Restart { reason: Reason::MemoryLimit, evidence: vec![over] };
        }
        let Some(bad) = self.worst() else { return Remedy::Fine };
        let root = recover::root_of(bad, self.findings);
        if !root.check.starts_with("service.") && !root.check.starts_with("check.") {
            // A machine that is starved starves the next process, too.
            return Remedy::Leave { why: format!("{}: {}", root.check, root.summary) };
        }
        let wish = Wish { targets: vec![self.service.name.clone()], ..Wish::default() };
        let plan = recover::plan(self.findings, std::slice::from_ref(self.found), &wish);
        if let Some((_, why)) = plan.left.first() {
            return Remedy::Leave { why: why.clone() };
        }
        match self.signs() {
            signs if signs.len() >= 2 => Remedy::Restart { reason: Reason::Hang, evidence: signs },
            signs => Remedy::Leave { why: not_proved(bad, &signs) },
        }
    }

    fn over_its_limit(&self) -> Option<String> {
        let limit = self.service.limits.memory?.0;
        let process = self.part("process")?;
        let rss = process.observed.get("rss_bytes")?.as_u64()?;
        (rss >= limit).then(|| process.summary.clone())
    }

    fn worst(&self) -> Option<&Finding> {
        let parts = ["process", "port", "http"].into_iter().filter_map(|part| self.part(part));
        let bad = |finding: &&Finding| {
            finding.severity > Severity::Unknown && finding.cause != Some(Cause::MemoryLimit)
        };
        let is_bad = |finding: &&Finding| {
            bad(finding) && (finding.severity == Severity::Critical || !self.service.required)
        };
        parts.filter(is_bad).max_by_key(|finding| (finding.severity, finding.caused_by.is_none()))
    }

    /// What says that it hangs; each by another way.
    fn signs(&self) -> Vec<String> {
        let http = self.part("http").filter(|finding| finding.severity > Severity::Unknown);
        // A name that is not found and a refused connection say nothing of what the process does.
        let is_silent = |finding: &&Finding| finding.cause == Some(Cause::ProcessHung);
        let mut signs: Vec<String> =
            http.filter(is_silent).map(|finding| finding.summary.clone()).into_iter().collect();
        if let Some(process) = self.part("process") {
            let cpu = process.observed.get("cpu_percent").and_then(serde_json::Value::as_f64);
            if process.cause == Some(Cause::ProcessHung) {
                signs.push(process.summary.clone());
            } else if let Some(cpu) = cpu.filter(|cpu| *cpu < IDLE) {
                signs.push(format!("its processes use {cpu:.1} % of a processor while it is asked"));
            }
        }
        let nobody_listens = |finding: &&Finding| {
            finding.severity > Severity::Unknown && finding.cause != Some(Cause::PortTaken)
        };
        if let Some(port) = self.part("port").filter(nobody_listens) {
            signs.push(port.summary.clone());
        }
        signs
    }
}

/// Idleness alone says nothing of what is wrong.
fn not_proved(bad: &Finding, signs: &[String]) -> String {
    if signs.contains(&bad.summary) {
        format!("{}; nothing else says that it hangs, so it is not stopped", bad.summary)
    } else {
        format!("{}: a restart is not known to help", bad.summary)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::service::Member;

    fn service(more: &str) -> Service {
        let text = format!("[[service]]\nname = \"api\"\ncommand = [\"true\"]\nport = 8000\n{more}");
        let config = crate::config::parse(&text, Path::new("/"), &crate::config::Environment::default());
        config.unwrap().services.remove(0)
    }

    fn member(pid: u32, why: &str) -> Member {
        Member { pid, command: "python3 main.py".into(), why: why.into(), ..Member::default() }
    }

    fn living() -> Inventory {
        Inventory { service: "api".into(), own: vec![member(7, "")], ..Inventory::default() }
    }

    fn finding(part: &str, severity: Severity, cause: Option<Cause>) -> Finding {
        let mut finding =
            Finding::new(format!("service.api.{part}"), "api", severity, format!("{part} is so"));
        finding.cause = cause;
        finding
    }

    fn silent() -> Finding {
        finding("http", Severity::Critical, Some(Cause::ProcessHung))
    }

    fn uses(cpu: f64) -> Finding {
        finding("process", Severity::Ok, None).with("cpu_percent", cpu).with("rss_bytes", 5_u64 << 20)
    }

    fn of(findings: &[Finding], found: &Inventory) -> Remedy {
        remedy(&service(""), findings, Some(found))
    }

    #[test]
    fn silence_and_idleness_are_a_hang_and_silence_alone_is_none() {
        let Remedy::Restart { reason: Reason::Hang, evidence } = of(&[silent(), uses(0.0)], &living()) else {
            panic!("no hang")
        };
        assert_eq!(evidence.len(), 2);
        assert!(matches!(of(&[silent(), uses(70.0)], &living()), Remedy::Leave { .. }));
        let stopped = finding("process", Severity::Critical, Some(Cause::ProcessHung));
        assert!(matches!(of(&[silent(), stopped], &living()), Remedy::Restart { reason: Reason::Hang, .. }));
    }

    #[test]
    fn what_lies_elsewhere_is_no_reason_to_restart() {
        let database =
            Finding::new("check.mysql", "mysql", Severity::Critical, "refuses").because(Cause::DatabaseDown);
        let mut waiting = silent();
        waiting.caused_by = Some("check.mysql".into());
        assert!(matches!(of(&[waiting.clone(), uses(0.0), database], &living()), Remedy::Leave { .. }));
        let full = Finding::new("system.memory", "memory", Severity::Critical, "no memory")
            .because(Cause::MemoryFull);
        waiting.caused_by = Some("system.memory".into());
        let Remedy::Leave { why } = of(&[waiting, uses(0.0), full], &living()) else { panic!("restarted") };
        assert_eq!(why, "system.memory: no memory");
    }

    #[test]
    fn a_full_disk_is_told_as_it_is_and_no_room_is_promised() {
        let full = Finding::new("disk./", "/", Severity::Critical, "full").because(Cause::DiskFull);
        let mut failing = finding("http", Severity::Critical, Some(Cause::BadResponse));
        failing.caused_by = Some("disk./".into());
        let told = of(&[failing, uses(0.0), full], &living());
        assert_eq!(told, Remedy::Leave { why: "disk./: full".to_owned() });
    }

    #[test]
    fn an_error_answer_is_not_restarted_away() {
        let bad = finding("http", Severity::Critical, Some(Cause::BadResponse));
        let why = "http is so: a restart is not known to help".to_owned();
        assert_eq!(of(&[bad, uses(0.0)], &living()), Remedy::Leave { why });
        let why = "http is so; nothing else says that it hangs, so it is not stopped".to_owned();
        assert_eq!(of(&[silent(), uses(70.0)], &living()), Remedy::Leave { why });
        assert_eq!(of(&[finding("http", Severity::Ok, None), uses(0.0)], &living()), Remedy::Fine);
    }

    #[test]
    fn a_name_that_is_not_found_is_no_silence() {
        let dns = finding("http", Severity::Critical, None);
        assert!(matches!(of(&[dns, uses(0.0)], &living()), Remedy::Leave { .. }));
    }

    #[test]
    fn a_refused_connection_and_a_port_without_a_listener_are_one_sign() {
        for cause in [None, Some(Cause::ProcessDown)] {
            let refused = finding("http", Severity::Critical, cause);
            let port = finding("port", Severity::Critical, None);
            assert!(matches!(of(&[refused, port, uses(70.0)], &living()), Remedy::Leave { .. }));
        }
    }

    #[test]
    fn its_own_memory_limit_is_a_reason_and_that_of_another_is_none() {
        let over = service("limits = { memory = \"1MiB\" }");
        let remedy_of = |service: &Service| remedy(service, &[uses(3.0)], Some(&living()));
        assert!(matches!(remedy_of(&over), Remedy::Restart { reason: Reason::MemoryLimit, .. }));
        assert_eq!(remedy_of(&service("")), Remedy::Fine);
    }

    #[test]
    fn dead_one_is_started_unless_somebody_else_has_its_port() {
        let dead = Inventory { service: "api".into(), ..Inventory::default() };
        assert!(matches!(of(&[], &dead), Remedy::Start { .. }));
        let squatted = Inventory { strangers: vec![member(9, "holds port 8000")], ..dead.clone() };
        assert!(matches!(of(&[], &squatted), Remedy::Leave { .. }));
        let orphaned = Inventory { orphans: vec![member(9, "a worker")], ..dead };
        assert!(matches!(of(&[], &orphaned), Remedy::Restart { reason: Reason::Orphan, .. }));
        assert!(matches!(remedy(&service(""), &[], None), Remedy::Unknown { .. }));
    }
}
