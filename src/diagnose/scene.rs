//! The findings of one run, each with what it is about. Pure.

use std::collections::HashMap;

use crate::checks::{Evidence, Server};
use crate::config::{Address, Check, CheckKind, Service};
use crate::diagnose::Known;
use crate::model::{Cause, Finding, Severity};

/// What part of a service a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Process,
    Port,
    Http,
    Restarts,
}

impl Part {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Process, ".process"),
        (Self::Port, ".port"),
        (Self::Http, ".http"),
        (Self::Restarts, ".restarts"),
    ];
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// A part of the machine, a disk, the logs, or nothing that the config knows.
    Other,
    Service(usize, Part),
    Check(usize),
}

/// The findings, and what they are about.
pub(super) struct Scene<'a> {
    findings: &'a [Finding],
    known: &'a Known<'a>,
    subjects: Vec<Subject>,
    endpoints: Vec<Option<&'a Address>>,
    by_id: HashMap<&'a str, usize>,
    /// What is not ok, by id: the order in which findings arrive decides nothing.
    bad: Vec<usize>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(findings: &'a [Finding], known: &'a Known<'a>) -> Self {
        let services: HashMap<&str, usize> =
            known.services.iter().enumerate().map(|(n, s)| (s.name.as_str(), n)).collect();
        let checks: HashMap<&str, usize> =
            known.checks.iter().enumerate().map(|(n, c)| (c.name.as_str(), n)).collect();
        let endpoints: HashMap<&str, &Address> =
            known.evidence.endpoints.iter().map(|(name, address)| (name.as_str(), address)).collect();
        let subject = |finding: &Finding| subject(&finding.check, &services, &checks);
        let subjects: Vec<Subject> = findings.iter().map(subject).collect();
        let endpoint = |finding: &'a Finding| endpoints.get(finding.check.strip_prefix("check.")?).copied();
        let mut bad: Vec<usize> =
            (0..findings.len()).filter(|at| findings[*at].severity > Severity::Ok).collect();
        bad.sort_by(|a, b| findings[*a].check.cmp(&findings[*b].check));
        Self {
            endpoints: findings.iter().map(endpoint).collect(),
            by_id: findings.iter().enumerate().map(|(n, f)| (f.check.as_str(), n)).collect(),
            findings,
            known,
            subjects,
            bad,
        }
    }

    /// Everything that is not ok, by id.
    pub(super) fn bad(&self) -> impl Iterator<Item = Node<'_>> {
        self.bad.iter().map(|at| self.node(*at))
    }

    /// The kinds of all checks.
    pub(super) fn checks(&self) -> impl Iterator<Item = &CheckKind> {
        self.known.checks.iter().map(|check| &check.kind)
    }

    /// The services of the config.
    pub(super) fn services(&self) -> impl Iterator<Item = &Service> {
        self.known.services.iter()
    }

    pub(super) fn node(&self, at: usize) -> Node<'_> {
        Node { scene: self, at }
    }

    pub(super) fn find(&self, check: &str) -> Option<Node<'_>> {
        self.by_id.get(check).map(|at| self.node(*at))
    }
}

fn subject(id: &str, services: &HashMap<&str, usize>, checks: &HashMap<&str, usize>) -> Subject {
    if let Some(name) = id.strip_prefix("check.") {
        return checks.get(name).map_or(Subject::Other, |n| Subject::Check(*n));
    }
    let Some(rest) = id.strip_prefix("service.") else { return Subject::Other };
    // A service's name may hold dots; what follows the last one is the part.
    let part = Part::ALL.into_iter().find_map(|(part, ending)| Some((part, rest.strip_suffix(ending)?)));
    part.and_then(|(part, name)| Some(Subject::Service(*services.get(name)?, part))).unwrap_or(Subject::Other)
}

/// One finding in its scene.
#[derive(Clone, Copy)]
pub(super) struct Node<'s> {
    scene: &'s Scene<'s>,
    pub(super) at: usize,
}

impl<'s> Node<'s> {
    pub(super) fn finding(self) -> &'s Finding {
        &self.scene.findings[self.at]
    }

    pub(super) fn id(self) -> &'s str {
        &self.finding().check
    }

    pub(super) fn cause(self) -> Option<Cause> {
        self.finding().cause
    }

    /// Whether its cause is one of these.
    pub(super) fn is_one_of(self, causes: &[Cause]) -> bool {
        self.cause().is_some_and(|cause| causes.contains(&cause))
    }

    /// The service that it is about, and which part of it.
    pub(super) fn service(self) -> Option<(&'s Service, Part)> {
        match self.scene.subjects[self.at] {
            Subject::Service(n, part) => Some((&self.scene.known.services[n], part)),
            _ => None,
        }
    }

    /// Whether it is about this part of a service.
    pub(super) fn is_part(self, wanted: Part) -> bool {
        matches!(self.scene.subjects[self.at], Subject::Service(_, part) if part == wanted)
    }

    /// Whether both are about the same service.
    pub(super) fn is_same_service(self, other: Self) -> bool {
        match (self.scene.subjects[self.at], self.scene.subjects[other.at]) {
            (Subject::Service(a, _), Subject::Service(b, _)) => a == b,
            _ => false,
        }
    }

    /// Another part of the same service.
    pub(super) fn sibling(self, part: &str) -> Option<Self> {
        let (service, _) = self.service()?;
        self.scene.find(&format!("service.{}.{part}", service.name))
    }

    pub(super) fn check(self) -> Option<&'s Check> {
        match self.scene.subjects[self.at] {
            Subject::Check(n) => Some(&self.scene.known.checks[n]),
            _ => None,
        }
    }

    pub(super) fn kind(self) -> Option<&'s CheckKind> {
        self.check().map(|check| &check.kind)
    }

    /// The host and port that a check asks.
    pub(super) fn endpoint(self) -> Option<&'s Address> {
        self.scene.endpoints[self.at]
    }

    /// Who serves on this machine what a check asks.
    pub(super) fn server(self) -> Option<&'s Server> {
        let asked = self.endpoint().filter(|address| address.is_loopback())?;
        self.evidence().servers.iter().find(|server| server.port == asked.port)
    }

    /// Names of what a service or check says that it depends on.
    pub(super) fn depends_on(self) -> &'s [String] {
        match self.scene.subjects[self.at] {
            Subject::Service(n, _) => &self.scene.known.services[n].depends_on,
            Subject::Check(n) => &self.scene.known.checks[n].depends_on,
            Subject::Other => &[],
        }
    }

    pub(super) fn evidence(self) -> &'s Evidence {
        self.scene.known.evidence
    }

    pub(super) fn scene(self) -> &'s Scene<'s> {
        self.scene
    }

    /// A number among what was observed.
    pub(super) fn number(self, key: &str) -> Option<f64> {
        self.finding().observed.get(key)?.as_f64()
    }

    /// A text among what was observed.
    pub(super) fn text(self, key: &str) -> Option<&'s str> {
        self.finding().observed.get(key)?.as_str()
    }

    /// Whether an http answer tells of a fault of the server itself.
    pub(super) fn is_server_error(self) -> bool {
        self.is_one_of(&[Cause::BadResponse]) && self.number("status").is_some_and(|status| status >= 500.0)
    }
}
