//! Writes a proposal as a commented `fuelops.toml`.

use std::fmt::Write;

use toml::Value;

use crate::config::BETTER;
use crate::init::proposal::{CheckPlan, Proposal, ServicePlan};
use crate::text::redact::MASK;

const HEAD: &str = "\
# Written by `fuelops config init` from what runs and lies here; each block says why it stands there.
# Check it with `fuelops config check`, see it at work with `fuelops health`; `fuelops config schema` knows every key.
";

const THRESHOLDS: &str = "
# Green below warn, yellow from warn, red from critical; above 100 % is valid and switches one off.
[thresholds]
cpu_percent = { warn = 70, critical = 90 }
memory_percent = { warn = 80, critical = 90 }
disk_percent = { warn = 80, critical = 90 }
";

/// The text of the file.
pub fn text(proposal: &Proposal) -> String {
    let mut out = format!("{HEAD}name = {}\n{THRESHOLDS}", quoted(&proposal.name));
    proposal.services.iter().for_each(|plan| service_or_comment(plan, &mut out));
    proposal.checks.iter().for_each(|plan| check(plan, &mut out));
    proposal.pending.iter().for_each(|plan| check_as_comment(plan, &mut out));
    if proposal.services.is_empty() && proposal.checks.is_empty() {
        out.push_str(EXAMPLE);
    }
    if !proposal.logs.is_empty() {
        let paths = Value::from(proposal.logs.clone());
        line(
            &mut out,
            format_args!(
                "\n# Read by `fuelops analyze-logs`, and their errors counted by `fuelops health`.\n[logs]\npaths = {paths}"
            ),
        );
    }
    if let Some(dir) = &proposal.backups {
        let dir = quoted(&dir.to_string_lossy());
        line(&mut out, format_args!("\n[backup]\ndir = {dir}"));
    }
    out
}

const EXAMPLE: &str = "
# Nothing that runs or lies here looks like a backend. This is how one is named:
# [[service]]
# name = \"backend\"
# command = [\"python3\", \"main.py\"]
# pid_file = \"backend.pid\"
# log_file = \"backend.log\"
# port = 8000
# health_url = \"http://127.0.0.1:8000/health\"
";

/// A service whose command holds a secret cannot be started without it, and the file must not hold it: a comment, with
/// variables to fill in.
fn service_or_comment(plan: &ServicePlan, out: &mut String) {
    if !plan.holds_secret() {
        return service(plan, out);
    }
    let mut block = String::new();
    service(plan, &mut block);
    let mut pieces = block.split(MASK);
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for (number, piece) in (1..).zip(pieces) {
        write!(filled, "${{SECRET_{number}}}{piece}").expect("writing to a string");
    }
    out.push_str(
        "\n# Its command line holds a secret, which is not repeated here: put it into the environment, name its variable\n\
         # in place of SECRET_1, and take the # away.",
    );
    filled
        .lines()
        .for_each(|text| line(out, format_args!("{}{text}", if text.is_empty() { "" } else { "# " })));
}

fn service(plan: &ServicePlan, out: &mut String) {
    line(out, format_args!("\n# {}\n[[service]]\nname = {}", comment(&plan.because), quoted(&plan.name)));
    if let Some(unit) = &plan.unit {
        line(out, format_args!("manager = \"systemd\"\nunit = {}", quoted(unit)));
    } else {
        let words: Vec<String> = plan.command.iter().map(|word| escaped(word)).collect();
        line(out, format_args!("command = {}", Value::from(words)));
    }
    let keys = [
        ("cwd", &plan.dir),
        ("user", &plan.user),
        ("pid_file", &plan.pid_file),
        ("log_file", &plan.log_file),
    ];
    for (key, value) in keys {
        if let Some(value) = value {
            // A folder may really be called so; the config refuses it, as it may be meant for a home.
            let here = if key != "user" && value.starts_with('~') { "./" } else { "" };
            line(out, format_args!("{key} = {}", quoted(&format!("{here}{value}"))));
        }
    }
    if let Some(port) = plan.port {
        line(out, format_args!("port = {port}"));
        health(port, plan.health.as_ref(), out);
    }
    if let Some(file) = &plan.env_file {
        line(
            out,
            format_args!(
                "# env_file = {}          # where the program does not read it by itself",
                quoted(file)
            ),
        );
    }
    if !plan.depends_on.is_empty() {
        let names = Value::from(plan.depends_on.clone());
        line(out, format_args!("depends_on = {names}          # its failures are folded under theirs"));
    }
}

/// A route that does not answer well is no way to tell that the service is: it is shown, and not asked.
fn health(port: u16, health: Option<&(String, u16)>, out: &mut String) {
    let path = health.map_or("/health", |(path, _)| path);
    let url = format!("health_url = \"http://127.0.0.1:{port}{path}\"");
    match health {
        Some((_, 200..=299)) => line(out, format_args!("{url}")),
        Some((_, status)) => line(
            out,
            format_args!("# {url}          # it answered {status}: name the route that tells how it is"),
        ),
        None => line(out, format_args!("# {url}          # nothing answered there")),
    }
}

fn check(plan: &CheckPlan, out: &mut String) {
    line(
        out,
        format_args!(
            "\n# {}\n[[check]]\nname = {}\ntype = \"{}\"",
            comment(&plan.because),
            quoted(&plan.name),
            plan.kind
        ),
    );
    plan.lines.iter().for_each(|text| line(out, format_args!("{text}")));
    if !plan.later.is_empty() {
        line(
            out,
            format_args!(
                "{BETTER}, so a wrong password or a server that is stuck is not seen. Better, with a login from the\n\
                 # environment or a file ({{ env = \"…\" }}, {{ file = \"…\" }}):"
            ),
        );
        plan.later.iter().for_each(|text| line(out, format_args!("# {text}")));
    }
}

fn check_as_comment(plan: &CheckPlan, out: &mut String) {
    let mut block = String::new();
    check(plan, &mut block);
    for text in block.lines() {
        let sign = if text.is_empty() || text.starts_with('#') { "" } else { "# " };
        line(out, format_args!("{sign}{text}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string");
}

/// A string as TOML writes it, in which nothing is expanded.
fn quoted(text: &str) -> String {
    Value::from(escaped(text)).to_string()
}

/// `${` would be a variable.
fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// Names of processes are hostile: a comment stays one line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::{Environment, parse};

    fn plan(word: &str) -> ServicePlan {
        ServicePlan {
            name: "backend".into(),
            command: vec!["python3".into(), word.into()],
            dir: Some(word.into()),
            port: Some(8000),
            health: Some(("/health".into(), 200)),
            because: word.into(),
            ..ServicePlan::default()
        }
    }

    #[test]
    fn nothing_found_is_still_a_valid_file() {
        let text = text(&Proposal { name: "x".into(), ..Proposal::default() });
        assert!(parse(&text, Path::new("/"), &Environment::default()).is_ok(), "{text}");
        assert!(text.starts_with(crate::config::WRITTEN_BY_INIT) && text.contains("# [[service]]"));
    }

    #[test]
    fn route_that_is_not_there_is_no_health_url() {
        for (status, is_asked) in [(200, true), (204, true), (404, false), (500, false)] {
            let plan = ServicePlan { health: Some(("/health".into(), status)), ..plan("main.py") };
            let proposal = Proposal { name: "x".into(), services: vec![plan], ..Proposal::default() };
            let text = text(&proposal);
            let config = parse(&text, Path::new("/"), &Environment::default()).unwrap();
            assert_eq!(config.services[0].health_url.is_some(), is_asked, "{text}");
            assert_eq!(text.contains(&format!("it answered {status}")), !is_asked, "{text}");
        }
    }

    #[test]
    fn service_with_a_secret_is_a_comment_to_fill_in() {
        let mut secret = plan("--password=[redacted]");
        secret.because = "pid 7".to_owned();
        secret.dir = None;
        let proposal = Proposal { name: "x".into(), services: vec![secret], ..Proposal::default() };
        let text = text(&proposal);
        let parsed = parse(&text, Path::new("/"), &Environment::default()).unwrap();
        assert!(parsed.services.is_empty(), "{text}");
        let begin = text.find("\n# # pid 7").unwrap();
        let bare: String = text[begin..]
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .fold(String::new(), |all, line| all + line + "\n");
        let variables = [("SECRET_1".into(), "hunter2".into())].into_iter().collect();
        let environment = Environment { variables, ..Environment::default() };
        let config = parse(&bare, Path::new("/"), &environment).unwrap();
        assert_eq!(config.services[0].command.as_ref().unwrap().words()[1], "--password=hunter2");
    }

    #[test]
    fn a_folder_that_is_called_like_a_home_is_still_a_folder() {
        let proposal = Proposal { name: "x".into(), services: vec![plan("~/x")], ..Proposal::default() };
        let config = parse(&text(&proposal), Path::new("/srv"), &Environment::default()).unwrap();
        assert_eq!(config.services[0].cwd, Path::new("/srv/~/x"));
    }

    proptest! {
        #[test]
        fn hostile_words_come_back_unchanged(word in "[^\0]{1,40}") {
            let proposal = Proposal { name: "x".into(), services: vec![plan(&word)], ..Proposal::default() };
            let text = text(&proposal);
            let config = parse(&text, Path::new("/"), &Environment::default());
            let config = config.unwrap_or_else(|error| panic!("{error}\n{text}"));
            let words = config.services[0].command.as_ref().map(|command| command.words().to_vec());
            prop_assert_eq!(&words.unwrap()[1], &word);
        }
    }
}
