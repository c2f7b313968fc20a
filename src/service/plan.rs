//! What an operator's `start`, `stop` or `restart` comes to. Pure: nothing is looked at here, nothing is touched.
//!
//! Exactly the services that are named are stopped, as docker compose does it; who needs them and runs on is told. What a
//! service needs is started with it. Nothing is started beside a stranger on its port or beside remains of an earlier run.

use crate::config::Service;
use crate::service::launch::may_start;
use crate::service::{Inventory, Member, Stop};

/// What an operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Start,
    Stop,
    Restart,
}

/// Of which services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub verb: Verb,
    pub names: Vec<String>,
    pub needs: Needs,
}

/// Whether what a service needs is brought up, and waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Followed,
    Ignored,
}

/// What is going to happen, in the order in which services need one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub turns: Vec<Turn>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
}

/// One service's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub service: String,
    pub act: Act,
    /// The service for whose sake it is started; absent where it was named.
    pub needed_by: Option<String>,
    /// What has to be well before it starts.
    pub after: Vec<String>,
    /// Who holds its port, or may be it, where that keeps it from being touched.
    pub obstacle: Option<Member>,
}

/// What is done with one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Start,
    Stop(Stop),
    /// What runs of it is stopped first; nothing where another manager sees to that.
    Restart(Stop),
    /// It is as it should be; how.
    Nothing(String),
    /// It is not ours to touch, or would come to harm; why.
    Refuse(String),
}

/// Decides. `found` stands in dependency order.
pub fn plan(ask: &Ask, services: &[Service], found: &[Inventory]) -> Plan {
    let config = |name: &str| services.iter().find(|service| service.name == name);
    let mut plan = Plan::default();
    let needed = needed(ask, services);
    for inventory in found {
        let Some(service) = config(&inventory.service) else { continue };
        let is_named = ask.names.contains(&service.name);
        let needed_by = needed.iter().find(|(name, _)| *name == service.name).map(|(_, by)| by.clone());
        let (act, obstacle) = match (is_named, &needed_by) {
            (true, _) => act(ask.verb, service, inventory),
            (false, Some(_)) => act(Verb::Start, service, inventory),
            (false, None) => continue,
        };
        if let Some(by) = needed_by.as_ref().filter(|_| !is_named && inventory.is_stopped_by_operator) {
            plan.notes.push(format!(
                "{}, which an operator had stopped, is wanted again: {by} needs it",
                service.name
            ));
        }
        let after = if ask.needs == Needs::Followed { service.depends_on.clone() } else { Vec::new() };
        let needed_by = needed_by.filter(|_| !is_named);
        plan.turns.push(Turn { service: service.name.clone(), act, needed_by, after, obstacle });
    }
    if ask.verb != Verb::Start {
        let left: Vec<String> =
            services.iter().filter_map(|service| left_behind(service, &plan, found)).collect();
        plan.notes.extend(left);
    }
    plan
}

/// Services that the named ones need, each with the one that needs it.
fn needed(ask: &Ask, services: &[Service]) -> Vec<(String, String)> {
    let mut needed: Vec<(String, String)> = Vec::new();
    if ask.verb == Verb::Stop || ask.needs == Needs::Ignored {
        return needed;
    }
    let mut open = ask.names.clone();
    while let Some(name) = open.pop() {
        let of = services.iter().find(|service| service.name == name);
        for need in of.into_iter().flat_map(|service| &service.depends_on) {
            let is_service = services.iter().any(|service| service.name == *need);
            if is_service && needed.iter().all(|(known, _)| known != need) {
                needed.push((need.clone(), name.clone()));
                open.push(need.clone());
            }
        }
    }
    needed
}

fn act(verb: Verb, service: &Service, found: &Inventory) -> (Act, Option<Member>) {
    let runs = !found.own.is_empty() || !found.orphans.is_empty();
    let is_managed = found.managed.is_some();
    let stop = Stop::of(found);
    match verb {
        Verb::Start if is_managed => (Act::Start, None),
        Verb::Stop if is_managed || runs => (Act::Stop(stop), None),
        Verb::Restart if is_managed => (Act::Restart(stop), None),
        Verb::Stop => not_stopped(found),
        Verb::Restart if found.strangers.is_empty() && found.unproven.is_none() => (Act::Restart(stop), None),
        Verb::Start | Verb::Restart => match may_start(service, &without_own(verb, found)) {
            Ok(Some(pid)) => (Act::Nothing(format!("runs already (pid {pid})")), None),
            Ok(None) => (Act::Start, None),
            Err(error) => (Act::Refuse(error.to_string()), obstacle(found)),
        },
    }
}

/// A restart is in no need of what runs; only what is in its way counts.
fn without_own(verb: Verb, found: &Inventory) -> Inventory {
    match verb {
        Verb::Restart => Inventory { own: Vec::new(), orphans: Vec::new(), ..found.clone() },
        Verb::Start | Verb::Stop => found.clone(),
    }
}

fn not_stopped(found: &Inventory) -> (Act, Option<Member>) {
    let act = match (&found.unproven, found.strangers.first()) {
        (Some(who), _) => Act::Refuse(format!(
            "nothing that is proved to be it runs; pid {} ({}) {}",
            who.pid, who.command, who.why
        )),
        (None, Some(who)) => {
            Act::Nothing(format!("does not run; its port is held by pid {}, which is not its own", who.pid))
        }
        (None, None) => Act::Nothing("does not run".to_owned()),
    };
    (act, obstacle(found))
}

fn obstacle(found: &Inventory) -> Option<Member> {
    found.unproven.as_ref().or(found.strangers.first()).or(found.orphans.first()).cloned()
}

/// A service that runs on although what it needs is stopped.
fn left_behind(service: &Service, plan: &Plan, found: &[Inventory]) -> Option<String> {
    let is_stopped = |name: &str| {
        let turn = plan.turns.iter().find(|turn| turn.service == name);
        turn.is_some_and(|turn| matches!(turn.act, Act::Stop(_) | Act::Restart(_)))
    };
    let runs = found.iter().any(|f| f.service == service.name && !f.own.is_empty());
    let need = service.depends_on.iter().find(|need| is_stopped(need))?;
    (runs && !is_stopped(&service.name)).then(|| format!("{} needs {need}, and runs on", service.name))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, parse};

    const SERVICES: &str = "[[service]]\nname = \"api\"\ncommand = [\"x\"]\nport = 80\n[[service]]\nname = \"web\"\n\
        command = [\"x\"]\ndepends_on = [\"api\"]\n[[service]]\nname = \"portal\"\nmanager = \"systemd\"\nunit = \"p.service\"\n";

    fn services() -> Vec<Service> {
        parse(SERVICES, Path::new("/"), &Environment::default()).unwrap().services
    }

    fn found(name: &str, own: &[u32]) -> Inventory {
        let member = |pid: &u32| Member { pid: *pid, command: "x".to_owned(), ..Member::default() };
        let managed =
            services().iter().find(|service| service.name == name).and_then(crate::service::Unit::of);
        Inventory {
            service: name.to_owned(),
            own: own.iter().map(member).collect(),
            managed,
            ..Inventory::default()
        }
    }

    fn acts(verb: Verb, names: &[&str], found: &[Inventory]) -> Vec<(String, Act)> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let plan = plan(&Ask { verb, names, needs: Needs::Followed }, &services(), found);
        plan.turns.into_iter().map(|turn| (turn.service, turn.act)).collect()
    }

    #[test]
    fn what_a_service_needs_is_started_before_it() {
        let acts = acts(Verb::Start, &["web"], &[found("api", &[]), found("web", &[])]);
        assert_eq!(acts, [("api".to_owned(), Act::Start), ("web".to_owned(), Act::Start)]);
    }

    #[test]
    fn what_runs_is_left_and_only_what_is_named_is_stopped() {
        let both = [found("api", &[10]), found("web", &[11])];
        assert_eq!(acts(Verb::Start, &["api"], &both)[0].1, Act::Nothing("runs already (pid 10)".into()));
        let ask = Ask { verb: Verb::Stop, names: vec!["api".into()], needs: Needs::Followed };
        let plan = plan(&ask, &services(), &both);
        assert_eq!((plan.turns.len(), plan.notes), (1, vec!["web needs api, and runs on".to_owned()]));
        assert_eq!(plan.turns[0].act, Act::Stop(Stop::of(&both[0])));
    }

    #[test]
    fn nothing_is_stopped_or_started_in_the_name_of_a_stranger() {
        let stranger =
            Member { pid: 30, command: "nc".into(), why: "holds port 80".into(), ..Member::default() };
        let squatted = Inventory { strangers: vec![stranger.clone()], ..found("api", &[]) };
        for verb in [Verb::Start, Verb::Stop, Verb::Restart] {
            let (act, obstacle) = act(verb, &services()[0], &squatted);
            let is_left = match (&act, verb) {
                (Act::Refuse(why), Verb::Start | Verb::Restart) => why.contains("pid 30 (nc)"),
                // It is down as it should be, whoever has taken its port.
                (Act::Nothing(how), Verb::Stop) => how.contains("held by pid 30"),
                _ => false,
            };
            assert!(is_left, "{verb:?}: {act:?}");
            assert_eq!(obstacle.as_ref(), Some(&stranger));
        }
        let unproven = Inventory { unproven: Some(stranger), ..found("api", &[]) };
        assert!(matches!(act(Verb::Stop, &services()[0], &unproven).0, Act::Refuse(_)));
        assert_eq!(
            act(Verb::Stop, &services()[0], &found("api", &[])).0,
            Act::Nothing("does not run".into())
        );
    }

    #[test]
    fn remains_are_ended_by_stop_and_restart_and_nothing_starts_beside_them() {
        let remains = Inventory { orphans: found("api", &[20]).own, ..found("api", &[]) };
        assert!(matches!(act(Verb::Start, &services()[0], &remains).0, Act::Refuse(_)));
        assert_eq!(act(Verb::Stop, &services()[0], &remains).0, Act::Stop(Stop::of(&remains)));
        assert_eq!(act(Verb::Restart, &services()[0], &remains).0, Act::Restart(Stop::of(&remains)));
    }

    #[test]
    fn what_a_manager_runs_is_asked_of_it() {
        let portal = found("portal", &[]);
        assert_eq!(act(Verb::Start, &services()[2], &portal).0, Act::Start);
        assert!(
            matches!(act(Verb::Restart, &services()[2], &portal).0, Act::Restart(stop) if stop.members.is_empty())
        );
    }
}
