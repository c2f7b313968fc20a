//! Databases, caches, a Prometheus and units that really run, and are full, barred, gone or looping.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::play::{Diagnosis, Expected};
use super::stage::Stage;
use crate::support::servers::{MariaDb, Postgres, Prometheus, Redis, Systemd};
use crate::support::wait_until;

const LIMIT: Duration = Duration::from_secs(60);

/// A backend whose health route fails, and that the config says needs a check.
fn backend_that_needs(stage: &mut Stage, check: &str) {
    stage.service(&format!("depends_on = [\"{check}\"]"));
    stage.start(&[("FAIL", "boom")]);
}

fn redis_check(stage: &mut Stage, server: &Redis) {
    stage.check("cache", "redis", &format!("url = \"{}\"\ntimeout = \"20s\"", server.url()));
}

/// The check of one job of a Prometheus that has looked at all of its targets.
pub(super) fn target_check(stage: &mut Stage, server: &Prometheus, job: &str) {
    assert!(wait_until(LIMIT, || !server.targets().contains("\"health\":\"unknown\"")));
    stage.check(
        "scraped",
        "prometheus-target",
        &format!("url = \"{}\"\njob = \"{job}\"\ntimeout = \"20s\"", server.url()),
    );
}

scenarios! {
    redis_full_and_it_answers_ping:
        "Redis has no memory left: it answers PING, refuses writes, and the backend answers 500",
        |stage| {
            let Some(server) = Redis::start_with(&["--maxmemory", "3mb"]) else { return false };
            let block = "x".repeat(100_000);
            assert!(wait_until(LIMIT, || server.cli(&["APPEND", "heap", &block]).contains("OOM")));
            redis_check(stage, &server);
            backend_that_needs(stage, "cache");
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.cache",
            cause: "cache-down",
            says: "its memory is full and nothing is thrown out: it refuses writes",
            folded: &["service.backend.http"],
            hint: "redis-cli",
            code: 2,
        }]);
    redis_gone_and_its_workers_with_it:
        "Redis was killed: nobody tells what the workers behind it do",
        |stage| {
            let Some(server) = Redis::start() else { return false };
            redis_check(stage, &server);
            stage.check("workers", "celery", &format!("url = \"{}\"\ntimeout = \"20s\"", server.url()));
            server.server.signal(Signal::SIGKILL);
            assert!(wait_until(LIMIT, || !server.cli(&["PING"]).contains("PONG")));
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.cache",
            cause: "cache-down",
            says: "refuses connections: nothing listens there",
            folded: &["check.workers"],
            hint: "",
            code: 2,
        }]);
    redis_cannot_save_to_a_full_disk:
        "the disk that Redis saves to is full: it takes no writes any more",
        |stage| {
            let Some(disk) = stage.disk("size=1m") else { return stage.skip("needs root, to mount a disk") };
            fs::set_permissions(&disk, PermissionsExt::from_mode(0o777)).unwrap();
            let place = disk.display().to_string();
            let Some(server) = Redis::start_with(&["--dir", &place]) else { return false };
            let _no_space = fs::write(disk.join("old.dump"), vec![b'x'; 8 << 20]);
            server.cli(&["CONFIG", "SET", "save", "3600 1"]);
            server.cli(&["SET", "a", &"x".repeat(10_000)]);
            server.cli(&["BGSAVE"]);
            assert!(wait_until(LIMIT, || server.cli(&["SET", "b", "1"]).contains("MISCONF")));
            stage.check("data", "disk", &format!("path = \"{place}\""));
            redis_check(stage, &server);
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.data",
            cause: "disk-full",
            says: "100 % used",
            folded: &["check.cache"],
            hint: "fuelops clean",
            code: 2,
        }]);
    postgres_has_no_connection_left:
        "a pool that leaks has taken every connection of PostgreSQL",
        |stage| {
            let settings = ["max_connections=4", "superuser_reserved_connections=1", "log_connections=on"];
            let Some(server) = Postgres::start_with(&settings, "") else { return false };
            server.sql("CREATE ROLE fuel LOGIN");
            let sleeper = "SELECT pg_sleep(600)";
            for _ in 0..3 {
                let mut guest = stage.env.command("psql");
                let port = server.port.to_string();
                guest.args(["-h", "127.0.0.1", "-p", &port, "-U", "fuel", "-d", "fuel", "-c", sleeper]);
                stage.beside(guest);
            }
            // By the log: who asks the server holds the place of a guest meanwhile.
            let are_in = || server.server.log().matches("connection authorized: user=fuel").count() == 3;
            assert!(wait_until(LIMIT, are_in), "{}", server.server.log());
            let url = format!("postgres://fuel@127.0.0.1:{}/fuel", server.port);
            stage.check("postgres", "postgres", &format!("url = \"{url}\"\ntimeout = \"20s\""));
            backend_that_needs(stage, "postgres");
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.postgres",
            cause: "database-down",
            says: "all connections are taken (53300)",
            folded: &["service.backend.http"],
            hint: "-U postgres -d postgres -c 'SELECT pid, usename",
            code: 2,
        }]);
    mysql_has_another_password:
        "the password of MySQL was changed, and the backend has the old one",
        |stage| {
            let Some(server) = MariaDb::start() else { return false };
            server.sql("CREATE USER fuel@'127.0.0.1' IDENTIFIED BY 'new'");
            let url = format!("mysql://fuel:old@127.0.0.1:{}/fuel", server.port);
            stage.check("mysql", "mysql", &format!("url = \"{url}\"\ntimeout = \"20s\""));
            backend_that_needs(stage, "mysql");
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.mysql",
            cause: "",
            says: "(1045)",
            folded: &["service.backend.http"],
            hint: "--user=fuel -p fuel",
            code: 2,
        }]);
    mysql_is_stopped:
        "MySQL was stopped (SIGSTOP): it accepts, and says nothing",
        |stage| {
            let Some(server) = MariaDb::start() else { return false };
            stage.check("mysql", "mysql", &format!("url = \"{}\"\ntimeout = \"2s\"", server.url()));
            backend_that_needs(stage, "mysql");
            server.server.signal(Signal::SIGSTOP);
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.mysql",
            cause: "process-hung",
            says: "is stopped by a signal, and does nothing",
            folded: &["service.backend.http"],
            hint: "kill -CONT ",
            code: 2,
        }]);
    mysql_waits_for_a_lock:
        "somebody holds a lock of MySQL: it lets us in, and the query does not end",
        |stage| {
            let Some(server) = MariaDb::start() else { return false };
            server.sql("CREATE TABLE fuel.trucks (id INT)");
            let mut guest = stage.env.command("mariadb");
            guest.args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", &format!("--port={}", server.port)]);
            guest.args(["--user=root", "-e", "LOCK TABLES fuel.trucks WRITE; SELECT SLEEP(600)"]);
            stage.beside(guest);
            let sleeps = || server.sql("SHOW PROCESSLIST").contains("SLEEP(600)");
            assert!(wait_until(LIMIT, sleeps), "{}", server.server.log());
            let query = "SELECT COUNT(*) FROM trucks";
            let keys = format!("url = \"{}\"\ntimeout = \"2s\"\nquery = \"{query}\"", server.url());
            stage.check("mysql", "mysql", &keys);
            stage.keep(server);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.mysql",
            cause: "slow-response",
            says: "lets us in, but does not answer the query",
            folded: &[],
            hint: "-e 'SHOW FULL PROCESSLIST'",
            code: 2,
        }]);
    metrics_page_is_html:
        "the metrics page answers HTML: Prometheus calls the target down",
        |stage| {
            stage.env.write("metrics", "<!doctype html><title>Dashboard</title>");
            let mut server = stage.python();
            let port = stage.port.to_string();
            server.args(["-m", "http.server", &port, "--bind", "127.0.0.1"]).current_dir(stage.env.path(""));
            stage.launch(server);
            stage.listens();
            let target = format!("127.0.0.1:{port}");
            let Some(prometheus) = Prometheus::start(&[("portal", target.clone())]) else { return false };
            stage.check("page", "metrics-page", &format!("url = \"http://{target}/metrics\""));
            target_check(stage, &prometheus, "portal");
            stage.keep(prometheus);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.page",
            cause: "metrics-invalid",
            says: "answers HTML where its metrics should be",
            folded: &["check.scraped"],
            hint: "curl -sS -m 10",
            code: 2,
        }]);
    target_of_a_dead_service_is_down:
        "the backend was killed, and Prometheus calls its target down",
        |stage| {
            stage.service("");
            stage.start(&[]);
            let target = format!("127.0.0.1:{}", stage.port);
            let Some(prometheus) = Prometheus::start(&[("backend", target)]) else { return false };
            stage.kill();
            assert!(wait_until(LIMIT, || prometheus.targets().contains("connection refused")));
            target_check(stage, &prometheus, "backend");
            stage.keep(prometheus);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "process-down",
            says: "does not run",
            folded: &["service.backend.port", "service.backend.http", "check.scraped"],
            hint: "fuelops recover",
            code: 2,
        }]);
    unit_ends_again_and_again:
        "systemd starts a portal that ends at once, and gives it up",
        |stage| {
            let Some(systemd) = Systemd::boot() else { return false };
            let unit = "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=0\n";
            systemd.write_unit("portal.service", unit);
            systemd.run(&["systemctl", "start", "portal.service"]);
            assert!(wait_until(LIMIT, || {
                systemd.run(&["systemctl", "is-failed", "portal.service"]).trim() == "failed"
            }));
            let port = stage.port;
            stage.add(&format!(
                "[[service]]\nname = \"portal\"\nmanager = \"systemd\"\nunit = \"portal.service\"\nport = {port}\n\
                 health_url = \"http://127.0.0.1:{port}/\"\n"
            ));
            stage.check("unit", "systemd", "unit = \"portal.service\"\ntimeout = \"20s\"");
            stage.live_inside(systemd);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.portal.process",
            cause: "crash-loop",
            says: "was given up after",
            folded: &["service.portal.http", "check.unit"],
            hint: "journalctl --unit portal.service",
            code: 2,
        }]);
}
