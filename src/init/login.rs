//! A login whose parts stand in variables of a `.env`: `MYSQL_HOST`, `MYSQL_USER`, `MYSQL_PASSWORD`, `MYSQL_DATABASE`.

use crate::config::Address;
use crate::init::inventory::{Inventory, Variable};
use crate::init::kinds::Kind;

/// Beginnings of names that do not tell of what server they are; a port has to, or the only driver that is there.
const ANY: [&str; 2] = ["DB_", "DATABASE_"];

/// Variables that hold the parts of a login.
pub(super) struct Login<'a> {
    user: &'a Variable,
    password: &'a Variable,
    database: Option<&'a Variable>,
}

/// Variables that begin alike, and whether that alone tells of what server they are.
#[derive(Clone, Copy)]
struct Group<'a> {
    inventory: &'a Inventory,
    prefix: &'static str,
    tells: bool,
}

impl<'a> Group<'a> {
    fn all(kind: &'static Kind, inventory: &'a Inventory) -> impl Iterator<Item = Self> {
        let own = kind.prefixes.iter().map(move |prefix| Self { inventory, prefix, tells: true });
        let tells = inventory.files.drivers == [kind.name];
        own.chain(ANY.iter().map(move |prefix| Self { inventory, prefix, tells }))
    }

    fn find(self, parts: &[&str]) -> Option<&'a Variable> {
        let is_it = |name: &str| name.strip_prefix(self.prefix).is_some_and(|part| parts.contains(&part));
        self.inventory.environment.iter().find(|variable| is_it(&variable.name))
    }

    /// Where its server is: on this machine and at the usual port, where nothing else is named.
    fn address(self, kind: &Kind) -> Option<Address> {
        let host = self.find(&["HOST"]).map_or(Some("127.0.0.1"), |variable| variable.host.as_deref())?;
        let port = self.find(&["PORT"]).map_or(Some(kind.port), |variable| variable.port)?;
        Some(Address { host: host.to_owned(), port })
    }
}

impl<'a> Login<'a> {
    /// To the server at this address.
    pub(super) fn of(kind: &'static Kind, address: &Address, inventory: &'a Inventory) -> Option<Self> {
        Group::all(kind, inventory).find_map(|group| {
            // A port that is named is that of whatever listens there.
            let is_sure = group.tells || group.find(&["PORT"]).is_some();
            let leads_there = group.address(kind).is_some_and(|named| named.is_same_place(address));
            let user = group.find(&["USER", "USERNAME"])?;
            let password = group.find(&["PASSWORD", "PASSWD", "PASS"])?;
            let database = group.find(&["DATABASE", "DB", "NAME", "DB_NAME"]);
            (is_sure && leads_there).then_some(Self { user, password, database })
        })
    }

    /// Where servers of a kind are by variables that name a host, with those.
    pub(super) fn addresses(
        kind: &'static Kind,
        inventory: &'a Inventory,
    ) -> impl Iterator<Item = (Address, &'a Variable)> {
        Group::all(kind, inventory).filter_map(|group| {
            let host = group.find(&["HOST"])?;
            // A host alone may be that of any kind.
            let is_usual = group.find(&["PORT"]).is_some_and(|variable| variable.port == Some(kind.port));
            let address = group.address(kind).filter(|_| group.tells || is_usual)?;
            Some((address, host))
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
    pub(super) fn url(&self, kind: &Kind, address: &Address) -> String {
        let of = |variable: &Variable| format!("${{{}}}", variable.name);
        let (user, password) = (of(self.user), of(self.password));
        let database = self.database.map(of).unwrap_or_default();
        kind.url(&format!("{user}:{password}@{address}/{database}"))
    }

    /// The same where it has no password, with the values themselves.
    pub(super) fn open_url(&self, kind: &Kind, address: &Address) -> Option<String> {
        let user = self.user.open.as_deref().filter(|user| !user.is_empty())?;
        let is_open = self.password.open.as_deref() == Some("");
        let database = self.database.map_or(Some(""), |database| database.open.as_deref())?;
        is_open.then(|| kind.url(&format!("{user}@{address}/{database}")))
    }

    fn all(&self) -> impl Iterator<Item = &'a Variable> {
        [self.user, self.password].into_iter().chain(self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::kinds::KINDS;

    #[test]
    fn login_is_that_of_the_port_which_its_variables_name() {
        let part =
            |name: &str, port| Variable { name: name.into(), port, is_set: true, ..Variable::default() };
        let of = |prefix: &str, named: Option<u16>, port: u16| {
            let parts = ["USER", "PASSWORD"].map(|end| part(&format!("{prefix}{end}"), None));
            let named = named.map(|port| part(&format!("{prefix}PORT"), Some(port)));
            let environment = parts.into_iter().chain(named).collect();
            let inventory = Inventory { environment, ..Inventory::default() };
            let address = Address { host: "127.0.0.1".into(), port };
            Login::of(&KINDS[0], &address, &inventory).map(|login| login.url(&KINDS[0], &address))
        };
        let url = |prefix: &str, port: u16| {
            Some(format!("url = \"mysql://${{{prefix}USER}}:${{{prefix}PASSWORD}}@127.0.0.1:{port}/\""))
        };
        assert_eq!(of("MYSQL_", None, 3306), url("MYSQL_", 3306));
        assert_eq!(of("MYSQL_", None, 3307), None);
        assert_eq!(of("DB_", Some(3307), 3307), url("DB_", 3307));
        // They may be those of another kind of server.
        assert_eq!(of("DB_", Some(5432), 3306), None);
        assert_eq!(of("DB_", None, 3306), None);
    }
}
