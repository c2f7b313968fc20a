//! Lines to paste: shell aliases and cron entries for what a team does each day.
//!
//! Only commands that exist have a line here. Each line stands by itself: program and config are absolute, so that cron,
//! which knows neither folder nor `PATH`, runs the same thing as the shell.

use std::path::Path;

use super::{Config, Origin, Sink};
use crate::text::shell;

/// One thing that a team does again and again; a command that is added to the program adds its line.
#[derive(Clone, Copy, Debug)]
struct Task {
    /// What it is for.
    about: &'static str,
    /// The end of the alias' name, which begins with the name of the main service.
    name: &'static str,
    args: &'static [&'static str],
    /// Minute, hour, day, month and weekday, where cron should do it, with options for a run that nobody watches.
    cron: Option<(&'static str, &'static [&'static str])>,
}

const TASKS: [Task; 8] = [
    Task {
        about: "each morning: how is it?",
        name: "health",
        args: &["health"],
        cron: Some(("0 9 * * *", &["health"])),
    },
    Task {
        about: "each day: what went wrong, and what changed?",
        name: "analyze",
        args: &["analyze-logs"],
        cron: Some(("5 9 * * *", &["analyze-logs"])),
    },
    Task {
        about: "the errors that were kept, and those of the logs",
        name: "errors",
        args: &["track-errors"],
        cron: Some(("*/10 * * * *", &["track-errors", "ingest-logs", "--quiet"])),
    },
    Task { about: "the raw lines, as they come", name: "logs", args: &["logs", "--follow"], cron: None },
    Task {
        about: "each week: what may go, goes",
        name: "clean",
        args: &["clean"],
        cron: Some(("15 3 * * 0", &["clean", "--yes", "--quiet"])),
    },
    Task {
        about: "every six hours: databases and logs, kept safe",
        name: "backup",
        args: &["backup", "create"],
        cron: Some(("0 */6 * * *", &["backup", "create", "--quiet"])),
    },
    Task {
        about: "after a deploy: stop it to the last process, start it, wait until it answers",
        name: "restart",
        args: &["restart", "--all"],
        cron: None,
    },
    Task { about: "it is down: bring it back", name: "recover", args: &["recover"], cron: None },
];

/// Tasks whose cron run goes out by mail, where the config has an alert that mails.
const MAILED: [&str; 2] = ["health", "analyze"];

/// Prefix of the aliases where no service gives one.
const PREFIX: &str = "backend";

/// A line to paste.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Alias {
    pub kind: AliasKind,
    /// What it is for.
    pub about: &'static str,
    /// The line as it is to be pasted.
    pub line: String,
}

/// Where a line belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AliasKind {
    /// `~/.bashrc` or `~/.zshrc`.
    Shell,
    /// `crontab -e`.
    Cron,
}

/// Makes the lines for a program and a config, aliases first.
pub fn aliases(program: &Path, origin: &Origin, config: &Config) -> Vec<Alias> {
    let command = |args: &[&str]| {
        let program = program.to_string_lossy();
        match origin {
            Origin::File { path, .. } => {
                let path = path.to_string_lossy();
                shell::command([program.as_ref(), "--config", path.as_ref()].iter().chain(args))
            }
            Origin::BuiltIn { .. } => {
                let folder = config.root.to_string_lossy();
                format!(
                    "cd {} && {}",
                    shell::quote(&folder),
                    shell::command([program.as_ref()].iter().chain(args))
                )
            }
        }
    };
    let prefix = config.services.first().map_or(PREFIX, |service| service.name.as_str());
    let shell = TASKS.iter().map(|task| {
        let name = alias_name(prefix, task.name);
        let line = format!("alias {name}={}", shell::quote(&command(task.args)));
        Alias { kind: AliasKind::Shell, about: task.about, line }
    });
    let mail = config.alerts.iter().find(|alert| matches!(alert.sink, Sink::Email(_)));
    let cron = TASKS.iter().filter_map(|task| {
        let (when, args) = task.cron?;
        let mut line = command(args);
        if let Some(mail) = mail.filter(|_| MAILED.contains(&task.name)) {
            // cron mails what is printed by itself: errors only are left to it.
            line = format!("{line} --send {} >/dev/null", shell::quote(&mail.name));
        }
        // To cron a percent sign is the end of the line.
        let line = format!("{when} {}", line.replace('%', "\\%"));
        Some(Alias { kind: AliasKind::Cron, about: task.about, line })
    });
    shell.chain(cron).collect()
}

/// Joins the words of an alias' name; what a shell might stumble over becomes `-`.
fn alias_name(prefix: &str, name: &str) -> String {
    let word = prefix.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' });
    format!("{}-{name}", word.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Via;
    use crate::config::testing::read;

    fn lines(program: &str, path: &str) -> Vec<String> {
        let origin = Origin::File { path: path.into(), via: Via::Folder };
        let config = read("[[service]]\nname = \"api@1\"\ncommand = [\"x\"]\n");
        aliases(Path::new(program), &origin, &config).into_iter().map(|alias| alias.line).collect()
    }

    #[test]
    fn lines_name_program_and_config_in_full() {
        assert_eq!(
            lines("/usr/bin/fuelops", "/srv/app/fuelops.toml"),
            [
                "alias api-1-health='/usr/bin/fuelops --config /srv/app/fuelops.toml health'",
                "alias api-1-analyze='/usr/bin/fuelops --config /srv/app/fuelops.toml analyze-logs'",
                "alias api-1-errors='/usr/bin/fuelops --config /srv/app/fuelops.toml track-errors'",
                "alias api-1-logs='/usr/bin/fuelops --config /srv/app/fuelops.toml logs --follow'",
                "alias api-1-clean='/usr/bin/fuelops --config /srv/app/fuelops.toml clean'",
                "alias api-1-backup='/usr/bin/fuelops --config /srv/app/fuelops.toml backup create'",
                "alias api-1-restart='/usr/bin/fuelops --config /srv/app/fuelops.toml restart --all'",
                "alias api-1-recover='/usr/bin/fuelops --config /srv/app/fuelops.toml recover'",
                "0 9 * * * /usr/bin/fuelops --config /srv/app/fuelops.toml health",
                "5 9 * * * /usr/bin/fuelops --config /srv/app/fuelops.toml analyze-logs",
                "*/10 * * * * /usr/bin/fuelops --config /srv/app/fuelops.toml track-errors ingest-logs --quiet",
                "15 3 * * 0 /usr/bin/fuelops --config /srv/app/fuelops.toml clean --yes --quiet",
                "0 */6 * * * /usr/bin/fuelops --config /srv/app/fuelops.toml backup create --quiet",
            ]
        );
    }

    #[test]
    fn the_morning_report_goes_out_by_mail_where_there_is_one() {
        let mail = "[[alert]]\nname = \"team\"\ntype = \"email\"\nserver = \"mx:25\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n";
        let origin = Origin::File { path: "/srv/app/fuelops.toml".into(), via: Via::Folder };
        let made = aliases(Path::new("/bin/fuelops"), &origin, &read(mail));
        let mailed: Vec<_> = made.iter().filter(|alias| alias.line.contains("--send")).collect();
        assert_eq!(
            mailed[0].line,
            "0 9 * * * /bin/fuelops --config /srv/app/fuelops.toml health --send team >/dev/null"
        );
        assert_eq!(mailed.len(), MAILED.len());
    }

    #[test]
    fn hostile_paths_come_back_unchanged_from_a_real_shell() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("it's $(a) program");
        std::fs::write(&program, "#!/bin/sh\nprintf '<%s>' \"$@\"\n").unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = "/srv/it's 100% $HOME/`id`/fuelops.toml";
        let lines = lines(&program.to_string_lossy(), path);
        let alias = format!("shopt -s expand_aliases\n{}\napi-1-health", lines[0]);
        let cron = lines.iter().find(|line| line.starts_with("0 9 ")).unwrap();
        let cron = cron.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
        for script in [alias, cron] {
            let out = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            assert_eq!(
                String::from_utf8_lossy(&out.stdout),
                format!("<--config><{path}><health>"),
                "{script}"
            );
        }
    }

    #[test]
    fn without_a_file_lines_go_to_the_folder_first() {
        let config = read("");
        let made = aliases(Path::new("/bin/fuelops"), &Origin::BuiltIn { found: Vec::new() }, &config);
        assert_eq!(made[0].line, "alias backend-health='cd / && /bin/fuelops health'");
    }
}
