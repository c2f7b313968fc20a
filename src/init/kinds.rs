//! The databases and caches that are known: by their programs, their ports and the schemes of their URLs.

use crate::config::Address;
use crate::init::inventory::{Inventory, Listening, Variable};

/// A kind of server.
#[derive(Debug)]
pub(super) struct Kind {
    /// Of the check, too.
    pub(super) name: &'static str,
    programs: &'static [&'static str],
    /// The one that everybody knows.
    pub(super) port: u16,
    /// Schemes of its URLs; that of the config first.
    schemes: &'static [&'static str],
    /// It takes a connection without a login for an attack, and blocks a host that makes too many.
    pub(super) blocks_knocks: bool,
    /// What follows its scheme in a line to fill in; `{}` is the address.
    example: &'static str,
    /// Packages by which programs speak to it.
    drivers: &'static [&'static str],
    /// Beginnings of the variables that hold the parts of a login to it.
    pub(super) prefixes: &'static [&'static str],
}

pub(super) const KINDS: [Kind; 3] = [
    Kind {
        name: "mysql",
        programs: &["mysqld", "mariadbd"],
        port: 3306,
        schemes: &["mysql", "mariadb"],
        blocks_knocks: true,
        example: "USER:${DB_PASSWORD}@{}/DATABASE",
        drivers: &[
            "pymysql",
            "mysqlclient",
            "mysqldb",
            "mysql-connector",
            "mysql.connector",
            "aiomysql",
            "asyncmy",
        ],
        prefixes: &["MYSQL_", "MARIADB_"],
    },
    Kind {
        name: "postgres",
        programs: &["postgres"],
        port: 5432,
        schemes: &["postgres", "postgresql"],
        blocks_knocks: false,
        example: "USER:${DB_PASSWORD}@{}/DATABASE",
        drivers: &["psycopg", "asyncpg", "pg8000"],
        prefixes: &["POSTGRES_", "PG"],
    },
    Kind {
        name: "redis",
        programs: &["redis-server", "valkey-server"],
        port: 6379,
        schemes: &["redis", "rediss"],
        blocks_knocks: false,
        example: ":${REDIS_PASSWORD}@{}/0",
        // One beside a database tells nothing of that.
        drivers: &[],
        prefixes: &["REDIS_"],
    },
];

impl Kind {
    /// By its program; without the right to see that, by its port.
    pub(super) fn is(&self, listening: &Listening) -> bool {
        match listening.program {
            Some(_) => is_program(listening, self.programs),
            None => listening.address.port() == self.port,
        }
    }

    /// Whether a source names one of its drivers.
    pub(super) fn is_driven_by(&self, source: &str) -> bool {
        let source = source.to_ascii_lowercase();
        self.drivers.iter().any(|driver| source.contains(driver))
    }

    /// Whether a scheme is one of its own, or of a driver of it: `mysql+pymysql`.
    pub(super) fn has_scheme(&self, scheme: &str) -> bool {
        scheme.split('+').next().is_some_and(|scheme| self.schemes.contains(&scheme))
    }

    /// Whether a variable holds a URL that the config takes as it stands: those of SQLAlchemy's drivers it does not.
    pub(super) fn takes(&self, variable: &Variable) -> bool {
        variable.scheme.as_deref().is_some_and(|scheme| self.schemes.contains(&scheme))
    }

    /// A variable that holds the URL of the server at this address.
    pub(super) fn variable<'a>(&self, inventory: &'a Inventory, address: &Address) -> Option<&'a Variable> {
        inventory.environment.iter().find(|variable| {
            variable.scheme.as_deref().is_some_and(|scheme| self.has_scheme(scheme))
                && address_of(variable).is_some_and(|named| named.is_same_place(address))
        })
    }

    /// A line to fill in.
    pub(super) fn example(&self, address: &Address) -> String {
        self.url(&self.example.replace("{}", &address.to_string()))
    }

    /// The line of a check that asks a server of it.
    pub(super) fn url(&self, rest: &str) -> String {
        format!("url = \"{}://{rest}\"", self.schemes[0])
    }
}

/// Where the URL of a variable leads to.
pub(super) fn address_of(variable: &Variable) -> Option<Address> {
    Some(Address { host: variable.host.clone()?, port: variable.port? })
}

/// Whether one of these programs listens there.
pub(super) fn is_program(listening: &Listening, programs: &[&str]) -> bool {
    // The kernel keeps fifteen letters of a name.
    let short = |program: &&str| program.chars().take(15).collect::<String>();
    listening.program.as_deref().is_some_and(|name| programs.iter().any(|program| short(program) == name))
}
