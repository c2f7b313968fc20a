//! From a place to look in to a whole config, or to everything that is wrong with it.

use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::built_in::Layout;
use super::file::{self, Found, ROOT, Via};
use super::read::{Entry, Lines, Problem, Reader, Section, Source, Table};
use super::sections::{Place, Tables};
use super::{Config, Environment, Secret};

/// A text with hundreds of mistakes is not TOML; the first ones tell so.
const MAX_SYNTAX_ERRORS: usize = 20;

/// A config, and where everything in it comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    pub origin: Origin,
    /// Every value in force, section by section.
    pub entries: Vec<Entry>,
    /// Every secret that stands in a file or variable, by its dotted key.
    pub secrets: Vec<(String, Secret)>,
}

/// Where a config comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File {
        /// Absolute.
        path: PathBuf,
        via: Via,
    },
    /// No file was found; the defaults fit what lies in the current folder.
    BuiltIn {
        /// Which of the usual files lie there; empty: nothing to watch.
        found: Vec<PathBuf>,
    },
}

/// Why there is no config. Every one of them ends the program with the code for config, so none shows an inner error.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was asked for is not there.
    #[error("there is no config {path} ({via} names it)", path = path.display(), via = via.words())]
    Missing { path: PathBuf, via: Via },
    #[error("cannot read config {path}: {error}", path = path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    /// It is no file that could hold a config.
    #[error("config {path} {why}", path = path.display())]
    Unfit { path: PathBuf, why: String },
    /// It may not be trusted.
    #[error("config {path} is refused: {why}; {cure}", path = path.display())]
    Refused { path: PathBuf, why: String, cure: String },
    /// It says what cannot be.
    #[error("{}", listed(path, problems))]
    Invalid { path: PathBuf, problems: Vec<Problem> },
}

impl ConfigError {
    /// The file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Unfit { path, .. }
            | Self::Refused { path, .. }
            | Self::Invalid { path, .. } => path,
        }
    }
}

/// One line for each problem, each with the file before it.
fn listed(path: &Path, problems: &[Problem]) -> String {
    let mut out = String::new();
    for (index, problem) in problems.iter().enumerate() {
        let newline = if index == 0 { "" } else { "\n" };
        write!(out, "{newline}{}:{problem}", path.display()).expect("writing to a string");
    }
    out
}

/// Finds and reads the config; without a file, defaults that fit the current folder.
///
/// # Errors
/// When a file was found, or asked for, and cannot be used; every problem in it is named.
pub fn load(option: Option<&Path>, environment: &Environment) -> Result<Loaded, ConfigError> {
    match file::find(option, environment)? {
        Some(found) => from_file(&found, environment),
        None => built_in(environment),
    }
}

/// The state folder that a config names, whatever else is wrong with that config.
///
/// # Errors
/// As [`load`], but for what the config says.
pub fn state_dir(option: Option<&Path>, environment: &Environment) -> Result<PathBuf, ConfigError> {
    let Some(found) = file::find(option, environment)? else {
        return built_in(environment).map(|loaded| loaded.config.state_dir);
    };
    let (document, _mistakes) = DeTable::parse_recoverable(&found.text);
    let mut cx = Reader::new(&found.text, document.get_ref(), found.folder(), environment);
    let place = Place::settled(&mut Table::top(document.get_ref()), &mut cx);
    found.trusted(&cx.root, environment.caller)?;
    match place {
        Some(_) => Ok(cx.state_dir),
        // Then it is looked for where it lies as a rule.
        None => parse("", found.folder(), environment).map(|config| config.state_dir),
    }
}

/// Reads a config from a text, as if it lay in `folder` and were the caller's own.
///
/// # Errors
/// When there is anything wrong in it.
pub fn parse(text: &str, folder: &Path, environment: &Environment) -> Result<Config, ConfigError> {
    read(text, &folder.join("fuelops.toml"), environment, |_| Ok(None)).map(|loaded| loaded.config)
}

fn from_file(found: &Found, environment: &Environment) -> Result<Loaded, ConfigError> {
    let trusted = |root: &Path| found.trusted(root, environment.caller);
    let loaded = read(&found.text, &found.path, environment, trusted)?;
    Ok(Loaded { origin: Origin::File { path: found.path.clone(), via: found.via }, ..loaded })
}

/// Reads a text; `trusted` decides, once `root` is known, whether it may be used and whom it makes things run as.
fn read(
    text: &str,
    path: &Path,
    environment: &Environment,
    trusted: impl FnOnce(&Path) -> Result<Option<u32>, ConfigError>,
) -> Result<Loaded, ConfigError> {
    let invalid = |problems| ConfigError::Invalid { path: path.to_owned(), problems };
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(invalid(syntax(text, &errors)));
    }
    let folder = path.parent().unwrap_or(path);
    let mut cx = Reader::new(text, document.get_ref(), folder, environment);
    let mut top = Table::top(document.get_ref());
    let place = Place::settled(&mut top, &mut cx);
    cx.run_as = trusted(&cx.root)?;
    let tables = Tables::read_fields(&mut top, &mut cx);
    top.finish(&mut cx);
    cx.check_names();
    let (run_as, secrets) = (cx.run_as, std::mem::take(&mut cx.secrets));
    let (problems, entries) = cx.finish();
    match (place, tables) {
        (Some(place), Some(tables)) if problems.is_empty() => {
            let config = Config::new(place, tables, run_as);
            Ok(Loaded { config, origin: Origin::BuiltIn { found: Vec::new() }, entries, secrets })
        }
        _ => Err(invalid(problems)),
    }
}

/// What the parser found, by place; after a mistake in the syntax nothing else can be told for sure.
fn syntax(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let lines = Lines::new(text);
    let problems = errors.iter().map(|error| {
        let (line, column) = lines.locate(error.span().map_or(0, |span| span.start));
        Problem { line, column, section: String::new(), message: format!("not TOML: {}", error.message()) }
    });
    let mut problems: Vec<_> = problems.collect();
    // What follows a mistake on its line is mostly its consequence.
    problems.dedup_by_key(|problem| problem.line);
    problems.truncate(MAX_SYNTAX_ERRORS);
    problems
}

fn built_in(environment: &Environment) -> Result<Loaded, ConfigError> {
    let layout = Layout::of(&environment.cwd);
    let path = environment.cwd.join("(built-in)");
    // What lies in somebody's folder is theirs: root runs it as them.
    let owner = fs::metadata(&environment.cwd).map(|metadata| metadata.uid());
    let run_as = owner.ok().filter(|owner| environment.caller == ROOT && *owner != ROOT);
    let mut loaded = read(&layout.to_toml(), &path, environment, |_| Ok(run_as))?;
    for entry in loaded.entries.iter_mut().filter(|entry| entry.source != Source::Default) {
        entry.source = Source::BuiltIn;
    }
    Ok(Loaded { origin: Origin::BuiltIn { found: layout.found }, ..loaded })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::testing::{check_problem, problems, read};

    #[test]
    fn an_empty_file_is_valid_and_watches_nothing() {
        let config = read("");
        assert!(config.services.is_empty() && config.checks.is_empty() && config.serve.is_none());
        assert_eq!(config.state_dir, Path::new("/.fuelops"));
        assert_eq!(read("# only a comment\n"), config);
    }

    #[test]
    fn every_problem_is_named_in_the_order_of_the_file() {
        let text = r#"
            nme = "x"
            [[service]]
            name = "backend"
            command = "python3 main.py"
            perod = "30s"
            port = 70000
            [monitor]
            period = 30
        "#;
        assert_eq!(
            problems(text),
            [
                r#"2:13: unknown key "nme" (did you mean "name"?)"#,
                concat!(
                    r#"5:23: [service.backend] command: expected an array of words such as ["python3", "main.py"]; "#,
                    r#"no shell is involved, found the string "python3 main.py""#
                ),
                r#"6:13: [service.backend] unknown key "perod" (did you mean "period"?)"#,
                "7:20: [service.backend] port: expected a port from 1 to 65535, found the number 70000",
                r#"9:22: [monitor] period: 30 has no unit; write "30s", "30m" or "30h""#,
            ]
        );
    }

    #[test]
    fn every_mistake_in_the_syntax_is_named() {
        assert_eq!(
            problems("a = = 1\nb = 1\nb = 2\n"),
            ["1:5: not TOML: extra `=`, expected nothing", "3:1: not TOML: duplicate key"]
        );
        assert!(!problems(&"[".repeat(100_000)).is_empty());
        assert!(!problems(&format!("x = {}", "[".repeat(100_000))).is_empty());
    }

    #[test]
    fn a_wrong_type_says_what_was_expected_and_found() {
        check_problem(
            "service = 3",
            "1:11: service: expected an array of tables; write [[service]], found the number 3",
        );
        check_problem(
            "[service]\nname = \"x\"",
            "1:1: service: expected an array of tables; write [[service]], found a table",
        );
        check_problem(
            "[logs]\npaths = \"x.log\"",
            "2:9: [logs] paths: expected an array; write [ ] around it, found the string \"x.log\"",
        );
        check_problem("thresholds = 1979-05-27", "1:14: thresholds: expected a table, found a date");
        check_problem("name = 5", "1:8: name: expected a string, found the number 5");
    }

    #[test]
    fn an_unset_variable_is_named_with_its_line_and_key() {
        check_problem(
            "[monitor]\nlog_file = \"${NOPE}/m.log\"",
            "2:12: [monitor] log_file: variable NOPE is not set; set it, or write ${NOPE:-default}",
        );
    }

    #[test]
    fn hundreds_of_problems_are_cut_and_counted() {
        let text: String = (0..500).map(|i| format!("k{i} = 1\n")).collect();
        let problems = problems(&text);
        assert_eq!(problems.len(), 100);
        assert!(problems[99].ends_with("(and 400 more problems)"), "{}", problems[99]);
    }

    #[test]
    fn a_variable_gives_numbers_too_and_is_remembered_as_the_source() {
        let text = r#"
            [[service]]
            name = "backend"
            command = ["${PYTHON:-python3}", "main.py"]
            port = "${PORT}"
            failure_threshold = "${N:-4}"
        "#;
        let environment =
            Environment { variables: [("PORT".into(), "8123".into())].into(), ..Environment::default() };
        let Loaded { config, entries, .. } =
            super::read(text, Path::new("/fuelops.toml"), &environment, |_| Ok(None)).unwrap();
        assert_eq!(config.services[0].port, Some(8123));
        assert_eq!(config.services[0].failure_threshold.get(), 4);
        let source = |key: &str| entries.iter().find(|e| e.key == key).unwrap().source.to_string();
        assert_eq!(source("service.backend.port"), "line 5, ${PORT}");
        assert_eq!(source("service.backend.failure_threshold"), "line 6");
        assert_eq!(source("service.backend.cwd"), "default");
    }

    #[test]
    fn a_period_is_taken_over_from_monitor_with_its_source() {
        let text = "[monitor]\nperiod = \"10s\"\n[[check]]\nname = \"x\"\ntype = \"disk\"\npath = \"/\"\n";
        let Loaded { config, entries, .. } =
            super::read(text, Path::new("/x.toml"), &Environment::default(), |_| Ok(None)).unwrap();
        assert_eq!(config.checks[0].period.as_secs(), 10);
        let entry = entries.iter().find(|e| e.key == "check.x.period").unwrap();
        assert_eq!(entry.source, Source::Inherited { from: "monitor.period", line: 2 });
    }

    #[test]
    fn a_wrong_value_that_others_take_over_is_told_once() {
        let checks = "[[check]]\nname = \"a\"\ntype = \"disk\"\npath = \"/\"\n[[check]]\nname = \"b\"\ntype = \"backup\"\n";
        assert_eq!(problems(&format!("{checks}[monitor]\nperiod = \"soon\"\n")).len(), 1);
    }

    /// A sample in which every key stands.
    const FULL: &str = include_str!("../../tests/it/data/full.toml");

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            let _read = parse(&text, Path::new("/"), &Environment::default());
        }

        #[test]
        fn no_slip_in_a_good_file_makes_the_reader_panic_or_fail_without_a_reason(
            at in 0..FULL.len(),
            length in 0..40_usize,
            put in "[\\[\\]{}\"=.,0-9a-z\\n $-]{0,6}",
        ) {
            let mut text = FULL.as_bytes().to_vec();
            text.splice(at..(at + length).min(FULL.len()), put.bytes());
            let text = String::from_utf8(text).unwrap();
            if let Err(error) = parse(&text, Path::new("/"), &Environment::default()) {
                let ConfigError::Invalid { problems, .. } = &error else { panic!("{error}") };
                prop_assert!(!problems.is_empty());
                let lines = text.lines().count() + 1;
                prop_assert!(problems.iter().all(|p| p.line >= 1 && p.line <= lines && p.column >= 1), "{error}");
            }
        }
    }

    #[test]
    fn the_state_folder_is_known_whatever_else_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let path = folder.join("fuelops.toml");
        let caller = fs::metadata(&folder).unwrap().uid();
        let environment = Environment { caller, ..Environment::default() };
        for (text, expected) in [
            ("nme = 1\n[[service]]\nperod = 2", ".fuelops"),
            ("name = 5", ".fuelops"),
            ("state_dir = \"state\"\n[[service", "state"),
        ] {
            fs::write(&path, text).unwrap();
            assert!(load(Some(&path), &environment).is_err(), "{text}");
            assert_eq!(state_dir(Some(&path), &environment).unwrap(), folder.join(expected), "{text}");
        }
    }

    #[test]
    fn root_must_be_a_folder_and_paths_start_at_it() {
        check_problem("root = \"/nowhere/at/all\"", "1:8: root: /nowhere/at/all is not a folder");
        let config =
            read("root = \"usr/./bin/..\"\nstate_dir = \"./state\"\n[logs]\nreport_dir = \"/var/x\"");
        assert_eq!((config.root.as_path(), config.name.as_str()), (Path::new("/usr"), "usr"));
        assert_eq!(config.state_dir, Path::new("/usr/state"));
        assert_eq!(config.logs.report_dir, Path::new("/var/x"));
    }
}
