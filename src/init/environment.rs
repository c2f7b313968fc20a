//! A `.env`: which names stand in it, and the schemes and ports of its values; the values themselves are left there.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::config::UrlParts;
use crate::init::inventory::Variable;

/// Bytes that are read.
const MAX_FILE: u64 = 256 * 1024;
/// Names that are kept.
const MOST: usize = 500;

/// Reads the names; none where there is no such file.
pub(super) fn read(path: &Path, is_set: &dyn Fn(&str) -> bool) -> Vec<Variable> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text));
    if read.is_err() { Vec::new() } else { names(&text, is_set) }
}

fn names(text: &str, is_set: &dyn Fn(&str) -> bool) -> Vec<Variable> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| variable(line, is_set)).take(MOST).collect()
}

fn variable(line: &str, is_set: &dyn Fn(&str) -> bool) -> Option<Variable> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_name) {
        return None;
    }
    let value = value.trim().trim_matches(['"', '\'']);
    let url = UrlParts::parse(value).ok();
    let by_name = || if name.to_ascii_uppercase().ends_with("PORT") { value.parse().ok() } else { None };
    Some(Variable {
        name: name.to_owned(),
        port: url.as_ref().and_then(UrlParts::address).map(|address| address.port).or_else(by_name),
        scheme: url.map(|url| url.scheme),
        is_set: is_set(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_schemes_and_ports_are_kept_and_no_value() {
        let text = "# comment\nDATABASE_URL=\"mysql+pymysql://root:hunter2@db:3307/fuel\"\nexport PORT=8050\n\
                    SECRET_KEY='hunter2'\nREDIS_URL=redis://localhost\n 1BAD=2\nbroken line\n";
        let found = names(text, &|name| name == "PORT");
        let all: Vec<_> = found.iter().map(|v| (v.name.as_str(), v.scheme.as_deref(), v.port)).collect();
        assert_eq!(
            all,
            [
                ("DATABASE_URL", Some("mysql+pymysql"), Some(3307)),
                ("PORT", None, Some(8050)),
                ("SECRET_KEY", None, None),
                ("REDIS_URL", Some("redis"), Some(6379)),
            ]
        );
        assert!(found[1].is_set && !found[0].is_set);
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
