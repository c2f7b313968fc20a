//! Sentry's grouping rules against events with the hashes that Sentry gave them, where `FUELOPS_TEST_DATA` has them.
//!
//! Prints the agreement of each strategy; security reports are no errors and are left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fuelops::grouping::sentry::variants;
use serde_json::Value;

use crate::support::skip;

/// The hashes of a snapshot, by variant.
fn expected(text: &str) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    let mut name = "";
    for line in text.lines().skip(5) {
        if let Some(variant) = line.strip_suffix(':').filter(|variant| !variant.starts_with(' ')) {
            name = variant;
        }
        if let Some(hash) = line.strip_prefix("  hash: ") {
            let hash = hash.trim_matches('"');
            found.insert(name.to_owned(), (hash != "null").then(|| hash.to_owned()));
        }
    }
    found
}

fn is_native(event: &Value) -> bool {
    let text = event.to_string();
    ["native", "cocoa", "csharp", "objc", "swift", "c"]
        .iter()
        .any(|p| text.contains(&format!("\"platform\":\"{p}\"")))
}

#[test]
fn hashes_are_those_of_sentry() {
    let Some(folder) =
        std::env::var_os("FUELOPS_TEST_DATA").map(|path| Path::new(&path).join("sentry-grouping"))
    else {
        return skip("hashes_are_those_of_sentry", "FUELOPS_TEST_DATA is not set");
    };
    let (mut agree, mut all) = ([0, 0], [0, 0]);
    let mut wrong = Vec::new();
    let mut files: Vec<_> =
        fs::read_dir(folder.join("inputs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Ok(snapshot) = fs::read_to_string(folder.join(format!("expected/{name}.txt"))) else { continue };
        if name.starts_with("csp-") {
            continue;
        }
        let event: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let expected = expected(&snapshot);
        let ours: BTreeMap<_, _> = variants(&event).into_iter().map(|v| (v.name, v.hash)).collect();
        let group = usize::from(is_native(&event));
        all[group] += 1;
        let of = |map: &BTreeMap<String, Option<String>>| {
            map.iter().filter_map(|(k, v)| Some((k.clone(), v.clone()?))).collect::<BTreeMap<_, _>>()
        };
        if of(&ours) == of(&expected) {
            agree[group] += 1;
        } else {
            wrong.push(format!("{name}:\n    ours   {:?}\n    theirs {:?}", of(&ours), of(&expected)));
        }
    }
    let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
    let told = format!(
        "non-native {}/{}, all {}/{}\n{}",
        agree[0],
        all[0],
        agree[0] + agree[1],
        all[0] + all[1],
        wrong.join("\n")
    );
    std::io::Write::write_all(&mut std::io::stderr(), format!("{told}\n").as_bytes()).unwrap();
    assert!(share(agree[0], all[0]) >= 0.95 && share(agree[0] + agree[1], all[0] + all[1]) >= 0.9, "{told}");
}
