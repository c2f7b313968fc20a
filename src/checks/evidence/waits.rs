//! What the processes of services that do not answer wait for.

use std::time::Duration;

use crate::checks::Plan;
use crate::checks::evidence::{Wait, WaitsOn};
use crate::model::{Finding, Severity};
use crate::platform::{self, Waiting};
use crate::process::Table;

/// Processes of one service that are asked.
const MOST_OF_ONE: usize = 16;
/// Between two looks: what is the same in both is no passing moment.
const BETWEEN: Duration = Duration::from_millis(60);

/// Services that live and do not answer well, with the pid of their process.
pub(super) fn processes(plan: &Plan, findings: &[Finding]) -> Vec<(String, u32)> {
    let find = |id: String| findings.iter().find(|f| f.check == id);
    let each = plan.services.iter().filter_map(|service| {
        let name = &service.name;
        let process = find(format!("service.{name}.process"))?;
        let is_bad = find(format!("service.{name}.http")).is_some_and(|http| http.severity > Severity::Ok);
        let pid = process.observed.get("pid")?.as_u64().and_then(|pid| u32::try_from(pid).ok())?;
        (is_bad || process.severity > Severity::Ok).then(|| (name.clone(), pid))
    });
    each.collect()
}

/// Asks each twice; what it waits for both times is what it is hung on.
pub(super) fn find(processes: Vec<(String, u32)>) -> Vec<Wait> {
    if processes.is_empty() {
        return Vec::new();
    }
    let Ok(table) = Table::read() else { return Vec::new() };
    let trees: Vec<(String, Vec<u32>)> =
        processes.into_iter().map(|(service, pid)| (service, table.tree(pid))).collect();
    let look = |tree: &[u32]| -> Vec<Option<Waiting>> {
        tree.iter().take(MOST_OF_ONE).map(|pid| platform::waiting(*pid)).collect()
    };
    let before: Vec<_> = trees.iter().map(|(_, tree)| look(tree)).collect();
    std::thread::sleep(BETWEEN);
    let mut waits = Vec::new();
    for ((service, tree), before) in trees.into_iter().zip(before) {
        let after = look(&tree);
        let same = tree.iter().zip(before.into_iter().zip(after));
        let same = same.filter(|(_, (before, after))| before == after && after.is_some());
        let found = same.filter_map(|(pid, (_, on))| Some((*pid, on.and_then(waits_on)?)));
        // A peer or a file names the culprit; a lock may only wait for the thread that does.
        waits.extend(found.min_by_key(|(_, on)| rank(on)).map(|(pid, on)| Wait { service, pid, on }));
    }
    waits
}

fn waits_on(waiting: Waiting) -> Option<WaitsOn> {
    Some(match waiting {
        Waiting::Nothing => WaitsOn::Itself,
        Waiting::Peer(peer) => WaitsOn::Peer(peer),
        Waiting::File(path) => WaitsOn::File(path),
        Waiting::Pipe => WaitsOn::Pipe,
        Waiting::Lock => WaitsOn::Lock,
        Waiting::Kernel(function) => WaitsOn::Kernel(function),
    })
}

fn rank(on: &WaitsOn) -> u8 {
    match on {
        WaitsOn::Peer(_) => 0,
        WaitsOn::File(_) => 1,
        WaitsOn::Kernel(_) => 2,
        WaitsOn::Itself => 3,
        WaitsOn::Pipe => 4,
        WaitsOn::Lock => 5,
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn busy_loop_waits_for_itself() {
        let mut child =
            Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        let found = find(vec![("api".to_owned(), child.id())]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found, [Wait { service: "api".to_owned(), pid: child.id(), on: WaitsOn::Itself }]);
    }
}
