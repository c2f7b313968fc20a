//! What to do, decided from what was found. Pure: no process is looked at here, none is touched.
//!
//! The least that cures: a service is restarted only where a restart can help it. What is down for another's sake (a
//! database, a full disk, a stranger on the port) is told so, and the other is named.

use crate::model::{Cause, Finding, Severity, urgent};
use crate::recover::breaker::Fault;
use crate::recover::cure::{self, Cure};
use crate::service::{Inventory, Member, Stop};

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub scope: Scope,
    /// Only these services; empty: all.
    pub targets: Vec<String>,
    /// Restart even where a restart cannot be expected to help.
    pub force: bool,
    /// Stop strangers that hold a service's port.
    pub evict: bool,
}

/// How much is stopped and started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The least that cures what is wrong.
    #[default]
    Least,
    /// Every process service, whatever the cause.
    Full,
    /// The healthy, too, as a precaution; what is broken for another's sake is left alone.
    Preventive,
}

/// What is going to happen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub decision: Decision,
    /// Why, in one line.
    pub summary: String,
    /// Services in the order in which they are stopped, with the processes that are theirs.
    pub stop: Vec<Stop>,
    /// Space has to be made before anything can start.
    pub frees_space: bool,
    /// Services in the order in which they are started.
    pub start: Vec<Start>,
    /// Processes that stay untouched although they look concerned, and why.
    pub refused: Vec<Refusal>,
    /// Services that stay untouched, and why.
    pub left: Vec<(String, String)>,
    /// Those of them that do not work.
    pub broken: Vec<String>,
    /// A stranger on its port keeps one of them down.
    pub is_squatted: bool,
    /// Services that do not run because an operator stopped them.
    pub parked: Vec<String>,
    /// Services that do not answer yet and may still come up, and how long they have.
    pub waiting: Vec<(String, String)>,
    /// What is wrong with those that are started.
    pub faults: Vec<Fault>,
}

/// Whether there is anything to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    #[default]
    NotNeeded,
    Act,
    /// What is wrong is not for a restart to cure, or not ours to touch.
    Refuse,
}

/// One service that is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    pub service: String,
    /// Services that are started before it and have to answer first.
    pub after: Vec<String>,
}

/// A process that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub member: Member,
    pub service: String,
}

/// Decides what is done about each service, in which order.
///
/// `inventories` stand in dependency order: what others need comes first.
pub fn plan(findings: &[Finding], inventories: &[Inventory], wish: &Wish) -> Plan {
    let mut plan = Plan { frees_space: lacks_space(findings), ..Plan::default() };
    let mut refusals: Vec<String> = Vec::new();
    for inventory in inventories {
        let cure = match chosen(inventory, wish) {
            true => cure::of(inventory, findings, wish),
            false => Cure::Leave(format!("not among the targets ({})", wish.targets.join(", "))),
        };
        plan.is_squatted |= matches!(cure, Cure::Squatted(_));
        match cure {
            Cure::Fine => {}
            Cure::Start => plan.add_start(inventory),
            Cure::Restart => {
                plan.stop.push(stop_of(inventory, wish));
                plan.add_start(inventory);
            }
            Cure::Wait(why) => {
                plan.waiting.push((inventory.service.clone(), why.clone()));
                plan.left.push((inventory.service.clone(), why));
            }
            Cure::Leave(why) => plan.left.push((inventory.service.clone(), why)),
            Cure::Refuse(why) | Cure::Squatted(why) => {
                plan.broken.push(inventory.service.clone());
                refusals.push(format!("{}: {why}", inventory.service));
                plan.left.push((inventory.service.clone(), why));
            }
        }
        if chosen(inventory, wish) && is_parked(inventory) {
            plan.parked.push(inventory.service.clone());
        }
        let stops =
            plan.stop.iter().any(|stop| stop.service == inventory.service && !stop.members.is_empty());
        plan.refused.extend(refused(inventory, wish, stops));
    }
    // Whoever needs another is stopped before it.
    plan.stop.reverse();
    plan.stop.retain(|stop| !stop.members.is_empty());
    plan.faults = plan.start.iter().filter_map(|start| cure::fault(&start.service, findings)).collect();
    plan.decide(findings, &refusals);
    plan
}

impl Plan {
    /// Names of the services that are started, in order.
    pub fn started(&self) -> Vec<String> {
        self.start.iter().map(|start| start.service.clone()).collect()
    }

    /// Adds what an unfinished run was about to start, where this plan would not; it has to be in dependency order.
    pub fn also_start(&mut self, services: &[String], inventories: &[Inventory]) {
        for inventory in inventories {
            let is_down = inventory.own.is_empty() && !inventory.is_stopped_by_operator;
            let is_planned = self.start.iter().any(|start| start.service == inventory.service);
            if services.contains(&inventory.service) && is_down && !is_planned {
                self.add_start(inventory);
                self.decision = Decision::Act;
                self.summary = self.summary_of_acts();
            }
        }
    }

    fn add_start(&mut self, inventory: &Inventory) {
        let started = |name: &&String| self.start.iter().any(|start| start.service == **name);
        let after = inventory.depends_on.iter().filter(started).cloned().collect();
        self.start.push(Start { service: inventory.service.clone(), after });
    }

    fn decide(&mut self, findings: &[Finding], refusals: &[String]) {
        let acts = !self.start.is_empty() || !self.stop.is_empty() || self.frees_space;
        self.decision = match (acts, refusals.is_empty()) {
            (true, _) => Decision::Act,
            (false, false) => Decision::Refuse,
            (false, true) => Decision::NotNeeded,
        };
        self.summary = match self.decision {
            Decision::Act => self.summary_of_acts(),
            Decision::Refuse => refusals.first().cloned().unwrap_or_default(),
            Decision::NotNeeded => self.summary_of_rest(findings),
        };
    }

    /// What does not work although there is nothing to do about it.
    fn summary_of_rest(&self, findings: &[Finding]) -> String {
        let parked = self.parked.iter().map(|name| format!("{name} is down because an operator stopped it"));
        let waiting = self.waiting.iter().map(|(name, why)| format!("{name} is {why}"));
        let mut parts: Vec<String> = parked.chain(waiting).collect();
        if parts.is_empty() {
            return incurable(findings);
        }
        let is_left = |f: &&Finding| self.left.iter().any(|(name, _)| *name == f.target);
        let other = worst_root(findings).filter(|f| !is_left(f));
        parts.extend(other.map(|f| format!("{}: {}", f.target, f.summary)));
        parts.join("; ")
    }

    fn summary_of_acts(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let processes: usize = self.stop.iter().map(|stop| stop.members.len()).sum();
        if processes > 0 {
            parts.push(format!("stop {processes} process{}", if processes == 1 { "" } else { "es" }));
        }
        if self.frees_space {
            parts.push("make room on the disk".to_owned());
        }
        if !self.start.is_empty() {
            parts.push(format!("start {}", self.started().join(", ")));
        }
        parts.join(", ")
    }
}

fn is_parked(inventory: &Inventory) -> bool {
    inventory.is_stopped_by_operator && inventory.managed.is_none() && inventory.own.is_empty()
}

fn chosen(inventory: &Inventory, wish: &Wish) -> bool {
    wish.targets.is_empty() || wish.targets.contains(&inventory.service)
}

fn stop_of(inventory: &Inventory, wish: &Wish) -> Stop {
    let mut stop = Stop::of(inventory);
    let mut evicted = if wish.evict { inventory.strangers.clone() } else { Vec::new() };
    evicted.iter_mut().for_each(|member| member.why = format!("NOT OURS, evicted: {}", member.why));
    stop.members.extend(evicted.iter().cloned());
    stop.evicted = evicted;
    stop
}

/// Strangers on the port, and what only looks like the service where something of it is stopped.
fn refused<'a>(
    inventory: &'a Inventory,
    wish: &Wish,
    stops: bool,
) -> impl Iterator<Item = Refusal> + use<'a> {
    let strangers = if wish.evict { &[][..] } else { &inventory.strangers[..] };
    let look_alikes = if stops { &inventory.look_alikes[..] } else { &[][..] };
    strangers
        .iter()
        .chain(&inventory.unproven)
        .chain(look_alikes)
        .map(|member| Refusal { member: member.clone(), service: inventory.service.clone() })
}

/// A disk so full that a service could not write its log.
fn lacks_space(findings: &[Finding]) -> bool {
    findings.iter().any(|f| {
        f.severity == Severity::Critical && matches!(f.cause, Some(Cause::DiskFull | Cause::InodesFull))
    })
}

/// The worst finding that is nobody's consequence and red.
fn worst_root(findings: &[Finding]) -> Option<&Finding> {
    urgent(findings).first().copied().filter(|f| f.severity == Severity::Critical)
}

fn incurable(findings: &[Finding]) -> String {
    worst_root(findings).map_or_else(
        || "every service answers; there is nothing to recover".to_owned(),
        |f| format!("there is nothing that a restart could cure; {}: {}", f.target, f.summary),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::checks::STARTING;
    use crate::config::{Environment, parse};
    use crate::service::Unit;

    fn finding(check: &str, cause: Option<Cause>, caused_by: Option<&str>) -> Finding {
        let target = check.split('.').nth(1).unwrap_or(check);
        let mut finding = Finding::new(check, target, Severity::Critical, "broken");
        finding.cause = cause;
        finding.caused_by = caused_by.map(str::to_owned);
        finding
    }

    fn member(pid: u32) -> Member {
        Member { pid, ..Member::default() }
    }

    fn service(name: &str, own: &[u32]) -> Inventory {
        Inventory {
            service: name.to_owned(),
            own: own.iter().map(|pid| member(*pid)).collect(),
            ..Inventory::default()
        }
    }

    fn pids(plan: &Plan) -> Vec<u32> {
        plan.stop.iter().flat_map(|s| s.members.iter().map(|m| m.pid)).collect()
    }

    #[test]
    fn healthy_stack_needs_nothing() {
        let plan = plan(&[], &[service("api", &[10])], &Wish::default());
        assert_eq!((plan.decision, plan.start.len(), plan.stop.len()), (Decision::NotNeeded, 0, 0));
    }

    #[test]
    fn dead_service_is_started_and_nothing_else_is_touched() {
        let findings = [finding("service.api.process", Some(Cause::ProcessDown), None)];
        let plan = plan(&findings, &[service("sync", &[11]), service("api", &[])], &Wish::default());
        assert_eq!((plan.decision, plan.started()), (Decision::Act, vec!["api".to_owned()]));
        assert!(pids(&plan).is_empty());
    }

    #[test]
    fn hung_service_is_stopped_with_its_own_processes_only() {
        let findings = [finding("service.api.http", Some(Cause::ProcessHung), None)];
        let mut api = service("api", &[10]);
        api.look_alikes = vec![member(99)];
        let plan = plan(&findings, &[api], &Wish::default());
        assert_eq!(pids(&plan), [10]);
        assert_eq!(plan.refused[0].member.pid, 99);
    }

    #[test]
    fn orphans_on_the_port_are_stopped_and_the_service_started() {
        let findings = [finding("service.api.process", Some(Cause::OrphanProcess), None)];
        let mut api = service("api", &[]);
        api.orphans = vec![member(20), member(21)];
        let plan = plan(&findings, &[api], &Wish::default());
        assert_eq!((pids(&plan), plan.start.len()), (vec![20, 21], 1));
    }

    #[test]
    fn stranger_on_the_port_is_named_and_left_unless_evicted() {
        let findings = [finding("service.api.port", Some(Cause::PortTaken), None)];
        let mut api = service("api", &[]);
        api.strangers = vec![member(30)];
        let left = plan(&findings, std::slice::from_ref(&api), &Wish::default());
        assert_eq!((left.decision, pids(&left)), (Decision::Refuse, vec![]));
        assert_eq!(left.refused[0].member.pid, 30);
        assert!(left.summary.contains("--evict"), "{}", left.summary);
        let evicted = plan(&findings, &[api], &Wish { evict: true, ..Wish::default() });
        assert_eq!((evicted.decision, pids(&evicted), evicted.refused.len()), (Decision::Act, vec![30], 0));
    }

    #[test]
    fn stranger_is_evicted_by_a_full_restart_too() {
        let mut api = service("api", &[]);
        api.strangers = vec![member(30)];
        let wish = Wish { scope: Scope::Full, evict: true, ..Wish::default() };
        assert_eq!(pids(&plan(&[], &[api], &wish)), [30]);
    }

    #[test]
    fn database_down_is_no_reason_to_restart_the_backend() {
        let findings = [
            finding("check.mysql", Some(Cause::DatabaseDown), None),
            finding("service.api.http", None, Some("check.mysql")),
        ];
        let refused = plan(&findings, &[service("api", &[10])], &Wish::default());
        assert_eq!((refused.decision, pids(&refused)), (Decision::Refuse, vec![]));
        assert!(refused.summary.contains("mysql"), "{}", refused.summary);
        let forced = plan(&findings, &[service("api", &[10])], &Wish { force: true, ..Wish::default() });
        assert_eq!((forced.decision, pids(&forced)), (Decision::Act, vec![10]));
    }

    #[test]
    fn what_lives_and_answers_wrongly_is_named_and_not_restarted_away() {
        let wrong = [finding("service.api.http", Some(Cause::BadResponse), None).with("status", 500)];
        let of = |wish: &Wish| {
            let plan = plan(&wrong, &[service("api", &[10])], wish);
            (plan.decision, pids(&plan), plan.summary)
        };
        let (decision, stopped, summary) = of(&Wish::default());
        assert_eq!((decision, stopped), (Decision::Refuse, vec![]));
        assert!(summary.starts_with("api: broken: it lives and answers"), "{summary}");
        for wish in [
            Wish { force: true, ..Wish::default() },
            Wish { scope: Scope::Full, ..Wish::default() },
            Wish { scope: Scope::Preventive, ..Wish::default() },
        ] {
            assert_eq!(of(&wish).1, [10], "{wish:?}");
        }
        let closes = [finding("service.api.http", Some(Cause::BadResponse), None)];
        assert_eq!(plan(&closes, &[service("api", &[10])], &Wish::default()).decision, Decision::Act);
    }

    #[test]
    fn what_is_still_starting_is_waited_for_unless_its_process_hangs() {
        let refused = finding("service.api.http", Some(Cause::ProcessDown), None);
        let mut young = finding("service.api.port", None, None).with(STARTING, true);
        (young.severity, young.summary) = (Severity::Warning, "started 8s ago, has 15s".to_owned());
        let mut findings = vec![refused, young];
        let of = |findings: &[Finding], wish: &Wish| plan(findings, &[service("api", &[10])], wish);
        let waits = of(&findings, &Wish::default());
        assert_eq!((waits.decision, pids(&waits)), (Decision::NotNeeded, vec![]));
        assert_eq!(waits.summary, "api is still starting: started 8s ago, has 15s");
        assert_eq!(pids(&of(&findings, &Wish { force: true, ..Wish::default() })), [10]);
        findings.insert(0, finding("service.api.process", Some(Cause::ProcessHung), None));
        assert_eq!(pids(&of(&findings, &Wish::default())), [10]);
    }

    #[test]
    fn what_an_operator_stopped_is_said_to_be_down_and_who_has_its_port_is_named() {
        let findings = [finding("service.api.port", Some(Cause::PortTaken), None)];
        let mut api = service("api", &[]);
        (api.is_stopped_by_operator, api.strangers) = (true, vec![member(30)]);
        let plan = plan(&findings, &[api], &Wish::default());
        assert_eq!((plan.decision, &plan.parked[..]), (Decision::NotNeeded, &["api".to_owned()][..]));
        assert_eq!(plan.summary, "api is down because an operator stopped it");
        assert!(plan.left[0].1.contains("held by pid 30"), "{:?}", plan.left);
    }

    #[test]
    fn full_disk_is_freed_before_the_dead_service_starts() {
        let findings = [
            finding("disk./", Some(Cause::DiskFull), None),
            finding("service.api.process", Some(Cause::ProcessDown), Some("disk./")),
        ];
        let plan = plan(&findings, &[service("api", &[])], &Wish::default());
        assert!(plan.frees_space);
        assert_eq!((plan.decision, plan.start.len()), (Decision::Act, 1));
    }

    #[test]
    fn full_restarts_everything_in_reverse_order_and_leaves_what_an_operator_stopped() {
        let mut parked = service("old", &[12]);
        parked.is_stopped_by_operator = true;
        let all = [service("api", &[10]), service("sync", &[11]), parked];
        let plan = plan(&[], &all, &Wish { scope: Scope::Full, ..Wish::default() });
        assert_eq!((pids(&plan), plan.started()), (vec![11, 10], vec!["api".to_owned(), "sync".to_owned()]));
        assert_eq!(plan.left[0].0, "old");
    }

    #[test]
    fn a_service_waits_for_what_it_needs_only_if_that_is_started_too() {
        let findings = [
            finding("service.api.process", Some(Cause::ProcessDown), None),
            finding("service.web.process", Some(Cause::ProcessDown), None),
        ];
        let mut web = service("web", &[]);
        web.depends_on = vec!["api".to_owned(), "mysql".to_owned()];
        let plan = plan(&findings, &[service("api", &[]), web], &Wish::default());
        assert_eq!(plan.start[1].after, ["api"]);
    }

    #[test]
    fn what_an_unfinished_run_was_about_to_start_is_started_once_and_only_if_down() {
        let inventories = [service("api", &[]), service("sync", &[11])];
        let mut plan = plan(&[], &inventories, &Wish::default());
        let both = ["sync".to_owned(), "api".to_owned()];
        plan.also_start(&both, &inventories);
        plan.also_start(&both, &inventories);
        assert_eq!((plan.decision, plan.started()), (Decision::Act, vec!["api".to_owned()]));
    }

    #[test]
    fn what_another_manager_runs_is_restarted_by_it_and_only_where_that_can_help() {
        let text = "[[service]]\nname = \"web\"\nmanager = \"systemd\"\nunit = \"web.service\"\n";
        let config = parse(text, Path::new("/"), &Environment::default()).unwrap();
        let managed = Unit::of(&config.services[0]);
        let web = [Inventory { managed, ..service("web", &[]) }];
        let failed = finding("service.web.process", Some(Cause::UnitFailed), None);
        let broken = plan(&[failed], &web, &Wish::default());
        assert_eq!(
            (broken.decision, broken.started(), broken.stop.len()),
            (Decision::Act, vec!["web".into()], 0)
        );
        let full = plan(&[], &web, &Wish { scope: Scope::Full, ..Wish::default() });
        assert_eq!((full.decision, full.left.len()), (Decision::NotNeeded, 0));
        let silent = [
            finding("check.mysql", Some(Cause::DatabaseDown), None),
            finding("service.web.http", None, Some("check.mysql")),
        ];
        assert_eq!(plan(&silent, &web, &Wish::default()).decision, Decision::Refuse);
    }

    #[test]
    fn targets_limit_what_is_touched() {
        let wish = Wish { scope: Scope::Full, targets: vec!["sync".to_owned()], ..Wish::default() };
        let plan = plan(&[], &[service("api", &[10]), service("sync", &[11])], &wish);
        assert_eq!(pids(&plan), [11]);
    }
}
