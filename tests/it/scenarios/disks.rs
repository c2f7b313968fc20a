//! Full disks, and who cannot write.

use std::fs;
use std::path::Path;

use super::play::{Diagnosis, Expected};
use super::stage::Stage;

/// Fills a disk to the last byte.
fn fill(disk: &Path) {
    let _no_space = fs::write(disk.join("old.dump"), vec![b'x'; 8 << 20]);
}

/// A backend that works on a small disk, with its log elsewhere.
fn backend_on(stage: &mut Stage, options: &str) -> Option<String> {
    let disk = stage.disk(options)?;
    fs::copy(stage.env.path("backend.py"), disk.join("backend.py")).unwrap();
    let dir = disk.display().to_string();
    stage
        .service("")
        .set("pid_file = \"backend.pid\"", &format!("cwd = \"{dir}\"\npid_file = \"backend.pid\""));
    stage.check("data", "disk", &format!("path = \"{dir}\""));
    Some(dir)
}

scenarios! {
    disk_full_and_it_answers_500:
        "the disk of its data is full: it lives, and answers 500",
        |stage| {
            let Some(dir) = backend_on(stage, "size=1m") else { return stage.skip("needs root, to mount a disk") };
            stage.spawn(&["env", "-C", &dir], "backend.py", &[("FAIL", "write"), ("DATA_DIR", &dir)]);
            stage.listens();
            fill(Path::new(&dir));
            stage.ask("/health");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.data",
            cause: "disk-full",
            says: "100 % used, 0 B free",
            folded: &["service.backend.http"],
            hint: "fuelops clean",
            code: 2,
        }]);
    disk_full_and_it_does_not_start:
        "the disk of its data is full: it ends at its start",
        |stage| {
            let Some(dir) = backend_on(stage, "size=1m") else { return stage.skip("needs root, to mount a disk") };
            fill(Path::new(&dir));
            stage.spawn(&["env", "-C", &dir], "backend.py", &[("FAIL", "disk"), ("DATA_DIR", &dir)]);
            stage.ends();
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.data",
            cause: "disk-full",
            says: "100 % used, 0 B free",
            folded: &["service.backend.process", "service.backend.port", "service.backend.http"],
            hint: "fuelops clean",
            code: 2,
        }]);
    root_lies_on_a_full_disk:
        "the disk that holds root is full, and a log there has fallen silent",
        |stage| {
            let Some(disk) = stage.disk("size=1m") else { return stage.skip("needs root, to mount a disk") };
            let log = disk.join("sync.log");
            fs::write(&log, "").unwrap();
            let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7_200);
            fs::File::options().append(true).open(&log).unwrap().set_modified(old).unwrap();
            fill(&disk);
            stage.set("name = \"fuel", &format!("root = \"{}\"\nname = \"fuel", disk.display()));
            stage.check("sync-log", "file-age", "path = \"sync.log\"\nmax_age = \"1h\"");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "disk.{mount}",
            cause: "disk-full",
            says: "100 % used, 0 B free",
            folded: &["check.sync-log"],
            hint: "fuelops clean",
            code: 2,
        }]);
    no_inode_left:
        "a million small files: bytes are free, and no file can be made",
        |stage| {
            let Some(disk) = stage.disk("size=8m,nr_inodes=40") else {
                return stage.skip("needs root, to mount a disk");
            };
            for n in 0..60 {
                let _no_inode = fs::write(disk.join(format!("session-{n}")), "");
            }
            stage.check("sessions", "disk", &format!("path = \"{}\"", disk.display()));
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.sessions",
            cause: "inodes-full",
            says: "100 % of inodes used, 0 free",
            folded: &[],
            hint: "du --inodes -x -d 2 {mount}",
            code: 2,
        }]);
}
