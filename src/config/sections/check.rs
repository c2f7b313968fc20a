//! `[[check]]`: anything else that is worth knowing.

use std::num::NonZeroU32;
use std::time::Duration;

use super::operation::PERIOD;
use super::probe::{
    BackupCheck, CeleryCheck, CertificateCheck, CommandCheck, DiskCheck, FileAgeCheck, HttpCheck,
    LogRateCheck, MetricsPageCheck, MysqlCheck, PostgresCheck, ProcessCheck, PrometheusTargetCheck,
    RedisCheck, TcpCheck, UnitCheck,
};
use crate::config::Thresholds;
use crate::config::read::{Name, References, Span, choice, section};

section! {
    /// Something that is probed beside the services.
    pub struct Check {
        /// Unique among services and checks.
        pub name: String as Name,
        /// How long the whole probe may take.
        pub timeout: Duration as Span = "5s",
        /// How often monitor looks at it.
        pub period: Duration as Span => ("monitor.period", PERIOD),
        /// false: its failure degrades, it does not make the verdict critical.
        pub required: bool = true,
        /// Services or checks that must be healthy first.
        pub depends_on: Vec<String> as References = [],
        /// Where this check differs from the general thresholds.
        pub thresholds: Thresholds => ("thresholds", "{}"),
        /// Failures in a row that count; a failing probe is repeated each second.
        pub failure_threshold: NonZeroU32 = 3,
        /// Successes in a row that count.
        pub success_threshold: NonZeroU32 = 1,
        ..kind: CheckKind,
    }
}

choice! {
    /// What is probed, and how.
    pub enum CheckKind by "type" {
        Http(HttpCheck) = "http",
        Tcp(TcpCheck) = "tcp",
        Mysql(MysqlCheck) = "mysql",
        Postgres(PostgresCheck) = "postgres",
        Redis(RedisCheck) = "redis",
        MetricsPage(MetricsPageCheck) = "metrics-page",
        PrometheusTarget(PrometheusTargetCheck) = "prometheus-target",
        Celery(CeleryCheck) = "celery",
        Systemd(UnitCheck) = "systemd",
        Launchd(UnitCheck) = "launchd",
        Process(ProcessCheck) = "process",
        Disk(DiskCheck) = "disk",
        Certificate(CertificateCheck) = "certificate",
        FileAge(FileAgeCheck) = "file-age",
        LogRate(LogRateCheck) = "log-rate",
        Command(CommandCheck) = "command",
        Backup(BackupCheck) = "backup",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{check_problem, read};

    fn check(kind: &str, lines: &str) -> String {
        format!("[[check]]\nname = \"x\"\ntype = \"{kind}\"\n{lines}\n")
    }

    #[test]
    fn a_type_is_needed_and_known() {
        check_problem(
            "[[check]]\nname = \"x\"\nurl = \"http://h/\"",
            &format!("1:1: [check.x] \"type\" is missing; it is one of {}", CheckKind::WORDS.join(", ")),
        );
        check_problem(
            &check("reddis", "url = \"redis://h\""),
            &format!(
                "3:8: [check.x] type: \"reddis\" is not one of {} (did you mean \"redis\"?)",
                CheckKind::WORDS.join(", ")
            ),
        );
    }

    #[test]
    fn a_key_of_another_type_is_told_where_it_belongs() {
        check_problem(
            &check("tcp", "address = \"h:1\"\nwrite_probe = true"),
            "5:1: [check.x] unknown key \"write_probe\"; it goes with type redis",
        );
        check_problem(
            &check("tcp", "adress = \"h:1\"").replace("adress", "address = \"h:1\"\ntimout"),
            "5:1: [check.x] unknown key \"timout\" (did you mean \"timeout\"?)",
        );
    }

    #[test]
    fn each_type_names_what_it_needs() {
        for kind in
            CheckKind::WORDS.iter().filter(|kind| !["backup", "log-rate", "certificate"].contains(kind))
        {
            let found = crate::config::testing::problems(&check(kind, ""));
            assert!(found.iter().all(|problem| problem.contains("is missing; add")), "{kind}: {found:?}");
            assert!(!found.is_empty(), "{kind}");
        }
    }

    #[test]
    fn wrong_values_are_told_with_their_cure() {
        for (kind, line, expected) in [
            (
                "http",
                "url = \"mysql://h\"",
                "4:7: [check.x] url: mysql:// is not spoken here; write http:// or https://",
            ),
            (
                "http",
                "url = \"http://h\"\nmethod = \"get\"",
                "5:10: [check.x] method: \"get\" is not a method; write it like GET or POST",
            ),
            ("http", "url = \"http://h\"\nredirects = 6", "5:13: [check.x] redirects: 6 is more than 5"),
            (
                "http",
                "url = \"http://h\"\nbody = { regex = \"(\" }",
                "5:18: [check.x.body] regex: \"(\" is not a regular expression: unclosed group",
            ),
            (
                "http",
                "url = \"http://h\"\njson = { a = [1] }",
                "5:14: [check.x] json.a: expected a string, a number, true or false, found an array",
            ),
            (
                "http",
                "url = \"http://h\"\nlatency = { warn = \"2s\", critical = \"1s\" }",
                "5:11: [check.x] latency: warn (2s) is above critical (1s)",
            ),
            (
                "http",
                "url = { fil = \"x\" }",
                "4:9: [check.x.url] unknown key \"fil\" (did you mean \"file\"?)",
            ),
            (
                "tcp",
                "address = \"h\"",
                "4:11: [check.x] address: \"h\" is no address: there is no port; write host:port",
            ),
            (
                "mysql",
                "url = \"postgres://h/d\"",
                "4:7: [check.x] url: postgres:// is not spoken here; write mysql:// or mariadb://",
            ),
            (
                "metrics-page",
                "url = \"http://h\"\nrequire = [\"a-b\"]",
                "5:11: [check.x] require: \"a-b\" is not the name of a metric",
            ),
            ("process", "match = \"x\"\nmin = 2\nmax = 1", "6:7: [check.x] max: 1 is below min (2)"),
            (
                "certificate",
                "",
                "1:1: [check.x] \"address\" is missing; add address = \"host:443\" or file = \"cert.pem\"",
            ),
            (
                "certificate",
                "address = \"h:1\"\nfile = \"x\"",
                "5:8: [check.x] file: goes without address; leave one of them out",
            ),
            (
                "certificate",
                "file = \"x\"\ndays = { warn = 3 }",
                "5:8: [check.x] days: warn (3) is below critical (7); lower critical, too",
            ),
            (
                "celery",
                "url = \"redis://h\"\nexpect_nodes = true",
                "5:16: [check.x] expect_nodes: expected a number, or names such as [\"worker1@host\"], found true",
            ),
            (
                "log-rate",
                "paths = [\"a[\"]",
                "4:10: [check.x] paths[1]: \"a[\" is not a glob: unclosed character class; missing ']'",
            ),
            (
                "disk",
                "path = \"/\"\nthresholds = { disk_percent = { warn = 95 } }",
                "5:31: [check.x.thresholds] disk_percent: warn (95) is above critical (90); raise critical, too",
            ),
        ] {
            let found = crate::config::testing::problems(&check(kind, line));
            assert_eq!(found.first().map(String::as_str), Some(expected), "{kind} {line}");
        }
    }

    #[test]
    fn a_bad_url_is_not_repeated_for_it_may_hold_a_password() {
        for text in [
            check("mysql", "url = \"mysql://root:hunter2@:x/\""),
            check("mysql", "url = \"hunter2\""),
            "[errors]\nstore = \"postgre://u:hunter2@h/d\"".to_owned(),
        ] {
            let found = crate::config::testing::problems(&text);
            assert_eq!(found.len(), 1);
            assert!(!found[0].contains("hunter2"), "{found:?}");
        }
    }

    #[test]
    fn thresholds_start_from_the_general_ones_bar_by_bar() {
        let general = "[thresholds]\ndisk_percent = { warn = 60, critical = 98 }\ncpu_percent = 50\n";
        let own = check("disk", "path = \"/\"\nthresholds.disk_percent.warn = 97");
        let config = read(&format!("{general}{own}"));
        let thresholds = &config.checks[0].thresholds;
        assert_eq!((thresholds.disk_percent.warn, thresholds.disk_percent.critical), (97.0, 98.0));
        assert_eq!((thresholds.cpu_percent.warn, thresholds.cpu_percent.critical), (50.0, 90.0));
        assert_eq!(thresholds.memory_percent, config.thresholds.memory_percent);
        assert_eq!(config.thresholds.disk_percent.warn, 60.0);
    }

    #[test]
    fn log_rate_looks_at_the_configured_logs_unless_told_otherwise() {
        let config = read(&format!("{}[logs]\npaths = [\"a.log\"]\n", check("log-rate", "")));
        let CheckKind::LogRate(rate) = &config.checks[0].kind else { panic!() };
        assert_eq!(rate.paths, config.logs.paths);
    }
}
