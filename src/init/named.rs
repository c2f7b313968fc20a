//! Databases and caches that a `.env` names and nobody serves now: a dead one is what people look for.

use crate::config::Address;
use crate::init::database::Database;
use crate::init::inventory::{Inventory, Listening, Variable};
use crate::init::kinds::{KINDS, Kind, address_of};
use crate::init::login::Login;

/// All that are named and do not run here, each once.
pub(super) fn absent(inventory: &Inventory) -> Vec<Database> {
    let mut found: Vec<Database> = Vec::new();
    for kind in &KINDS {
        for (address, variable) in by_url(kind, inventory).chain(Login::addresses(kind, inventory)) {
            let is_known = found.iter().any(|other| other.address.is_same_place(&address));
            if !is_known && !is_served(kind, &address, inventory) {
                let because = because(kind, &address, variable, inventory);
                let is_open = is_open(kind, variable, inventory);
                found.push(Database { kind, address, because, is_open });
            }
        }
    }
    found
}

/// Whether it is a cache whose host is named, and no password to it.
fn is_open(kind: &Kind, variable: &Variable, inventory: &Inventory) -> bool {
    let is_password = |other: &Variable| other.name.starts_with("REDIS_PASS") && other.open.is_none();
    kind.name == "redis" && variable.scheme.is_none() && !inventory.environment.iter().any(is_password)
}

fn by_url<'a>(
    kind: &'static Kind,
    inventory: &'a Inventory,
) -> impl Iterator<Item = (Address, &'a Variable)> {
    let is_its =
        |variable: &&Variable| variable.scheme.as_deref().is_some_and(|scheme| kind.has_scheme(scheme));
    let variables = inventory.environment.iter().filter(is_its);
    variables.filter_map(|variable| Some((address_of(variable)?, variable)))
}

/// Whether a server of the kind listens there, and was found by itself.
fn is_served(kind: &Kind, address: &Address, inventory: &Inventory) -> bool {
    inventory.listening.iter().any(|listening| kind.is(listening) && is_at(listening, address))
}

fn is_at(listening: &Listening, address: &Address) -> bool {
    let is_host = address.is_loopback() || address.host == listening.address.ip().to_string();
    is_host && listening.address.port() == address.port
}

fn because(kind: &Kind, address: &Address, variable: &Variable, inventory: &Inventory) -> String {
    let named = format!("{}: .env names it in {}", kind.name, variable.name);
    let port = address.port;
    if !address.is_loopback() {
        return format!("{named}; it is at {address}, and was not asked");
    }
    let other = inventory.listening.iter().find(|listening| is_at(listening, address));
    match other.and_then(|listening| listening.program.as_deref()) {
        Some(program) => format!("{named}; {program} listens on port {port}, and was not asked"),
        None => format!("{named}; it did not answer: nobody listens on port {port} now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Proposal;
    use crate::init::inventory::Answer;

    fn variable(name: &str, open: &str) -> Variable {
        Variable { name: name.into(), open: Some(open.into()), ..Variable::default() }
    }

    fn url(scheme: &str, host: &str, port: u16, open: Option<&str>) -> Variable {
        let (scheme, host, open) = (Some(scheme.into()), Some(host.into()), open.map(str::to_owned));
        Variable { name: "DATABASE_URL".into(), scheme, host, port: Some(port), open, ..Variable::default() }
    }

    fn proposal(environment: Vec<Variable>, listening: Vec<Listening>) -> Proposal {
        Proposal::of(&Inventory { environment, listening, ..Inventory::default() })
    }

    /// `MYSQL_HOST`, `MYSQL_USER`, `MYSQL_PASSWORD`, `MYSQL_DATABASE`.
    fn parts(host: &str, password: Option<&str>) -> Vec<Variable> {
        let host = Variable { host: Some(host.into()), ..variable("MYSQL_HOST", host) };
        let password = Variable { open: password.map(str::to_owned), ..variable("MYSQL_PASSWORD", "") };
        vec![host, variable("MYSQL_USER", "root"), password, variable("MYSQL_DATABASE", "fuel")]
    }

    #[test]
    fn dead_database_is_asked_once_it_is_back() {
        let url = url("mysql+pymysql", "localhost", 3306, Some("mysql://root@localhost:3306/fuel"));
        for (environment, line) in [
            (vec![url], "url = \"mysql://root@localhost:3306/fuel\""),
            (parts("127.0.0.1", Some("")), "url = \"mysql://root@127.0.0.1:3306/fuel\""),
        ] {
            let proposal = proposal(environment, Vec::new());
            let [check] = &proposal.checks[..] else { panic!("{proposal:?}") };
            assert_eq!((check.kind, check.lines[0].as_str()), ("mysql", line));
            assert!(check.because.contains("it did not answer: nobody listens on port 3306"), "{check:?}");
            assert!(proposal.pending.is_empty());
        }
        let cache = Variable { host: Some("localhost".into()), ..variable("REDIS_HOST", "localhost") };
        assert_eq!(proposal(vec![cache], Vec::new()).checks[0].lines, ["url = \"redis://localhost:6379/0\""]);
    }

    #[test]
    fn dead_database_with_a_password_stands_there_until_that_is_filled_in() {
        let mysql = proposal(parts("127.0.0.1", None), Vec::new());
        let line = "url = \"mysql://${MYSQL_USER}:${MYSQL_PASSWORD}@127.0.0.1:3306/${MYSQL_DATABASE}\"";
        assert_eq!((mysql.checks.len(), mysql.pending[0].lines[0].as_str()), (0, line));
        let postgres = proposal(vec![url("postgres", "127.0.0.1", 5432, None)], Vec::new());
        assert_eq!((postgres.checks[0].kind, postgres.checks[0].name.as_str()), ("tcp", "postgres"));
    }

    #[test]
    fn variables_of_any_database_are_those_of_the_only_driver() {
        let host = Variable { host: Some("127.0.0.1".into()), ..variable("DB_HOST", "127.0.0.1") };
        let rest = ["DB_USER", "DB_PASSWORD", "DB_NAME"];
        let rest = rest.map(|name| Variable { name: name.into(), ..Variable::default() });
        let environment: Vec<Variable> = [host].into_iter().chain(rest).collect();
        let mut inventory = Inventory { environment, ..Inventory::default() };
        assert!(Proposal::of(&inventory).pending.is_empty());
        inventory.files.drivers = vec!["mysql"];
        let line = "url = \"mysql://${DB_USER}:${DB_PASSWORD}@127.0.0.1:3306/${DB_NAME}\"";
        assert_eq!(Proposal::of(&inventory).pending[0].lines, [line]);
        inventory.files.drivers.push("postgres");
        assert!(Proposal::of(&inventory).pending.is_empty());
    }

    #[test]
    fn url_of_a_driver_is_written_without_its_password() {
        let template = Some("mysql://fuel:${DB_PASSWORD}@db:3306/fuel".to_owned());
        let of_driver = Variable { template, ..url("mysql+pymysql", "db", 3306, None) };
        let pending = &proposal(vec![of_driver], Vec::new()).pending[0];
        assert_eq!(pending.lines, ["url = \"mysql://fuel:${DB_PASSWORD}@db:3306/fuel\""]);
        assert!(pending.because.ends_with("put DB_PASSWORD into the environment, and take the # away"));
    }

    #[test]
    fn database_on_another_machine_is_not_the_one_that_runs_here() {
        let here = Listening {
            address: "127.0.0.1:3306".parse().unwrap(),
            pid: Some(7),
            program: Some("mariadbd".into()),
            answer: Answer::default(),
        };
        let proposal = proposal(parts("10.0.0.5", Some("")), vec![here.clone()]);
        assert_eq!(proposal.checks[0].lines, ["url = \"mysql://root@10.0.0.5:3306/fuel\""]);
        assert!(proposal.checks[0].because.contains("it is at 10.0.0.5:3306"), "{proposal:?}");
        assert!(!proposal.pending[0].because.contains("MYSQL_HOST"), "{proposal:?}");
        let by_url = url("mysql", "10.0.0.5", 3306, None);
        let proposal = self::proposal(vec![by_url], vec![here]);
        let lines: Vec<_> = proposal.pending.iter().map(|plan| plan.lines[0].as_str()).collect();
        let example = "url = \"mysql://USER:${DB_PASSWORD}@127.0.0.1:3306/DATABASE\"";
        assert_eq!(lines, [example, "url = { env = \"DATABASE_URL\" }"]);
    }

    #[test]
    fn stranger_in_its_place_is_told() {
        let proxy = Listening {
            address: "0.0.0.0:3306".parse().unwrap(),
            pid: Some(7),
            program: Some("docker-proxy".into()),
            answer: Answer::default(),
        };
        let found = proposal(parts("127.0.0.1", Some("")), vec![proxy]);
        assert!(found.checks[0].because.contains("docker-proxy listens on port 3306"), "{found:?}");
    }
}
