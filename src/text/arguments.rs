//! Takes secrets out of the words of a command, while they are apart: an option tells what its value is, and where it ends.

use std::path::Path;

use crate::text::redact::{self, MASK};

/// Words before one that are looked at together with it, for what they say of it: `mysql -u root -pSECRET`.
const WORDS_BEFORE: usize = 16;

/// Parts of an option's name that make its value a secret.
const SECRET: [&str; 17] = [
    "apikey",
    "auth",
    "cookie",
    "credential",
    "credentials",
    "dsn",
    "jwt",
    "key",
    "masterauth",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pw",
    "pwd",
    "requirepass",
    "secret",
];
/// Those of them that name a file as well as a secret.
const MAY_BE_A_FILE: [&str; 4] = ["auth", "credential", "credentials", "key"];
/// What a name ends with whose value tells something about a secret.
const ABOUT: [&str; 16] = [
    "algorithm",
    "backend",
    "count",
    "dir",
    "file",
    "header",
    "length",
    "method",
    "mode",
    "name",
    "path",
    "plugin",
    "size",
    "timeout",
    "ttl",
    "type",
];

/// What the next word is, by the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Plain,
    Secret {
        may_be_a_file: bool,
    },
    /// `user:password`.
    Login,
}

/// The words of a command, with [`MASK`] where one holds a secret.
pub fn without_secrets<S: AsRef<str>>(words: &[S]) -> Vec<String> {
    let mut clean: Vec<&str> = Vec::new();
    let mut shown = Vec::with_capacity(words.len());
    let mut next = Next::Plain;
    for word in words.iter().map(AsRef::as_ref) {
        let by_option = masked_by_option(word, next);
        if by_option.is_some() && next != Next::Plain {
            // The option has said so of this word alone.
            clean.pop();
        }
        let masked = by_option.or_else(|| masked_by_text(word, &mut clean));
        next = after(word, words.first().map_or("", AsRef::as_ref));
        shown.push(masked.unwrap_or_else(|| {
            clean.push(word);
            word.to_owned()
        }));
    }
    shown
}

/// By the option before it, or the one that is glued to it.
fn masked_by_option(word: &str, is: Next) -> Option<String> {
    match is {
        // The next option: it was given no value.
        _ if word.starts_with('-') => {}
        Next::Secret { may_be_a_file: true } if is_path(word) => return None,
        Next::Secret { .. } => return Some(MASK.to_owned()),
        Next::Login => {
            let (user, password) = word.split_once(':')?;
            let is_group = password.is_empty() || password.bytes().all(|byte| byte.is_ascii_digit());
            return (!is_group).then(|| format!("{user}:{MASK}"));
        }
        Next::Plain => {}
    }
    let (option, value) = word.split_once('=').filter(|(option, _)| option.starts_with('-'))?;
    let Next::Secret { may_be_a_file } = of_option(option) else { return None };
    let is_harmless = value.is_empty() || may_be_a_file && is_path(value);
    (!is_harmless).then(|| format!("{option}={MASK}"))
}

/// By what stands in it, and in the words before it.
fn masked_by_text(word: &str, clean: &mut Vec<&str>) -> Option<String> {
    let alone = redact::secrets(word);
    if *alone != *word {
        return Some(cut(&alone));
    }
    let before = clean[clean.len().saturating_sub(WORDS_BEFORE)..].join(" ");
    let whole = format!("{before} {word}");
    let together = redact::secrets(&whole);
    if *together == *whole {
        return None;
    }
    // The option that said so has said so of this word alone.
    clean.truncate(clean.len().max(2) - 1);
    Some(cut(together.get(before.len() + 1..).unwrap_or(MASK)))
}

/// Ends a word at its secret: what follows may belong to it. Of a url, the host and what follows stay.
fn cut(masked: &str) -> String {
    let (head, tail) = masked.split_once(MASK).unwrap_or(("", ""));
    let is_host = tail.starts_with('@') && !tail.contains(char::is_whitespace) && !tail.contains(MASK);
    format!("{head}{MASK}{}", if is_host { tail } else { "" })
}

fn after(word: &str, program: &str) -> Next {
    let is_redis =
        || Path::new(program).file_name().is_some_and(|name| name.to_string_lossy().starts_with("redis"));
    match word {
        "-u" | "--user" | "--userpwd" => Next::Login,
        "-a" if is_redis() => Next::Secret { may_be_a_file: false },
        _ if word.starts_with('-') && !word.contains('=') => of_option(word),
        _ => Next::Plain,
    }
}

/// What the value of an option is: `--api-key`, `-password`.
fn of_option(option: &str) -> Next {
    let name = option.trim_start_matches('-').to_ascii_lowercase();
    let parts: Vec<&str> = name.split(['-', '_', '.']).collect();
    let holds = |list: &[&str]| parts.iter().any(|part| list.contains(part));
    let is_token = parts.last().is_some_and(|part| matches!(*part, "token" | "tokens" | "secrets"));
    let is_about = parts.last().is_some_and(|part| ABOUT.contains(part)) || parts[0] == "no";
    match is_about || name.len() < 2 || !(holds(&SECRET) || is_token) {
        true => Next::Plain,
        false => Next::Secret { may_be_a_file: holds(&MAY_BE_A_FILE) },
    }
}

fn is_path(value: &str) -> bool {
    ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(without_secrets(&words).join(" "), expected);
    }

    #[test]
    fn what_an_option_calls_a_secret_goes() {
        for option in [
            "--pass",
            "--db-pass",
            "--pw",
            "--pwd",
            "--passphrase",
            "--requirepass",
            "--jwt",
            "--key",
            "--auth",
            "--credentials",
            "--token",
            "--dsn",
            "-password",
            "--db.password",
        ] {
            check(&format!("main.py {option} S3cr -v"), &format!("main.py {option} [redacted] -v"));
            check(&format!("main.py {option}=S3cr -v"), &format!("main.py {option}=[redacted] -v"));
        }
        check("redis-cli -a S3cr ping", "redis-cli -a [redacted] ping");
        check("agent -u fuel:S3cr --user 1000:1000", "agent -u fuel:[redacted] --user 1000:1000");
    }

    #[test]
    fn what_only_speaks_of_secrets_stays() {
        for line in [
            "uvicorn main:app --ssl-keyfile /etc/k.pem --port 8000 -a x",
            "main.py --key /etc/key.pem --credentials ./gcp.json --auth-mode none --token-file t",
            "main.py --no-auth serve --pass -v --keep-alive 5 --key= -k 5",
        ] {
            check(line, line);
        }
    }

    #[test]
    fn what_is_known_by_itself_goes_with_all_that_may_belong_to_it() {
        let words = ["main", "--password=a, b", "-v"];
        assert_eq!(without_secrets(&words), ["main", "--password=[redacted]", "-v"]);
        check("main --password hunter2 -v", "main --password [redacted] -v");
        check("mysql -u root -phunter2", "mysql -u root -p[redacted]");
        check("main mysql://root:hunter2@db/fuel", "main mysql://root:[redacted]@db/fuel");
        check("python3 main.py --port=80", "python3 main.py --port=80");
    }
}
