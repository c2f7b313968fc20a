//! Databases, caches, Prometheus and its exporters that run here.

use crate::init::inventory::{Inventory, Listening, Variable};
use crate::init::login::Login;
use crate::init::proposal::{CheckPlan, Proposal};

/// A kind of server.
struct Kind {
    name: &'static str,
    /// Programs, and the port that everybody knows.
    programs: &'static [&'static str],
    port: u16,
    /// Schemes of its URLs; that of the config first.
    schemes: &'static [&'static str],
    /// It takes a connection without a login for an attack, and blocks a host that makes too many.
    blocks_knocks: bool,
}

/// MySQL speaks another protocol there, beside its own port.
const MYSQL_X: u16 = 33_060;

const KINDS: [Kind; 3] = [
    Kind {
        name: "mysql",
        programs: &["mysqld", "mariadbd"],
        port: 3306,
        schemes: &["mysql", "mysql+pymysql", "mariadb", "mysql+aiomysql", "mysql+mysqlconnector"],
        blocks_knocks: true,
    },
    Kind {
        name: "postgres",
        programs: &["postgres"],
        port: 5432,
        schemes: &[
            "postgres",
            "postgresql",
            "postgresql+psycopg2",
            "postgresql+asyncpg",
            "postgresql+psycopg",
        ],
        blocks_knocks: false,
    },
    Kind {
        name: "redis",
        programs: &["redis-server", "valkey-server"],
        port: 6379,
        schemes: &["redis", "rediss"],
        blocks_knocks: false,
    },
];

/// Adds a check for each server that the folder may use.
pub(super) fn add(inventory: &Inventory, proposal: &mut Proposal) {
    for listening in &inventory.listening {
        let port = listening.address.port();
        if port == MYSQL_X && is(listening, &["mysqld"]) {
            continue;
        }
        if let Some(kind) = KINDS.iter().find(|kind| kind.is(listening)) {
            store(kind, listening, inventory, proposal);
        } else if is(listening, &["prometheus"]) && port == 9090 {
            let url = format!("url = \"http://{}/-/ready\"", local(listening));
            let because = because(listening, "Prometheus");
            push(proposal, "prometheus", "http", vec![url], because, targets(listening));
        } else if listening.answer.metrics && !is_own(listening, inventory) {
            let url = format!("url = \"http://{}/metrics\"", local(listening));
            let name = if port == 9100 { "node-exporter" } else { "metrics" };
            let because = because(listening, "a page of metrics");
            push(proposal, name, "metrics-page", vec![url], because, Vec::new());
        }
    }
}

impl Kind {
    /// By its program; without the right to see that, by its port.
    fn is(&self, listening: &Listening) -> bool {
        match listening.program {
            Some(_) => is(listening, self.programs),
            None => listening.address.port() == self.port,
        }
    }

    /// A line to fill in.
    fn example(&self, listening: &Listening) -> String {
        format!("url = \"{}://USER:${{DB_PASSWORD}}@{}/DATABASE\"", self.schemes[0], local(listening))
    }

    /// A variable that holds the URL of such a server.
    fn variable<'a>(&self, inventory: &'a Inventory, port: u16) -> Option<&'a Variable> {
        inventory.environment.iter().find(|variable| {
            variable.port == Some(port)
                && variable.scheme.as_deref().is_some_and(|s| self.schemes.contains(&s))
        })
    }
}

/// Whether its URL has the scheme of the config: those of SQLAlchemy's drivers do not.
fn is_plain(kind: &Kind, variable: &Variable) -> bool {
    variable.scheme.as_deref().is_some_and(|scheme| !scheme.contains('+') && kind.schemes.contains(&scheme))
}

fn store(kind: &Kind, listening: &Listening, inventory: &Inventory, proposal: &mut Proposal) {
    let port = listening.address.port();
    let mut because = because(listening, kind.name);
    let variable = kind.variable(inventory, port);
    if let Some(variable) = variable {
        because = format!("{because}; .env names it in {}", variable.name);
    }
    let address = vec![format!("address = \"{}\"", local(listening))];
    if kind.name == "redis" && listening.answer.redis {
        let url = vec![format!("url = \"redis://{}/0\"", local(listening))];
        return push(
            proposal,
            kind.name,
            "redis",
            url,
            format!("{because}; it asks for no password"),
            Vec::new(),
        );
    }
    let secret = variable.filter(|variable| is_plain(kind, variable));
    let by_name = |variable: &Variable| vec![format!("url = {{ env = \"{}\" }}", variable.name)];
    match secret {
        Some(variable) if variable.is_set => {
            push(proposal, kind.name, kind.name, by_name(variable), because, Vec::new());
        }
        _ if kind.blocks_knocks => with_login(kind, listening, inventory, secret, &because, proposal),
        // Whether it answers a login is not known without one; whether it listens is.
        _ => {
            let example = vec![kind.example(listening)];
            let mut later = vec![format!("type = \"{}\"", kind.name)];
            later.extend(secret.map_or(example, by_name));
            push(proposal, kind.name, "tcp", address, because, later);
        }
    }
}

/// Asks a server that must not be knocked at: with a login, or not before somebody has filled that in.
fn with_login(
    kind: &Kind,
    listening: &Listening,
    inventory: &Inventory,
    secret: Option<&Variable>,
    because: &str,
    proposal: &mut Proposal,
) {
    let port = listening.address.port();
    let login = Login::of(port, port == kind.port, inventory);
    let (line, wanted) = match (secret, &login) {
        (Some(variable), _) => (format!("url = {{ env = \"{0}\" }}", variable.name), variable.name.clone()),
        (None, Some(login)) => (login.url(kind.schemes[0], &local(listening)), login.names()),
        (None, None) => {
            (kind.example(listening), "DB_PASSWORD, and its user and database into the url".into())
        }
    };
    if secret.is_none() && login.as_ref().is_some_and(Login::is_set) {
        let because = format!("{because}; {wanted} must be set wherever fuelops runs");
        return push(proposal, kind.name, kind.name, vec![line], because, Vec::new());
    }
    let because = format!(
        "{because}. It blocks who knocks without a login: put {wanted} into the environment, and take the # away"
    );
    let name = proposal.free_name(kind.name);
    proposal.find("check", &name, "a comment, until its login is filled in", because.clone());
    let (kind, lines, later) = (kind.name, vec![line], Vec::new());
    proposal.pending.push(CheckPlan { name, kind, lines, because, later });
}

fn push(
    proposal: &mut Proposal,
    name: &str,
    kind: &'static str,
    lines: Vec<String>,
    because: String,
    later: Vec<String>,
) {
    let name = proposal.free_name(name);
    let what = lines.first().map_or_else(String::new, |line| format!("{kind}: {line}"));
    proposal.find("check", &name, what, because.clone());
    proposal.checks.push(CheckPlan { name, kind, lines, because, later });
}

/// What a Prometheus server sees of a job, for when its name is known.
fn targets(listening: &Listening) -> Vec<String> {
    vec![
        "type = \"prometheus-target\"".to_owned(),
        format!("url = \"http://{}\"", local(listening)),
        "job = \"JOB\"".to_owned(),
    ]
}

fn is(listening: &Listening, programs: &[&str]) -> bool {
    // The kernel keeps fifteen letters of a name.
    let short = |program: &&str| program.chars().take(15).collect::<String>();
    listening.program.as_deref().is_some_and(|name| programs.iter().any(|program| short(program) == name))
}

/// Whether it is a program of the folder, which becomes a service.
fn is_own(listening: &Listening, inventory: &Inventory) -> bool {
    let port = listening.address.port();
    inventory.processes.iter().any(|process| process.is_at_home && process.ports.contains(&port))
}

/// The address as this machine reaches it.
fn local(listening: &Listening) -> String {
    let address = listening.address;
    if address.ip().is_unspecified() { format!("127.0.0.1:{}", address.port()) } else { address.to_string() }
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
    use crate::init::inventory::Answer;

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
        Variable { name: "DATABASE_URL".into(), scheme: Some(scheme.into()), port: Some(port), is_set }
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
    fn mysql_is_asked_with_a_login_or_not_at_all() {
        let of = |environment| proposal_of(listening("mariadbd", 3306, Answer::default()), environment);
        let by_url = of(vec![url_variable("mysql", 3306, true)]);
        assert_eq!(by_url.checks[0].lines, ["url = { env = \"DATABASE_URL\" }"]);
        let parts = |is_set| {
            let part = |name: &str, port| Variable { name: name.into(), scheme: None, port, is_set };
            vec![
                part("MYSQL_HOST", None),
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
