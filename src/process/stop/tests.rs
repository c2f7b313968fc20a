//! Stops of real processes.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;
use crate::platform;
use crate::process::COOKIE_VARIABLE;

/// Children are collected by these tests themselves.
fn sh(script: &str, cookie: Option<&Cookie>) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null());
    if let Some(cookie) = cookie {
        command.env(COOKIE_VARIABLE, cookie.value());
    }
    command.spawn().unwrap()
}

fn target(child: &Child, cookie: Option<Cookie>) -> Target {
    let bound = Bound::take(child.id()).unwrap();
    let permit = Permit { users: vec![platform::caller_uid()], ..Permit::default() };
    Target { roots: vec![ProvenRoot { bound, proof: "a test".to_owned() }], scope: None, cookie, permit }
}

fn policy(grace_ms: u64) -> StopPolicy {
    StopPolicy { grace: Duration::from_millis(grace_ms), ..StopPolicy::default() }
}

fn run(target: Target, policy: StopPolicy) -> (StopReport, Vec<(u32, Signal)>) {
    let mut told = Vec::new();
    let report = stop(target, policy, &mut |intent| {
        told.push((intent.pid, intent.signal));
        Ok(())
    });
    (report.unwrap(), told)
}

#[test]
fn an_obedient_program_is_asked_once_and_its_end_is_seen() {
    let mut child = sh("exec sleep 60", None);
    std::thread::sleep(Duration::from_millis(50));
    let (report, told) = run(target(&child, None), policy(10_000));
    assert_eq!(told, [(child.id(), Signal::TERM)]);
    assert!(report.is_clean() && report.elapsed < Duration::from_secs(5), "{report:?}");
    assert_eq!(report.stopped.len(), 1);
    child.wait().unwrap();
}

#[test]
fn a_deaf_program_is_killed_with_its_children_after_its_time() {
    let mut child = sh("trap '' TERM; sleep 60 & sleep 60 & wait; wait; wait", None);
    std::thread::sleep(Duration::from_millis(100));
    let (report, told) = run(target(&child, None), policy(200));
    assert!(report.is_clean() && report.elapsed >= Duration::from_millis(200), "{report:?}");
    assert!(told.contains(&(child.id(), Signal::KILL)), "{told:?}");
    assert_eq!(report.certainty, Certainty::BestEffort);
    child.wait().unwrap();
}

#[test]
fn a_halted_program_is_woken_to_hear_what_it_is_asked() {
    let mut child = sh("exec sleep 60", None);
    let bound = Bound::take(child.id()).unwrap();
    bound.signal(Signal::STOP, crate::process::Trust::Marked).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let (report, told) = run(target(&child, None), policy(10_000));
    assert!(report.is_clean() && report.elapsed < Duration::from_secs(5));
    assert_eq!(told, [(child.id(), Signal::TERM)]);
    child.wait().unwrap();
}

#[test]
fn a_daemon_that_left_its_session_is_found_by_its_cookie() {
    let cookie = Cookie::new().unwrap();
    let mut child = sh("setsid sh -c 'setsid sleep 61 & sleep 60' & exec sleep 60", Some(&cookie));
    std::thread::sleep(Duration::from_millis(200));
    let (report, _) = run(target(&child, Some(cookie.clone())), policy(2_000));
    assert!(report.is_clean());
    assert!(report.stopped.len() >= 4, "{report:?}");
    let table = crate::process::Table::read().unwrap();
    assert!(cookie.holders(&table, &[platform::caller_uid()]).is_empty());
    child.wait().unwrap();
}

#[test]
fn a_look_alike_beside_it_lives_on() {
    let mut ours = sh("exec sleep 60", None);
    let mut stranger = sh("exec sleep 60", None);
    std::thread::sleep(Duration::from_millis(50));
    let (report, _) = run(target(&ours, None), policy(1_000));
    assert_eq!(report.stopped.len(), 1);
    assert!(stranger.try_wait().unwrap().is_none());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    ours.wait().unwrap();
}

#[test]
fn a_refused_process_is_named_and_left() {
    let mut child = sh("exec sleep 60", None);
    let mut target = target(&child, None);
    target.permit.users = vec![platform::caller_uid() + 1];
    let (report, told) = run(target, policy(100));
    assert_eq!((report.refused.len(), told.len()), (1, 0), "{report:?}");
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_witness_that_fails_stops_the_stopping() {
    let mut child = sh("exec sleep 60", None);
    let result = stop(target(&child, None), policy(100), &mut |_| Err(io::ErrorKind::StorageFull.into()));
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_process_that_is_not_collected_is_told_with_its_parent() {
    // The inner one ends as a child of a program that never waits; a shell that starts it may do so until then.
    let script = "sleep 60 >&- & exec python3 -c 'import time; print(flush=True); time.sleep(60)'";
    let mut command = Command::new("sh");
    let mut child = command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    let table = crate::process::Table::read().unwrap();
    let Some(inner) = table.tree(child.id()).into_iter().find(|pid| *pid != child.id()) else {
        panic!("no child was started");
    };
    let bound = Bound::take(inner).unwrap();
    let permit = Permit { users: vec![platform::caller_uid()], ..Permit::default() };
    let inner =
        Target { roots: vec![ProvenRoot { bound, proof: String::new() }], permit, ..Target::default() };
    let (report, _) = run(inner, policy(30_000));
    assert!(report.is_clean() && report.elapsed < Duration::from_secs(30), "a zombie has ended: {report:?}");
    assert_eq!(report.zombies.len(), 1, "{report:?}");
    assert_eq!(report.zombies[0].parent, child.id());
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Ends the storm when a check fails: it would go on until the machine is started anew.
struct Calm(Scope);

impl Drop for Calm {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
    }
}

#[test]
fn nothing_survives_in_a_control_group_however_it_forks() {
    for round in 0..20 {
        let name = format!("storm-{}-{round}", std::process::id());
        let Some(scope) = Scope::create("test-stop", &name) else { return };
        let cookie = Cookie::new().unwrap();
        let script = "trap '' TERM; storm() { while :; do setsid sh -c 'trap \"\" TERM; sleep 0.01; exec sleep 30' & sleep 0.002; done; }; storm & storm & storm";
        let launched = crate::process::spawn(crate::process::Launch {
            words: ["sh", "-c", script].iter().map(std::ffi::OsString::from).collect(),
            dir: "/".into(),
            env: std::env::vars_os().collect(),
            account: None,
            session: platform::Session::Own,
            stdin: crate::process::Stream::Nothing,
            stdout: crate::process::Stream::Nothing,
            stderr: crate::process::Stream::Nothing,
            scope: Some(scope),
            cookie: cookie.clone(),
        })
        .unwrap();
        let dir = launched.scope.as_ref().expect("it was given one").dir().to_owned();
        let _calm = Calm(Scope::open(&dir).unwrap());
        std::thread::sleep(Duration::from_millis(60));
        let permit = Permit { users: vec![platform::caller_uid()], ..Permit::default() };
        let storm =
            Target { scope: launched.scope, cookie: Some(cookie.clone()), permit, ..Target::default() };
        let (report, _) = run(storm, policy(20));
        assert!(report.is_clean(), "{:?}", report.survivors);
        assert_eq!(report.certainty, Certainty::Exact);
        let table = crate::process::Table::read().unwrap();
        assert!(cookie.holders(&table, &[platform::caller_uid()]).is_empty());
        let pid = rustix::process::Pid::from_raw(launched.pid.cast_signed());
        rustix::process::waitpid(pid, rustix::process::WaitOptions::empty()).unwrap();
    }
}
