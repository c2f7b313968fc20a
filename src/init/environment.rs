//! A `.env`: which names stand in it, and what of the values is no secret: schemes, hosts, ports, users, databases. The
//! rest is left there.

use std::path::Path;

use crate::config::UrlParts;
use crate::init::inventory::Variable;
use crate::store;

/// Bytes that are read.
const MAX_FILE: u64 = 256 * 1024;
/// Names that are kept.
const MOST: usize = 500;

/// Reads the names; none where there is no such file.
pub(super) fn read(path: &Path, is_set: &dyn Fn(&str) -> bool) -> Vec<Variable> {
    store::head(path, MAX_FILE)
        .map_or_else(|_| Vec::new(), |bytes| names(&String::from_utf8_lossy(&bytes), is_set))
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
    let value = bare(value);
    let url = UrlParts::parse(value).ok();
    let address = url.as_ref().and_then(UrlParts::address);
    let upper = name.to_ascii_uppercase();
    let ends_with = |endings: &[&str]| endings.iter().any(|ending| upper.ends_with(ending));
    let is_open = value.is_empty() || (is_word(value) && ends_with(&OPEN));
    let host = || (is_open && !value.is_empty() && ends_with(&["HOST"])).then(|| value.to_owned());
    let port = || if ends_with(&["PORT"]) { value.parse().ok() } else { None };
    Some(Variable {
        name: name.to_owned(),
        host: address.as_ref().map(|address| address.host.clone()).or_else(host),
        port: address.as_ref().map(|address| address.port).or_else(port),
        open: url.as_ref().and_then(open_url).or_else(|| is_open.then(|| value.to_owned())),
        template: url.as_ref().and_then(template),
        is_malformed: url.is_none() && value.contains("://"),
        scheme: url.map(|url| url.scheme),
        is_set: is_set(name),
    })
}

/// Ends of names whose values are no secrets.
const OPEN: [&str; 7] = ["HOST", "PORT", "USER", "USERNAME", "DATABASE", "_DB", "DB_NAME"];

/// A value without its quotes, or the comment behind it.
fn bare(value: &str) -> &str {
    let value = value.trim();
    let quoted = |sign: char| value.strip_prefix(sign)?.split(sign).next();
    let plain = || value.split(" #").next().unwrap_or_default().trim_end();
    quoted('"').or_else(|| quoted('\'')).unwrap_or_else(plain)
}

fn is_word(value: &str) -> bool {
    value.len() <= 253 && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// A URL as a config writes it, where it has no password.
fn open_url(url: &UrlParts) -> Option<String> {
    let login = url.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
    if url.password.is_none() { url_with(url, &login) } else { None }
}

/// A URL as a config writes it, with a variable for its password.
fn template(url: &UrlParts) -> Option<String> {
    url.password.as_ref()?;
    url_with(url, &format!("{}:${{DB_PASSWORD}}@", url.user.as_deref().unwrap_or_default()))
}

/// A URL with another login, unless something of the rest may be a secret.
fn url_with(url: &UrlParts, login: &str) -> Option<String> {
    let address = url.address()?;
    let (scheme, target) = (url.scheme.split('+').next()?, url.target.trim_start_matches('/'));
    let is_plain = is_word(url.user.as_deref().unwrap_or_default()) && is_word(target);
    is_plain.then(|| format!("{scheme}://{login}{address}/{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Variable> {
        names(text, &|name| name == "PORT")
    }

    #[test]
    fn names_schemes_and_ports_are_kept_and_no_secret() {
        let found =
            of("# comment\nDATABASE_URL=\"mysql+pymysql://root:hunter2@db:3307/fuel\"\nexport PORT=8050\n\
                        SECRET_KEY='hunter2'\nREDIS_URL=redis://localhost\n 1BAD=2\nbroken line\n");
        let all: Vec<_> =
            found.iter().map(|v| (v.name.as_str(), v.scheme.as_deref(), v.host.as_deref(), v.port)).collect();
        assert_eq!(
            all,
            [
                ("DATABASE_URL", Some("mysql+pymysql"), Some("db"), Some(3307)),
                ("PORT", None, None, Some(8050)),
                ("SECRET_KEY", None, None, None),
                ("REDIS_URL", Some("redis"), Some("localhost"), Some(6379)),
            ]
        );
        assert!(found[1].is_set && !found[0].is_set);
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn rest_of_a_password_is_no_host() {
        for value in [
            "postgresql://fuel:P@hunter2#1@127.0.0.1:5999/fuel",
            "redis://:pa@hunter2/w@127.0.0.1/0",
            "mysql+pymysql://u:a@hunter2?w@127.0.0.1/fuel",
        ] {
            let [variable] = &of(&format!("DATABASE_URL={value}"))[..] else { panic!("{value}") };
            let nothing = Variable { is_malformed: true, ..Variable::default() };
            assert_eq!(*variable, Variable { name: "DATABASE_URL".into(), ..nothing }, "{value}");
        }
    }

    #[test]
    fn value_is_kept_where_it_holds_no_secret() {
        for (line, expected) in [
            ("MYSQL_HOST=10.0.0.5   # the old one", Some("10.0.0.5")),
            ("MYSQL_USER='fuel'", Some("fuel")),
            ("MYSQL_PASSWORD=hunter2", None),
            ("MYSQL_PASSWORD=", Some("")),
            ("DATABASE_URL=mysql+pymysql://root@localhost/fuel", Some("mysql://root@localhost:3306/fuel")),
            ("DATABASE_URL=mysql://root:hunter2@localhost/fuel", None),
            ("REDIS_URL=redis://localhost:6379/0?password=hunter2", None),
            ("MYSQL_USER=\"x y\"", None),
        ] {
            assert_eq!(of(line)[0].open.as_deref(), expected, "{line}");
        }
        let template = |line: &str| of(line)[0].template.clone();
        let line = "DATABASE_URL=mysql+pymysql://fuel:hunter2@db/fuel";
        assert_eq!(template(line).as_deref(), Some("mysql://fuel:${DB_PASSWORD}@db:3306/fuel"));
        assert_eq!(template("DATABASE_URL=mysql://fuel@db/fuel"), None);
        assert_eq!(of("MYSQL_HOST=10.0.0.5")[0].host.as_deref(), Some("10.0.0.5"));
    }
}
