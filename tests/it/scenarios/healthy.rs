//! Stacks that are well, or merely busy, young, or with a past: no cause may be named.

use std::fs;

use super::play::Expected;
use super::servers::target_check;
use crate::support::servers::{MariaDb, NodeExporter, Postgres, Prometheus, Redis};

scenarios! {
    backend_that_works:
        "a backend that works, with a check of one of its routes",
        |stage| {
            stage.service("").fleet();
            stage.start(&[]);
            true
        },
        Expected::Well;
    parent_with_workers:
        "a parent that only watches, with two workers that hold the port",
        |stage| {
            stage.service_of("parent.py", "");
            stage.spawn(&[], "parent.py", &[]);
            stage.listens();
            stage.ask("/health");
            true
        },
        Expected::Well;
    busy_backend:
        "a backend under load: every answer stands in a queue",
        |stage| {
            stage.service("").set("health_timeout = \"1s\"", "health_timeout = \"15s\"");
            stage.start(&[]);
            let port = stage.port;
            let load = move || {
                for _ in 0..4 {
                    crate::support::get(port, "/slow");
                }
            };
            let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(load)).collect();
            stage.keep(threads);
            true
        },
        Expected::Well;
    just_started:
        "a backend that was started a moment ago and listens not yet",
        |stage| {
            stage.service("start_timeout = \"10m\"");
            stage.set(&format!("port = {}\n", stage.port), "");
            stage.set(&format!("health_url = \"http://127.0.0.1:{}/health\"\n", stage.port), "");
            stage.start(&[]);
            true
        },
        Expected::Well;
    restarted_by_a_deploy:
        "a backend that was stopped and started again by a deploy",
        |stage| {
            stage.service("").fleet();
            for _ in 0..2 {
                stage.start(&[]);
                stage.kill();
            }
            stage.start(&[]);
            true
        },
        Expected::Well;
    old_trouble_in_the_log:
        "a log that tells of a kill, a full disk and a lost database, all of yesterday",
        |stage| {
            stage.service("").fleet();
            let then = chrono::Utc::now() - chrono::TimeDelta::days(1);
            let at = then.format("%Y-%m-%d %H:%M:%S,123");
            let lines = [
                "Out of memory: Killed process 4711 (python3)",
                "OSError: [Errno 28] No space left on device",
                "(2003, \"Can't connect to MySQL server on 'localhost'\")",
            ];
            let old: String = lines.iter().map(|line| format!("{at} - fuel - ERROR - {line}\n")).collect();
            stage.env.write("backend.log", old);
            stage.start(&[]);
            true
        },
        Expected::Well;
    ordinary_noise_in_the_log:
        "a log full of warnings that are normal for parked trucks",
        |stage| {
            stage.service("");
            let at = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S,123");
            stage.env.write("wialon_sync.log", format!("{at} - sync - WARNING - No recent data for truck VD3579\n").repeat(1_200));
            stage.start(&[]);
            true
        },
        Expected::Well;
    no_such_route_and_that_is_fine:
        "a backend without a health route, whose 404 the config accepts",
        |stage| {
            stage.service("healthy_status = [\"200-299\", 404]");
            stage.set("/health\"", "/no-such-route\"");
            stage.start(&[]);
            true
        },
        Expected::Well;
    without_a_pid_file:
        "a backend whose pid file was removed by a cleaner",
        |stage| {
            stage.service("").fleet();
            stage.start(&[]);
            fs::remove_file(stage.env.path("backend.pid")).unwrap();
            true
        },
        Expected::Well;
    half_full_disk:
        "a disk that is three quarters full",
        |stage| {
            let Some(disk) = stage.disk("size=4m") else { return stage.skip("needs root, to mount a disk") };
            fs::write(disk.join("data"), vec![b'x'; 3 << 20]).unwrap();
            stage.service("").check("data", "disk", &format!("path = \"{}\"", disk.display()));
            stage.start(&[]);
            true
        },
        Expected::Well;
    stranger_next_door:
        "another program on another port, in the same folder, by the same interpreter",
        |stage| {
            stage.service("");
            stage.start(&[]);
            let mut stranger = stage.python();
            stranger.args(["-m", "http.server", "--bind", "127.0.0.1", &crate::support::free_port().to_string()]);
            stage.launch(stranger);
            true
        },
        Expected::Well;
    database_that_answers:
        "a database that runs, and a backend that uses it",
        |stage| {
            let Some(mariadb) = MariaDb::shared() else {
                return stage.skip("needs mariadb-server");
            };
            stage.service("");
            stage.check("mysql", "mysql", &format!("url = \"{}\"\ntimeout = \"10s\"", mariadb.url()));
            stage.start(&[("FAIL", "health"), ("DATABASE_PORT", &mariadb.port.to_string())]);
            true
        },
        Expected::Well;
    whole_stack_is_well:
        "a backend with MySQL, PostgreSQL, Redis, a metrics page and a Prometheus that scrapes it",
        |stage| {
            let servers = (MariaDb::shared(), Postgres::shared(), Redis::shared(), NodeExporter::shared());
            let (Some(mysql), Some(postgres), Some(redis), Some(node)) = servers else { return false };
            let page = format!("127.0.0.1:{}", node.port);
            let Some(prometheus) = Prometheus::start(&[("node", page.clone())]) else { return false };
            for (name, kind, url) in [
                ("mysql", "mysql", mysql.url()),
                ("postgres", "postgres", postgres.url()),
                ("cache", "redis", redis.url()),
                ("page", "metrics-page", format!("http://{page}/metrics")),
            ] {
                stage.check(name, kind, &format!("url = \"{url}\"\ntimeout = \"20s\""));
            }
            target_check(stage, &prometheus, "node");
            stage.service("depends_on = [\"mysql\", \"cache\"]").fleet();
            stage.start(&[("DATABASE_PORT", &mysql.port.to_string())]);
            stage.keep(prometheus);
            true
        },
        Expected::Well;
}
