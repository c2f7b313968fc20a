//! The private servers that other tests stand on: each serves, side by side with others, and leaves nothing.

use crate::support::Env;
use crate::support::servers::{MariaDb, NodeExporter, Postgres, Prometheus, Redis, Systemd};

#[test]
fn a_private_mariadb_serves() {
    let Some(server) = MariaDb::shared() else { return };
    assert_eq!(server.sql("SELECT @@port").trim(), server.port.to_string());
    assert!(server.url().ends_with("/fuel") && server.server.pid() > 1);
}

#[test]
fn a_private_postgres_serves() {
    let Some(server) = Postgres::shared() else { return };
    assert_eq!(server.sql("SHOW port").trim(), server.port.to_string());
    assert!(server.url().ends_with("/fuel"));
    assert_eq!(server.standby().sql("SELECT pg_is_in_recovery()").trim(), "t");
}

#[test]
fn a_private_redis_serves() {
    let Some(server) = Redis::shared() else { return };
    assert_eq!(server.cli(&["ECHO", "here"]).trim(), "here");
    assert!(server.url().ends_with("/0"));
}

#[test]
fn a_private_prometheus_scrapes_a_private_node_exporter() {
    let Some(node) = NodeExporter::shared() else { return };
    let Some(server) = Prometheus::start(&[("node", format!("127.0.0.1:{}", node.port))]) else { return };
    assert!(server.url().starts_with("http://"));
    assert!(server.targets().contains("\"job\":\"node\""), "{}", server.targets());
}

#[test]
fn a_private_systemd_runs_units() {
    let Some(systemd) = Systemd::boot() else { return };
    systemd.write_unit("nap.service", "[Service]\nExecStart=/bin/sleep 1000\n");
    systemd.run(&["systemctl", "start", "nap.service"]);
    let env = Env::new();
    let mut asked = env.command("systemctl");
    asked.args(["show", "--value", "--property=ExecStart", "nap.service"]);
    env.finish(systemd.inside(&asked)).expect(0).says("/bin/sleep");
    let Some(second) = Systemd::boot() else { return };
    assert_eq!(second.run(&["systemctl", "is-active", "nap.service"]).trim(), "inactive");
    drop(second);
    assert_eq!(systemd.run(&["systemctl", "is-active", "nap.service"]).trim(), "active");
}
