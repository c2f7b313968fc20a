//! Judges a service's port: whether its own process listens there. Pure.

use serde_json::json;

use crate::checks::Subject;
use crate::checks::processes::observe::{Holder, PortObservation};
use crate::checks::processes::{ServiceObservation, pid_list};
use crate::config::Service;
use crate::model::{Cause, Finding, Severity};
use crate::process::{Owner, Presence};
use crate::text::human;

/// Ports that are named where a service listens elsewhere.
const PORTS_NAMED: usize = 4;
/// Measured of a port that a young service has still time to take.
pub const STARTING: &str = "starting";

/// Judges who listens on a service's port; `None` where it has none.
pub(in crate::checks) fn judge(service: &Service, seen: &ServiceObservation) -> Option<Finding> {
    let number = service.port?;
    let port = seen.port.as_ref()?;
    let subject = Subject::service(&service.name, "port");
    let of = |owner| port.holders.iter().filter(|h| h.owner == owner).collect::<Vec<_>>();
    let (own, orphans, strangers) = (of(Owner::Service), of(Owner::Orphan), of(Owner::Stranger));
    let finding = if let Some(stranger) = strangers.first() {
        let (severity, how) = match own.is_empty() {
            true => (Severity::Critical, "is taken by"),
            false => (Severity::Warning, "is shared with"),
        };
        let summary = format!("port {number} {how} a stranger: {}", described(stranger));
        subject.finding(severity, summary).because(Cause::PortTaken)
    } else if own.is_empty() && !orphans.is_empty() {
        let pids: Vec<u32> = orphans.iter().map(|h| h.pid).collect();
        let summary = format!("port {number} is held by workers whose parent is gone: {}", pid_list(&pids));
        subject.finding(Severity::Critical, summary).because(Cause::OrphanProcess)
    } else if let Some(orphan) = orphans.first() {
        let summary =
            format!("port {number} is also held by a worker whose parent is gone: pid {}", orphan.pid);
        subject.finding(Severity::Warning, summary).because(Cause::OrphanProcess)
    } else if !own.is_empty() {
        let pids: Vec<u32> = own.iter().map(|h| h.pid).collect();
        subject.finding(Severity::Ok, format!("{} on {}", pid_list(&pids), addresses(port)))
    } else {
        of_unseen(&subject, number, seen, port)
            .unwrap_or_else(|| nobody(&subject, service, number, seen, port))
    };
    Some(with_measures(finding, number, port))
}

/// Sockets whose process may not be seen.
fn of_unseen(
    subject: &Subject,
    number: u16,
    seen: &ServiceObservation,
    port: &PortObservation,
) -> Option<Finding> {
    if let Some((_, user, _)) = port.unseen.iter().find(|(_, _, may_be_ours)| !may_be_ours) {
        let summary = format!("port {number} is taken by a process of {user}, which may not be looked at");
        return Some(subject.finding(Severity::Critical, summary).because(Cause::PortTaken));
    }
    let is_there = matches!(seen.presence, Presence::Running { .. } | Presence::Unproven { .. });
    if let Some((_, user, _)) = port.unseen.first() {
        let text = format!("{} held by {user}; its process may not be looked at", addresses(port));
        return Some(if is_there { subject.finding(Severity::Ok, text) } else { subject.unknown(text) });
    }
    port.answers_unseen.then(|| {
        let text =
            format!("something answers on port {number}, and no process that may be looked at holds it");
        subject.unknown(format!("{text}: run as root"))
    })
}

fn nobody(
    subject: &Subject,
    service: &Service,
    number: u16,
    seen: &ServiceObservation,
    port: &PortObservation,
) -> Finding {
    let elsewhere: Vec<String> = port.elsewhere.iter().take(PORTS_NAMED).map(u16::to_string).collect();
    let instead = match elsewhere.as_slice() {
        [] => String::new(),
        ports => format!("; its own process listens on {}", ports.join(", ")),
    };
    let nobody = format!("nobody listens on port {number}");
    let starting = seen.main.as_ref().filter(|main| main.age < service.start_timeout);
    match starting {
        Some(main) => {
            let (age, limit) = (human::duration(main.age), human::duration(service.start_timeout));
            let summary = format!("{nobody} yet: started {age} ago, has {limit}{instead}");
            subject.finding(Severity::Warning, summary).with(STARTING, true)
        }
        None => {
            let finding = subject.finding(Severity::Critical, nobody + &instead);
            match &seen.main {
                Some(main) => finding.with("service_pid", main.pid),
                None => finding,
            }
        }
    }
}

/// Who it is that answers on the service's port, where it is not the service.
pub(in crate::checks) fn stranger_behind(seen: &ServiceObservation) -> Option<(Cause, String)> {
    let port = seen.port.as_ref()?;
    if port.holders.iter().any(|h| h.owner == Owner::Service) {
        return None;
    }
    let of = |owner| port.holders.iter().find(|h| h.owner == owner);
    if let Some(stranger) = of(Owner::Stranger) {
        return Some((Cause::PortTaken, format!("from a stranger: {}", described(stranger))));
    }
    if let Some(orphan) = of(Owner::Orphan) {
        return Some((
            Cause::OrphanProcess,
            format!("from a worker whose parent is gone: pid {}", orphan.pid),
        ));
    }
    let (_, user, _) = port.unseen.iter().find(|(_, _, may_be_ours)| !may_be_ours)?;
    Some((Cause::PortTaken, format!("from a stranger: a process of {user}")))
}

/// `pid 7 of www-data, python3 -m http.server, since 3h`.
fn described(holder: &Holder) -> String {
    let user = holder.user.as_ref().map_or_else(String::new, |user| format!(" of {user}"));
    format!("pid {}{user}, {}, since {}", holder.pid, holder.command, human::duration(holder.age))
}

fn addresses(port: &PortObservation) -> String {
    let list: Vec<String> = port.addresses.iter().map(ToString::to_string).collect();
    list.join(", ")
}

fn with_measures(finding: Finding, number: u16, port: &PortObservation) -> Finding {
    let holders: Vec<_> = port
        .holders
        .iter()
        .map(|h| {
            json!({
                "pid": h.pid,
                "user": h.user,
                "command": h.command,
                "age_seconds": h.age.as_secs(),
                "is_own": h.owner == Owner::Service,
            })
        })
        .collect();
    let addresses: Vec<String> = port.addresses.iter().map(ToString::to_string).collect();
    finding.with("port", number).with("addresses", addresses).with("holders", holders)
}
