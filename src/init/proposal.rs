//! What is worth watching, and why. Pure.

use std::path::PathBuf;

use crate::init::inventory::Inventory;
use crate::init::{servers, services};
use crate::text::redact::MASK;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// `service`, `check`, `logs`, `backup`, `secret`.
    pub kind: &'static str,
    /// The name that it gets.
    pub name: String,
    /// What it is.
    pub what: String,
    /// What it is known by.
    pub why: String,
    /// It stands in the file as a comment, until something is filled in.
    pub is_pending: bool,
}

/// The config that fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    pub name: String,
    pub services: Vec<ServicePlan>,
    pub checks: Vec<CheckPlan>,
    /// Those that want something filled in first; written as comments.
    pub pending: Vec<CheckPlan>,
    pub logs: Vec<String>,
    pub backups: Option<PathBuf>,
    pub finds: Vec<Find>,
}

/// A `[[service]]` to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePlan {
    pub name: String,
    /// Of a unit; the command is empty then.
    pub unit: Option<String>,
    /// With [`MASK`] in place of a secret.
    pub command: Vec<String>,
    /// Relative to the folder where it lies below.
    pub dir: Option<String>,
    pub user: Option<String>,
    pub pid_file: Option<String>,
    pub log_file: Option<String>,
    pub port: Option<u16>,
    /// Path of the health URL, and whether only its 404 is known to be answered.
    pub health: Option<(String, u16)>,
    pub env_file: Option<String>,
    pub depends_on: Vec<String>,
    /// Why it stands there, as a comment.
    pub because: String,
}

/// A `[[check]]` to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckPlan {
    pub name: String,
    pub kind: &'static str,
    /// Keys and values as they stand in the file.
    pub lines: Vec<String>,
    pub because: String,
    /// Lines of a better check, as a comment, for when its secret is at hand.
    pub later: Vec<String>,
}

impl ServicePlan {
    /// Whether its command line held a secret: it cannot be started without, and the file must not hold it.
    pub(super) fn holds_secret(&self) -> bool {
        self.command.iter().any(|word| word.contains(MASK))
    }
}

impl Proposal {
    /// Decides what of an inventory is worth watching.
    pub fn of(inventory: &Inventory) -> Self {
        let mut proposal = Self {
            name: name_of(inventory),
            logs: inventory.files.logs.clone(),
            backups: inventory.files.backups.clone(),
            ..Self::default()
        };
        servers::add(inventory, &mut proposal);
        services::add(inventory, &mut proposal);
        proposal.note_files(inventory);
        proposal
    }

    pub(super) fn find(
        &mut self,
        kind: &'static str,
        name: &str,
        what: impl Into<String>,
        why: impl Into<String>,
    ) {
        let (name, what, why) = (name.to_owned(), what.into(), why.into());
        self.finds.push(Find { kind, name, what, why, is_pending: false });
    }

    /// Notes something that stands there as a comment, until its secret is filled in.
    pub(super) fn find_pending(&mut self, kind: &'static str, name: &str, secret: &str, why: String) {
        let (name, what) = (name.to_owned(), format!("a comment, until its {secret} is filled in"));
        self.finds.push(Find { kind, name, what, why, is_pending: true });
    }

    /// Adds a check, and tells of it.
    pub(super) fn check(
        &mut self,
        name: &str,
        kind: &'static str,
        lines: Vec<String>,
        because: String,
        later: Vec<String>,
    ) {
        let name = self.free_name(name);
        let what = lines.first().map_or_else(String::new, |line| format!("{kind}: {line}"));
        self.find("check", &name, what, because.clone());
        self.checks.push(CheckPlan { name, kind, lines, because, later });
    }

    /// A name that no service or check has yet.
    pub(super) fn free_name(&self, wanted: &str) -> String {
        let is_taken = |name: &str| {
            let mut checks = self.checks.iter().chain(&self.pending);
            self.services.iter().any(|s| s.name == name) || checks.any(|c| c.name == name)
        };
        let mut names = (2..).map(|n| format!("{wanted}-{n}"));
        let first = Some(wanted.to_owned()).filter(|name| !is_taken(name));
        first.or_else(|| names.find(|name| !is_taken(name))).unwrap_or_default()
    }

    fn note_files(&mut self, inventory: &Inventory) {
        if !self.logs.is_empty() {
            let what = self.logs.join(", ");
            self.find("logs", "logs", what, "files of that name lie here");
        }
        if let Some(folder) = self.backups.clone() {
            self.find("backup", "backup", folder.display().to_string(), "the folder is there");
        }
        for variable in inventory.environment.iter().filter(|variable| variable.is_malformed) {
            let why = "write @ of a password as %40, / as %2F, ? as %3F and # as %23, and look again";
            self.find("secret", &variable.name, "a URL of .env that cannot be read", why);
        }
        let secrets = inventory.environment.iter().filter(|v| v.scheme.is_some() || is_secret(&v.name));
        let names: Vec<&str> = secrets.map(|variable| variable.name.as_str()).take(20).collect();
        if !names.is_empty() {
            let what = names.join(", ");
            self.find("secret", ".env", what, "names only: their values stay where they are");
        }
    }
}

/// The folder's name, in the letters that a name may have.
fn name_of(inventory: &Inventory) -> String {
    let name = inventory.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    slug(&name.unwrap_or_default()).unwrap_or_else(|| "backend".to_owned())
}

/// Lower-case words joined by `-`; nothing where no letter is left.
pub(super) fn slug(text: &str) -> Option<String> {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let joined: String = text.chars().map(keep).collect();
    let words: Vec<&str> = joined.split('-').filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(48).collect();
    (!slug.is_empty()).then_some(slug)
}

fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "_KEY", "CREDENTIAL"].iter().any(|sign| upper.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_letters_that_names_may_have() {
        assert_eq!(slug("Fuel Analytics_Backend"), Some("fuel-analytics-backend".to_owned()));
        assert_eq!(slug("日本"), None);
        let mut proposal = Proposal::default();
        let check = |name: &str| CheckPlan {
            name: name.to_owned(),
            kind: "tcp",
            lines: Vec::new(),
            because: String::new(),
            later: Vec::new(),
        };
        proposal.checks.extend([check("mysql"), check("mysql-2")]);
        assert_eq!(proposal.free_name("mysql"), "mysql-3");
        assert_eq!(proposal.free_name("redis"), "redis");
    }
}
