//! A login whose parts stand in variables of a `.env`: `MYSQL_USER`, `MYSQL_PASSWORD`, `MYSQL_DATABASE`.

use crate::init::inventory::{Inventory, Variable};

/// What their names begin with, and whether that alone tells of what server they are.
const PREFIXES: [(&str, bool); 4] =
    [("MYSQL_", true), ("MARIADB_", true), ("DB_", false), ("DATABASE_", false)];

/// Variables that hold the parts of a login to MySQL.
pub(super) struct Login<'a> {
    user: &'a Variable,
    password: &'a Variable,
    database: Option<&'a Variable>,
}

impl<'a> Login<'a> {
    /// Of the server on this port; where no variable names the port, it has to be the usual one.
    pub(super) fn of(port: u16, is_usual: bool, inventory: &'a Inventory) -> Option<Self> {
        PREFIXES.iter().find_map(|(prefix, tells)| {
            let of = |parts: &[&str]| {
                let is_it = |name: &str| name.strip_prefix(prefix).is_some_and(|part| parts.contains(&part));
                inventory.environment.iter().find(|variable| is_it(&variable.name))
            };
            let is_its = of(&["PORT"]).map_or(*tells && is_usual, |named| named.port == Some(port));
            let (user, password) = (of(&["USER", "USERNAME"])?, of(&["PASSWORD", "PASSWD", "PASS"])?);
            let database = of(&["DATABASE", "DB", "NAME", "DB_NAME"]);
            is_its.then_some(Self { user, password, database })
        })
    }

    /// Whether the caller has all of them in its own environment.
    pub(super) fn is_set(&self) -> bool {
        self.all().all(|variable| variable.is_set)
    }

    /// Their names, in a row.
    pub(super) fn names(&self) -> String {
        self.all().map(|variable| variable.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The line of a check that asks the server at this address.
    pub(super) fn url(&self, scheme: &str, address: &str) -> String {
        let of = |variable: &Variable| format!("${{{}}}", variable.name);
        let (user, password) = (of(self.user), of(self.password));
        let database = self.database.map(of).unwrap_or_default();
        format!("url = \"{scheme}://{user}:{password}@{address}/{database}\"")
    }

    fn all(&self) -> impl Iterator<Item = &'a Variable> {
        [self.user, self.password].into_iter().chain(self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_is_that_of_the_port_which_its_variables_name() {
        let part = |name: &str, port| Variable { name: name.into(), scheme: None, port, is_set: true };
        let of = |prefix: &str, named: Option<u16>, port: u16| {
            let parts = ["USER", "PASSWORD"].map(|end| part(&format!("{prefix}{end}"), None));
            let named = named.map(|port| part(&format!("{prefix}PORT"), Some(port)));
            let environment = parts.into_iter().chain(named).collect();
            let inventory = Inventory { environment, ..Inventory::default() };
            Login::of(port, port == 3306, &inventory).map(|login| login.url("mysql", "h:1"))
        };
        let url =
            |prefix: &str| Some(format!("url = \"mysql://${{{prefix}USER}}:${{{prefix}PASSWORD}}@h:1/\""));
        assert_eq!(of("MYSQL_", None, 3306), url("MYSQL_"));
        assert_eq!(of("MYSQL_", None, 3307), None);
        assert_eq!(of("DB_", Some(3307), 3307), url("DB_"));
        // They may be those of another kind of server.
        assert_eq!(of("DB_", Some(5432), 3306), None);
        assert_eq!(of("DB_", None, 3306), None);
    }
}
