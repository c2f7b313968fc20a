//! What to do about a finding: a sentence, and a command that exists, quoted for a shell.

use serde_json::Value;

use crate::config::Service;
use crate::model::{Cause, Finding, Hint, Severity};
use crate::text::{redact, shell};

/// Pids that one command is given.
const MAX_PIDS: usize = 32;

/// Processes by the number of files that they hold open.
const MOST_FILES: &str =
    r#"sudo lsof -n | awk '{ n[$2 " " $1]++ } END { for (p in n) print n[p], p }' | sort -n | tail"#;

/// The cure for a finding, where there is one to name.
pub(super) fn of(finding: &Finding, services: &[Service]) -> Option<Hint> {
    let service = services.iter().find(|s| finding.check.starts_with(&format!("service.{}.", s.name)));
    match finding.cause {
        Some(cause) => of_cause(cause, finding, service, services),
        None if finding.severity == Severity::Unknown && service.is_some() => Some(hint(
            "see more of it as root, or as the user that it runs as",
            Some(words(["sudo", "fuelops", "health", "--target", &finding.target])),
        )),
        None => None,
    }
}

fn of_cause(
    cause: Cause,
    finding: &Finding,
    service: Option<&Service>,
    services: &[Service],
) -> Option<Hint> {
    Some(match cause {
        Cause::ProcessDown => return service.map(down),
        Cause::OrphanProcess => orphan(finding),
        Cause::PortTaken => taken(finding),
        Cause::ProcessHung => hung(finding, service),
        Cause::MemoryFull => used_by(finding, "the largest processes are", "pid,user,rss,args"),
        Cause::CpuSaturated => used_by(finding, "the busiest processes are", "pid,user,pcpu,time,args"),
        Cause::MemoryLimit => {
            let of = number(finding, "pid").map(|pid| listed("pid,user,rss,args", &[pid]));
            hint("see what it keeps in memory, or raise its limit", of)
        }
        Cause::DiskFull => full(finding),
        Cause::InodesFull => {
            let path = text(finding, "path")?;
            let command = format!("du --inodes -x -d 2 {} | sort -n | tail", shell::quote(&path));
            hint("find the folder with the many small files", Some(command))
        }
        Cause::FilesExhausted => match number(finding, "open_files_pid") {
            Some(pid) => hint(
                "see what it holds open; it may leak files or sockets, or need a higher limit",
                Some(words(["lsof", "-nP", "-p", &pid.to_string()])),
            ),
            None => hint(
                "see who holds so many files open, and raise the machine's limit if they are needed",
                Some(MOST_FILES.to_owned()),
            ),
        },
        Cause::SlowResponse => hint("see in which phase the time goes", Some(again(finding))),
        Cause::BadResponse => bad_response(finding, service),
        Cause::CertificateExpiring => certificate(finding),
        Cause::StaleLog => {
            let path = text(finding, "path")?;
            hint("see whether its writer still runs", Some(words(["ls", "-l", &path])))
        }
        Cause::ErrorRate => errors(services),
        // Named by judges that are still to come, with cures of their own.
        _ => return None,
    })
}

/// See why it ended, then start it again as it is configured.
fn down(service: &Service) -> Hint {
    let start = service.command.as_ref().map(|command| {
        let line = redact::secrets(&shell::command(command.words())).into_owned();
        format!("cd {} && {line}", shell::quote(&service.cwd.to_string_lossy()))
    });
    match (last_words(service), start) {
        (Some(tail), Some(start)) => {
            hint(format!("see what it said last, then start it: {start}"), Some(tail))
        }
        (tail, start) => hint("start it again", tail.or(start)),
    }
}

fn orphan(finding: &Finding) -> Hint {
    let mut pids = numbers(finding, "pids");
    pids.extend(holders(finding));
    let command = (!pids.is_empty()).then(|| kill("-TERM", &pids));
    hint(
        "end the workers that have lost their parent, then start the service: until then its port is taken",
        command,
    )
}

fn taken(finding: &Finding) -> Hint {
    let strangers = holders(finding);
    if strangers.is_empty() {
        return hint(
            "see as root who it is",
            Some(words(["sudo", "fuelops", "health", "--target", &finding.target])),
        );
    }
    hint(
        "find out whose it is and stop it there, or give the service another port",
        Some(listed("pid,ppid,user,lstart,args", &strangers)),
    )
}

fn hung(finding: &Finding, service: Option<&Service>) -> Hint {
    // Of a process finding: the process is stopped. Of an answer that does not come: nobody knows why yet.
    if let Some(pid) = number(finding, "pid") {
        return hint("let it go on; somebody or a debugger has stopped it", Some(kill("-CONT", &[pid])));
    }
    let command = service.and_then(last_words).unwrap_or_else(|| again(finding));
    hint("it lives and does not answer: see what it was doing last, then restart it", Some(command))
}

fn used_by(finding: &Finding, what: &str, columns: &str) -> Hint {
    let pids: Vec<u64> = list(finding, "top_processes").filter_map(|p| p["pid"].as_u64()).collect();
    if pids.is_empty() {
        return hint("see who uses most", Some(format!("ps -eo {columns} | sort -k3 -n | tail")));
    }
    hint(format!("{what} pids {}", joined(&pids, ", ")), Some(listed(columns, &pids)))
}

fn full(finding: &Finding) -> Hint {
    let largest = list(finding, "largest_folders").find_map(|f| f["path"].as_str().map(str::to_owned));
    let folder = largest.or_else(|| text(finding, "path")).unwrap_or_else(|| "/".to_owned());
    hint("see what fills it", Some(format!("du -xh -d 1 {} | sort -h | tail", shell::quote(&folder))))
}

fn bad_response(finding: &Finding, service: Option<&Service>) -> Hint {
    let url = text(finding, "url").filter(|url| !url.contains(redact::MASK));
    match (url, service.and_then(last_words)) {
        (_, Some(tail)) => hint("see what it logged meanwhile", Some(tail)),
        (Some(url), None) => {
            hint("look at the whole answer", Some(words(["curl", "-sSi", "-m", "10", &url])))
        }
        (None, None) => hint("ask it again by itself", Some(again(finding))),
    }
}

fn certificate(finding: &Finding) -> Hint {
    let command = text(finding, "path")
        .map(|path| words(["openssl", "x509", "-noout", "-subject", "-dates", "-in", &path]))
        .or_else(|| {
            let address = text(finding, "address")?;
            let address = shell::quote(&address).into_owned();
            let shown = "openssl x509 -noout -subject -dates";
            Some(format!("openssl s_client -connect {address} </dev/null | {shown}"))
        })
        .or_else(|| Some(again(finding)));
    hint("renew it, and have the server load the new one", command)
}

fn errors(services: &[Service]) -> Hint {
    let log = services.iter().find_map(|s| s.log_file.as_ref()).map(|log| log.to_string_lossy());
    let command =
        log.map(|log| format!("grep -nE 'ERROR|CRITICAL|FATAL' {} | tail -n 20", shell::quote(&log)));
    hint("see which errors they are", command)
}

fn last_words(service: &Service) -> Option<String> {
    service.log_file.as_ref().map(|log| words(["tail", "-n", "50", &log.to_string_lossy()]))
}

/// The check by itself, with all that was measured.
fn again(finding: &Finding) -> String {
    words(["fuelops", "health", "--target", &finding.target, "--format", "json"])
}

fn hint(text: impl Into<String>, command: Option<String>) -> Hint {
    Hint { text: text.into(), command }
}

fn words<const N: usize>(words: [&str; N]) -> String {
    shell::command(words)
}

fn kill(signal: &str, pids: &[u64]) -> String {
    format!("kill {signal} {}", joined(pids, " "))
}

fn listed(columns: &str, pids: &[u64]) -> String {
    format!("ps -o {columns} -p {}", joined(pids, ","))
}

fn joined(pids: &[u64], by: &str) -> String {
    let mut list: Vec<u64> = Vec::new();
    for pid in pids.iter().take(MAX_PIDS) {
        if !list.contains(pid) {
            list.push(*pid);
        }
    }
    list.iter().map(u64::to_string).collect::<Vec<_>>().join(by)
}

fn holders(finding: &Finding) -> Vec<u64> {
    list(finding, "holders").filter(|h| h["is_own"] == false).filter_map(|h| h["pid"].as_u64()).collect()
}

fn list<'a>(finding: &'a Finding, key: &str) -> impl Iterator<Item = &'a Value> {
    finding.observed.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn numbers(finding: &Finding, key: &str) -> Vec<u64> {
    list(finding, key).filter_map(Value::as_u64).collect()
}

fn number(finding: &Finding, key: &str) -> Option<u64> {
    finding.observed.get(key)?.as_u64()
}

fn text(finding: &Finding, key: &str) -> Option<String> {
    finding.observed.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::config::{Environment, parse};

    pub(in crate::diagnose) fn service(name: &str) -> Service {
        let text = format!(
            r#"
            [[service]]
            name = "{name}"
            command = ["python3", "main.py", "--token=abcdef1234567890"]
            cwd = "/srv/my app"
            log_file = "/srv/my app/back end.log"
            "#
        );
        parse(&text, Path::new("/"), &Environment::default()).unwrap().services.remove(0)
    }

    fn cure(check: &str, cause: Cause, observed: &Value) -> Hint {
        let mut finding = Finding::new(check, "api", Severity::Critical, "").because(cause);
        finding.observed = observed.as_object().unwrap().clone();
        of(&finding, &[service("api")]).unwrap()
    }

    fn command(check: &str, cause: Cause, observed: &Value) -> String {
        cure(check, cause, observed).command.unwrap()
    }

    #[test]
    fn dead_service_is_read_before_it_is_started() {
        let hint = cure("service.api.process", Cause::ProcessDown, &json!({}));
        assert_eq!(hint.command.unwrap(), "tail -n 50 '/srv/my app/back end.log'");
        assert!(hint.text.contains("cd '/srv/my app' && python3 main.py"), "{}", hint.text);
        assert!(!hint.text.contains("abcdef"), "{}", hint.text);
    }

    #[test]
    fn only_proven_processes_are_signalled() {
        let holders = json!([{"pid": 7, "is_own": true}, {"pid": 8, "is_own": false}]);
        let orphan = command("service.api.process", Cause::OrphanProcess, &json!({"pids": [8, 9]}));
        assert_eq!(orphan, "kill -TERM 8 9");
        let taken = command("service.api.port", Cause::PortTaken, &json!({ "holders": holders }));
        assert_eq!(taken, "ps -o pid,ppid,user,lstart,args -p 8");
        let unseen = command("service.api.port", Cause::PortTaken, &json!({"holders": []}));
        assert_eq!(unseen, "sudo fuelops health --target api");
        let stopped = command("service.api.process", Cause::ProcessHung, &json!({"pid": 8}));
        assert_eq!(stopped, "kill -CONT 8");
    }

    #[test]
    fn hostile_paths_are_quoted() {
        let full = command(
            "disk./x",
            Cause::DiskFull,
            &json!({"path": "/x", "largest_folders": [{"path": "/x/$(reboot)", "bytes": 1}]}),
        );
        assert_eq!(full, "du -xh -d 1 '/x/$(reboot)' | sort -h | tail");
        let stale = command("check.log", Cause::StaleLog, &json!({"path": "a;b"}));
        assert_eq!(stale, "ls -l 'a;b'");
    }

    #[test]
    fn masked_url_is_not_put_into_a_command() {
        let open = command("check.api", Cause::BadResponse, &json!({"url": "http://h/?q=a&b"}));
        assert_eq!(open, "curl -sSi -m 10 'http://h/?q=a&b'");
        let masked = command("check.api", Cause::BadResponse, &json!({"url": "http://u:[redacted]@h/"}));
        assert_eq!(masked, "fuelops health --target api --format json");
    }

    #[test]
    fn every_cause_that_is_named_today_has_a_cure() {
        use Cause::*;
        let observed = json!({"path": "/x", "pid": 5, "url": "http://h/"});
        for cause in [
            ProcessDown,
            OrphanProcess,
            PortTaken,
            ProcessHung,
            MemoryFull,
            CpuSaturated,
            MemoryLimit,
            DiskFull,
            InodesFull,
            FilesExhausted,
            SlowResponse,
            BadResponse,
            CertificateExpiring,
            StaleLog,
            ErrorRate,
        ] {
            assert!(!cure("service.api.process", cause, &observed).text.is_empty(), "{cause}");
        }
    }
}
