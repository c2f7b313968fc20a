//! What somebody is told about one incident.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{Cause, Finding, Hint, Severity};
use crate::text::redact;

/// Characters of a line that are told; a log line can be a megabyte.
const MAX_TEXT: usize = 300;
/// Characters of an incident's or a target's name.
const MAX_NAME: usize = 100;
/// Consequences that are told one by one; the others are counted.
const MAX_CONSEQUENCES: usize = 8;

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Opened,
    /// It is worse than it was, or nobody has taken care of it.
    Escalated,
    /// It is still open.
    Reminder,
    /// Somebody takes care of it.
    Acknowledged,
    Resolved,
}

impl Kind {
    /// The word that is told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Escalated => "escalated",
            Self::Reminder => "reminder",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// News of one incident: its root cause, with what follows from it folded under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names the incident; unique over restarts.
    pub incident: String,
    pub kind: Kind,
    /// How bad it is; of a resolved incident, how bad it was.
    pub severity: Severity,
    /// The service, check or part of the system.
    pub target: String,
    /// One line for a person.
    pub summary: String,
    pub cause: Option<Cause>,
    /// What follows from the cause.
    #[serde(default)]
    pub consequences: Vec<Consequence>,
    /// Consequences beside those that are listed.
    #[serde(default)]
    pub more_consequences: usize,
    /// What to do, and the command to type.
    pub hint: Option<Hint>,
    pub opened_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
    /// The same trouble that came and went before this was told.
    #[serde(default)]
    pub repeats: u32,
    /// The machine.
    pub host: String,
    /// The `name` of the config.
    pub project: String,
}

/// What is not healthy because of something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consequence {
    pub target: String,
    pub severity: Severity,
    pub summary: String,
}

/// A root cause among findings, with what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble<'a> {
    pub root: &'a Finding,
    pub consequences: Vec<&'a Finding>,
}

impl Trouble<'_> {
    /// As bad as the worst of all.
    pub fn severity(&self) -> Severity {
        let others = self.consequences.iter().map(|finding| finding.severity);
        others.chain([self.root.severity]).max().unwrap_or(self.root.severity)
    }
}

/// Puts findings that follow from one another together, root causes first: each is one incident. Findings that are ok or
/// unknown are none.
pub fn troubles(findings: &[Finding]) -> Vec<Trouble<'_>> {
    let bad = || findings.iter().filter(|finding| finding.severity >= Severity::Warning);
    let is_root = |finding: &&Finding| match &finding.caused_by {
        Some(cause) => !bad().any(|other| other.check == *cause),
        None => true,
    };
    let follow = |root: &Finding| {
        let follows = |finding: &&Finding| finding.caused_by.as_ref() == Some(&root.check);
        bad().filter(follows).collect()
    };
    bad().filter(is_root).map(|root| Trouble { root, consequences: follow(root) }).collect()
}

impl Notice {
    /// News of a trouble; `incident` and the rest say what is not in its findings.
    pub fn of(trouble: &Trouble<'_>, kind: Kind, incident: impl Into<String>, place: &Place) -> Self {
        let root = trouble.root;
        let consequences = trouble.consequences.iter().map(|finding| Consequence {
            target: finding.target.clone(),
            severity: finding.severity,
            summary: finding.summary.clone(),
        });
        Self {
            incident: incident.into(),
            kind,
            severity: trouble.severity(),
            target: root.target.clone(),
            summary: root.summary.clone(),
            cause: root.cause,
            consequences: consequences.collect(),
            more_consequences: 0,
            hint: root.hint.clone(),
            opened_at: place.at,
            at: place.at,
            repeats: 0,
            host: place.host.clone(),
            project: place.project.clone(),
        }
    }

    /// News that nothing happened, for a test of who hears it.
    pub fn test(place: &Place) -> Self {
        Self {
            incident: format!("test-{}", place.at.timestamp_millis()),
            kind: Kind::Opened,
            severity: Severity::Warning,
            target: "fuelops".to_owned(),
            summary: "a test of this alert; nothing is wrong".to_owned(),
            cause: None,
            consequences: Vec::new(),
            more_consequences: 0,
            hint: None,
            opened_at: place.at,
            at: place.at,
            repeats: 0,
            host: place.host.clone(),
            project: place.project.clone(),
        }
    }

    /// The one line that says it all, without marks of any medium.
    pub fn subject(&self) -> String {
        let state = match self.kind {
            Kind::Resolved => "resolved".to_owned(),
            Kind::Acknowledged => "acknowledged".to_owned(),
            Kind::Reminder => format!("still {}", self.severity.word()),
            Kind::Opened | Kind::Escalated => self.severity.word().to_owned(),
        };
        format!("[{}] {state}: {}: {}", self.project, self.target, self.summary)
    }

    /// Whether it says that the incident is open.
    pub fn is_firing(&self) -> bool {
        self.kind != Kind::Resolved
    }

    /// Without secrets, and no longer than anybody would read.
    pub(super) fn tidied(mut self) -> Self {
        self.incident = cut(&self.incident, MAX_NAME);
        self.target = tidy(&self.target, MAX_NAME);
        self.host = cut(&self.host, MAX_NAME);
        self.project = tidy(&self.project, MAX_NAME);
        self.summary = tidy(&self.summary, MAX_TEXT);
        self.more_consequences += self.consequences.len().saturating_sub(MAX_CONSEQUENCES);
        self.consequences.truncate(MAX_CONSEQUENCES);
        for consequence in &mut self.consequences {
            consequence.target = tidy(&consequence.target, MAX_NAME);
            consequence.summary = tidy(&consequence.summary, MAX_TEXT);
        }
        if let Some(hint) = &mut self.hint {
            hint.text = tidy(&hint.text, MAX_TEXT);
            // A command that was cut would be another command.
            let fits = |command: &String| command.chars().count() <= MAX_TEXT;
            hint.command = hint.command.take().filter(fits).map(|c| redact::secrets(&c).into_owned());
        }
        self
    }
}

/// Where and when something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The machine.
    pub host: String,
    /// The `name` of the config.
    pub project: String,
    pub at: DateTime<Utc>,
}

/// The first so many characters, with a mark where something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Cut before it is redacted, as patterns over a megabyte are dear, but not as short as it is told: half a secret does
/// not look like one.
fn tidy(text: &str, most: usize) -> String {
    cut(&redact::secrets(&cut(text, 4 * most)), most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::notice;

    #[test]
    fn a_root_cause_takes_its_consequences_along() {
        let mut findings = vec![
            Finding::new("check.mysql", "mysql", Severity::Critical, "refused").because(Cause::DatabaseDown),
            Finding::new("service.api.http", "api", Severity::Warning, "503"),
            Finding::new("system.cpu", "cpu", Severity::Ok, "fine"),
            Finding::new("check.lost", "lost", Severity::Warning, "its cause is not among them"),
        ];
        findings[1].caused_by = Some("check.mysql".to_owned());
        findings[3].caused_by = Some("system.cpu".to_owned());
        let troubles = troubles(&findings);
        let seen: Vec<_> =
            troubles.iter().map(|t| (t.root.target.as_str(), t.consequences.len(), t.severity())).collect();
        assert_eq!(seen, [("mysql", 1, Severity::Critical), ("lost", 0, Severity::Warning)]);
        let place = Place { host: "h".into(), project: "p".into(), at: DateTime::UNIX_EPOCH };
        let told = Notice::of(&troubles[0], Kind::Opened, "i-1", &place);
        assert_eq!(told.subject(), "[p] critical: mysql: refused");
        assert_eq!(told.consequences[0].target, "api");
    }

    #[test]
    fn a_secret_where_the_text_is_cut_is_told_in_no_part() {
        let url = "mysql://root:hunter2secret@db/fuel";
        for before in MAX_TEXT - url.len()..MAX_TEXT {
            let mut long = notice("i", "api");
            long.summary = format!("{} {url} refuses", "x".repeat(before));
            let summary = long.tidied().summary;
            assert!(!summary.contains("hun") && summary.chars().count() <= MAX_TEXT + 1, "{summary}");
        }
    }

    #[test]
    fn nothing_told_is_long_or_secret() {
        let mut long = notice("i", "api");
        long.summary = format!("password=hunter2 {}", "x".repeat(1_000_000));
        let one = Consequence { target: "t".into(), severity: Severity::Warning, summary: "s".into() };
        long.consequences = vec![one; 40];
        long.hint = Some(Hint { text: "t".into(), command: Some("y".repeat(10_000)) });
        let tidied = long.tidied();
        assert!(!tidied.summary.contains("hunter2") && tidied.summary.chars().count() < 400);
        assert_eq!((tidied.consequences.len(), tidied.more_consequences), (8, 32));
        assert_eq!(tidied.hint.unwrap().command, None, "half a command is none");
    }
}
