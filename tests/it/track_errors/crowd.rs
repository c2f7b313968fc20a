//! Many at once, and processes that are killed: what was acknowledged is there.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fuelops::errors::door::EventId;
use nix::sys::signal::Signal;

use super::{Server, counted};
use crate::support::Env;

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let env = Env::new();
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..5 {
        let mut server = Server::start(&env);
        let port = server.port;
        // So many that those which follow are counted as a storm's.
        let ids: Vec<EventId> = (0..400).map(|_| EventId::random()).collect();
        let many = ids
            .iter()
            .map(|id| format!("{{\"type\":\"event\"}}\n{{\"event_id\":\"{id}\",\"message\":\"storm\"}}\n"));
        let many = format!("{{}}\n{}", many.collect::<String>());
        assert_eq!(super::send(port, "/api/1/envelope/", "", many.as_bytes()).0, 200);
        acknowledged.lock().unwrap().extend(ids);
        let end = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..4 {
                let (acknowledged, end) = (&acknowledged, &end);
                scope.spawn(move || {
                    while !end.load(Ordering::Relaxed) {
                        let id = EventId::random();
                        // Storms and single issues.
                        let text = if client % 2 == 0 { "storm" } else { &format!("round {round}") };
                        let body = format!(
                            "{{}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{id}\",\"message\":\"{text}\"}}\n"
                        );
                        let sent = std::panic::catch_unwind(|| {
                            super::send(port, "/api/1/envelope/", "", body.as_bytes()).0
                        });
                        if matches!(sent, Ok(200)) {
                            acknowledged.lock().unwrap().push(id);
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(400));
            server.signal(Signal::SIGKILL);
            end.store(true, Ordering::Relaxed);
        });
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(!acknowledged.is_empty());
    let again = acknowledged.iter().map(|id| format!("{{\"event_id\":\"{id}\",\"message\":\"again\"}}"));
    let before = counted(&env);
    assert!(before >= acknowledged.len() as u64);
    // What is known is not counted again.
    let server = Server::start(&env);
    for event in again {
        assert_eq!(server.envelope(&event).0, 200);
    }
    assert_eq!(counted(&env), before);
}

#[test]
fn many_processes_write_at_once() {
    let env = Env::new();
    let children: Vec<_> = (0..8)
        .map(|n| {
            let script = "for i in 1 2 3 4 5; do \"$0\" track-errors record --type \"E$1\" --message m || exit 1; done";
            let mut command = env.command("sh");
            command.args(["-c", script, env!("CARGO_BIN_EXE_fuelops"), &n.to_string()]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(counted(&env), 40);
    let log = std::fs::metadata(env.path(".fuelops/errors.db-wal")).map_or(0, |file| file.len());
    assert!(log < 1 << 20, "{log}");
}

#[test]
fn the_shim_loses_nothing_across_processes() {
    let env = Env::new();
    env.write("error_tracker.py", env.run(&["track-errors", "shim"]).stdout);
    let script = "import error_tracker as e\nfor i in range(200):\n    try:\n        {}['a']\n    except KeyError as error:\n        r = e.track_error(error, context='loop', endpoint='/x', request_data={'n': i})\nassert r['type'] == 'KeyError' and r['count'] == 1\n";
    env.write("run.py", script);
    let start = || env.command("python3").arg("run.py").spawn().unwrap();
    let children: Vec<_> = (0..4).map(|_| start()).collect();
    // Reports take the spool in while it is written.
    for _ in 0..3 {
        env.run(&["track-errors"]);
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(counted(&env), 800);
    let summary = "import error_tracker as e, json\nprint(json.dumps([e.get_error_summary(), e.get_top_errors(), e.generate_diagnostic_report()]))";
    let mut command = env.command("python3");
    command.args(["-c", summary]);
    let told: serde_json::Value = serde_json::from_str(&env.finish(command).stdout).unwrap();
    assert_eq!(
        (told[0]["total_errors"].as_u64(), told[0]["most_common_error"].as_str()),
        (Some(800), Some("KeyError"))
    );
    assert_eq!(told[1][0]["count"], 800);
    assert!(told[2].as_str().unwrap().contains("KeyError"));
}
