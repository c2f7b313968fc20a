//! Databases, caches, Prometheus and its exporters: what runs here, and what a `.env` names.

use crate::config::Address;
use crate::init::database::Database;
use crate::init::inventory::{Inventory, Listening};
use crate::init::kinds::{KINDS, Kind, is_program};
use crate::init::named;
use crate::init::proposal::Proposal;

/// MySQL speaks another protocol there, beside its own port.
const MYSQL_X: u16 = 33_060;

/// Adds a check for each server that the folder may use.
pub(super) fn add(inventory: &Inventory, proposal: &mut Proposal) {
    for listening in &inventory.listening {
        let port = listening.address.port();
        if port == MYSQL_X && is_program(listening, &["mysqld"]) {
            continue;
        }
        if let Some(kind) = KINDS.iter().find(|kind| kind.is(listening)) {
            running(kind, listening).propose(inventory, proposal);
        } else if is_program(listening, &["prometheus"]) && port == 9090 {
            let url = format!("url = \"http://{}/-/ready\"", local(listening));
            let because = because(listening, "Prometheus");
            proposal.check("prometheus", "http", vec![url], because, targets(listening));
        } else if listening.answer.metrics && !is_own(listening, inventory) {
            let url = format!("url = \"http://{}/metrics\"", local(listening));
            let name = if port == 9100 { "node-exporter" } else { "metrics" };
            let because = because(listening, "a page of metrics");
            proposal.check(name, "metrics-page", vec![url], because, Vec::new());
        }
    }
    named::absent(inventory).iter().for_each(|database| database.propose(inventory, proposal));
}

fn running(kind: &'static Kind, listening: &Listening) -> Database {
    let is_open = listening.answer.redis;
    let told = if is_open { "; it asks for no password" } else { "" };
    Database { kind, address: local(listening), because: because(listening, kind.name) + told, is_open }
}

/// What a Prometheus server sees of a job, for when its name is known.
fn targets(listening: &Listening) -> Vec<String> {
    vec![
        "type = \"prometheus-target\"".to_owned(),
        format!("url = \"http://{}\"", local(listening)),
        "job = \"JOB\"".to_owned(),
    ]
}

/// Whether it is a program of the folder, which becomes a service.
fn is_own(listening: &Listening, inventory: &Inventory) -> bool {
    let port = listening.address.port();
    inventory.processes.iter().any(|process| process.is_at_home && process.ports.contains(&port))
}

/// The address as this machine reaches it.
fn local(listening: &Listening) -> Address {
    let ip = listening.address.ip();
    let host = if ip.is_unspecified() { "127.0.0.1".to_owned() } else { ip.to_string() };
    Address { host, port: listening.address.port() }
}

fn because(listening: &Listening, what: &str) -> String {
    let port = listening.address.port();
    match (&listening.program, listening.pid) {
        (Some(program), Some(pid)) => format!("{what}: {program} (pid {pid}) listens on port {port}"),
        _ => format!("{what}: somebody listens on port {port}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, parse};
    use crate::init::inventory::{Answer, Variable};
    use crate::init::proposal::CheckPlan;

    fn listening(program: &str, port: u16, answer: Answer) -> Listening {
        let address = format!("0.0.0.0:{port}").parse().unwrap();
        Listening { address, pid: Some(7), program: Some(program.into()), answer }
    }

    fn proposed(listening: Listening, environment: Vec<Variable>) -> CheckPlan {
        let proposal = proposal_of(listening, environment);
        proposal.checks.into_iter().next().unwrap()
    }

    fn proposal_of(listening: Listening, environment: Vec<Variable>) -> Proposal {
        let inventory = Inventory { listening: vec![listening], environment, ..Inventory::default() };
        Proposal::of(&inventory)
    }

    fn url_variable(scheme: &str, port: u16, is_set: bool) -> Variable {
        let (scheme, host) = (Some(scheme.into()), Some("localhost".into()));
        Variable {
            name: "DATABASE_URL".into(),
            scheme,
            host,
            port: Some(port),
            is_set,
            ..Variable::default()
        }
    }

    #[test]
    fn database_that_wants_a_login_is_asked_for_its_port_until_the_secret_is_there() {
        let at = |is_set| {
            let variable = url_variable("postgres", 5432, is_set);
            proposed(listening("postgres", 5432, Answer::default()), vec![variable])
        };
        let later = at(false);
        assert_eq!((later.kind, later.lines[0].as_str()), ("tcp", "address = \"127.0.0.1:5432\""));
        assert_eq!(later.later, ["type = \"postgres\"", "url = { env = \"DATABASE_URL\" }"]);
        let now = at(true);
        assert_eq!((now.kind, now.lines[0].as_str()), ("postgres", "url = { env = \"DATABASE_URL\" }"));
    }

    #[test]
    fn parts_of_a_login_are_a_line_to_fill_in() {
        let part = |name: &str| Variable { name: name.into(), is_set: false, ..Variable::default() };
        let environment = ["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"].map(part).to_vec();
        let check = proposed(listening("postgres", 5432, Answer::default()), environment);
        let url = "url = \"postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@127.0.0.1:5432/${POSTGRES_DB}\"";
        assert_eq!((check.kind, check.later[1].as_str()), ("tcp", url));
        let locked = proposed(listening("redis-server", 6379, Answer::default()), Vec::new());
        assert_eq!(locked.later[1], "url = \"redis://:${REDIS_PASSWORD}@127.0.0.1:6379/0\"");
    }

    #[test]
    fn mysql_is_asked_with_a_login_or_not_at_all() {
        let of = |environment| proposal_of(listening("mariadbd", 3306, Answer::default()), environment);
        let by_url = of(vec![url_variable("mysql", 3306, true)]);
        assert_eq!(by_url.checks[0].lines, ["url = { env = \"DATABASE_URL\" }"]);
        let parts = |is_set| {
            let part = |name: &str, port| Variable { name: name.into(), port, is_set, ..Variable::default() };
            vec![
                Variable { host: Some("127.0.0.1".into()), ..part("MYSQL_HOST", None) },
                part("MYSQL_PORT", Some(3306)),
                part("MYSQL_USER", None),
                part("MYSQL_PASSWORD", None),
                part("MYSQL_DATABASE", None),
            ]
        };
        let url = "url = \"mysql://${MYSQL_USER}:${MYSQL_PASSWORD}@127.0.0.1:3306/${MYSQL_DATABASE}\"";
        let by_parts = of(parts(true));
        assert_eq!((by_parts.checks[0].kind, by_parts.checks[0].lines[0].as_str()), ("mysql", url));
        assert!(by_parts.pending.is_empty());
        let example = "url = \"mysql://USER:${DB_PASSWORD}@127.0.0.1:3306/DATABASE\"";
        let named = "url = { env = \"DATABASE_URL\" }";
        for (environment, line) in [
            (parts(false), url),
            (parts(false)[..2].to_vec(), example),
            (Vec::new(), example),
            (vec![url_variable("mysql", 3306, false)], named),
            (vec![url_variable("mysql+pymysql", 3306, true)], example),
        ] {
            let later = of(environment);
            assert_eq!(later.checks, []);
            assert_eq!((later.pending[0].kind, later.pending[0].lines[0].as_str()), ("mysql", line));
            let text = crate::init::text(&later);
            assert!(text.contains(&format!("\n# {line}\n")), "{text}");
            let config = parse(&text, Path::new("/"), &Environment::default());
            assert!(config.is_ok_and(|config| config.checks.is_empty()), "{text}");
        }
    }

    #[test]
    fn second_protocol_of_mysql_is_no_second_server() {
        let x = listening("mysqld", MYSQL_X, Answer::default());
        let proposal = proposal_of(x, Vec::new());
        assert!(proposal.checks.is_empty() && proposal.pending.is_empty());
    }

    #[test]
    fn open_redis_is_asked_itself() {
        let pong = Answer { redis: true, ..Answer::default() };
        assert_eq!(proposed(listening("redis-server", 6379, pong), Vec::new()).kind, "redis");
        assert_eq!(proposed(listening("redis-server", 6379, Answer::default()), Vec::new()).kind, "tcp");
    }

    #[test]
    fn exporters_and_prometheus_are_known() {
        let page = Answer { metrics: true, ..Answer::default() };
        let exporter = proposed(listening("node_exporter", 9100, page), Vec::new());
        assert_eq!((exporter.name.as_str(), exporter.kind), ("node-exporter", "metrics-page"));
        let prometheus = proposed(listening("prometheus", 9090, Answer::default()), Vec::new());
        assert_eq!(prometheus.lines, ["url = \"http://127.0.0.1:9090/-/ready\""]);
    }
}
