//! The real backend, well and unwell: dead, stopped, orphaned, replaced by a stranger, and with a pid file that lies.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fuelops::model::{Cause, Finding, Severity};
use nix::sys::signal::Signal;

use super::plan::{findings_of, one};
use crate::support::{Backend, Env, free_port, wait_until};

fn config(command: &[&str], port: u16) -> String {
    format!(
        r#"
        [[service]]
        name = "backend"
        command = {command:?}
        pid_file = "backend.pid"
        port = {port}
        health_url = "http://127.0.0.1:{port}/health"
        health_timeout = "2s"
        start_timeout = "1ms"
        "#
    )
}

fn python_main(port: u16) -> String {
    config(&["python3", "main.py"], port)
}

fn with_workers(port: u16) -> String {
    let python = Backend::python().display().to_string();
    let port_word = port.to_string();
    config(&[&python, "-m", "uvicorn", "main:app", "--port", &port_word, "--workers", "2"], port)
}

#[track_caller]
fn measured(env: &Env, config: &str) -> [Finding; 3] {
    let findings = findings_of(&env.root(), config);
    ["process", "port", "http"].map(|part| one(&findings, &format!("service.backend.{part}")).clone())
}

/// A child that a test has started, and ends.
struct Started(Child);

impl Started {
    fn new(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _collected = self.0.wait();
    }
}

#[test]
fn living_backend_is_found_by_identity() {
    let env = Env::new();
    let backend = Backend::start(&env);
    let [process, port, http] = measured(&env, &python_main(backend.port));
    assert_eq!(process.severity, Severity::Ok, "{process:#?}");
    assert_eq!(process.observed["pid"], backend.pid());
    assert_eq!(process.observed["proof"], "command");
    assert!(process.observed["rss_bytes"].as_u64().unwrap() > 1_000_000);
    assert!(process.observed["threads"].as_u64().unwrap() > 0);
    assert!(process.observed["open_files"].as_u64().unwrap() > 3);
    assert!(process.observed["open_files_limit"].as_u64().unwrap() > 3);
    assert_eq!(port.severity, Severity::Ok, "{port:#?}");
    assert_eq!(port.observed["holders"][0]["pid"], backend.pid());
    assert_eq!(http.severity, Severity::Ok, "{http:#?}");
}

#[test]
fn pid_files_that_lie_do_not_hide_a_living_backend() {
    let env = Env::new();
    let backend = Backend::start(&env);
    let config = python_main(backend.port);
    let stranger = Started::new(Command::new("sleep").arg("100").current_dir(env.root()));
    for (text, said) in [
        ("garbage\u{1b}[31m".to_owned(), "holds no pid"),
        ("4194300".to_owned(), "is stale"),
        (stranger.0.id().to_string(), "names a stranger"),
        (String::new(), "is empty"),
    ] {
        env.write("backend.pid", &text);
        let [process, port, http] = measured(&env, &config);
        assert_eq!(process.severity, Severity::Warning, "{text:?}: {process:#?}");
        assert!(process.summary.contains(said), "{text:?}: {process:#?}");
        assert_eq!(process.observed["pid"], backend.pid());
        assert_eq!((port.severity, http.severity), (Severity::Ok, Severity::Ok));
    }
}

#[test]
fn dead_backend_is_down_and_a_strangers_pid_revives_it_not() {
    let env = Env::new();
    let mut backend = Backend::start(&env);
    backend.kill_leader();
    let config = python_main(backend.port);
    let [process, port, http] = measured(&env, &config);
    assert_eq!((process.severity, process.cause), (Severity::Critical, Some(Cause::ProcessDown)));
    assert!(process.summary.contains("is stale"), "{process:#?}");
    assert_eq!((port.severity, http.severity), (Severity::Critical, Severity::Critical));
    let stranger = Started::new(Command::new("sleep").arg("100").current_dir(env.root()));
    env.write("backend.pid", stranger.0.id().to_string());
    let [process, ..] = measured(&env, &config);
    assert_eq!(process.cause, Some(Cause::ProcessDown));
    assert!(process.summary.contains("stranger") && process.summary.contains("sleep 100"), "{process:#?}");
}

#[test]
fn a_service_whose_user_does_not_exist_cannot_run() {
    let env = Env::new();
    let config = format!("{}\nuser = \"nobody-is-called-so\"\n", python_main(free_port()));
    let [process, ..] = measured(&env, &config);
    assert_eq!((process.severity, process.cause), (Severity::Critical, Some(Cause::ProcessDown)));
    assert_eq!(process.summary, "cannot run: its user nobody-is-called-so does not exist on this machine");
}

#[test]
fn stopped_backend_accepts_and_does_not_answer() {
    let env = Env::new();
    let backend = Backend::start(&env);
    backend.signal(Signal::SIGSTOP);
    let [process, port, http] = measured(&env, &python_main(backend.port));
    assert_eq!((process.severity, process.cause), (Severity::Critical, Some(Cause::ProcessHung)));
    assert_eq!(port.severity, Severity::Ok);
    assert_eq!((http.severity, http.cause), (Severity::Critical, Some(Cause::ProcessHung)));
}

#[test]
fn workers_of_a_living_parent_are_its_own() {
    let env = Env::new();
    let backend = Backend::start_with_workers(&env, 2);
    let [process, port, http] = measured(&env, &with_workers(backend.port));
    assert_eq!(process.severity, Severity::Ok, "{process:#?}");
    assert_eq!(process.observed["pid"], backend.pid());
    assert!(process.observed["processes"].as_u64().unwrap() >= 3, "{process:#?}");
    assert_eq!((port.severity, http.severity), (Severity::Ok, Severity::Ok), "{port:#?}");
}

#[test]
fn orphaned_workers_that_still_answer_are_no_healthy_backend() {
    let env = Env::new();
    let mut backend = Backend::start_with_workers(&env, 2);
    backend.kill_leader();
    assert!(backend.get("/health/live").is_some(), "the workers ended with their parent");
    for pid_file in [true, false] {
        if !pid_file {
            std::fs::remove_file(env.path("backend.pid")).unwrap();
        }
        let [process, port, http] = measured(&env, &with_workers(backend.port));
        assert_eq!(
            (process.severity, process.cause),
            (Severity::Critical, Some(Cause::OrphanProcess)),
            "{process:#?}"
        );
        assert_eq!(
            (port.severity, port.cause),
            (Severity::Critical, Some(Cause::OrphanProcess)),
            "{port:#?}"
        );
        assert_eq!((http.severity, http.cause), (Severity::Warning, Some(Cause::OrphanProcess)), "{http:#?}");
    }
}

#[test]
fn two_hundred_from_a_stranger_is_not_healthy() {
    let env = Env::new();
    let port = free_port();
    env.write("main.py", "");
    env.write("health", "{}");
    // The same user, folder and interpreter: only the program is another.
    let python = Backend::python();
    let squatter = Started::new(
        Command::new(python)
            .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()])
            .current_dir(env.root()),
    );
    assert!(wait_until(Duration::from_secs(10), || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()));
    let [process, on_port, http] = measured(&env, &python_main(port));
    assert_eq!(process.cause, Some(Cause::ProcessDown), "{process:#?}");
    assert_eq!(
        (on_port.severity, on_port.cause),
        (Severity::Critical, Some(Cause::PortTaken)),
        "{on_port:#?}"
    );
    let holder = &on_port.observed["holders"][0];
    assert_eq!(holder["pid"], squatter.0.id());
    assert!(holder["command"].as_str().unwrap().contains("http.server"));
    let me = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    assert_eq!(holder["user"], me);
    assert_eq!((http.severity, http.cause), (Severity::Warning, Some(Cause::PortTaken)), "{http:#?}");
    assert!(http.summary.contains("stranger"), "{http:#?}");
}

#[test]
fn hostile_title_of_a_process_is_only_text() {
    let env = Env::new();
    env.write("main.py", "");
    let script = r"exec -a $'x\e]52;c;aGk=\a\n\xff;`reboot`' sleep 100";
    let child = Started::new(Command::new("bash").args(["-c", script]).current_dir(env.root()));
    env.write("backend.pid", child.0.id().to_string());
    let config = python_main(free_port());
    // Until it is executed, the child still has the words of its shell.
    let told = wait_until(Duration::from_secs(10), || {
        let [process, ..] = measured(&env, &config);
        assert_eq!(process.cause, Some(Cause::ProcessDown));
        process.observed["pid_file_process"]["command"]
            .as_str()
            .unwrap()
            .contains("\u{1b}]52;c;aGk=\u{7}\n\u{fffd}")
    });
    assert!(told);
}
