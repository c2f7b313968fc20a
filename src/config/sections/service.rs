//! `[[service]]`: a process that is started, stopped and watched.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::operation::PERIOD;
use crate::config::read::{Name, Reader, References, Span, Table, section, words};
use crate::config::values::Pairs;
use crate::config::{ByteSize, CommandLine, Secret, Signal, StatusSet, Url};

section! {
    /// A process that fuelops, or another manager, starts, stops and watches.
    pub struct Service {
        /// Unique among services and checks.
        pub name: String as Name,
        /// Who starts and stops it.
        pub manager: Manager = "process",
        /// The manager's name for it; needed for every manager but process.
        pub unit: Option<String>,
        /// The program and its arguments; needed where the manager is process.
        pub command: Option<CommandLine>,
        /// The folder that it runs in.
        pub cwd: PathBuf = ".",
        /// And its group. Left out: the owner of root.
        pub user: Option<String>,
        /// Variables beside those that fuelops itself has.
        pub env: BTreeMap<String, Secret> as Pairs,
        /// A file of NAME=value lines.
        pub env_file: Option<PathBuf>,
        /// Holds the program's own pid.
        pub pid_file: Option<PathBuf>,
        /// Where its output goes.
        pub log_file: Option<PathBuf>,
        /// TCP; also tells whose process squats on it.
        pub port: Option<u16>,
        /// Asked for whether it works.
        pub health_url: Option<Url>,
        /// Statuses of health_url that are good: numbers and ranges.
        pub healthy_status: StatusSet = ["200-299"],
        /// How long health_url may take.
        pub health_timeout: Duration as Span = "5s",
        /// How long it may take from its start until it is healthy.
        pub start_timeout: Duration as Span = "15s",
        /// How long it may take to stop before it is killed, with its whole tree.
        pub stop_timeout: Duration as Span = "10s",
        /// Asks it to stop.
        pub stop_signal: Signal = "TERM",
        /// Services or checks that must be healthy first.
        pub depends_on: Vec<String> as References = [],
        /// How often monitor looks at it.
        pub period: Duration as Span => ("monitor.period", PERIOD),
        /// Failures in a row that count; a failing probe is repeated each second.
        pub failure_threshold: NonZeroU32 = 3,
        /// Successes in a row that count.
        pub success_threshold: NonZeroU32 = 1,
        /// When and how often it is started again.
        pub restart: RestartPolicy = {},
        /// What it may use.
        pub limits: Limits = {},
        /// false: its failure degrades, it does not make the verdict critical.
        pub required: bool = true,
    }
    check Service::check
}

impl Service {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        match (self.manager, &self.command, &self.unit) {
            (Manager::Process, None, _) => {
                table.problem(
                    cx,
                    "",
                    "\"command\" is missing; add command = [\"program\", \"argument\"], or manager and unit",
                );
            }
            (Manager::Process, Some(_), Some(_)) => {
                table.problem(
                    cx,
                    "unit",
                    "goes with manager \"systemd\", \"launchd\", \"docker\" or \"kubernetes\"",
                );
            }
            (Manager::Process, ..) | (_, None, Some(_)) => {}
            (manager, Some(_), _) => {
                table.problem(cx, "command", format!("{manager} starts it by its unit; leave command out"));
            }
            (manager, None, None) => {
                table.problem(cx, "", format!("\"unit\" is missing; {manager} needs to know it by name"));
            }
        }
        if let Some(url) = &self.health_url {
            super::check_scheme(table, cx, "health_url", url, &["http", "https"]);
        }
    }
}

words! {
    /// Who starts and stops a service.
    pub enum Manager {
        /// fuelops itself.
        Process = "process",
        Systemd = "systemd",
        Launchd = "launchd",
        Docker = "docker",
        Kubernetes = "kubernetes",
    }
}

section! {
    /// When and how often a dead service is started again; the first restart in a window is immediate.
    pub struct RestartPolicy {
        /// Quick restarts in a window; after them the slow ones.
        pub max: u32 = 3,
        /// The window in which restarts are counted.
        pub window: Duration as Span = "10m",
        /// The wait before the second restart; it doubles each time.
        pub backoff: Duration = "1s",
        /// The longest wait before a quick restart.
        pub backoff_max: Duration = "60s",
        /// The waits before slow restarts; the last repeats.
        pub slow_retry: Vec<Duration> = ["5m", "15m", "30m"],
        /// Healthy for so long, and counting begins anew.
        pub reset_after: Duration = "10m",
    }
    check RestartPolicy::check
}

impl RestartPolicy {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if self.backoff > self.backoff_max {
            table.problem(cx, "backoff", "is longer than backoff_max; raise that, too");
        }
        if self.slow_retry.is_empty() {
            table.problem(cx, "slow_retry", "is empty; name at least one wait, such as [\"30m\"]");
        }
    }
}

section! {
    /// What a service may use.
    pub struct Limits {
        /// Of the whole tree; restarted above it. Left out: no limit.
        pub memory: Option<ByteSize>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{check_problem, problems, read};

    fn service(lines: &str) -> String {
        format!("[[service]]\nname = \"x\"\ncommand = [\"true\"]\n{lines}\n")
    }

    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read(&service(""));
        let service = &config.services[0];
        assert_eq!(service.manager, Manager::Process);
        assert_eq!(service.cwd, config.root);
        assert_eq!(service.health_timeout.as_secs(), 5);
        assert_eq!((service.start_timeout.as_secs(), service.stop_timeout.as_secs()), (15, 10));
        assert_eq!((service.period.as_secs(), service.stop_signal), (30, Signal::Term));
        assert_eq!((service.failure_threshold.get(), service.success_threshold.get()), (3, 1));
        assert!(service.healthy_status.contains(204) && !service.healthy_status.contains(404));
        assert!(service.required && service.limits.memory.is_none());
        let minutes = |m: u64| Duration::from_secs(m * 60);
        let restart = RestartPolicy {
            max: 3,
            window: minutes(10),
            backoff: Duration::from_secs(1),
            backoff_max: minutes(1),
            slow_retry: vec![minutes(5), minutes(15), minutes(30)],
            reset_after: minutes(10),
        };
        assert_eq!(service.restart, restart);
    }

    #[test]
    fn wrong_values_are_told_with_their_cure() {
        for (line, expected) in [
            ("port = 0", "8: [service.x] port: expected a port from 1 to 65535, found the number 0"),
            (
                "port = \"80\"",
                "8: [service.x] port: expected a port from 1 to 65535, found the string \"80\"",
            ),
            ("port = -1", "8: [service.x] port: expected a port from 1 to 65535, found the number -1"),
            ("cwd = \"\"", "7: [service.x] cwd: an empty path; write \".\" for the root folder"),
            ("cwd = \"~/x\"", "7: [service.x] cwd: ~ is not expanded; write ${HOME}"),
            ("user = \"\"", "8: [service.x] user: is empty; leave the key out if nothing is meant"),
            ("period = \"0s\"", "10: [service.x] period: must be longer than nothing"),
            (
                "period = \"200y\"",
                "10: [service.x] period: \"200y\" is not a duration; write it like 500ms, 30s, 10m, 24h or 7d",
            ),
            ("period = \"99999d\"", "10: [service.x] period: \"99999d\" is more than a hundred years"),
            (
                "failure_threshold = 0",
                "21: [service.x] failure_threshold: expected a whole number, 1 or more, found the number 0",
            ),
            (
                "required = \"yes\"",
                "12: [service.x] required: expected true or false without quotes, found the string \"yes\"",
            ),
            (
                "healthy_status = []",
                "18: [service.x] healthy_status: is empty, so that no answer would be good; write [\"200-299\"]",
            ),
            (
                "healthy_status = [\"299-200\"]",
                "19: [service.x] healthy_status[1]: expected a status from 100 to 599, or a range such as \"200-299\", found the string \"299-200\"",
            ),
            (
                "stop_signal = \"SIGTERM\"",
                "15: [service.x] stop_signal: \"SIGTERM\" is not one of HUP, INT, QUIT, KILL, USR1, USR2, TERM, WINCH",
            ),
            (
                "limits.memory = \"lots\"",
                "17: [service.x.limits] memory: \"lots\" is not a size; write it like 500MiB, 1GiB or 10MB",
            ),
            (
                "restart.backoff = \"2m\"",
                "19: [service.x.restart] backoff: is longer than backoff_max; raise that, too",
            ),
            ("restart.maxx = 1", "9: [service.x.restart] unknown key \"maxx\" (did you mean \"max\"?)"),
            ("env = { \"a b\" = \"1\" }", "17: [service.x] env.a b: is no name of a header or variable"),
            (
                "health_url = \"localhost:8000\"",
                "14: [service.x] health_url: not a URL: there is no scheme; write it like http://127.0.0.1:8000/health",
            ),
            (
                "health_url = \"ftp://h/\"",
                "14: [service.x] health_url: ftp:// is not spoken here; write http:// or https://",
            ),
            (
                "unit = \"x.service\"",
                "8: [service.x] unit: goes with manager \"systemd\", \"launchd\", \"docker\" or \"kubernetes\"",
            ),
            (
                "manager = \"sytemd\"",
                "11: [service.x] manager: \"sytemd\" is not one of process, systemd, launchd, docker, kubernetes (did you mean \"systemd\"?)",
            ),
        ] {
            check_problem(&service(line), &format!("4:{expected}"));
        }
    }

    #[test]
    fn a_program_is_needed_exactly_where_fuelops_starts_it() {
        check_problem(
            "[[service]]\nname = \"x\"",
            "1:1: [service.x] \"command\" is missing; add command = [\"program\", \"argument\"], or manager and unit",
        );
        check_problem(
            "[[service]]\nname = \"x\"\ncommand = []",
            "3:11: [service.x] command: names no program; write [\"program\", \"argument\"]",
        );
        let managed = "[[service]]\nname = \"x\"\nmanager = \"systemd\"\n";
        check_problem(managed, "1:1: [service.x] \"unit\" is missing; systemd needs to know it by name");
        check_problem(
            &format!("{managed}unit = \"x\"\ncommand = [\"y\"]"),
            "5:11: [service.x] command: systemd starts it by its unit; leave command out",
        );
        assert_eq!(read(&format!("{managed}unit = \"x\"")).services[0].unit.as_deref(), Some("x"));
    }

    #[test]
    fn names_are_well_formed_unique_and_lead_somewhere() {
        let two = |a: &str, b: &str| {
            format!("{}{}", service(a), service(b).replace("name = \"x\"", "name = \"y\""))
        };
        assert_eq!(problems(&two("depends_on = [\"y\"]", "")), Vec::<String>::new());
        check_problem(
            &two("depends_on = [\"yy\"]", ""),
            "4:15: [service.x] depends_on[1]: there is no service or check \"yy\" (did you mean \"y\"?)",
        );
        check_problem(
            &two("depends_on = [\"y\"]", "depends_on = [\"x\"]"),
            "4:15: [service.x] depends_on[1]: goes in a circle: x -> y -> x",
        );
        check_problem(
            &service("depends_on = [\"x\"]"),
            "4:15: [service.x] depends_on[1]: goes in a circle: x -> x",
        );
        check_problem(&service("").repeat(2), "6:8: [service.x] name: \"x\" is taken by a service already");
        check_problem(
            &format!("{}[[check]]\nname = \"x\"\ntype = \"backup\"\n", service("")),
            "6:8: [check.x] name: \"x\" is taken by a service already",
        );
        check_problem(
            "[[service]]\nname = \"a b\"\ncommand = [\"true\"]",
            "2:8: [service[1]] name: \"a b\" is not a name; use up to 64 letters, digits, _, and after the first also - . @ :",
        );
        check_problem(
            "[[service]]\ncommand = [\"true\"]",
            "1:1: [service[1]] \"name\" is missing; add name = …",
        );
    }
}
