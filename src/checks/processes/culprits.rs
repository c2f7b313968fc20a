//! Who uses most of the machine; measured only when it is short of something.

use serde_json::{Value, json};

use crate::text::human;

/// One of the processes that use most.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::checks) struct Culprit {
    pub(in crate::checks) pid: u32,
    pub(in crate::checks) user: Option<String>,
    /// Hostile text, without secrets.
    pub(in crate::checks) command: String,
    /// 100 is one processor.
    pub(in crate::checks) cpu_percent: f64,
    pub(in crate::checks) rss_bytes: u64,
}

/// The processes that use most, most first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::checks) struct Culprits {
    pub(in crate::checks) by_cpu: Vec<Culprit>,
    pub(in crate::checks) by_memory: Vec<Culprit>,
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

/// Names the first one or two.
fn text(culprits: &[Culprit], amount: impl Fn(&Culprit) -> String) -> String {
    let shown: Vec<_> =
        culprits.iter().take(2).map(|c| format!("{} (pid {}) {}", c.command, c.pid, amount(c))).collect();
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
