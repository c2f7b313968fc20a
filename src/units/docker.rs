//! Containers, by the `docker` tool.

use std::time::{Duration, Instant};

use crate::text::{human, shell};
use crate::units::UnitFault;
use crate::units::order::{Limits, Obeyed, Order, OrderFault};
use crate::units::tool::{self, Printed};

/// For a question about a container.
const ASKING: Duration = Duration::from_secs(5);
/// Beyond the time that a container may take to end: docker kills it then.
const KILLING: Duration = Duration::from_secs(10);
const FORMAT: &str = "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}";

/// Carries an order out, and looks whether it holds.
pub(super) fn carry_out(name: &str, order: Order, limits: Limits) -> Result<Obeyed, OrderFault> {
    let seconds = limits.stop.as_secs().max(1).to_string();
    let container = Container::look(name)?;
    match (order, container.status.as_str()) {
        (Order::Start, "running") => return Ok(Obeyed::already(container.pid)),
        (Order::Stop, "created" | "exited" | "dead") => return Ok(Obeyed::already(None)),
        (Order::Start, "paused") => tell(name, &["unpause"], limits.start)?,
        (Order::Start, _) => tell(name, &["start"], limits.start)?,
        (Order::Stop, _) => tell(name, &["stop", "-t", &seconds], limits.stop + KILLING)?,
        (Order::Restart, status) => {
            if status == "paused" {
                // It hears no signal before that.
                tell(name, &["unpause"], limits.start)?;
            }
            tell(name, &["restart", "-t", &seconds], limits.stop + KILLING + limits.start)?;
        }
    }
    let now = Container::look(name)?;
    match (order, now.status.as_str()) {
        (Order::Stop, "exited" | "dead") => Ok(Obeyed::now(None)),
        (Order::Stop, status) => Err(fault(format!("{name} is {status} after it was stopped"), name)),
        (_, "running") => Ok(Obeyed::now(now.pid)),
        (_, status) => {
            let why = format!("{name} is {status} after its start (exit code {})", now.exit_code);
            Err(fault(why, name))
        }
    }
}

/// A container, as docker sees it.
#[derive(Debug, PartialEq, Eq)]
struct Container {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    status: String,
    pid: Option<u32>,
    exit_code: i32,
}

impl Container {
    fn look(name: &str) -> Result<Self, OrderFault> {
        let words = ["inspect", "--type", "container", "--format", FORMAT, "--", name];
        let printed = ask(&words, ASKING)?;
        if printed.errors.contains("No such") {
            let why = UnitFault::Unknown { known: Vec::new() };
            return Err(OrderFault::of(why, name, "docker ps --all"));
        }
        let read = Self::read(&printed.output).filter(|_| printed.status.success());
        read.ok_or_else(|| OrderFault::said("docker", &printed, "docker info".to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let status = words.next()?.to_owned();
        let pid = words.next()?.parse().ok().filter(|pid| *pid > 0);
        Some(Self { status, pid, exit_code: words.next()?.parse().ok()? })
    }
}

fn tell(name: &str, words: &[&str], limit: Duration) -> Result<(), OrderFault> {
    let words: Vec<&str> = words.iter().copied().chain(["--", name]).collect();
    let printed = match tool::run("docker", &words, Instant::now() + limit) {
        Err(UnitFault::Silent) => {
            let within = human::duration(limit);
            return Err(fault(format!("docker {} {name}: no end within {within}", words[0]), name));
        }
        other => other.map_err(|fault| OrderFault::of(fault, name, ""))?,
    };
    match printed.status.success() {
        true => Ok(()),
        false => Err(OrderFault::said("docker", &printed, logs(name))),
    }
}

fn ask(words: &[&str], limit: Duration) -> Result<Printed, OrderFault> {
    tool::run("docker", words, Instant::now() + limit).map_err(|fault| OrderFault::of(fault, "", ""))
}

fn fault(why: String, name: &str) -> OrderFault {
    OrderFault::new(why, Some(logs(name)))
}

fn logs(name: &str) -> String {
    shell::command(["docker", "logs", "--tail", "50", name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_does_not_run_has_no_pid() {
        let read = |text| Container::read(text).unwrap();
        assert_eq!(read("running 4711 0\n").pid, Some(4711));
        assert_eq!((read("exited 0 137\n").pid, read("exited 0 137\n").exit_code), (None, 137));
        assert_eq!(Container::read("template parsing error"), None);
    }
}
