//! Cures for databases, caches, workers and metrics that have none of their own.

use crate::checks::Server;
use crate::config::{CheckKind, Service};
use crate::diagnose::cure::Case;
use crate::diagnose::cure::command::{hint, listed};
use crate::model::{Cause, Hint};

/// The service of the config that serves it, or whatever this machine has to ask.
pub(super) fn down(case: Case<'_>) -> Hint {
    if let Some(service) = case.service {
        let tail = case.last_lines().unwrap_or_else(|| case.again());
        return hint(format!("see what {} says of it, then mend the server", service.name), Some(tail));
    }
    let Some(service) = served_by(case) else {
        return in_its_place(case).unwrap_or_else(|| absent(case));
    };
    match case.start(service) {
        Some(start) => hint(format!("start {} again", service.name), Some(start)),
        None => hint(format!("see whether {} runs, and start it", service.name), Some(case.again())),
    }
}

/// Whoever serves what the check asks: what was meant, or something else.
pub(super) fn in_its_place(case: Case<'_>) -> Option<Hint> {
    let Server { pid, port, command, .. } = server(case)?;
    let program = command.split_whitespace().next().unwrap_or_default().trim_matches('\'');
    let program = program.rsplit('/').next().unwrap_or_default();
    let text = format!(
        "pid {pid} ({program}) serves port {port}: if it is the one that was meant, see in its own log why it does not \
         answer; if not, correct the address"
    );
    Some(hint(text, Some(listed("pid,stat,pcpu,etime,args", &[(*pid).into()]))))
}

/// Nobody was seen to serve what the check asks.
pub(super) fn absent(case: Case<'_>) -> Hint {
    let kind = case.known.checks.iter().find(|check| check.name == case.finding.target).map(|c| &c.kind);
    let asked = case.known.evidence.endpoint_of(&case.finding.target);
    match asked {
        Some(asked) if !asked.is_loopback() => {
            let (host, port) = (asked.host.as_str(), asked.port.to_string());
            let reach = case.program(["nc", "-vz", "-w", "5", host, &port]);
            let reach = reach.or_else(|| case.program(["ping", "-c", "3", host]));
            hint(
                format!("see whether {asked} can be reached from here, and whether it runs there"),
                reach.or_else(|| Some(case.again())),
            )
        }
        Some(asked) => hint(
            format!("start what is to listen at {asked}; see first whether it runs elsewhere"),
            Some(manager(case, kind).unwrap_or_else(|| listeners(case))),
        ),
        None => hint(
            "see whether it runs, and start it",
            Some(manager(case, kind).unwrap_or_else(|| case.again())),
        ),
    }
}

/// Everything that listens on this machine.
fn listeners(case: Case<'_>) -> String {
    let ss = || case.program(["ss", "-ltnp"]);
    case.program(["lsof", "-nP", "-iTCP", "-sTCP:LISTEN"]).or_else(ss).unwrap_or_else(|| case.again())
}

/// Who listens on this machine where the check asks.
pub(super) fn server<'a>(case: Case<'a>) -> Option<&'a Server> {
    let asked = case.known.evidence.endpoint_of(&case.finding.target)?;
    case.known.evidence.servers.iter().find(|server| asked.is_loopback() && server.port == asked.port)
}

/// The service whose port the check asks.
fn served_by<'a>(case: Case<'a>) -> Option<&'a Service> {
    let asked = case.known.evidence.endpoint_of(&case.finding.target)?;
    case.known.services.iter().find(|s| asked.is_loopback() && s.port == Some(asked.port))
}

/// Units of the manager whose name tells of such a server.
fn manager(case: Case<'_>, kind: Option<&CheckKind>) -> Option<String> {
    let pattern = match kind {
        // mysql, mysqld, mariadb
        Some(CheckKind::Mysql(_)) => "m[ya][sr]*",
        Some(CheckKind::Postgres(_)) => "postgresql*",
        Some(CheckKind::Redis(_)) => "*redis*",
        _ => return None,
    };
    case.program(["systemctl", "status", pattern, "--no-pager"])
}

/// What says more is the check itself.
pub(super) fn look_again(cause: Cause, case: Case<'_>) -> Hint {
    let text = match cause {
        Cause::WorkerDown => "see which workers answer, and start those that do not",
        Cause::DuplicateWorker => {
            "give each worker a name of its own (-n worker1@%h), and stop the younger one"
        }
        Cause::MetricsInvalid => "let the page answer in the Prometheus text format",
        _ => "see what the Prometheus server says of it",
    };
    hint(text, Some(case.again()))
}
