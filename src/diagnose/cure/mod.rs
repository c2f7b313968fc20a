//! What to do about a finding: a sentence, and a command that exists here, quoted for a shell.

mod answer;
mod command;
mod machine;
mod observed;
mod server;
mod service;

use crate::config::Service;
use crate::diagnose::Known;
use crate::model::{Cause, Finding, Hint, Severity};
use command::{hint, words};

/// A finding that wants a cure, with what is known.
#[derive(Clone, Copy)]
struct Case<'a> {
    finding: &'a Finding,
    known: &'a Known<'a>,
    /// That the finding is about.
    service: Option<&'a Service>,
}

/// The cure for a finding, where there is one to name.
pub(super) fn of(finding: &Finding, known: &Known<'_>) -> Option<Hint> {
    // By its target: names may hold dots, and `api` would be found in `service.api.v2.process`.
    let is_of_service = finding.check.starts_with("service.");
    let service = known.services.iter().find(|s| is_of_service && s.name == finding.target);
    let case = Case { finding, known, service };
    match finding.cause {
        Some(cause) => of_cause(cause, case),
        None if finding.severity == Severity::Unknown && service.is_some() => Some(hint(
            "see more of it as root, or as the user that it runs as",
            Some(words(["sudo", "fuelops", "health", "--target", &finding.target])),
        )),
        None if finding.check == "system.cpu" && finding.severity > Severity::Unknown => {
            Some(machine::busy(case))
        }
        None => service::nameless(case).or_else(|| answer::nameless(case)),
    }
}

fn of_cause(cause: Cause, case: Case<'_>) -> Option<Hint> {
    match cause {
        Cause::ProcessDown | Cause::CrashLoop => service::down(case),
        Cause::OrphanProcess => Some(service::orphan(case)),
        Cause::PortTaken => Some(service::taken(case)),
        Cause::ProcessHung => Some(service::hung(case)),
        Cause::UnitFailed => Some(hint("see what its manager says of it", Some(case.again()))),
        Cause::MemoryFull | Cause::MemoryLimit => Some(machine::memory(case)),
        Cause::CpuSaturated => Some(machine::busy(case)),
        Cause::DiskFull => Some(machine::disk(case)),
        Cause::InodesFull => machine::inodes(case),
        Cause::FilesExhausted => Some(machine::files(case)),
        Cause::SlowResponse => Some(answer::slow(case)),
        Cause::BadResponse => Some(answer::bad(case)),
        Cause::CertificateExpiring => Some(answer::certificate(case)),
        Cause::StaleLog => answer::stale_log(case),
        Cause::ErrorRate => Some(answer::errors(case)),
        Cause::BackupStale => answer::stale_backup(case),
        Cause::DatabaseDown | Cause::CacheDown => Some(server::down(case)),
        Cause::WorkerDown | Cause::DuplicateWorker | Cause::MetricsInvalid | Cause::TargetDown => {
            Some(server::look_again(cause, case))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::checks::{Evidence, LastWords, SaidFault, Server};
    use crate::diagnose::testing::{WITH_TOOLS, WITHOUT_TOOLS, bad, diagnosed, known, service};
    use crate::logs::rules::FaultClass;

    fn cure(check: &str, cause: Cause, observed: &Value) -> Hint {
        let mut finding = bad(check, cause);
        finding.observed = observed.as_object().unwrap().clone();
        let services = [service("api")];
        let evidence = read_log();
        let known = Known { services: &services, evidence: &evidence, tools: WITHOUT_TOOLS, ..known() };
        of(&finding, &known).unwrap()
    }

    /// The log of the service is there.
    fn read_log() -> Evidence {
        let silent_for = Duration::ZERO;
        let words = LastWords {
            service: "api".into(),
            log: "/srv/my app/back end.log".into(),
            silent_for,
            pid: None,
            faults: Vec::new(),
        };
        Evidence { last_words: vec![words], ..Evidence::default() }
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
    fn one_whose_user_is_missing_is_not_started() {
        let mut dead = bad("service.api.process", Cause::ProcessDown);
        dead.observed.insert("missing_user".into(), json!("fuel"));
        let services = [service("api")];
        let hint = of(&dead, &Known { services: &services, tools: WITH_TOOLS, ..known() }).unwrap();
        assert_eq!(hint.command.as_deref(), Some("fuelops config check"));
        assert_eq!(hint.text, "create the user fuel, or name another one as `user` of api");
    }

    #[test]
    fn log_is_named_where_it_is_there() {
        let (services, evidence) = ([service("api")], read_log());
        let dead = bad("service.api.process", Cause::ProcessDown);
        let known = Known { services: &services, evidence: &evidence, tools: WITH_TOOLS, ..known() };
        let seen = of(&dead, &known).unwrap();
        assert_eq!(seen.command.as_deref(), Some("fuelops recover"));
        assert!(seen.text.ends_with("tail -n 50 '/srv/my app/back end.log'"), "{}", seen.text);
        let nothing = Evidence::default();
        let unseen = of(&dead, &Known { evidence: &nothing, ..known }).unwrap();
        assert!(!unseen.text.contains("tail"), "{}", unseen.text);
    }

    #[test]
    fn what_it_lacked_comes_before_its_start() {
        let services = [service("api")];
        let dead = bad("service.api.process", Cause::ProcessDown);
        for (rule, class, command, text) in [
            (
                "disk-full",
                FaultClass::Disk,
                "df -h '/srv/my app'",
                " first, then start it again: fuelops recover",
            ),
            ("port-in-use", FaultClass::Port, "fuelops recover", "and is free now: start it again"),
        ] {
            let mut evidence = read_log();
            let fault = SaidFault { rule, class, summary: "x".into(), age: None, is_last: true };
            evidence.last_words[0].faults = vec![fault];
            let known = Known { services: &services, evidence: &evidence, tools: WITH_TOOLS, ..known() };
            let hint = of(&dead, &known).unwrap();
            assert_eq!(hint.command.as_deref(), Some(command));
            assert!(hint.text.ends_with(text), "{}", hint.text);
        }
    }

    #[test]
    fn pid_file_that_is_wrong_is_written_anew() {
        let mut service = service("api");
        service.pid_file = Some("/srv/my app/api.pid".into());
        let mut finding = Finding::new("service.api.process", "api", Severity::Warning, "api.pid is stale");
        finding = finding.with("pid", 7).with("pid_file_is_wrong", true);
        let hint = of(&finding, &Known { services: &[service], ..known() }).unwrap();
        assert_eq!(hint.command.as_deref(), Some("echo 7 > '/srv/my app/api.pid'"));
    }

    #[test]
    fn stopped_server_goes_on_by_its_pid() {
        let server = Server { port: 3306, pid: 9, command: "mysqld".into(), dir: None, is_stopped: true };
        let mut evidence = Evidence { servers: vec![server], ..Evidence::default() };
        let silent = || bad("check.mysql", Cause::DatabaseDown);
        let found = &diagnosed(vec![silent()], &evidence)[0];
        assert_eq!(found.cause, Some(Cause::ProcessHung));
        assert!(found.summary.contains("pid 9 is stopped by a signal"), "{}", found.summary);
        assert_eq!(found.hint.as_ref().unwrap().command.as_deref(), Some("kill -CONT 9"));
        evidence.servers[0].is_stopped = false;
        let found = &diagnosed(vec![silent()], &evidence)[0];
        assert_eq!(found.cause, Some(Cause::DatabaseDown));
        let hint = found.hint.as_ref().unwrap();
        assert_eq!(hint.command.as_deref(), Some("ps -o pid,stat,pcpu,etime,args -p 9"));
    }

    #[test]
    fn whoever_serves_in_its_place_is_named() {
        let command = "'redis-server *:3306'".into();
        let server = Server { port: 3306, pid: 9, command, dir: None, is_stopped: false };
        let evidence = Evidence { servers: vec![server], ..Evidence::default() };
        for cause in [Some(Cause::DatabaseDown), Some(Cause::BadResponse), None] {
            let mut finding = bad("check.mysql", Cause::DatabaseDown);
            finding.cause = cause;
            let hint = diagnosed(vec![finding], &evidence)[0].hint.clone().unwrap();
            assert!(hint.text.starts_with("pid 9 (redis-server) serves port 3306"), "{}", hint.text);
            assert_eq!(hint.command.as_deref(), Some("ps -o pid,stat,pcpu,etime,args -p 9"));
        }
    }

    #[test]
    fn nobody_is_looked_for_among_those_who_listen() {
        let checks = crate::diagnose::testing::stack().checks;
        let endpoints = checks.iter().filter_map(|c| Some((c.name.clone(), c.kind.endpoint()?))).collect();
        let evidence = Evidence { endpoints, ..Evidence::default() };
        let has_program: fn(&str) -> bool = |name| name != "systemctl";
        let tools = crate::diagnose::Tools { has_program, ..WITH_TOOLS };
        let known = Known { checks: &checks, evidence: &evidence, tools, ..known() };
        for (check, cause) in [("check.redis", Cause::CacheDown), ("check.fleet", Cause::ProcessDown)] {
            let hint = of(&bad(check, cause), &known).unwrap();
            assert_eq!(hint.command.as_deref(), Some("lsof -nP -iTCP -sTCP:LISTEN"), "{check}");
        }
    }

    #[test]
    fn busy_processors_have_no_cause_and_a_next_command() {
        let busy = Finding::new("system.cpu", "cpu", Severity::Critical, "95 % busy");
        let busy = busy.with("top_processes", json!([{"pid": 7}]));
        let hint = of(&busy, &known()).unwrap();
        assert_eq!(hint.command.as_deref(), Some("ps -o pid,user,pcpu,time,args -p 7"));
    }

    #[test]
    fn name_with_a_dot_is_not_the_service_before_the_dot() {
        let mut second = service("api");
        second.name = "api.v2".into();
        second.command = service("portal").command;
        let services = [service("api"), second];
        let mut finding = bad("service.api.v2.process", Cause::ProcessDown);
        finding.target = "api.v2".into();
        let hint = of(&finding, &Known { services: &services, ..known() }).unwrap();
        assert!(hint.command.unwrap().contains("portal.py"));
    }

    #[test]
    fn commands_of_our_own_are_named_once_they_exist() {
        let services = [service("api")];
        let known = Known { services: &services, tools: WITH_TOOLS, ..known() };
        for (check, cause, expected) in [
            ("service.api.process", Cause::ProcessDown, "fuelops recover"),
            ("service.api.http", Cause::ProcessHung, "fuelops recover"),
            ("service.api.process", Cause::OrphanProcess, "fuelops recover"),
            ("disk./", Cause::DiskFull, "fuelops clean"),
            ("logs.errors", Cause::ErrorRate, "fuelops analyze-logs --since 1h"),
        ] {
            let hint = of(&bad(check, cause), &known).unwrap();
            assert_eq!(hint.command.as_deref(), Some(expected), "{check}");
        }
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
    fn disk_that_others_fill_is_looked_at_as_a_whole() {
        let of = |bytes: u64| {
            let folders = json!([{"path": "/srv/logs", "bytes": bytes}]);
            let observed = json!({"path": "/", "used_bytes": 1_000, "largest_folders": folders});
            command("disk./", Cause::DiskFull, &observed)
        };
        assert_eq!(of(200), "du -xh -d 1 / | sort -h | tail");
        assert_eq!(of(700), "du -xh -d 1 /srv/logs | sort -h | tail");
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
        let of = |url: &str| {
            let finding = bad("check.api", Cause::BadResponse).with("url", url);
            of(&finding, &Known { tools: WITH_TOOLS, ..known() }).unwrap().command.unwrap()
        };
        assert_eq!(of("http://h/?q=a&b"), "curl -sSi -m 10 'http://h/?q=a&b'");
        assert_eq!(of("http://u:[redacted]@h/"), "fuelops health --target api --format json");
    }

    #[test]
    fn every_cause_has_a_cure_that_needs_no_tools() {
        let observed = json!({"path": "/x", "pid": 5, "url": "http://h/"});
        for cause in Cause::ALL {
            let hint = cure("service.api.process", cause, &observed);
            assert!(!hint.text.is_empty(), "{cause}");
            let command = hint.command.unwrap_or_default();
            for absent in ["lsof", "curl", "openssl", "systemctl", "fuelops start", "fuelops recover"] {
                assert!(!command.contains(absent), "{cause}: {command}");
            }
        }
    }
}
