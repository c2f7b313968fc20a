//! A database that is gone, deaf or full, and what that does to those who need it.

use super::play::{Diagnosis, Expected};
use super::stage::Stage;
use crate::support::free_port;

/// A backend whose health route asks a database, at a port where there may be none.
fn backend_with_database(stage: &mut Stage, port: u16) {
    stage.start(&[("FAIL", "health"), ("DATABASE_PORT", &port.to_string())]);
}

scenarios! {
    database_is_gone:
        "MySQL does not run: routes that need it answer 500",
        |stage| {
            let port = free_port();
            stage.service("").fleet();
            stage.check("mysql", "mysql", &format!("url = \"mysql://fuel@127.0.0.1:{port}/fuel\""));
            backend_with_database(stage, port);
            stage.ask("/health");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.mysql",
            cause: "database-down",
            says: "refuses connections: nothing listens there",
            folded: &["service.backend.http", "check.fleet"],
            hint: "",
            code: 2,
        }]);
    database_that_no_check_watches:
        "MySQL does not run, and only the backend's log tells of it",
        |stage| {
            stage.service("");
            let port = free_port();
            backend_with_database(stage, port);
            stage.ask("/health");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.http",
            cause: "database-down",
            says: "its log says: MySQL on '127.0.0.1' does not accept connections",
            folded: &[],
            hint: "tail -n 50",
            code: 2,
        }]);
    database_accepts_and_says_nothing:
        "MySQL hangs: it accepts, says nothing, and the backend waits for it",
        |stage| {
            stage.service("").fleet();
            let port = stage.silent_server();
            stage.check("mysql", "mysql", &format!("url = \"mysql://fuel@127.0.0.1:{port}/fuel\""));
            backend_with_database(stage, port);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.mysql",
            cause: "database-down",
            says: "accepts connections, but says nothing that MySQL would say",
            folded: &["service.backend.http", "check.fleet"],
            hint: "",
            code: 2,
        }]);
    declared_dependency_is_gone:
        "what the config says the backend depends on is gone, and it answers 500",
        |stage| {
            let port = free_port();
            stage.service("depends_on = [\"broker\"]");
            stage.check("broker", "tcp", &format!("address = \"127.0.0.1:{port}\""));
            stage.start(&[("FAIL", "boom")]);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.broker",
            cause: "process-down",
            says: "nothing listens there",
            folded: &["service.backend.http"],
            hint: "lsof -nP -iTCP -sTCP:LISTEN",
            code: 2,
        }]);
}
