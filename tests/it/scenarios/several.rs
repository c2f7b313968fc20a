//! Two causes that have nothing to do with each other: both have to be named.

use std::fs;

use super::play::{Diagnosis, Expected};

scenarios! {
    dead_process_and_a_full_disk_elsewhere:
        "the process was killed, and a disk that it does not use is full",
        |stage| {
            let Some(disk) = stage.disk("size=1m") else { return stage.skip("needs root, to mount a disk") };
            let _no_space = fs::write(disk.join("old.dump"), vec![b'x'; 2 << 20]);
            stage.service("").check("archive", "disk", &format!("path = \"{}\"", disk.display()));
            stage.start(&[]);
            stage.kill();
            true
        },
        Expected::Causes(&[
            Diagnosis {
                root: "check.archive",
                cause: "disk-full",
                says: "100 % used, 0 B free",
                folded: &[],
                hint: "fuelops clean",
                code: 2,
            },
            Diagnosis {
                root: "service.backend.process",
                cause: "process-down",
                says: "does not run",
                folded: &["service.backend.port", "service.backend.http"],
                hint: "fuelops recover",
                code: 2,
            },
        ]);
    bug_and_a_dead_database_that_it_does_not_use:
        "a bug answers 500, and a database that the backend does not use is gone",
        |stage| {
            let port = crate::support::free_port();
            stage.service("");
            stage.check("archive-db", "tcp", &format!("address = \"127.0.0.1:{port}\""));
            stage.start(&[("FAIL", "boom")]);
            true
        },
        Expected::Causes(&[
            Diagnosis {
                root: "check.archive-db",
                cause: "process-down",
                says: "nothing listens there",
                folded: &[],
                hint: "lsof -nP -iTCP -sTCP:LISTEN",
                code: 2,
            },
            Diagnosis {
                root: "service.backend.http",
                cause: "bad-response",
                says: "answers 500",
                folded: &[],
                hint: "tail -n 50",
                code: 2,
            },
        ]);
}
