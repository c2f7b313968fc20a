//! Symptoms to incidents.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::logs::incidents::causes::explain;
use crate::logs::incidents::{Known, Span, Symptom, SymptomOf};
use crate::logs::rules::Rank;
use crate::model::Severity;
use crate::report::Incident;

/// Share of an echo's records that must accompany an incident for the echo to join it.
const ECHO_SHARE: f64 = 0.5;
const MAX_EVIDENCE: usize = 3;
/// Incidents that an echo may join, and echoes that are asked: bounds for logs in which everything is different.
const MAX_VOICES: usize = 512;
const MAX_ECHOES: usize = 512;

/// Joins symptoms to incidents, causes before what they cause; `real_errors` is what shares are of.
pub fn incidents(symptoms: Vec<Symptom>, real_errors: u64) -> Vec<Incident> {
    let (echoes, voices): (Vec<Symptom>, Vec<Symptom>) = symptoms.into_iter().partition(is_echo);
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for symptom in voices {
        drafts.entry(key(&symptom)).or_insert_with(|| Draft::of(&symptom)).take(symptom);
    }
    let mut drafts: Vec<Draft> = drafts.into_values().collect();
    drafts.sort_by(|a, b| b.errors.cmp(&a.errors).then_with(|| a.summary.cmp(&b.summary)));
    let voices = drafts.len().min(MAX_VOICES);
    for (number, echo) in echoes.into_iter().enumerate() {
        let joined = if number < MAX_ECHOES { closest(&drafts[..voices], &echo) } else { None };
        match joined {
            Some(at) => drafts[at].take(echo),
            None => {
                let mut draft = Draft::of(&echo);
                draft.take(echo);
                drafts.push(draft);
            }
        }
    }
    drafts.sort_by(|a, b| b.errors.cmp(&a.errors).then_with(|| a.summary.cmp(&b.summary)));
    let causes = explain(&drafts);
    finish(drafts, &causes, real_errors)
}

/// An incident in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) known: Option<Known>,
    pub(super) span: Span,
    pub(super) errors: u64,
    /// The words of what it was first seen by, in lower case.
    pub(super) said: String,
    summary: String,
    evidence: Vec<String>,
    pattern_ids: Vec<String>,
    fingerprints: Vec<String>,
}

impl Draft {
    fn of(symptom: &Symptom) -> Self {
        Self {
            known: symptom.known.clone(),
            span: Span::default(),
            errors: 0,
            said: symptom.title.to_lowercase(),
            summary: title(symptom),
            evidence: Vec::new(),
            pattern_ids: Vec::new(),
            fingerprints: Vec::new(),
        }
    }

    /// Whether exceptions show it, not only what a program says.
    pub(super) fn is_raised(&self) -> bool {
        !self.fingerprints.is_empty()
    }

    fn take(&mut self, symptom: Symptom) {
        self.errors += symptom.count;
        self.span.widen(&symptom.span);
        let room = MAX_EVIDENCE - self.evidence.len();
        self.evidence.extend(symptom.evidence.into_iter().take(room));
        match symptom.of {
            SymptomOf::Pattern { id } => self.pattern_ids.push(id),
            SymptomOf::Exception { fingerprint, .. } => self.fingerprints.push(fingerprint),
        }
    }
}

/// A programmer's mistake is told by its own words, which say where it is.
fn title(symptom: &Symptom) -> String {
    match (&symptom.known, &symptom.of) {
        (Some(known), _) if known.rank != Rank::Code => known.summary.clone(),
        (_, SymptomOf::Exception { location: Some(location), .. }) => {
            format!("{} ({location})", symptom.title)
        }
        _ => symptom.title.clone(),
    }
}

/// What is one failure has one key: one fault of the surroundings, but a programmer's mistakes one by one.
fn key(symptom: &Symptom) -> String {
    if let Some(known) = symptom.known.as_ref().filter(|known| known.rank != Rank::Code) {
        return format!("rule {}", known.rule);
    }
    match &symptom.of {
        SymptomOf::Exception { root_type, location: Some(location), .. } => {
            format!("at {root_type} {location}")
        }
        SymptomOf::Exception { fingerprint, .. } => format!("exception {fingerprint}"),
        SymptomOf::Pattern { id } => format!("pattern {id}"),
    }
}

/// Words with which handlers and servers announce a failure that is printed elsewhere too.
fn is_echo(symptom: &Symptom) -> bool {
    const WORDS: [&str; 9] = [
        "unhandled exception",
        "exception type:",
        "exception message:",
        "traceback:",
        "exception in asgi application",
        "internal server error",
        "exception on /",
        "error handling request",
        "request failed with 5",
    ];
    let title = symptom.title.to_lowercase();
    symptom.known.is_none()
        && matches!(symptom.of, SymptomOf::Pattern { .. })
        && WORDS.iter().any(|word| title.contains(word))
}

/// The incident that an echo accompanies: the one with which it shares most of its time, then the most frequent.
fn closest(drafts: &[Draft], echo: &Symptom) -> Option<usize> {
    drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| (echo.span.accompanied_by(&draft.span), draft.errors, at))
        .filter(|(share, ..)| *share >= ECHO_SHARE)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(b.2.cmp(&a.2)))
        .map(|(.., at)| at)
}

fn finish(drafts: Vec<Draft>, causes: &[Option<usize>], real_errors: u64) -> Vec<Incident> {
    let mut with_consequences: Vec<u64> = drafts.iter().map(|d| d.errors).collect();
    for (at, cause) in causes.iter().enumerate() {
        if let Some(root) = cause {
            with_consequences[*root] += drafts[at].errors;
        }
    }
    // A root stands at the place that its errors earn it, what it explains right behind it.
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|&at| {
        let root = causes[at].unwrap_or(at);
        (std::cmp::Reverse(with_consequences[root]), root, causes[at].is_some(), at)
    });
    let ids: BTreeMap<usize, String> =
        order.iter().enumerate().map(|(n, &at)| (at, format!("incident-{}", n + 1))).collect();
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    order
        .iter()
        .filter_map(|&at| {
            let draft = drafts[at].take()?;
            let cause = causes[at].map(|root| ids[&root].clone());
            Some(draft.into_incident(ids[&at].clone(), cause, with_consequences[at], real_errors))
        })
        .collect()
}

impl Draft {
    fn into_incident(self, id: String, caused_by: Option<String>, errors: u64, real_errors: u64) -> Incident {
        #[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
        let percent = (errors as f64 * 1_000.0 / real_errors.max(1) as f64).round() / 10.0;
        let time = |s: Option<i64>| s.and_then(|s| DateTime::<Utc>::from_timestamp(s, 0));
        Incident {
            id,
            severity: self.known.as_ref().map_or(Severity::Warning, |k| k.severity),
            summary: self.summary,
            advice: self.known.as_ref().map(|k| k.advice.clone()),
            command: self.known.as_ref().and_then(|k| k.command.clone()),
            rule: self.known.map(|k| k.rule),
            caused_by,
            errors,
            explains_percent: percent,
            first_at: time(self.span.first_s),
            last_at: time(self.span.last_s),
            evidence: self.evidence,
            pattern_ids: self.pattern_ids,
            exception_fingerprints: self.fingerprints,
            endpoints: Vec::new(),
            crashes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::rules::FaultClass;

    fn pattern(id: &str, title: &str, buckets: &[u64]) -> Symptom {
        let first = buckets.iter().position(|n| *n > 0).unwrap_or(0);
        let last = buckets.iter().rposition(|n| *n > 0).unwrap_or(0);
        Symptom {
            of: SymptomOf::Pattern { id: id.into() },
            title: title.into(),
            count: buckets.iter().sum(),
            span: Span {
                first_s: i64::try_from(first * 60).ok(),
                last_s: i64::try_from(last * 60).ok(),
                buckets: buckets.to_vec(),
            },
            evidence: vec![format!("backend.log:{id}")],
            known: None,
        }
    }

    fn known(symptom: Symptom, rule: &str, rank: Rank) -> Symptom {
        let known = Known {
            rule: rule.into(),
            class: FaultClass::Database,
            severity: Severity::Critical,
            summary: rule.into(),
            thing: None,
            rank,
            advice: String::new(),
            command: None,
        };
        Symptom { known: Some(known), ..symptom }
    }

    fn raised(symptom: Symptom) -> Symptom {
        let fingerprint = symptom.title.clone();
        let of = SymptomOf::Exception { fingerprint, root_type: symptom.title.clone(), location: None };
        Symptom { of, ..symptom }
    }

    /// One exception, behind which nothing happens for minutes.
    fn own(title: &str, at_s: i64) -> Symptom {
        let mut symptom = raised(pattern("", title, &[1, 0, 0, 0, 0, 0]));
        (symptom.span.first_s, symptom.span.last_s) = (Some(at_s), Some(at_s));
        symptom
    }

    #[test]
    fn one_fault_in_several_patterns_is_one_incident() {
        let found = incidents(
            vec![
                known(pattern("1", "(2003, …) in fleet", &[3, 3]), "mysql-refused", Rank::Store),
                known(pattern("2", "(2003, …) in sync", &[1, 2]), "mysql-refused", Rank::Store),
            ],
            9,
        );
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].errors, found[0].explains_percent), (9, 100.0));
    }

    #[test]
    fn the_handlers_lines_join_the_failure_that_they_announce() {
        let found = incidents(
            vec![
                pattern("1", "KeyError: 'truck_id'", &[0, 5, 0, 2]),
                pattern("2", "🔥 UNHANDLED EXCEPTION in GET <path>", &[0, 5, 0, 2]),
                pattern("3", "Exception type: KeyError", &[0, 5, 0, 2]),
                pattern("4", "disk is slow", &[4, 0, 0, 0]),
            ],
            25,
        );
        let sizes: Vec<_> = found.iter().map(|i| (i.summary.as_str(), i.errors)).collect();
        assert_eq!(sizes, [("KeyError: 'truck_id'", 21), ("disk is slow", 4)]);
    }

    #[test]
    fn an_echo_without_a_voice_stands_alone() {
        let found = incidents(vec![pattern("2", "Unhandled exception in GET /x", &[1])], 1);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn the_database_explains_the_endpoints() {
        let found = incidents(
            vec![
                pattern("9", "could not load fleet", &[0, 0, 0, 0, 8, 9, 0, 0, 0]),
                known(pattern("1", "refused", &[0, 0, 0, 2, 2, 2, 0, 0, 0]), "mysql-refused", Rank::Store),
            ],
            23,
        );
        assert_eq!(found[0].rule.as_deref(), Some("mysql-refused"));
        assert_eq!((found[0].errors, found[0].explains_percent), (23, 100.0));
        assert_eq!(found[1].caused_by.as_deref(), Some("incident-1"));
    }

    #[test]
    fn what_began_before_is_not_explained() {
        let found = incidents(
            vec![
                pattern("9", "could not load fleet", &[8, 9, 0, 0, 0, 0, 0, 0]),
                known(pattern("1", "refused", &[0, 0, 2, 2, 0, 0, 0, 0]), "mysql-refused", Rank::Store),
            ],
            21,
        );
        assert!(found.iter().all(|i| i.caused_by.is_none()), "{found:#?}");
    }

    #[test]
    fn independent_exceptions_of_one_moment_do_not_explain_each_other() {
        let mut missing = known(own("FileNotFoundError: '/srv/fuel.db'", 1), "file-missing", Rank::Setup);
        missing.known.as_mut().unwrap().thing = Some("/srv/fuel.db".into());
        let refused = known(own("(2003, refused)", 1), "mysql-refused", Rank::Store);
        let found = incidents(
            vec![
                own("KeyError: 'truck_id'", 0),
                own("OperationalError: said too early", 0),
                missing,
                refused,
                own("ValueError: fuel level 120", 1),
                own("RuntimeError: cannot open /srv/fuel.db", 2),
                own("OperationalError: (2013, closed)", 2),
            ],
            7,
        );
        let cause = |incident: &Incident| {
            let id = incident.caused_by.as_ref()?;
            found.iter().find(|other| other.id == *id).map(|other| other.summary.clone())
        };
        let of = |title: &str| cause(found.iter().find(|i| i.summary.starts_with(title)).unwrap());
        for alone in ["KeyError", "OperationalError: said", "file-missing", "mysql-refused", "ValueError"] {
            assert_eq!(of(alone), None, "{alone}");
        }
        assert_eq!(of("RuntimeError").as_deref(), Some("file-missing"));
        assert_eq!(of("OperationalError: (2013").as_deref(), Some("mysql-refused"));
    }

    #[test]
    fn what_is_always_there_explains_nothing() {
        let found = incidents(
            vec![
                pattern("9", "could not load fleet", &[3, 0, 2, 0, 1, 0]),
                known(pattern("1", "refused", &[2, 2, 2, 2, 2, 2]), "mysql-refused", Rank::Store),
            ],
            18,
        );
        assert!(found.iter().all(|i| i.caused_by.is_none()), "{found:#?}");
    }
}
