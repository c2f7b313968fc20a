//! Who uses most of the machine; measured only when it is short of something.

use std::time::Duration;

use serde_json::{Value, json};

use crate::checks::processes::observe::{CpuByProcess, shown, user_of};
use crate::checks::system;
use crate::config::Thresholds;
use crate::platform;
use crate::process::Table;
use crate::text::{human, width};

/// Processes that are named.
const SHOWN: usize = 5;

/// Of one processor; below it nobody is called busy.
const IDLE_PERCENT: f64 = 5.0;

/// One of the processes that use most.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::checks) struct Culprit {
    pid: u32,
    user: Option<String>,
    /// Hostile text, without secrets.
    command: String,
    /// 100 is one processor.
    cpu_percent: f64,
    rss_bytes: u64,
}

/// The processes that use most, most first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::checks) struct Culprits {
    by_cpu: Vec<Culprit>,
    by_memory: Vec<Culprit>,
}

impl Culprits {
    pub(in crate::checks) fn by_cpu_text(&self) -> String {
        text(&self.by_cpu, |c| human::percent(c.cpu_percent))
    }

    pub(in crate::checks) fn by_memory_text(&self) -> String {
        text(&self.by_memory, |c| human::bytes(c.rss_bytes))
    }

    pub(in crate::checks) fn by_cpu_json(&self) -> Value {
        list(&self.by_cpu)
    }

    pub(in crate::checks) fn by_memory_json(&self) -> Value {
        list(&self.by_memory)
    }
}

/// Columns of a command line in a summary; the whole of it stands among what was observed.
const COMMAND_COLUMNS: usize = 32;

/// Names the first one or two, by program and the beginning of its arguments.
fn text(culprits: &[Culprit], amount: impl Fn(&Culprit) -> String) -> String {
    let one = |c: &Culprit| {
        let (program, arguments) = c.command.split_once(' ').unwrap_or((&c.command, ""));
        let name = program.rsplit_once('/').map_or(program, |(_, name)| name);
        let command = width::fit(format!("{name} {arguments}").trim_end(), COMMAND_COLUMNS);
        format!("{command} (pid {}) {}", c.pid, amount(c))
    };
    let shown: Vec<_> = culprits.iter().take(2).map(one).collect();
    if shown.is_empty() { String::new() } else { format!("; most by {}", shown.join(", ")) }
}

fn list(culprits: &[Culprit]) -> Value {
    let each = |c: &Culprit| {
        json!({
            "pid": c.pid,
            "user": c.user,
            "command": c.command,
            "cpu_percent": c.cpu_percent,
            "rss_bytes": c.rss_bytes,
        })
    };
    culprits.iter().map(each).collect()
}

/// Finds who uses most of what is short by these bars. `busy` is the processors' share since `table` was read, `span` ago.
pub(super) fn find(table: &Table, bars: &Thresholds, busy: Option<f64>, span: Duration) -> Culprits {
    let is_busy = busy.is_some_and(|busy| busy >= bars.cpu_percent.warn);
    let is_full = memory_percent().is_some_and(|used| used >= bars.memory_percent.warn);
    if !is_busy && !is_full {
        return Culprits::default();
    }
    let mut used = used_since(table, span);
    used.sort_by(|a, b| b.cpu_percent.total_cmp(&a.cpu_percent));
    let busy = used.iter().position(|each| each.cpu_percent < IDLE_PERCENT).unwrap_or(used.len());
    let by_cpu = named(table, &used[..busy]);
    used.sort_by_key(|each| std::cmp::Reverse(each.rss_bytes));
    Culprits { by_cpu, by_memory: named(table, &used) }
}

/// What one process uses, before anybody asks for its name.
#[derive(Clone, Copy, Debug)]
struct Use {
    pid: u32,
    cpu_percent: f64,
    rss_bytes: u64,
}

/// What every process but this one uses, since `table` was read.
fn used_since(table: &Table, span: Duration) -> Vec<Use> {
    let before: CpuByProcess = table.stats().map(|stat| ((stat.pid, stat.started), stat.cpu)).collect();
    let now = platform::processes().unwrap_or_default().into_iter();
    now.filter(|stat| stat.pid != std::process::id())
        .map(|stat| {
            // One that started meanwhile used all of its time meanwhile.
            let earlier = before.get(&(stat.pid, stat.started)).copied().unwrap_or_default();
            let cpu = stat.cpu.saturating_sub(earlier).as_secs_f64() / span.as_secs_f64().max(0.001);
            Use { pid: stat.pid, cpu_percent: system::rounded(cpu * 100.0), rss_bytes: stat.rss_bytes }
        })
        .collect()
}

fn named(table: &Table, used: &[Use]) -> Vec<Culprit> {
    let each = |each: &Use| Culprit {
        pid: each.pid,
        user: user_of(table, each.pid),
        command: shown(table, each.pid),
        cpu_percent: each.cpu_percent,
        rss_bytes: each.rss_bytes,
    };
    // One that ended, or started, meanwhile has no name.
    used.iter().map(each).filter(|culprit| !culprit.command.is_empty()).take(SHOWN).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
fn memory_percent() -> Option<f64> {
    let of = |used: u64, total: u64| used as f64 / total.max(1) as f64 * 100.0;
    let memory = platform::memory().ok()?;
    let machine = of(memory.total_bytes.saturating_sub(memory.available_bytes), memory.total_bytes);
    let group = platform::limit_of(std::process::id()).map_or(0.0, |l| of(l.used_bytes, l.limit_bytes));
    Some(machine.max(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Bars;

    fn bars(cpu: f64) -> Thresholds {
        let off = Bars { warn: 101.0, critical: 101.0 };
        Thresholds {
            cpu_percent: Bars { warn: cpu, critical: 101.0 },
            memory_percent: off,
            disk_percent: off,
            errors_per_hour: off,
            restarts_per_day: off,
            min_uptime: Duration::ZERO,
        }
    }

    #[test]
    fn nobody_is_blamed_while_nothing_is_short() {
        let table = Table::read().unwrap();
        assert_eq!(find(&table, &bars(70.0), Some(10.0), Duration::from_millis(1)), Culprits::default());
    }

    #[test]
    fn busy_process_is_seen_to_be_busy() {
        let mut busy = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let table = Table::read().unwrap();
        let span = Duration::from_millis(500);
        std::thread::sleep(span);
        let used = used_since(&table, span);
        busy.kill().unwrap();
        busy.wait().unwrap();
        let mine = used.iter().find(|each| each.pid == busy.id()).unwrap();
        assert!(mine.cpu_percent > 0.5, "{mine:?}");
    }

    #[test]
    fn largest_stand_first_in_each_list() {
        let found = find(&Table::read().unwrap(), &bars(0.0), Some(50.0), Duration::from_millis(1));
        assert!(!found.by_memory.is_empty() && found.by_memory.len() <= SHOWN);
        assert!(found.by_memory.is_sorted_by(|a, b| a.rss_bytes >= b.rss_bytes));
        assert!(found.by_cpu.is_sorted_by(|a, b| a.cpu_percent >= b.cpu_percent));
        assert!(found.by_cpu.iter().all(|c| c.cpu_percent >= IDLE_PERCENT && !c.command.is_empty()));
        assert!(found.by_memory[0].user.is_some() && !found.by_memory[0].command.is_empty());
    }
}
