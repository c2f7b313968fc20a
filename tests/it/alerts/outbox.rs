//! The outbox under faults: sinks that are down, slow, full of themselves or never answer; disks that take nothing; kills.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fuelops::alert::{Kind, outlook};

use super::{PATIENCE, notice, start, webhook};
use crate::support::{Receiver, Reply, free_port, is_root_or_skip, wait_until};

fn ok(_: usize, _: &crate::support::Request) -> Reply {
    Reply::new(200, "")
}

#[test]
fn an_incident_is_told_once_and_so_is_its_end() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(ok));
    let dispatcher = start(folder.path(), &webhook(&receiver.url("/hook")));
    for kind in [Kind::Opened, Kind::Opened, Kind::Resolved, Kind::Resolved] {
        dispatcher.submit(notice("1", kind));
    }
    assert!(dispatcher.settle(PATIENCE));
    let seen = receiver.seen();
    let kinds: Vec<_> = seen.iter().map(|request| request.json()["kind"].clone()).collect();
    assert_eq!(kinds, ["opened", "resolved"]);
    assert_ne!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert!(dispatcher.open_incidents().is_empty());
    assert!(dispatcher.stop(PATIENCE));
}

#[test]
fn a_storm_of_a_thousand_is_a_handful_of_messages_and_waits_for_no_sink() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|_, _| Reply { delay: Duration::from_millis(500), ..Reply::new(200, "") });
    let dispatcher = start(folder.path(), &webhook(&receiver.url("/")));
    let begun = Instant::now();
    for n in 0..1_000 {
        dispatcher.submit(notice(&n.to_string(), Kind::Opened));
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "submitting took {:?}", begun.elapsed());
    assert!(dispatcher.settle(PATIENCE));
    let seen = receiver.seen();
    assert!(seen.len() <= 10, "{} messages", seen.len());
    let told: usize = seen.iter().map(|request| request.json()["notices"].as_array().unwrap().len()).sum();
    assert_eq!(told, 1_000);
}

#[test]
fn what_a_dead_sink_missed_is_told_when_it_is_back() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let url = format!("http://127.0.0.1:{port}/");
    let dispatcher = start(folder.path(), &webhook(&url));
    dispatcher.submit(notice("1", Kind::Opened));
    assert!(dispatcher.settle(PATIENCE));
    let seen = outlook(&folder.path().join("state")).unwrap();
    assert_eq!((seen[0].waiting.len(), seen[0].counts.failed), (1, 1));
    assert!(seen[0].why.as_ref().unwrap().contains("connection refused"), "{seen:?}");
    // A restart in between, and the sink comes back: the pause was at most five seconds.
    assert!(dispatcher.stop(PATIENCE));
    let receiver = Receiver::start_at(port, ok);
    let _again = start(folder.path(), &webhook(&url));
    assert_eq!(receiver.wait_for(1)[0].json()["notices"][0]["incident"], "1");
}

#[test]
fn a_sink_that_asks_for_patience_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|n, _| match n {
        0 => Reply { headers: "Retry-After: 7\r\n".into(), ..Reply::new(429, "slow down") },
        _ => Reply::new(200, ""),
    });
    let dispatcher = start(folder.path(), &webhook(&receiver.url("/")));
    let begun = Instant::now();
    dispatcher.submit(notice("1", Kind::Opened));
    let seen = receiver.wait_for(2);
    assert!(begun.elapsed() >= Duration::from_secs(7), "{:?}", begun.elapsed());
    assert_eq!(
        seen[0].header("idempotency-key"),
        seen[1].header("idempotency-key"),
        "one key for all attempts"
    );
}

#[test]
fn what_a_sink_refuses_is_not_sent_for_ever_and_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|_, request| match request.body.contains("api-bad") {
        true => Reply::new(400, "no such thing as hook-s3cret"),
        false => Reply::new(200, ""),
    });
    let alerts = format!("{}headers = {{ X-Key = \"hook-s3cret\" }}\n", webhook(&receiver.url("/")));
    let dispatcher = start(folder.path(), &alerts);
    dispatcher.submit(notice("bad", Kind::Opened));
    dispatcher.submit(notice("good", Kind::Opened));
    assert!(dispatcher.settle(PATIENCE));
    let counts = dispatcher.counts().0["hook"];
    assert_eq!((counts.refused, counts.sent, receiver.seen().len()), (1, 1, 2));
    let why = outlook(&folder.path().join("state")).unwrap()[0].why.clone().unwrap();
    assert!(why.contains("400") && !why.contains("s3cret"), "{why}");
}

#[test]
fn a_sink_that_never_answers_delays_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let slow = Receiver::start(|_, _| Reply { delay: Duration::from_secs(60), ..Reply::new(200, "") });
    let quick = Receiver::start(ok);
    let alerts = format!(
        "{}[[alert]]\nname = \"a-slow\"\ntype = \"webhook\"\nurl = \"{}\"\n",
        webhook(&quick.url("/")),
        slow.url("/")
    );
    let dispatcher = start(folder.path(), &alerts);
    let begun = Instant::now();
    for n in 0..5 {
        dispatcher.submit(notice(&n.to_string(), Kind::Opened));
        quick.wait_for(n + 1);
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    drop(dispatcher);
    assert!(begun.elapsed() < Duration::from_secs(19), "dropping waited for the slow one");
}

#[test]
fn the_dead_man_is_asked_and_a_hanging_one_delays_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let watcher = Receiver::start(|_, _| Reply { delay: Duration::from_secs(3), ..Reply::new(200, "") });
    let receiver = Receiver::start(ok);
    let mut outfit = super::outfit(folder.path(), &webhook(&receiver.url("/")));
    outfit.ping_url = Some(fuelops::config::Url::literal(&watcher.url("/ping/s3cret")).unwrap());
    let dispatcher = fuelops::alert::Dispatcher::start(outfit).unwrap();
    dispatcher.ping();
    dispatcher.submit(notice("1", Kind::Opened));
    receiver.wait_for(1);
    assert!(watcher.wait_for(1)[0].head.starts_with("GET /ping/s3cret "));
}

/// A process that dies when this goes.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Not a test by itself: the other half of the next one.
#[test]
fn a_child_that_submits_and_waits_to_be_killed() {
    let Some(folder) = std::env::var_os("FUELOPS_TEST_OUTBOX") else { return };
    let url = std::env::var("FUELOPS_TEST_OUTBOX_URL").unwrap();
    let dispatcher = start(folder.as_ref(), &webhook(&url));
    for n in 0..20 {
        dispatcher.submit(notice(&n.to_string(), Kind::Opened));
    }
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn a_kill_between_submitting_and_delivering_loses_nothing() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let url = format!("http://127.0.0.1:{port}/");
    let me = std::env::current_exe().unwrap();
    let child = Command::new(me)
        .args(["--exact", "alerts::outbox::a_child_that_submits_and_waits_to_be_killed"])
        .env("FUELOPS_TEST_OUTBOX", folder.path())
        .env("FUELOPS_TEST_OUTBOX_URL", &url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = Killed(child.unwrap());
    let state = folder.path().join("state");
    let waiting = || outlook(&state).ok().and_then(|seen| seen.first().map(|sink| sink.waiting.len()));
    assert!(wait_until(PATIENCE, || waiting() == Some(20)), "{:?}", waiting());
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    let receiver = Receiver::start_at(port, ok);
    let _again = start(folder.path(), &webhook(&url));
    let seen = receiver.wait_for(1);
    assert_eq!(seen[0].json()["notices"].as_array().unwrap().len(), 20);
}

#[test]
fn a_disk_that_is_full_or_read_only_keeps_no_alert_back() {
    if !is_root_or_skip("a_disk_that_is_full_or_read_only_keeps_no_alert_back") {
        return;
    }
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(ok));
    let mounted = Mounted::tmpfs(folder.path(), "size=2m");
    let dispatcher = start(folder.path(), &webhook(&receiver.url("/")));
    dispatcher.submit(notice("1", Kind::Opened));
    receiver.wait_for(1);
    let filler = folder.path().join("filler");
    drop(std::fs::write(&filler, vec![0; 4 << 20]));
    dispatcher.submit(notice("2", Kind::Opened));
    receiver.wait_for(2);
    assert!(dispatcher.settle(PATIENCE));
    assert_eq!(dispatcher.unsaved(), None, "space was set aside while there was some");
    mounted.remount("ro");
    dispatcher.submit(notice("3", Kind::Opened));
    receiver.wait_for(3);
    assert!(dispatcher.settle(PATIENCE));
    // The file was open for writing: some systems refuse to make such a disk read-only, then nothing was missed.
    drop(dispatcher);
}

/// A file system over a folder until this is dropped.
struct Mounted(std::path::PathBuf);

impl Mounted {
    fn tmpfs(at: &std::path::Path, options: &str) -> Self {
        let done =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).status().unwrap();
        assert!(done.success());
        Self(at.to_owned())
    }

    fn remount(&self, word: &str) {
        drop(Command::new("mount").args(["-o", &format!("remount,{word}")]).arg(&self.0).output());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
