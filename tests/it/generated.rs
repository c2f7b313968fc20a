//! What stands in `completions/` and `man/` is what the binary prints; `UPDATE=1 cargo test generated` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fuelops::cli::commands::completions::{SupportedShell, script};
use fuelops::cli::commands::man;

fn check(folder: &str, files: Vec<(String, Vec<u8>)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut stale = Vec::new();
    for (name, text) in &files {
        let path = folder.join(name);
        if fs::read(&path).ok().as_ref() == Some(text) {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, text).unwrap();
        } else {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "run `UPDATE=1 cargo test generated`; differs from the binary: {stale:#?}");
    let wanted: BTreeSet<String> = files.into_iter().map(|(name, _)| name).collect();
    let found =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(wanted, found, "files in {} that no command generates", folder.display());
}

#[test]
fn generated_completions_are_those_of_the_binary() {
    let files = SupportedShell::FILES.map(|(shell, name)| (name.to_owned(), script(shell)));
    check("completions", files.to_vec());
}

#[test]
fn generated_manual_pages_are_those_of_the_binary() {
    check("man", man::pages().unwrap());
}
