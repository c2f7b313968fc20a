//! States put together: each log once, whatever the order they are handed in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::logs::input::{Problem, ProblemKind, Source, SourceKind, order_by_name};
use crate::logs::state::content::Content;
use crate::logs::state::document::{Entry, State, StateError};
use crate::logs::{Analysis, Combiner};

/// Logs shorter than this are taken for the same only where they come from the same host: little text is soon alike.
const TELLING: u64 = 4096;

/// The logs of all states.
#[derive(Debug, Default)]
pub struct Merged {
    /// By series, oldest first.
    pub entries: Vec<Entry>,
    /// What could not be found or opened when the states were made.
    pub problems: Vec<Problem>,
}

/// Puts states together.
///
/// # Errors
/// When two of them hold the same log, but each also others, or less of it.
pub fn merge(states: Vec<State>) -> Result<Merged, StateError> {
    let labels: Vec<Vec<Label>> = states.iter().map(|state| labels(&state.entries)).collect();
    for (at, state) in states.iter().enumerate() {
        for (earlier, other) in states[..at].iter().enumerate() {
            let shared = overlap(&labels[at], &labels[earlier]).map(|log| &state.entries[log]);
            if let Some(log) = shared.or_else(|| grown(state, other)) {
                let (path, other, log) = (state.path.clone(), other.path.clone(), log.name.clone());
                return Err(StateError::Overlap { path, other, log });
            }
        }
    }
    let mut entries: BTreeMap<Label, Entry> = BTreeMap::new();
    let mut problems: BTreeMap<(String, ProblemKind), Problem> = BTreeMap::new();
    for (state, labels) in states.into_iter().zip(labels) {
        let found = state.problems.into_iter();
        problems.extend(found.map(|problem| ((problem.path.clone(), problem.kind), problem)));
        for (label, entry) in labels.into_iter().zip(state.entries) {
            // The same log by two names: the choice must not depend on the order.
            let is_known = |known: &Entry| (&known.host, &known.name) <= (&entry.host, &entry.name);
            if !entries.get(&label).is_some_and(is_known) {
                entries.insert(label, entry);
            }
        }
    }
    let (entries, problems) = (entries.into_values().collect(), problems.into_values().collect());
    Ok(Merged { entries, problems })
}

impl Merged {
    /// The logs and everything that was counted in them, as one run over all of them gives it.
    pub fn into_analysis(mut self) -> (Vec<Source>, Analysis) {
        self.tell_hosts_apart();
        self.tell_names_apart();
        let mut sources: Vec<Source> = self.entries.iter().map(source).collect();
        order_by_name(&mut sources);
        let mut by_name: BTreeMap<String, _> =
            self.entries.into_iter().map(|entry| (entry.name, entry.counted)).collect();
        let mut combiner = Combiner::new(&sources);
        sources.iter().filter_map(|source| by_name.remove(&source.name)).for_each(|part| combiner.add(part));
        let analysis = combiner.finish();
        (sources, analysis)
    }

    /// Puts the host before the names of logs that stand under one name on several hosts.
    fn tell_hosts_apart(&mut self) {
        let mut hosts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for Entry { series, host, .. } in &self.entries {
            hosts.entry(series).or_default().insert(host);
        }
        let shared: BTreeSet<String> = hosts
            .into_iter()
            .filter(|(_, hosts)| hosts.len() > 1)
            .map(|(series, _)| series.to_owned())
            .collect();
        for entry in self.entries.iter_mut().filter(|entry| shared.contains(&entry.series)) {
            let prefix = format!("{}:", entry.host);
            entry.series.insert_str(0, &prefix);
            entry.name.insert_str(0, &prefix);
            entry.counted.set_apart(&entry.series);
        }
    }

    /// Numbers logs of one name, which were rotated between two states, by age.
    fn tell_names_apart(&mut self) {
        let age = |entry: &Entry| (entry.counted.first_at(), entry.content.sha256.clone());
        self.entries.sort_by_cached_key(|entry| (entry.name.clone(), age(entry)));
        let mut taken: BTreeSet<String> = self.entries.iter().map(|entry| entry.name.clone()).collect();
        let mut seen = BTreeSet::new();
        for entry in &mut self.entries {
            let known = entry.name.clone();
            if !seen.insert(known.clone()) {
                let free =
                    (2..).map(|number| format!("{known} ({number})")).find(|name| !taken.contains(name));
                entry.name = free.expect("there is always a higher number");
                taken.insert(entry.name.clone());
            }
        }
    }
}

/// What a log is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Label {
    content: Content,
    /// The last part of the series' name: a folder is written in many ways.
    file: String,
    /// Where the content alone tells too little.
    host: Option<(String, String)>,
    /// Logs of one content in one state are copies on purpose.
    copy: usize,
}

/// The labels of a state's logs, in their order.
fn labels(entries: &[Entry]) -> Vec<Label> {
    let mut seen: BTreeMap<Label, usize> = BTreeMap::new();
    let label = |Entry { host, series, content, .. }: &Entry| {
        let label = Label {
            content: content.clone(),
            file: file_name(series).to_owned(),
            host: (content.bytes < TELLING).then(|| (host.clone(), series.clone())),
            copy: 0,
        };
        let copy = seen.entry(label.clone()).or_default();
        *copy += 1;
        Label { copy: *copy, ..label }
    };
    entries.iter().map(label).collect()
}

/// The number of a log that stands in both states, where neither holds all of the other. An empty log, such as one of
/// errors on a day without any, tells nothing of what else they share.
fn overlap(one: &[Label], other: &[Label]) -> Option<usize> {
    let holds_text = |label: &&Label| label.content.bytes > 0;
    let known: BTreeSet<&Label> = other.iter().filter(holds_text).collect();
    let shared = one.iter().filter(|label| known.contains(label)).count();
    let is_part = shared < one.iter().filter(holds_text).count() && shared < known.len();
    one.iter().position(|label| is_part && known.contains(label))
}

/// A log that is in one state as it was before it grew to what it is in the other.
fn grown<'s>(one: &'s State, other: &State) -> Option<&'s Entry> {
    let is_same_log = |a: &Entry, b: &Entry| {
        let is_telling = a.content.bytes.min(b.content.bytes) >= TELLING;
        file_name(&a.series) == file_name(&b.series)
            && (is_telling || (&a.host, &a.series) == (&b.host, &b.series))
            && a.content.bytes > 0
            && a.content.begins_like(&b.content)
    };
    one.entries.iter().find(|a| other.entries.iter().any(|b| is_same_log(a, b)))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn source(entry: &Entry) -> Source {
    Source {
        path: PathBuf::from(&entry.name),
        name: entry.name.clone(),
        identity: None,
        kind: SourceKind::Plain,
        len: entry.content.bytes,
        start: 0,
        lines_before: 0,
        modified: None,
        series: entry.series.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Merged, State, merge};
    use crate::grouping::SourceRoots;
    use crate::logs::audit::TeamRules;
    use crate::logs::http::DeclaredNames;
    use crate::logs::input::{Origin, Request, resolve};
    use crate::logs::state::{ContentMeter, Entry, StateError};
    use crate::logs::{AnalysisOptions, Zone, ZoneChoice, count_apart};

    fn entry(folder: &Path, host: &str, name: &str, text: &str) -> Entry {
        fs::write(folder.join(name), text).unwrap();
        let patterns = [name.into()];
        let source = resolve(&Request { patterns: &patterns, root: folder, origin: Origin::Arguments })
            .sources
            .remove(0);
        let rules = TeamRules::new(Vec::new());
        let options = AnalysisOptions {
            threads: 1,
            since: None,
            until: None,
            zone: ZoneChoice::Given(Zone::Fixed(0)),
            now: 0,
            rules: &rules,
            roots: &SourceRoots::default(),
            names: &DeclaredNames::default(),
            part_bytes: None,
            progress: None,
        };
        let mut meter = ContentMeter::default();
        let counted = count_apart(&source, &mut |bytes| meter.take(bytes), &options);
        let (name, series) = (source.name.clone(), source.series.clone());
        Entry { host: host.to_owned(), name, series, content: meter.finish(), counted }
    }

    fn state(name: &str, logs: &[(&str, &str, &str)]) -> State {
        let folder = tempfile::tempdir().unwrap();
        let entries = logs.iter().map(|(host, log, text)| entry(folder.path(), host, log, text)).collect();
        State { path: name.into(), problems: Vec::new(), entries }
    }

    fn names(merged: Merged) -> Vec<(String, u64)> {
        let (sources, analysis) = merged.into_analysis();
        sources
            .into_iter()
            .map(|source| source.name)
            .zip(analysis.sources.iter().map(|s| s.records))
            .collect()
    }

    fn lines(what: &str, count: usize) -> String {
        (0..count).map(|n| format!("2026-03-02 10:00:{:02} [INFO] app - {what} {n}\n", n % 60)).collect()
    }

    #[test]
    fn the_same_log_counts_once_whatever_it_is_called_by_then() {
        let (one, two) = (lines("one", 300), lines("two", 300));
        let monday = || state("mon", &[("web", "b.log", &one)]);
        let tuesday = || state("tue", &[("web", "b.log.1", &one), ("web", "b.log", &two)]);
        let expected = [("b.log.1".to_owned(), 300), ("b.log".to_owned(), 300)];
        assert_eq!(names(merge(vec![tuesday()]).unwrap()), expected);
        assert_eq!(names(merge(vec![tuesday(), tuesday()]).unwrap()), expected);
        let contained = names(merge(vec![monday(), tuesday()]).unwrap());
        assert_eq!(contained, names(merge(vec![tuesday(), monday()]).unwrap()));
        assert_eq!(contained.iter().map(|(_, records)| records).sum::<u64>(), 600);
    }

    #[test]
    fn what_overlaps_in_part_is_named() {
        let (one, two, three) = (lines("one", 300), lines("two", 300), lines("three", 300));
        let left = || state("left", &[("h", "a.log", &one), ("h", "b.log", &two)]);
        let right = || state("right", &[("h", "b.log", &two), ("h", "c.log", &three)]);
        let grown = || state("grown", &[("h", "a.log", &(one.clone() + &three))]);
        for (states, log) in [
            (vec![left(), right()], "b.log"),
            (vec![right(), left()], "b.log"),
            (vec![left(), grown()], "a.log"),
            (vec![grown(), left()], "a.log"),
        ] {
            let error = merge(states).unwrap_err();
            assert!(matches!(&error, StateError::Overlap { log: named, .. } if named == log), "{error}");
        }
    }

    #[test]
    fn hosts_with_logs_of_one_name_stay_apart() {
        let (one, two) = (lines("alike", 200), lines("alike", 100));
        let web = |n: usize, text: &str| state("s", &[(["web-1", "web-2"][n], "b.log", text)]);
        let two = two.replace("10:00", "11:00");
        let found = merge(vec![web(1, &two), web(0, &one)]).unwrap().into_analysis();
        let shown: Vec<&str> = found.0.iter().map(|source| source.series.as_str()).collect();
        assert_eq!(shown, ["web-1:b.log", "web-2:b.log"]);
        let pattern = &found.1.patterns.patterns[0];
        assert_eq!((found.1.patterns.patterns.len(), pattern.count), (1, 300));
        assert_eq!(pattern.shares.iter().map(|share| share.count).collect::<Vec<_>>(), [200, 100]);
    }

    #[test]
    fn logs_that_were_rotated_in_between_keep_both_their_counts() {
        let (early, late) = (lines("one", 300), lines("two", 200).replace("03-02", "03-03"));
        let states = vec![state("tue", &[("h", "b.log", &late)]), state("mon", &[("h", "b.log", &early)])];
        let expected = [("b.log".to_owned(), 300), ("b.log (2)".to_owned(), 200)];
        assert_eq!(names(merge(states).unwrap()), expected);
    }

    #[test]
    fn an_empty_log_keeps_no_two_days_apart() {
        let (one, two) = (lines("one", 300), lines("two", 300));
        let day = |name: &str, text: &str, errors: &str| {
            state(name, &[("h", "b.log", text), ("h", "b_errors.log", errors)])
        };
        let both = merge(vec![day("mon", &one, ""), day("tue", &two, "")]).unwrap();
        assert_eq!(names(both).iter().map(|(_, records)| records).sum::<u64>(), 600);
        let later = merge(vec![day("mon", &one, ""), day("tue", &two, "ERROR:a:late\n")]);
        assert!(later.is_ok(), "{:?}", later.err());
    }

    #[test]
    fn little_text_is_the_same_log_on_one_host_only() {
        let small = "INFO:a:started\n";
        let both = merge(vec![state("a", &[("h1", "b.log", small)]), state("b", &[("h2", "b.log", small)])]);
        assert_eq!(both.unwrap().entries.len(), 2);
        let same = merge(vec![state("a", &[("h1", "b.log", small)]), state("b", &[("h1", "b.log", small)])]);
        assert_eq!(same.unwrap().entries.len(), 1);
    }
}
