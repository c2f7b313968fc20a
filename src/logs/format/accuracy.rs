//! Heads of real systems' logs against what others say stands in them. Tests only; needs a folder of Loghub's samples
//! (`loghub/NAME/NAME_2k.log` and `…_structured.csv`) in `FUELOPS_TEST_DATA`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::logs::format::parse;

/// How many of a set's lines must be right, in each column.
const BAR: f64 = 0.995;

/// A file of comma-separated values as rows of named fields; quotes may hold commas, line ends and doubled quotes.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let (mut table, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field).trim_end_matches('\r').to_owned());
                table.push(std::mem::take(&mut row));
            }
            _ => field.push(letter),
        }
    }
    let mut table = table.into_iter();
    let names: Vec<String> = table.next().unwrap();
    table.map(|row| names.iter().cloned().zip(row).collect()).collect()
}

fn sets() -> Vec<(String, PathBuf)> {
    let Some(folder) = env::var_os("FUELOPS_TEST_DATA") else {
        println!("skipped: FUELOPS_TEST_DATA names no folder");
        return Vec::new();
    };
    let mut sets: Vec<_> = fs::read_dir(Path::new(&folder).join("loghub"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    sets.sort();
    sets
}

/// The written time of a row, from whatever columns its set has for it.
fn time_of(set: &str, row: &BTreeMap<String, String>) -> String {
    let at = |name: &str| row.get(name).cloned().unwrap_or_default();
    match set {
        "Mac" | "Linux" => format!("{} {:>2} {}", at("Month"), at("Date"), at("Time")),
        "OpenSSH" => format!("{} {:>2} {}", at("Date"), at("Day"), at("Time")),
        "Thunderbird" => at("Timestamp"),
        "Apache" | "BGL" | "HPC" | "HealthApp" | "Proxifier" => at("Time"),
        _ => format!("{} {}", at("Date"), at("Time")),
    }
}

/// Some sets' columns hold something else than a level or a component; those are not asked.
fn asked(set: &str, row: &BTreeMap<String, String>, column: &str) -> Option<String> {
    let misnamed = matches!((set, column), ("OpenSSH", "Component") | ("Linux", "Level"));
    row.get(column).filter(|_| !misnamed).cloned()
}

#[test]
fn heads_of_real_systems_are_read() {
    let mut low = Vec::new();
    for (set, folder) in sets() {
        let raw = fs::read(folder.join(format!("{set}_2k.log"))).unwrap();
        let truth = rows(&folder.join(format!("{set}_2k.log_structured.csv")));
        let (mut right, mut shown) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
        let texts = raw.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        for (text, row) in texts.zip(&truth) {
            let line = parse(text).line;
            let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
            let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut check = |name: &'static str, got: String, expected: Option<String>, ends: bool| {
                let Some(expected) = expected.map(|text| squeeze(&text)) else { return };
                let got = squeeze(&got);
                let same = got == expected || (ends && !got.is_empty() && expected.ends_with(&got));
                *right.entry(name).or_default() += usize::from(same);
                let shown = shown.entry(name).or_default();
                if !same && *shown < 3 {
                    *shown += 1;
                    println!("  {set} {name}: {got:?} instead of {expected:?}");
                }
            };
            check("level", show(line.level_raw), asked(&set, row, "Level"), false);
            check("logger", show(line.logger), asked(&set, row, "Component"), true);
            check("time", show(line.stamp.text), Some(time_of(&set, row)), false);
            check("message", show(line.message), row.get("Content").cloned(), false);
        }
        for (name, right) in right {
            let share = right as f64 / truth.len() as f64;
            println!("{set:12} {name:8} {:.2} %", share * 100.0);
            if share < BAR {
                low.push(format!("{set} {name} {share}"));
            }
        }
    }
    assert!(low.is_empty(), "{low:?}");
}
