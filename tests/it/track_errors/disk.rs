//! A disk without room: what is answered, what is counted all the same, and what is told once there is room again.

use std::fs;
use std::time::Duration;

use super::{Server, counted, report};
use crate::support::{Env, Mounted, fill, is_root_or_skip, wait_until};

const SOON: Duration = Duration::from_secs(20);

/// A state folder of so many bytes, in which nothing is held back.
fn place(size: &str) -> (Env, Mounted) {
    let env = Env::new();
    env.write("fuelops.toml", "[errors]\nmin_free = \"1B\"\n");
    let disk = Mounted::tmpfs(env.path(".fuelops"), &format!("size={size}"));
    (env, disk)
}

/// An event of its own issue, too long for what a full disk has left, and not to be packed.
fn event(name: &str) -> String {
    let noise: String = (0..40).map(|_| format!("{:032x}", rand())).collect();
    format!(
        "{{\"message\": \"{name}\", \"fingerprint\": [\"{name}\"], \"extra\": {{\"noise\": \"{noise}\"}}}}"
    )
}

fn rand() -> u128 {
    u128::from_le_bytes(fuelops::errors::door::EventId::random().0)
}

fn loss(env: &Env, reason: &str) -> u64 {
    let report = report(env);
    let losses = report["losses"].as_array().unwrap();
    losses.iter().filter(|loss| loss["reason"] == reason).map(|loss| loss["count"].as_u64().unwrap()).sum()
}

#[test]
fn a_full_disk_is_told_and_counts_go_on_where_they_fit() {
    if !is_root_or_skip("a_full_disk_is_told_and_counts_go_on_where_they_fit") {
        return;
    }
    let (env, disk) = place("4m");
    let server = Server::start(&env);
    assert_eq!(server.envelope(&event("first")).0, 200);
    let full = fill(env.path(".fuelops/full"));
    let (mut kept, mut refused) = (1, 0);
    for n in 0..5_000 {
        let (status, answer) = server.envelope(&event(&format!("issue {n}")));
        match status {
            200 => kept += 1,
            503 => refused += 1,
            other => panic!("{other} {answer}"),
        }
        if refused == 5 {
            assert!(answer.contains("no room on the disk"), "{answer}");
            break;
        }
    }
    assert_eq!(refused, 5, "{kept} were kept");
    let record = env.run(&["track-errors", "record", "--type", "E", "--message", &event("shell")]).expect(74);
    assert!(record.stderr.contains("no room on the disk"), "{record}");
    // What is there is told even so.
    assert_eq!(counted(&env), kept);
    fs::remove_file(full).unwrap();
    assert!(wait_until(SOON, || loss(&env, "disk-full") == refused), "{}", report(&env)["losses"]);
    env.run(&["track-errors"]).says("5 × error: no room on the disk, the sender was told");
    assert_eq!(server.envelope(&event("later")).0, 200);
    env.run(&["track-errors", "record", "--type", "E", "--message", "from a shell"]).expect(0);
    assert_eq!(counted(&env), kept + 2);
    drop((server, disk));
}

#[test]
fn a_storm_on_a_disk_that_fills_up_is_counted_as_it_was_answered_whoever_writes_beside_it() {
    if !is_root_or_skip("a_storm_on_a_disk_that_fills_up_is_counted_as_it_was_answered") {
        return;
    }
    let (env, disk) = place("16m");
    let server = Server::start(&env);
    // The shell's errors are of the storm's own issue.
    let record = || {
        let words = ["track-errors", "record", "--type", "E", "--message", "m", "--fingerprint", "storm"];
        u64::from(env.run(&words).code == Some(0))
    };
    let send = |events: u64| -> u64 {
        let one = |_| {
            let id = fuelops::errors::door::EventId::random();
            format!(
                "{{\"type\":\"event\"}}\n{{\"event_id\":\"{id}\",\"message\":\"m\",\"fingerprint\":[\"storm\"]}}\n"
            )
        };
        let items: String = (0..events).map(one).collect();
        let (status, answer) = server.send("/api/1/envelope/", "", format!("{{}}\n{items}").as_bytes());
        assert!(matches!(status, 200 | 503), "{answer}");
        if status == 200 { events } else { 0 }
    };
    let mut told: u64 = (0..100).map(|_| send(50)).sum();
    assert_eq!(told, 5_000);
    let full = fill(env.path(".fuelops/full"));
    for _ in 0..40 {
        // Of several in one envelope some may be counted though the answer is 503.
        told += (0..10).map(|_| send(1)).sum::<u64>() + record();
    }
    fs::remove_file(full).unwrap();
    told += send(50) + record() + record();
    assert_eq!(counted(&env), told, "{}", report(&env)["losses"]);
    // By the minute as by the hour, and in one issue.
    let report = env.run(&["track-errors", "--since", "50m", "--format", "json"]).json();
    assert_eq!((report["events"].as_u64(), report["issues"].as_array().unwrap().len()), (Some(told), 1));
    drop((server, disk));
}
