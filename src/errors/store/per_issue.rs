//! Sums the counts of a span: by issue, by endpoint, by type.
//!
//! A million rows may be added for one report, so a row costs no key that a number can stand for, and no text that was seen
//! before is copied.

use hashbrown::HashMap;

use super::answer::{Counted, EventRow, Overview};
use super::issues::Issues;

/// Counts of a span.
pub(super) struct PerIssue {
    /// By the place of the issue.
    count: Vec<u64>,
    /// By the place of the issue and the number of the endpoint.
    endpoints: HashMap<(u32, u32), u64>,
    /// Endpoints by their numbers, and the numbers by endpoint.
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl PerIssue {
    /// Nothing yet, of these issues.
    pub(super) fn of(issues: &Issues) -> Self {
        let count = vec![0; issues.list.len()];
        Self { count, endpoints: HashMap::new(), names: Vec::new(), numbers: HashMap::new() }
    }

    /// Adds what happened at an endpoint to the issue at this place.
    pub(super) fn add(&mut self, at: usize, endpoint: &str, n: u64) {
        self.count[at] += n;
        if endpoint.is_empty() {
            return;
        }
        let number = match self.numbers.get(endpoint) {
            Some(number) => *number,
            None => {
                let number = narrow(self.names.len());
                self.names.push(endpoint.to_owned());
                self.numbers.insert(endpoint.to_owned(), number);
                number
            }
        };
        *self.endpoints.entry((narrow(at), number)).or_default() += n;
    }

    pub(super) fn into_overview(
        self,
        issues: Issues,
        recent: Vec<EventRow>,
        hours: Vec<(i64, u64)>,
        week_before: u64,
    ) -> Overview {
        let name = |number: u32| self.names[number as usize].clone();
        let mut by_endpoint = vec![0; self.names.len()];
        let mut endpoints_of = std::collections::HashMap::new();
        for ((at, number), n) in &self.endpoints {
            by_endpoint[*number as usize] += n;
            let of_issue = endpoints_of.entry(issues.list[*at as usize].id).or_insert_with(Vec::new);
            of_issue.push(Counted { name: name(*number), count: *n });
        }
        endpoints_of.values_mut().for_each(|counts| sort(counts));
        let known_issues = issues.list.len() as u64;
        let mut by_type: HashMap<String, u64> = HashMap::new();
        let mut counted = Vec::with_capacity(issues.list.len());
        for (issue, n) in issues.list.into_iter().zip(&self.count).filter(|(_, n)| **n > 0) {
            *by_type.entry_ref(&issue.kind).or_default() += n;
            counted.push((issue, *n));
        }
        counted.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.id.cmp(&b.id)));
        Overview {
            events: self.count.iter().sum(),
            issues: counted,
            endpoints_of,
            by_type: most_first(by_type),
            by_endpoint: most_first(self.names.into_iter().zip(by_endpoint)),
            recent,
            losses: Vec::new(),
            hours,
            week_before,
            known_issues,
        }
    }
}

/// Memory holds no more issues or endpoints than such a number counts.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn most_first(counts: impl IntoIterator<Item = (String, u64)>) -> Vec<Counted> {
    let mut counts: Vec<Counted> = counts.into_iter().map(|(name, count)| Counted { name, count }).collect();
    sort(&mut counts);
    counts
}

fn sort(counts: &mut [Counted]) {
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
}
