//! Processes that are gone, stopped, without their parent, or start again and again.

use nix::sys::signal::Signal;

use super::play::{Diagnosis, Expected};

const BELOW_PROCESS: &[&str] = &["service.backend.port", "service.backend.http", "check.fleet"];

scenarios! {
    process_was_killed:
        "the process was killed",
        |stage| {
            stage.service("").fleet();
            stage.start(&[]);
            stage.kill();
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "process-down",
            says: "does not run; backend.pid is stale: process {pid} is gone",
            folded: BELOW_PROCESS,
            hint: "fuelops recover",
            code: 2,
        }]);
    module_is_missing:
        "the process ends at its start: a module is not installed",
        |stage| {
            stage.service("").fleet();
            stage.spawn(&[], "backend.py", &[("FAIL", "module")]);
            stage.ends();
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "process-down",
            says: "its last words: the module fuel_models is not installed",
            folded: BELOW_PROCESS,
            hint: "fuelops recover",
            code: 2,
        }]);
    starts_and_ends_again_and_again:
        "something starts it again and again, and each time it ends at once",
        |stage| {
            stage.service("").fleet();
            for _ in 0..6 {
                stage.spawn(&[], "backend.py", &[("FAIL", "module")]);
                stage.ends();
            }
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.restarts",
            cause: "crash-loop",
            says: "ended 5 times in 10m without being asked",
            folded: &["service.backend.process", "service.backend.port", "service.backend.http", "check.fleet"],
            hint: "tail -n 50",
            code: 2,
        }]);
    process_is_stopped:
        "somebody has stopped the process (SIGSTOP)",
        |stage| {
            stage.service("").fleet();
            let pid = stage.start(&[]);
            stage.signal(pid, Signal::SIGSTOP);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "process-hung",
            says: "is stopped by a signal and does nothing",
            folded: &["service.backend.http", "check.fleet"],
            hint: "kill -CONT {pid}",
            code: 2,
        }]);
    computes_without_an_end:
        "a request makes it compute without an end",
        |stage| {
            stage.service("").fleet();
            stage.start(&[]);
            stage.ask("/spin");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.http",
            cause: "process-hung",
            says: "pid {pid} computes without a pause",
            folded: &["check.fleet"],
            hint: "fuelops recover",
            code: 2,
        }]);
    workers_lost_their_parent:
        "the parent of two workers was killed; they hold the port and answer 200",
        |stage| {
            stage.service_of("parent.py", "");
            stage.spawn(&[], "parent.py", &[]);
            stage.listens();
            stage.ask("/health");
            stage.kill();
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "orphan-process",
            says: "its parent is gone; 3 processes of it live on",
            folded: &["service.backend.port", "service.backend.http"],
            hint: "fuelops recover",
            code: 2,
        }]);
    runs_twice:
        "a second copy was started by hand, on another port",
        |stage| {
            stage.service("");
            stage.start(&[]);
            let mut copy = stage.python();
            copy.arg("backend.py").env("PORT", crate::support::free_port().to_string());
            let before = stage.log().matches("startup complete").count();
            stage.launch(copy);
            assert!(crate::support::wait_until(std::time::Duration::from_secs(20), || {
                stage.log().matches("startup complete").count() > before
            }));
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "",
            says: "runs more than once: also pid {pid}",
            folded: &[],
            hint: "ps -o pid,ppid,user,lstart,args -p",
            code: 1,
        }]);
    pid_file_names_a_stranger:
        "the process is gone, and its pid belongs to somebody else by now",
        |stage| {
            stage.service("");
            stage.start(&[]);
            stage.kill();
            let mut stranger = stage.env.command("sleep");
            stranger.arg("100");
            let pid = stage.launch(stranger);
            stage.env.write("backend.pid", pid.to_string());
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "process-down",
            says: "does not run; backend.pid names a stranger: pid {pid}",
            folded: &["service.backend.port", "service.backend.http"],
            hint: "fuelops recover",
            code: 2,
        }]);
}
