//! Orders to launchd, by `launchctl`: a job is stopped by taking it out of its domain, for one that is kept alive comes
//! back from everything else.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::text::{human, shell};
use crate::units::UnitFault;
use crate::units::launchd::{Job, find};
use crate::units::order::{Limits, Obeyed, Order, OrderFault};
use crate::units::tool;

/// For a question about a job.
const ASKING: Duration = Duration::from_secs(5);
/// Beyond the time that a job may take to end.
const BOOTING_OUT: Duration = Duration::from_secs(5);
const PACE: Duration = Duration::from_millis(100);
const LIST: &str = "launchctl list";

/// Carries an order out, and looks whether it holds.
pub(in crate::units) fn carry_out(label: &str, order: Order, limits: Limits) -> Result<Obeyed, OrderFault> {
    let jobs = match find(label, Instant::now() + ASKING) {
        Err(UnitFault::Unknown { .. }) => Vec::new(),
        other => other.map_err(|fault| OrderFault::of(fault, label, LIST))?,
    };
    let job = jobs.into_iter().max_by_key(|job| job.state.main_pid.is_some());
    match (order, job) {
        (Order::Start, Some(job)) if job.state.main_pid.is_some() => Ok(Obeyed::already(job.state.main_pid)),
        (Order::Start, Some(job)) => kick(label, &job, &["kickstart"], limits.start),
        (Order::Restart, Some(job)) => kick(label, &job, &["kickstart", "-k"], limits.stop + limits.start),
        (Order::Stop, Some(job)) => boot_out(label, &job, limits.stop),
        (order, None) => {
            let definition = definition(label)
                .ok_or_else(|| OrderFault::of(UnitFault::Unknown { known: Vec::new() }, label, LIST))?;
            match order {
                Order::Stop => Ok(Obeyed::already(None)),
                Order::Start | Order::Restart => boot_in(label, &definition, limits.start),
            }
        }
    }
}

fn kick(label: &str, job: &Job, words: &[&str], limit: Duration) -> Result<Obeyed, OrderFault> {
    let name = format!("{}/{label}", job.domain);
    let words: Vec<&str> = words.iter().copied().chain([name.as_str()]).collect();
    tell(&name, &words, limit)?;
    runs(label, &job.domain, limit)
}

fn boot_in(label: &str, definition: &Path, limit: Duration) -> Result<Obeyed, OrderFault> {
    let domain = match definition.starts_with("/Library/LaunchDaemons") {
        true => "system".to_owned(),
        false => format!("gui/{}", rustix::process::getuid().as_raw()),
    };
    let path = definition.to_string_lossy();
    tell(&format!("{domain}/{label}"), &["bootstrap", &domain, &path], limit)?;
    // One that is not meant to run at once is started like any other.
    let job = found(label, &domain)?;
    match job.state.main_pid {
        Some(pid) => Ok(Obeyed::now(Some(pid))),
        None => kick(label, &job, &["kickstart"], limit),
    }
}

fn boot_out(label: &str, job: &Job, limit: Duration) -> Result<Obeyed, OrderFault> {
    let name = format!("{}/{label}", job.domain);
    let until = Instant::now() + limit + BOOTING_OUT;
    tell(&name, &["bootout", &name], limit + BOOTING_OUT)?;
    loop {
        let is_gone = match find(label, Instant::now() + ASKING) {
            Err(UnitFault::Unknown { .. }) => true,
            Err(fault) => return Err(OrderFault::of(fault, label, LIST)),
            Ok(jobs) => jobs.iter().all(|other| other.domain != job.domain),
        };
        match is_gone {
            true => return Ok(Obeyed::now(None)),
            false if Instant::now() >= until => return Err(unsettled(&name, "has not ended", limit)),
            false => thread::sleep(PACE),
        }
    }
}

/// Waits until it has a process.
fn runs(label: &str, domain: &str, limit: Duration) -> Result<Obeyed, OrderFault> {
    let until = Instant::now() + limit;
    loop {
        let job = found(label, domain)?;
        if let Some(pid) = job.state.main_pid {
            return Ok(Obeyed::now(Some(pid)));
        }
        if job.state.active == "failed" || Instant::now() >= until {
            return Err(unsettled(&format!("{domain}/{label}"), "has not started", limit));
        }
        thread::sleep(PACE);
    }
}

fn found(label: &str, domain: &str) -> Result<Job, OrderFault> {
    let jobs = find(label, Instant::now() + ASKING).map_err(|fault| OrderFault::of(fault, label, LIST))?;
    let same = jobs.into_iter().find(|job| job.domain == domain);
    same.ok_or_else(|| OrderFault::new(format!("there is no job {domain}/{label} any more"), None))
}

fn tell(name: &str, words: &[&str], limit: Duration) -> Result<(), OrderFault> {
    match tool::run("launchctl", words, Instant::now() + limit) {
        Ok(printed) if printed.status.success() => Ok(()),
        // It is on its way out.
        Ok(printed) if printed.errors.contains("in progress") => Ok(()),
        Ok(printed) => Err(OrderFault::said("launchctl", &printed, print(name))),
        Err(UnitFault::Silent) => Err(unsettled(name, "has not obeyed", limit)),
        Err(fault) => Err(OrderFault::of(fault, name, LIST)),
    }
}

fn unsettled(name: &str, what: &str, limit: Duration) -> OrderFault {
    OrderFault::new(format!("{name} {what} within {}", human::duration(limit)), Some(print(name)))
}

fn print(name: &str) -> String {
    shell::command(["launchctl", "print", name])
}

/// Where the definition of a job that is not loaded lies.
fn definition(label: &str) -> Option<PathBuf> {
    let file = format!("{label}.plist");
    let home = crate::platform::account(rustix::process::getuid().as_raw()).map(|account| account.home);
    let own = home.map(|home| home.join("Library/LaunchAgents"));
    let folders = ["/Library/LaunchDaemons", "/Library/LaunchAgents"].map(PathBuf::from);
    folders.into_iter().chain(own).map(|folder| folder.join(&file)).find(|path| path.is_file())
}
