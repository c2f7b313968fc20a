//! A signal that ends fuelops ends what it started, and the exit code says which signal it was.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::Env;

#[test]
fn an_interrupted_health_leaves_no_command_behind() {
    let env = Env::new();
    env.write(
        "fuelops.toml",
        b"[[check]]\nname = \"slow\"\ntype = \"command\"\ntimeout = \"30s\"\ncommand = [\"sh\", \"-c\", \"echo $$ > pid; sleep 300 & wait\"]\n",
    );
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut health = Command::new(env!("CARGO_BIN_EXE_fuelops"))
            .arg("health")
            .current_dir(env.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid_file = env.path("pid");
        let leader = wait_for(|| std::fs::read_to_string(&pid_file).ok()?.trim().parse::<i32>().ok());
        kill(Pid::from_raw(i32::try_from(health.id()).unwrap()), signal).unwrap();
        assert_eq!(health.wait().unwrap().code(), Some(code));
        wait_for(|| kill(Pid::from_raw(-leader), None).is_err().then_some(()));
        std::fs::remove_file(&pid_file).unwrap();
    }
}

fn wait_for<T>(look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}
