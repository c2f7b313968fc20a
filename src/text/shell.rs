//! Quoting for a POSIX shell, for every command that a report suggests.

use std::borrow::Cow;
use std::fmt::Write;

/// Quotes one word so that `sh`, `bash` and `zsh` read it back unchanged.
///
/// A control character is written in `$'…'` form, so that the line can be pasted without the terminal acting on it.
pub fn quote(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('=') {
        return Cow::Borrowed(word);
    }
    if word.chars().any(char::is_control) {
        return Cow::Owned(ansi_c(word));
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// Joins words into one command line.
pub fn command<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|w| quote(w.as_ref()).into_owned()).collect();
    quoted.join(" ")
}

fn ansi_c(word: &str) -> String {
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Octal of each UTF-8 byte: the one form that every shell with $'…' reads alike.
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    write!(out, "\\{byte:03o}").expect("writing to a string");
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(
            command(["fuelops", "health", "--target", "back-end_1"]),
            "fuelops health --target back-end_1"
        );
    }

    #[test]
    fn hostile_words_come_back_unchanged_from_a_real_shell() {
        for word in [
            "",
            "a b",
            "it's",
            "$(reboot)",
            "`id`",
            "a;b",
            "new\nline",
            "\x1b[31m",
            "*",
            "~",
            "#x",
            "=ls",
            "é",
        ] {
            let script = format!("printf %s {}", quote(word));
            let out = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(out.stdout).unwrap(), word, "script: {script}");
        }
    }
}
