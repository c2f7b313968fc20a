//! What this version accepts in a config and cannot measure yet. It is unknown, never ok.

use crate::checks::Subject;
use crate::config::{CheckKind, Manager, Service};
use crate::model::Finding;

/// Whether this version can measure checks of this type.
pub fn measures(kind: &CheckKind) -> bool {
    match kind {
        CheckKind::Http(_)
        | CheckKind::Tcp(_)
        | CheckKind::Certificate(_)
        | CheckKind::Disk(_)
        | CheckKind::Process(_)
        | CheckKind::FileAge(_)
        | CheckKind::LogRate(_)
        | CheckKind::Command(_)
        | CheckKind::Mysql(_)
        | CheckKind::Postgres(_)
        | CheckKind::Redis(_)
        | CheckKind::MetricsPage(_)
        | CheckKind::PrometheusTarget(_)
        | CheckKind::Systemd(_)
        | CheckKind::Launchd(_)
        | CheckKind::Backup(_) => true,
        CheckKind::Celery(_) => false,
    }
}

/// The finding for a check whose type cannot be measured yet.
pub(super) fn check(subject: &Subject, kind: &CheckKind) -> Finding {
    subject.unknown(format!("this version of fuelops cannot measure checks of type \"{}\" yet", kind.word()))
}

/// The finding for the process of a service that another manager runs; `None` where it can be asked.
pub(super) fn service(service: &Service) -> Option<Finding> {
    let manager = match service.manager {
        Manager::Process | Manager::Systemd | Manager::Launchd => return None,
        Manager::Docker => "docker",
        Manager::Kubernetes => "kubernetes",
    };
    let why = format!("this version of fuelops cannot ask {manager} about its services yet");
    Some(Subject::service(&service.name, "process").unknown(why))
}
