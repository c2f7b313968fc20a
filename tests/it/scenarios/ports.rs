//! Somebody else on the service's port.

use super::play::{Diagnosis, Expected};
use super::stage::Stage;

/// Another program of the same user, folder and interpreter.
fn stranger(stage: &mut Stage) -> u32 {
    let mut command = stage.python();
    command.args(["-m", "http.server", "--bind", "127.0.0.1", &stage.port.to_string()]);
    let pid = stage.launch(command);
    stage.listens();
    pid
}

scenarios! {
    stranger_keeps_it_from_starting:
        "another program has the port, and the backend ends with EADDRINUSE",
        |stage| {
            stage.service("").fleet();
            let squatter = stranger(stage);
            stage.spawn(&[], "backend.py", &[]);
            stage.ends();
            stage.env.write("squatter", squatter.to_string());
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.port",
            cause: "port-taken",
            says: "port {port} is taken by a stranger",
            folded: &["service.backend.process", "service.backend.http", "check.fleet"],
            hint: "ps -o pid,ppid,user,lstart,args -p ",
            code: 2,
        }]);
    stranger_answers_200:
        "another program has the port, and answers 200 to the health URL",
        |stage| {
            stage.service("");
            stage.env.write("health", "{}");
            stranger(stage);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.port",
            cause: "port-taken",
            says: "port {port} is taken by a stranger",
            folded: &["service.backend.process", "service.backend.http"],
            hint: "ps -o pid,ppid,user,lstart,args -p {pid}",
            code: 2,
        }]);
    stranger_makes_a_crash_loop:
        "another program has the port, and a supervisor starts the backend in vain",
        |stage| {
            stage.service("").fleet();
            stranger(stage);
            for _ in 0..5 {
                stage.spawn(&[], "backend.py", &[]);
                stage.ends();
            }
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.port",
            cause: "port-taken",
            says: "port {port} is taken by a stranger",
            folded: &[
                "service.backend.process",
                "service.backend.http",
                "service.backend.restarts",
                "check.fleet",
            ],
            hint: "ps -o pid,ppid,user,lstart,args -p ",
            code: 2,
        }]);
    nobody_listens_though_it_runs:
        "it runs and listens on another port than the config says",
        |stage| {
            stage.service("");
            let configured = stage.port;
            stage.port = crate::support::free_port();
            stage.start(&[]);
            stage.port = configured;
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.port",
            cause: "",
            says: "nobody listens on port {port}; its own process listens on ",
            folded: &["service.backend.http"],
            hint: "lsof -nP -iTCP -sTCP:LISTEN -a -p {pid}",
            code: 2,
        }]);
}
