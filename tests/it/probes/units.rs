//! Units of a real systemd, looked at from inside its namespace by the binary itself.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{expect, look_at};
use crate::support::servers::Systemd;
use crate::support::{Env, wait_until};
use fuelops::model::Severity;

const SLEEP: &str = "[Service]\nExecStart=/bin/sleep 1000\n";

/// The findings of a config, as the binary tells them inside.
fn findings(env: &Env, systemd: &Systemd, config: &str) -> Vec<Value> {
    env.write("fuelops.toml", config);
    let outcome = env.finish(systemd.inside(&env.fuelops(&["health", "--format", "json"])));
    outcome.json()["findings"].as_array().unwrap().clone()
}

/// One check a unit, named after it.
fn checks(units: &[&str]) -> String {
    let table = |unit: &&str| {
        let name = unit.trim_end_matches(".service");
        format!("[[check]]\nname = \"{name}\"\ntype = \"systemd\"\nunit = \"{unit}\"\ntimeout = \"20s\"\n")
    };
    units.iter().map(table).collect()
}

#[track_caller]
fn one<'a>(findings: &'a [Value], check: &str) -> &'a Value {
    findings.iter().find(|f| f["check"] == check).unwrap_or_else(|| panic!("no {check} in {findings:#?}"))
}

#[track_caller]
fn says(findings: &[Value], check: &str, severity: &str, cause: Option<&str>, words: &str) {
    let finding = one(findings, check);
    assert_eq!(finding["severity"], severity, "{finding:#}");
    assert_eq!(finding["cause"].as_str(), cause, "{finding:#}");
    assert!(finding["summary"].as_str().unwrap().contains(words), "no `{words}` in {finding:#}");
}

#[test]
fn units_are_told_as_their_manager_sees_them() {
    let Some(systemd) = Systemd::boot() else { return };
    let env = Env::new();
    let again = "Restart=always\nRestartSec=200ms\n";
    systemd.write_unit("good.service", SLEEP);
    systemd.write_unit("bad.service", "[Service]\nExecStart=/bin/sh -c 'exit 3'\n");
    let looping = format!("[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/false\n{again}");
    systemd.write_unit("looping.service", &looping);
    systemd.write_unit("spent.service", "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=0\n");
    systemd.write_unit("killed.service", "[Service]\nExecStart=/bin/sh -c 'kill -KILL $$$$'\n");
    systemd.write_unit("once.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n");
    systemd.write_unit("stopped.service", SLEEP);
    systemd.write_unit("broken.service", "[Service]\nRestart=always\n");
    let units = ["good", "bad", "looping", "spent", "killed", "once"].map(|name| format!("{name}.service"));
    for unit in &units {
        systemd.run(&["systemctl", "start", unit]);
    }
    systemd.run(&["systemctl", "mask", "--runtime", "masked.service"]);
    let rest = ["stopped.service", "masked.service", "broken.service", "goood.service"];
    let all: Vec<_> = units.iter().map(String::as_str).chain(rest).collect();
    let service = "[[service]]\nname = \"backend\"\nmanager = \"systemd\"\nunit = \"good.service\"\n";
    let config = checks(&all) + service;
    let mut seen = Vec::new();
    assert!(wait_until(Duration::from_secs(60), || {
        seen = findings(&env, &systemd, &config);
        one(&seen, "check.spent")["observed"]["active_state"] == "failed"
            && one(&seen, "check.looping")["observed"]["restarts"].as_u64() > Some(1)
            && one(&seen, "check.looping")["observed"]["sub_state"] == "auto-restart"
    }));
    says(&seen, "check.good", "ok", None, "is running for");
    assert!(one(&seen, "check.good")["observed"]["pid"].as_u64().unwrap() > 1);
    says(&seen, "service.backend.process", "ok", None, "is running for");
    says(&seen, "check.bad", "critical", Some("unit-failed"), "has failed: exit code 3");
    says(&seen, "check.killed", "critical", Some("unit-failed"), "has failed: killed by signal 9");
    says(&seen, "check.looping", "critical", Some("crash-loop"), "ends again and again: exit code 1");
    // Five, or more where the machine is so slow that the first of them no longer count.
    says(&seen, "check.spent", "critical", Some("crash-loop"), "was given up after ");
    says(&seen, "check.spent", "critical", Some("crash-loop"), " restarts: exit code 1");
    says(&seen, "check.once", "ok", None, "has done its work");
    says(&seen, "check.stopped", "critical", Some("process-down"), "does not run (dead)");
    says(&seen, "check.masked", "critical", Some("unit-failed"), "is masked");
    says(&seen, "check.broken", "critical", Some("unit-failed"), "cannot be loaded");
    says(&seen, "check.goood", "critical", Some("unit-failed"), "did you mean good.service");
    systemd.write_unit("good.service", &format!("[Unit]\nDescription=x\n{SLEEP}"));
    // Changed once more, and not read again.
    let path = "/run/systemd/system/good.service";
    systemd.run(&["sh", "-c", &format!("sleep 1; echo '#' >>{path}; touch {path}")]);
    let changed = findings(&env, &systemd, &checks(&["good.service"]));
    says(&changed, "check.good", "warning", None, "its definition has changed");
}

#[test]
fn a_unit_of_the_caller_counts_too() {
    let Some(systemd) = Systemd::boot() else { return };
    let env = Env::new();
    let start = "mkdir -p /run/user/0/systemd/user && printf '[Unit]\\nDefaultDependencies=no\\n' \
        >/run/user/0/systemd/user/default.target && \
        printf '[Unit]\\nDefaultDependencies=no\\n[Service]\\nExecStart=/bin/sleep 1000\\n' >/run/user/0/systemd/user/own.service && \
        exec /lib/systemd/systemd --user --unit=default.target";
    let service = format!(
        "[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/0 HOME=/root \
         SYSTEMD_UNIT_PATH=/run/user/0/systemd/user\nDelegate=yes\nExecStart=/bin/sh -c \"{start}\"\n"
    );
    systemd.write_unit("manager.service", &service.replace("\\n", "\\\\n"));
    systemd.run(&["systemctl", "start", "manager.service"]);
    let user = ["env", "XDG_RUNTIME_DIR=/run/user/0", "systemctl", "--user"];
    let told = |words: &[&str]| systemd.run(&[&user[..], words].concat());
    if !wait_until(Duration::from_secs(20), || told(&["is-system-running"]).contains("running")) {
        crate::support::skip("units of a user", "systemd --user does not run in this namespace");
        return;
    }
    told(&["start", "own.service"]);
    env.write("fuelops.toml", checks(&["own.service"]));
    let mut command = env.fuelops(&["health", "--format", "json"]);
    command.env("XDG_RUNTIME_DIR", "/run/user/0");
    let seen = env.finish(systemd.inside(&command)).json()["findings"].as_array().unwrap().clone();
    says(&seen, "check.own", "ok", None, "is running for");
    assert_eq!(one(&seen, "check.own")["observed"]["scope"], "user");
    systemd.write_unit("own.service", SLEEP);
    systemd.run(&["systemctl", "start", "own.service"]);
    let seen = env.finish(systemd.inside(&command)).json()["findings"].as_array().unwrap().clone();
    says(&seen, "check.own", "warning", None, "runs twice");
}

#[test]
fn a_manager_that_hangs_or_is_not_there_is_told() {
    let nowhere = look_at("type = \"launchd\"\nunit = \"dev.backend\"");
    expect(&nowhere, Severity::Unknown, "launchctl is not on this machine");
    let Some(systemd) = Systemd::boot() else { return };
    let env = Env::new();
    let config = checks(&["x.service"]).replace("20s", "1s");
    systemd.signal(Signal::SIGSTOP);
    let hung = findings(&env, &systemd, &config);
    systemd.signal(Signal::SIGCONT);
    says(&hung, "check.x", "critical", None, "systemd gives no answer within 1 s");
    let mut command = env.fuelops(&["health", "--format", "json"]);
    command.env("PATH", "/nonexistent");
    let seen = env.finish(command).json()["findings"].as_array().unwrap().clone();
    says(&seen, "check.x", "unknown", None, "systemctl is not on this machine");
}
