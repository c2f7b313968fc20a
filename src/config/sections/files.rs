//! `[clean]` and `[backup]`: which files may go, and which must stay.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::read::{Node, Reader, Schema, Setting, Table, absolute, refer, section, words};
use crate::config::{ByteSize, PathPattern, Percent, Reopen};

section! {
    /// When files are removed, and which.
    pub struct Clean {
        /// Nothing is done below it. Left out: always.
        pub if_disk_above_percent: Option<Percent>,
        /// Enough is done below it. Left out: all that the rules say.
        pub until_disk_below_percent: Option<Percent>,
        /// Absolute folders outside root that rules may touch.
        pub roots: Vec<PathBuf> as AbsolutePaths = [],
        /// These replace the built-in rules.
        pub rules("rule"): Vec<CleanRule> = [],
    }
    check Clean::check
}

impl Clean {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if let (Some(above), Some(below)) = (self.if_disk_above_percent, self.until_disk_below_percent)
            && below > above
        {
            table.problem(
                cx,
                "until_disk_below_percent",
                "is above if_disk_above_percent; it has to be the lower one",
            );
        }
    }
}

/// Paths that do not start at `root`.
#[derive(Debug)]
struct AbsolutePaths(Vec<PathBuf>);

impl From<AbsolutePaths> for Vec<PathBuf> {
    fn from(paths: AbsolutePaths) -> Self {
        paths.0
    }
}

impl Setting for AbsolutePaths {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let texts = Vec::<String>::read(node, cx)?;
        if let Some(relative) = texts.iter().find(|text| !text.starts_with('/')) {
            cx.wrong(
                node,
                format_args!("{relative:?} is not absolute; what is inside root needs no mention"),
            );
            return None;
        }
        Some(Self(texts.into_iter().map(PathBuf::from).collect()))
    }

    fn show(&self) -> Option<String> {
        self.0.show()
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "array", "items": { "type": "string", "pattern": "^(/|\\$\\{)" } })
    }
}

section! {
    /// What happens to the files of some series.
    pub struct CleanRule {
        /// Paths and globs.
        pub paths: Vec<PathPattern>,
        /// Only files that were last written to before so long.
        pub older_than: Option<Duration>,
        /// Only files above this size.
        pub larger_than: Option<ByteSize>,
        /// The oldest files, while all together are above this size.
        pub total_above: Option<ByteSize>,
        /// The newest of each series stay, whatever any rule says: none is removed or emptied, and by a rule that compresses
        /// none is compressed. Left out, this rule spares the newest one; 0 lifts that.
        pub keep_last: Option<u32>,
        /// What is done with a file.
        pub action: Action = "delete",
        /// With action rotate: a signal, or a command, that makes the program open its log anew.
        pub reopen: Option<Reopen>,
        /// With action rotate: copies and truncates instead; what is written in between is lost.
        pub copytruncate: bool = false,
    }
    check CleanRule::check
}

impl CleanRule {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        let is_rotation = self.action == Action::Rotate;
        if self.paths.is_empty() {
            table.problem(cx, "paths", "is empty; name the files that the rule is about");
        }
        let is_bounded =
            self.older_than.is_some() || self.larger_than.is_some() || self.total_above.is_some();
        if !is_bounded && self.keep_last.is_none() {
            table.problem(
                cx,
                "",
                "says for no file that it may go; add older_than, larger_than, total_above or keep_last",
            );
        }
        if self.reopen.is_some() && !is_rotation {
            table.problem(cx, "reopen", format!("goes with action \"rotate\", not {:?}", self.action.word()));
        }
        if self.copytruncate && !is_rotation {
            table.problem(
                cx,
                "copytruncate",
                format!("goes with action \"rotate\", not {:?}", self.action.word()),
            );
        }
        if self.copytruncate && self.reopen.is_some() {
            table.problem(cx, "copytruncate", "goes without reopen; leave one of them out");
        }
    }
}

words! {
    /// What is done with a file that a rule takes.
    pub enum Action {
        Delete = "delete",
        Compress = "compress",
        Truncate = "truncate",
        Rotate = "rotate",
    }
}

section! {
    /// What is backed up, where to, and how long it stays.
    pub struct Backup {
        /// The folder of the archives.
        pub dir: PathBuf = "backups",
        /// Paths and globs of files.
        pub include: Vec<PathPattern> = ["*.log", "logs/*.log"],
        /// Names of checks whose databases are dumped (mysql, postgres), and sqlite:PATH.
        pub databases: Vec<String> as Databases = [],
        /// Older ones may go.
        pub max_age: Duration = "7d",
        /// The newest stay, whatever their age.
        pub keep_last: u32 = 28,
    }
}

/// Begins an entry that is a file.
const SQLITE: &str = "sqlite:";

/// Databases to dump: names of checks, and files of SQLite, whose paths become absolute.
#[derive(Debug)]
struct Databases(Vec<String>);

impl From<Databases> for Vec<String> {
    fn from(databases: Databases) -> Self {
        databases.0
    }
}

impl Setting for Databases {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let mut names = Vec::<String>::read(node, cx)?;
        if names.iter().any(|name| name == SQLITE) {
            cx.wrong(node, "\"sqlite:\" names no file; write \"sqlite:data/app.db\"");
            return None;
        }
        refer(node, cx, &names, |name| !name.starts_with(SQLITE));
        for name in &mut names {
            if let Some(path) = name.strip_prefix(SQLITE) {
                *name = format!("{SQLITE}{}", absolute(&cx.root, path).display());
            }
        }
        Some(Self(names))
    }

    fn show(&self) -> Option<String> {
        self.0.show()
    }

    fn schema(schema: &mut Schema) -> Value {
        Vec::<String>::schema(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{check_problem, read};

    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read("");
        assert!(config.clean.rules.is_empty() && config.clean.if_disk_above_percent.is_none());
        assert_eq!(config.backup.dir, config.root.join("backups"));
        assert_eq!((config.backup.max_age.as_secs(), config.backup.keep_last), (7 * 86_400, 28));
    }

    #[test]
    fn wrong_rules_are_told_with_their_cure() {
        let rule = "[[clean.rule]]\npaths = [\"*.log\"]\n";
        for (text, expected) in [
            (
                rule.to_owned(),
                "1:1: [clean.rule[1]] says for no file that it may go; add older_than, larger_than, total_above or keep_last",
            ),
            (
                format!("{rule}older_than = \"7d\"\nreopen = \"HUP\""),
                "4:10: [clean.rule[1]] reopen: goes with action \"rotate\", not \"delete\"",
            ),
            (
                format!("{rule}older_than = \"7d\"\naction = \"rotate\"\nreopen = 5"),
                "5:10: [clean.rule[1]] reopen: expected the name of a signal, or a command as an array of words, found the number 5",
            ),
            (
                "[clean]\nroots = [\"logs\"]".to_owned(),
                "2:9: [clean] roots: \"logs\" is not absolute; what is inside root needs no mention",
            ),
            (
                "[clean]\nif_disk_above_percent = 70\nuntil_disk_below_percent = 80".to_owned(),
                "3:28: [clean] until_disk_below_percent: is above if_disk_above_percent; it has to be the lower one",
            ),
            (
                "[clean]\nif_disk_above_percent = 101".to_owned(),
                "2:25: [clean] if_disk_above_percent: expected a number from 0 to 100, found the number 101",
            ),
            (
                "[backup]\ndatabases = [\"sqlite:\"]".to_owned(),
                "2:13: [backup] databases: \"sqlite:\" names no file; write \"sqlite:data/app.db\"",
            ),
            (
                "[backup]\ndatabases = [\"mysql\"]".to_owned(),
                "2:14: [backup] databases[1]: there is no service or check \"mysql\"",
            ),
            (
                "[backup]\ndatabases = [\"data/app.db\"]".to_owned(),
                "2:14: [backup] databases[1]: there is no service or check \"data/app.db\"; for an SQLite file write \"sqlite:data/app.db\"",
            ),
        ] {
            check_problem(&text, expected);
        }
    }

    #[test]
    fn databases_are_checks_or_files() {
        let text = "[[check]]\nname = \"m\"\ntype = \"mysql\"\nurl = \"mysql://h/x\"\n[backup]\ndatabases = [\"m\", \"sqlite:a.db\"]";
        assert_eq!(read(text).backup.databases, ["m", "sqlite:/a.db"]);
    }

    #[test]
    fn a_program_is_told_about_rotation_by_signal_or_command() {
        let rule = "[[clean.rule]]\npaths = [\"x\"]\nlarger_than = 5\naction = \"rotate\"\n";
        let reopen = |line: &str| read(&format!("{rule}{line}")).clean.rules[0].reopen.clone();
        assert_eq!(reopen("reopen = \"USR1\""), Some(Reopen::Signal(crate::config::Signal::Usr1)));
        assert!(matches!(reopen("reopen = [\"nginx\", \"-s\", \"reopen\"]"), Some(Reopen::Command(_))));
    }
}
