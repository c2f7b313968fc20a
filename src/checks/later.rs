//! What this version accepts in a config and cannot measure yet. It is unknown, never ok.

use crate::checks::Subject;
use crate::config::{Manager, Service};
use crate::model::Finding;

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
