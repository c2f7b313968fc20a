//! The check of a database or cache: as close a look as can be had without a secret, and a better one as a comment.

use crate::config::Address;
use crate::init::inventory::{Inventory, Variable};
use crate::init::kinds::Kind;
use crate::init::login::Login;
use crate::init::proposal::{CheckPlan, Proposal};

/// A server that runs, or that somebody means to run.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) kind: &'static Kind,
    /// As this machine reaches it.
    pub(super) address: Address,
    pub(super) because: String,
    /// It wants no password, as far as is known.
    pub(super) is_open: bool,
}

impl Database {
    /// Adds its check.
    pub(super) fn propose(&self, inventory: &Inventory, proposal: &mut Proposal) {
        let kind = self.kind;
        let variable = kind.variable(inventory, &self.address);
        let login = Login::of(kind, &self.address, inventory);
        let mut because = self.because.clone();
        if let Some(variable) = variable.filter(|variable| !because.contains(&variable.name)) {
            because = format!("{because}; .env names it in {}", variable.name);
        }
        let secret = variable.filter(|variable| kind.takes(variable));
        if let Some(line) = self.open_line(variable, login.as_ref()) {
            return proposal.check(kind.name, kind.name, vec![line], because, Vec::new());
        }
        let by_parts = login.as_ref().map(|login| login.url(kind, &self.address));
        match (secret, login.as_ref().filter(|login| login.is_set())) {
            (Some(variable), _) if variable.is_set => {
                proposal.check(kind.name, kind.name, vec![by_name(variable)], because, Vec::new());
            }
            (None, Some(login)) => {
                let because = format!("{because}; {} must be set wherever fuelops runs", login.names());
                proposal.check(kind.name, kind.name, by_parts.into_iter().collect(), because, Vec::new());
            }
            _ if kind.blocks_knocks => self.with_login(variable, login.as_ref(), &because, proposal),
            // Whether it answers a login is not known without one; whether it listens is.
            _ => {
                let better = secret.map(by_name).or(by_parts).unwrap_or_else(|| self.example(variable).0);
                let later = vec![format!("type = \"{}\"", kind.name), better];
                let line = format!("address = \"{}\"", self.address);
                proposal.check(kind.name, "tcp", vec![line], because, later);
            }
        }
    }

    /// The line of a check that needs no secret.
    fn open_line(&self, variable: Option<&Variable>, login: Option<&Login<'_>>) -> Option<String> {
        if let Some(open) = variable.and_then(|variable| variable.open.as_deref()) {
            return Some(format!("url = \"{open}\""));
        }
        let by_parts = login.and_then(|login| login.open_url(self.kind, &self.address));
        by_parts.or_else(|| self.is_open.then(|| self.kind.url(&format!("{}/0", self.address))))
    }

    /// A line to fill in, and what beside the password.
    fn example(&self, variable: Option<&Variable>) -> (String, &'static str) {
        match variable.and_then(|variable| variable.template.as_deref()) {
            Some(url) => (format!("url = \"{url}\""), ""),
            None => (self.kind.example(&self.address), ", its user and database into the url"),
        }
    }

    /// A server that must not be knocked at is not asked before somebody has filled in its login.
    fn with_login(
        &self,
        variable: Option<&Variable>,
        login: Option<&Login<'_>>,
        because: &str,
        proposal: &mut Proposal,
    ) {
        let kind = self.kind;
        let secret = variable.filter(|variable| kind.takes(variable));
        let (line, wanted, further) = match (secret, login) {
            (Some(variable), _) => (by_name(variable), variable.name.clone(), ""),
            (None, Some(login)) => (login.url(kind, &self.address), login.names(), ""),
            (None, None) => {
                let (line, further) = self.example(variable);
                (line, "DB_PASSWORD".to_owned(), further)
            }
        };
        let because = format!(
            "{because}. It blocks who knocks without a login: put {wanted} into the environment{further}, and take the # away"
        );
        let name = proposal.free_name(kind.name);
        proposal.find_pending("check", &name, "login", because.clone());
        let (kind, lines, later) = (kind.name, vec![line], Vec::new());
        proposal.pending.push(CheckPlan { name, kind, lines, because, later });
    }
}

fn by_name(variable: &Variable) -> String {
    format!("url = {{ env = \"{}\" }}", variable.name)
}
