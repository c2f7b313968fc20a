//! The config of the demo: what a team would write for its backend, with the sample in its place.

use std::path::Path;

use toml::Value;

use super::Sample;

/// The text of `fuelops.toml` for a backend that `program` plays.
pub(super) fn text(program: &Path, sample: &Sample) -> String {
    let port = sample.port;
    // `${` would be a variable.
    let mut command = vec![program.to_string_lossy().replace("${", "$${")];
    command.extend(sample.words());
    let command = Value::from(command);
    format!(
        r#"# Written by `fuelops demo`.
name = "fuel-analytics-demo"

# The machine under the demo is not what is shown: above 100 % a threshold is off.
[thresholds]
cpu_percent = {{ warn = 101, critical = 101 }}
memory_percent = {{ warn = 101, critical = 101 }}
disk_percent = {{ warn = 101, critical = 101 }}

[[service]]
name = "backend"
command = {command}
pid_file = "backend.pid"
log_file = "backend.log"
port = {port}
health_url = "http://127.0.0.1:{port}/health"
health_timeout = "1s"
start_timeout = "10s"
stop_timeout = "2s"
restart = {{ max = 50 }} # the demo itself starts it again for each scene

[[check]]
name = "fleet-api"
type = "http"
url = "http://127.0.0.1:{port}/fuelAnalytics/api/fleet"
timeout = "1s"
depends_on = ["backend"]

[[check]]
name = "log-is-alive"
type = "file-age"
path = "backend.log"
max_age = "10m"

[logs]
paths = ["backend.log"]

[[alert]]
name = "file"
type = "file"
path = "alerts.jsonl"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Environment};
    use crate::demo::Role;

    #[test]
    fn the_config_is_a_good_one_and_a_hostile_path_of_the_program_stays_one_word() {
        let program = "/opt/my \"ops\"\\tools/${x}/fuelops";
        let sample = Sample { port: 43_121, folder: "/".into(), role: Role::Backend, ends_with: Some(7) };
        let text = text(Path::new(program), &sample);
        let config = config::parse(&text, Path::new("/"), &Environment::default()).unwrap();
        let service = &config.services[0];
        assert_eq!(service.command.as_ref().unwrap().program(), program);
        assert_eq!(service.port.map(u32::from), Some(43_121));
    }
}
