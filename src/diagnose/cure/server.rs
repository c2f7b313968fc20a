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
        if let Some(server) = server(case) {
            let look = listed("pid,stat,pcpu,etime,args", &[server.pid.into()]);
            return hint("it runs: see what it does, and in its own log why it does not answer", Some(look));
        }
        let kind = case.known.checks.iter().find(|check| check.name == case.finding.target).map(|c| &c.kind);
        return hint("see whether it runs, and start it", Some(look(case, kind)));
    };
    match case.start(service) {
        Some(start) => hint(format!("start {} again", service.name), Some(start)),
        None => hint(format!("see whether {} runs, and start it", service.name), Some(case.again())),
    }
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
fn look(case: Case<'_>, kind: Option<&CheckKind>) -> String {
    let pattern = match kind {
        // mysql, mysqld, mariadb
        Some(CheckKind::Mysql(_)) => "m[ya][sr]*",
        Some(CheckKind::Postgres(_)) => "postgresql*",
        Some(CheckKind::Redis(_)) => "*redis*",
        _ => return case.again(),
    };
    case.program(["systemctl", "status", pattern, "--no-pager"]).unwrap_or_else(|| case.again())
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
