//! Findings, services and evidence for the tests of this room.

use std::path::Path;

use crate::checks::Evidence;
use crate::config::{Config, Environment, Service, parse};
use crate::diagnose::{Known, Tools, read};
use crate::model::{Cause, Finding, Severity};

pub(super) const WITHOUT_TOOLS: Tools = Tools { has_command: |_| false, has_program: |_| false };
pub(super) const WITH_TOOLS: Tools = Tools { has_command: |_| true, has_program: |_| true };

/// A backend with a port and a log, a worker without, and checks of many kinds.
const STACK: &str = r#"
[[service]]
name = "api"
command = ["python3", "main.py", "--token=abcdef1234567890"]
cwd = "/srv/my app"
log_file = "/srv/my app/back end.log"
port = 8000
health_url = "http://127.0.0.1:8000/health"
depends_on = ["mysql"]
[[service]]
name = "portal"
command = ["python3", "portal.py"]
port = 8050
[[check]]
name = "fleet"
type = "http"
url = "http://localhost:8000/fleet"
[[check]]
name = "mysql"
type = "mysql"
url = "mysql://root@127.0.0.1:3306/fuel"
[[check]]
name = "redis"
type = "redis"
url = "redis://127.0.0.1:6379/0"
[[check]]
name = "celery"
type = "celery"
url = "redis://localhost:6379/0"
[[check]]
name = "metrics"
type = "metrics-page"
url = "http://127.0.0.1:8050/metrics"
[[check]]
name = "target"
type = "prometheus-target"
url = "http://127.0.0.1:9090"
job = "portal"
[[check]]
name = "log"
type = "file-age"
path = "/srv/my app/back end.log"
max_age = "10m"
"#;

pub(super) fn stack() -> Config {
    parse(STACK, Path::new("/"), &Environment::default()).unwrap()
}

pub(super) fn service(name: &str) -> Service {
    stack().services.into_iter().find(|service| service.name == name).unwrap()
}

/// Nothing but what the program itself knows.
pub(super) fn known() -> Known<'static> {
    static NOTHING: std::sync::LazyLock<Evidence> = std::sync::LazyLock::new(Evidence::default);
    Known { services: &[], checks: &[], evidence: &NOTHING, tools: WITHOUT_TOOLS }
}

/// A red finding; its target is the middle of its id.
pub(super) fn bad(check: &str, cause: Cause) -> Finding {
    let target = check.split('.').nth(1).unwrap_or(check);
    Finding::new(check, target, Severity::Critical, "bad").because(cause)
}

/// Reads findings against the stack; the endpoints of its checks are added to the evidence.
#[track_caller]
pub(super) fn diagnosed(findings: Vec<Finding>, evidence: &Evidence) -> Vec<Finding> {
    let config = stack();
    let mut evidence = evidence.clone();
    evidence.endpoints =
        config.checks.iter().filter_map(|c| Some((c.name.clone(), c.kind.endpoint()?))).collect();
    let known = Known { services: &config.services, checks: &config.checks, evidence: &evidence, ..known() };
    read(findings, &known)
}
