//! Better tips than the nearest spelling, for words that people bring from other tools.

use std::ffi::OsString;

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Words for which there is another one here.
const WORDS: [(&[&str], &str); 10] = [
    (&["status", "check", "doctor", "ps", "top"], "fuelops health"),
    (&["watch", "supervise", "daemon"], "fuelops monitor"),
    (&["up", "launch"], "fuelops start"),
    (&["down", "kill", "halt"], "fuelops stop"),
    (&["reload", "bounce"], "fuelops restart"),
    (&["tail", "log"], "fuelops logs"),
    (&["analyze", "analyse", "analyse-logs", "analyze-log"], "fuelops analyze-logs"),
    (&["errors", "issues", "sentry"], "fuelops track-errors list"),
    (&["cleanup", "prune", "rotate"], "fuelops clean"),
    (&["init", "setup"], "fuelops config init"),
];
/// Forms that other tools have options of their own for.
const FORMS: [&str; 6] = ["--json", "--markdown", "--html", "--nagios", "--prometheus", "--table"];
/// Commands that take what they are about as `--target`.
const BY_TARGET: [&str; 2] = ["health", "recover"];
/// Commands that take it as it is.
const BY_NAME: [&str; 4] = ["start", "stop", "restart", "logs"];

/// Puts the tip that helps in the place of the one that clap has found.
pub fn improve(error: &mut Error, argv: &[OsString]) {
    let Some(tip) = tip(error, argv) else { return };
    error.remove(ContextKind::SuggestedSubcommand);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
}

fn tip(error: &Error, argv: &[OsString]) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.as_str()),
        _ => None,
    };
    // What is wrong further on is another command's own.
    let first = argv.iter().skip(1).find(|word| !word.as_encoded_bytes().starts_with(b"-"))?;
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand).filter(|word| first == word)?;
            let (_, command) = WORDS.iter().find(|(words, _)| words.contains(&word))?;
            Some(format!("it is called '{command}' here"))
        }
        ErrorKind::UnknownArgument => {
            let argument = text(ContextKind::InvalidArg)?;
            let is_among =
                |commands: &[&'static str]| commands.iter().find(|command| first == **command).copied();
            if !argument.starts_with('-') {
                let command = is_among(&BY_TARGET)?;
                return Some(format!("for that one alone: 'fuelops {command} --target {argument}'"));
            }
            if let Some(form) = FORMS.iter().find(|form| **form == argument) {
                return Some(format!("it is called '--format {}' here", form.trim_start_matches('-')));
            }
            let command = is_among(&BY_NAME).filter(|_| matches!(argument, "-t" | "--target"))?;
            Some(format!("name the service as it is: 'fuelops {command} NAME'"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Cli;

    fn told(words: &[&str]) -> String {
        let argv: Vec<OsString> = ["fuelops"].iter().chain(words).map(OsString::from).collect();
        let mut error = Cli::try_parse_from(&argv).unwrap_err();
        improve(&mut error, &argv);
        error.to_string()
    }

    #[test]
    fn words_of_other_tools_lead_to_ours() {
        let text = told(&["status"]);
        assert!(text.contains("tip: it is called 'fuelops health' here"), "{text}");
        assert!(!text.contains("similar"), "{text}");
        assert!(told(&["helth"]).contains("similar subcommand exists: 'health'"));
    }

    #[test]
    fn forms_are_values_of_one_option() {
        assert!(told(&["health", "--json"]).contains("tip: it is called '--format json' here"));
        for form in FORMS {
            let format = format!("--format={}", form.trim_start_matches('-'));
            assert!(Cli::try_parse_from(["fuelops", "health", &format]).is_ok(), "{form}");
        }
    }

    #[test]
    fn a_service_is_named_as_the_command_takes_it() {
        assert!(told(&["recover", "backend"]).contains("'fuelops recover --target backend'"));
        let text = told(&["start", "-t", "backend"]);
        assert!(text.contains("'fuelops start NAME'") && !text.contains("-- -t"), "{text}");
    }

    #[test]
    fn what_is_wrong_within_another_command_is_left_to_it() {
        for words in [["backup", "rotate"], ["demo", "health"], ["config", "backend"]] {
            let text = told(&words);
            assert!(!text.contains("it is called") && !text.contains("for that one alone"), "{text}");
        }
    }

    #[test]
    fn every_word_leads_to_a_command_that_exists() {
        for (words, command) in WORDS {
            let command: Vec<&str> = command.split(' ').skip(1).chain(["--help"]).collect();
            assert!(told(&command).contains("Usage:"), "{command:?}");
            for word in words {
                assert!(told(&[word]).contains("it is called"), "{word}");
            }
        }
    }
}
