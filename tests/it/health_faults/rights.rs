//! An ordinary user, who may not look at what belongs to others.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Backend, Env, free_port, is_root_or_skip, wait_until};

/// The users `nobody` and `daemon`, who are on every system.
const NOBODY: u32 = 65534;
const DAEMON: u32 = 1;

/// A place that everybody may enter, with a copy of the binary that everybody may run.
fn open_to_all(env: &Env) {
    for dir in [env.root(), env.root().parent().unwrap().to_owned()] {
        fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
    }
    fs::copy(env!("CARGO_BIN_EXE_fuelops"), env.path("fuelops")).unwrap();
}

/// The findings of `fuelops health` as `nobody` sees them.
fn as_nobody(env: &Env) -> Value {
    let mut command = env.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(env.path("fuelops")).args(["health", "--format", "json", "--fail-on", "never"]);
    let outcome = env.finish(command).expect(0);
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|e| panic!("{e}\n{outcome}"))
}

#[track_caller]
fn one<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|f| f["check"] == check).unwrap_or_else(|| panic!("no {check} in {report:#}"))
}

fn config(port: u16) -> String {
    format!(
        r#"
        [[service]]
        name = "backend"
        command = ["python3", "main.py"]
        pid_file = "backend.pid"
        port = {port}
        health_url = "http://127.0.0.1:{port}/health"
        start_timeout = "1ms"
        "#
    )
}

#[test]
fn backend_of_another_user_is_believed_only_as_far_as_it_can_be_seen() {
    if !is_root_or_skip("backend_of_another_user_is_believed_only_as_far_as_it_can_be_seen") {
        return;
    }
    let env = Env::new();
    open_to_all(&env);
    let backend = Backend::start(&env);
    env.write("fuelops.toml", config(backend.port));
    let report = as_nobody(&env);
    let process = one(&report, "service.backend.process");
    assert_eq!(process["severity"], "ok", "{process:#}");
    assert!(process["summary"].as_str().unwrap().contains("no right to look closer"), "{process:#}");
    assert!(process["observed"]["open_files"].is_null());
    let port = one(&report, "service.backend.port");
    assert_eq!(port["severity"], "ok", "{port:#}");
    assert!(port["summary"].as_str().unwrap().contains("held by root"), "{port:#}");
    // Neither a pid file nor a port speaks for it: then nobody knows.
    env.write("fuelops.toml", "[[service]]\nname = \"backend\"\ncommand = [\"python3\", \"main.py\"]\n");
    // The interpreter of the venv has another name; the family is the same.
    let process = one(&as_nobody(&env), "service.backend.process").clone();
    assert_eq!(process["severity"], "unknown", "{process:#}");
}

struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _collected = self.0.wait();
    }
}

#[test]
fn port_of_another_user_is_taken_by_that_user() {
    if !is_root_or_skip("port_of_another_user_is_taken_by_that_user") {
        return;
    }
    let env = Env::new();
    open_to_all(&env);
    let port = free_port();
    let daemon = DAEMON.to_string();
    let folder = env.path("elsewhere");
    fs::create_dir(&folder).unwrap();
    chown(&folder, Some(DAEMON), None).unwrap();
    let child = Command::new("setpriv")
        .args(["--reuid", &daemon, "--regid", &daemon, "--clear-groups"])
        .arg(env.path("fuelops"))
        .args(["__sample", "stranger", &port.to_string()])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _squatter = Started(child.unwrap());
    assert!(wait_until(Duration::from_secs(20), || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()));
    env.write("fuelops.toml", config(port));
    env.write("main.py", "");
    for path in [env.root(), env.path("fuelops.toml"), env.path("main.py")] {
        chown(path, Some(NOBODY), None).unwrap();
    }
    let report = as_nobody(&env);
    let on_port = one(&report, "service.backend.port");
    assert_eq!(
        (&on_port["severity"], &on_port["cause"]),
        (&"critical".into(), &"port-taken".into()),
        "{on_port:#}"
    );
    let summary = on_port["summary"].as_str().unwrap();
    assert!(summary.contains("a process of daemon, which may not be looked at"), "{summary}");
    let process = one(&report, "service.backend.process");
    assert_eq!(process["caused_by"], "service.backend.port", "{process:#}");
}
