//! What is wrong, as something to keep an eye on: incidents, and patterns of warnings that belong to none.

use std::collections::{BTreeSet, HashMap};

use crate::logs::audit::TeamRules;
use crate::logs::news::Trouble;
use crate::logs::summary::judged::Judged;
use crate::logs::{Analysis, Arrival, Copies, key_of};
use crate::model::{Level, Severity};
use crate::report::{Incident, LogReport};

/// Finds what is wrong in a report, with what arrived of it lately.
pub fn troubles(
    analysis: &Analysis,
    report: &LogReport,
    rules: &TeamRules,
    arrivals: &[Arrival],
) -> Vec<Trouble> {
    let keys = analysis.patterns.keys();
    let judged = Judged::all(analysis, rules);
    let numbers = judged.iter().zip(0..).map(|(judged, number)| (judged.pattern.id.to_string(), number));
    let patterns = Patterns { judged: &judged, keys: &keys, numbers: numbers.collect() };
    let incidents = report.incidents.iter().map(|incident| patterns.incident(incident, report));
    let known: BTreeSet<&str> =
        report.incidents.iter().flat_map(|incident| &incident.pattern_ids).map(String::as_str).collect();
    let warnings = patterns.warnings(analysis, report, &known);
    let mut troubles: Vec<Trouble> = incidents.chain(warnings).collect();
    hand_out(arrivals, &analysis.copies, &mut troubles);
    troubles
}

struct Patterns<'a> {
    judged: &'a [Judged<'a>],
    keys: &'a [Vec<u64>],
    numbers: HashMap<String, usize>,
}

impl Patterns<'_> {
    fn incident(&self, incident: &Incident, report: &LogReport) -> Trouble {
        let said = incident.pattern_ids.iter().filter_map(|id| self.numbers.get(id).copied());
        let said: Vec<usize> = said.collect();
        let raised: BTreeSet<&str> = incident.exception_fingerprints.iter().map(String::as_str).collect();
        let chains = report.exceptions.iter().filter(|e| raised.contains(e.fingerprint.as_str()));
        let count = said.iter().map(|&number| self.judged[number].count()).sum::<u64>();
        let keys = said.iter().flat_map(|&number| &self.keys[number]).copied();
        Trouble {
            severity: incident.severity,
            is_error: true,
            summary: incident.summary.clone(),
            keys: keys.chain(raised.iter().map(|fingerprint| key_of(fingerprint))).collect(),
            count: count + chains.map(|exception| exception.once()).sum::<u64>(),
            first_at: incident.first_at,
            last_at: incident.last_at,
            place: incident.evidence.first().cloned(),
            arrived: 0,
        }
    }

    /// Patterns of which some records deserve the level warning, and none is part of an incident.
    fn warnings(&self, analysis: &Analysis, report: &LogReport, known: &BTreeSet<&str>) -> Vec<Trouble> {
        let is_warning = |judged: &Judged<'_>| {
            judged
                .originals()
                .any(|share| share.effective == Some(Level::Warning) && !share.share.variant.has_trace)
        };
        let told = self.judged.iter().zip(&report.patterns).zip(self.keys);
        told.filter(|((judged, pattern), _)| !known.contains(pattern.id.as_str()) && is_warning(judged))
            .map(|((judged, pattern), keys)| Trouble {
                severity: Severity::Warning,
                is_error: false,
                summary: pattern.template.clone(),
                keys: keys.clone(),
                count: pattern.once(),
                first_at: pattern.first_at,
                last_at: pattern.last_at,
                place: judged.pattern.samples.first().map(|sample| {
                    let name = analysis.source_names.get(sample.place.source as usize);
                    format!("{}:{}", name.map_or("", String::as_str), analysis.line_of(&sample.place))
                }),
                arrived: 0,
            })
            .collect()
    }
}

/// Counts what arrived once, in how many files it may stand.
fn hand_out(arrivals: &[Arrival], copies: &Copies, troubles: &mut [Trouble]) {
    let mut by_key: HashMap<u64, Vec<&Arrival>> = HashMap::new();
    arrivals.iter().for_each(|arrival| by_key.entry(arrival.key).or_default().push(arrival));
    for trouble in troubles {
        let came: Vec<&Arrival> =
            trouble.keys.iter().filter_map(|key| by_key.get(key)).flatten().copied().collect();
        let is_copy = |arrival: &&&Arrival| copies.holds(arrival.series, arrival.class);
        let originals: u64 =
            came.iter().filter(|arrival| !is_copy(arrival)).map(|arrival| arrival.count).sum();
        let most = came.iter().max_by_key(|arrival| (!is_copy(arrival), arrival.count));
        trouble.arrived = if originals > 0 { originals } else { most.map_or(0, |arrival| arrival.count) };
        if let Some(arrival) = most {
            trouble.place = Some(format!("{}:{}", arrival.place.0, arrival.place.1));
        }
    }
}
