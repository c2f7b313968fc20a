//! Accuracy of the pattern miner on the public Loghub samples, where they are at hand: `FUELOPS_TEST_DATA` names a folder
//! with `loghub/NAME/NAME_2k.log_structured.csv`. Without it the tests say that they were skipped.
//!
//! Grouping accuracy (GA) is the share of lines whose group is exactly a true group; FGA is the F1 score over groups
//! (Jiang et al., ISSTA 2024).

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use fuelops::logs::pattern::{Kind, Place, Seen, Table, Variant};
use fuelops::logs::scan::Masker;

use crate::support::Env;

/// The folder of the samples, one folder for each system.
fn loghub() -> Option<PathBuf> {
    let found = std::env::var_os("FUELOPS_TEST_DATA").map(|data| Path::new(&data).join("loghub"));
    if found.is_none() {
        say("skipped: FUELOPS_TEST_DATA is not set");
    }
    found
}

/// Writes to the terminal even where the harness captures what tests print.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// The rows of a CSV file with a header: fields may be quoted, quotes doubled.
fn read_csv(path: &Path) -> Vec<HashMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut records: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let field = records.last_mut().unwrap().last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => records.last_mut().unwrap().push(String::new()),
            '\n' if !quoted => records.push(vec![String::new()]),
            '\r' if !quoted => {}
            c => field.push(c),
        }
    }
    records.retain(|record| record.len() > 1);
    let header = records.remove(0);
    records.into_iter().map(|record| header.iter().cloned().zip(record).collect()).collect()
}

/// GA and FGA of a grouping against the true one.
fn scores<T: std::hash::Hash + Eq, P: std::hash::Hash + Eq>(truth: &[T], predicted: &[P]) -> (f64, f64) {
    fn groups<K: std::hash::Hash + Eq>(keys: &[K]) -> HashSet<Vec<usize>> {
        let mut groups: HashMap<&K, Vec<usize>> = HashMap::new();
        for (line, key) in keys.iter().enumerate() {
            groups.entry(key).or_default().push(line);
        }
        groups.into_values().collect()
    }
    let (truth_groups, predicted_groups) = (groups(truth), groups(predicted));
    let right: Vec<&Vec<usize>> = truth_groups.intersection(&predicted_groups).collect();
    let lines: usize = right.iter().map(|group| group.len()).sum();
    let ratio = |a: usize, b: usize| a as f64 / b as f64;
    (ratio(lines, truth.len()), 2.0 * ratio(right.len(), truth_groups.len() + predicted_groups.len()))
}

/// The number of the pattern that each message belongs to.
fn mine(messages: &[&str]) -> Vec<usize> {
    let mut table = Table::default();
    let mut masker = Masker::default();
    let mut keys = Vec::new();
    for (line, message) in messages.iter().enumerate() {
        let text = message.as_bytes();
        let key = masker.signature(text, text.len(), 0);
        let place = Place { offset: line as u64, ..Place::default() };
        let seen = Seen { key, variant: Variant::default(), at: None, text, place, kind: Kind::Text };
        table.observe(&seen, 0, || 0);
        keys.push(key);
    }
    let mined = table.finish();
    let total: u64 = mined.patterns.iter().map(|pattern| pattern.count).sum();
    assert_eq!(total, messages.len() as u64);
    keys.into_iter().map(|key| mined.number_of(key).unwrap()).collect()
}

/// Scores each set with `predict`, which gets the set's folder, name and rows; gives the means.
fn score_all(
    what: &str,
    predict: impl Fn(&Path, &str, &[HashMap<String, String>]) -> Vec<usize>,
) -> Option<(f64, f64)> {
    let root = loghub()?;
    let mut names: Vec<String> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    let (mut ga_sum, mut fga_sum) = (0.0, 0.0);
    for name in &names {
        let folder = root.join(name);
        let rows = read_csv(&folder.join(format!("{name}_2k.log_structured.csv")));
        let truth: Vec<&String> = rows.iter().map(|row| &row["EventTemplate"]).collect();
        let (ga, fga) = scores(&truth, &predict(&folder, name, &rows));
        say(&format!("{what:8} {name:12} GA {ga:.3} FGA {fga:.3}"));
        ga_sum += ga;
        fga_sum += fga;
    }
    let count = names.len() as f64;
    say(&format!("{what:8} {:12} GA {:.4} FGA {:.4}", "mean", ga_sum / count, fga_sum / count));
    Some((ga_sum / count, fga_sum / count))
}

#[test]
fn scores_count_exact_groups() {
    assert_eq!(scores(&["a", "a", "b"], &[1, 1, 2]), (1.0, 1.0));
    assert_eq!(scores(&["a", "a", "b"], &[1, 1, 1]), (0.0, 0.0));
    assert_eq!(scores(&["a", "a", "b"], &[1, 2, 3]), (1.0 / 3.0, 0.4));
}

#[test]
fn messages_of_one_template_are_one_pattern() {
    let found = score_all("content", |_, _, rows| {
        mine(&rows.iter().map(|row| row["Content"].as_str()).collect::<Vec<_>>())
    });
    if let Some((ga, fga)) = found {
        assert!(ga >= 0.96 && fga >= 0.92, "GA {ga} FGA {fga}");
    }
}

/// The pattern of each row's line, as the binary tells it of the raw log.
fn assigned(folder: &Path, name: &str, rows: &[HashMap<String, String>]) -> Vec<usize> {
    let env = Env::new();
    let log = folder.join(format!("{name}_2k.log"));
    env.run(&["analyze-logs", &log.to_string_lossy(), "--no-save", "--assignments", "rows.csv"]).expect(0);
    let told = read_csv(&env.path("rows.csv"));
    let by_line: HashMap<&str, &str> =
        told.iter().map(|row| (row["line"].as_str(), row["pattern_id"].as_str())).collect();
    assert_eq!(by_line.len(), fs::read_to_string(&log).unwrap().lines().count(), "{name}");
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut number = |row: &HashMap<String, String>| {
        let next = numbers.len();
        *numbers.entry(by_line[row["LineId"].as_str()]).or_insert(next)
    };
    rows.iter().map(&mut number).collect()
}

#[test]
fn raw_lines_are_grouped_as_well_as_their_content() {
    if let Some((ga, fga)) = score_all("raw", assigned) {
        assert!(ga >= 0.96 && fga >= 0.92, "GA {ga} FGA {fga}");
    }
}
