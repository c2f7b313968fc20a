//! What `config init` left as a comment until somebody fills it in: it reads like a part of the config, and is none.

use std::fs;

use super::{Loaded, Origin};

/// The beginning of a file that `config init` wrote; comments in others are their author's.
pub const WRITTEN_BY_INIT: &str = "# Written by `fuelops config init`";
/// The beginning of the line before a better check, which wants a login.
pub const BETTER: &str = "# Only its port is asked";

/// One remark for each service and check that is a comment, and for each check that a comment would better.
pub(super) fn remarks(loaded: &Loaded) -> Vec<String> {
    let Origin::File { path, .. } = &loaded.origin else { return Vec::new() };
    fs::read_to_string(path).map_or_else(|_| Vec::new(), |text| in_text(&text))
}

fn in_text(text: &str) -> Vec<String> {
    if !text.starts_with(WRITTEN_BY_INIT) {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    let mut last = "";
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((number, line)) = lines.next() {
        let block = ["service", "check"].into_iter().find(|kind| line == format!("# [[{kind}]]"));
        if let (Some(kind), Some((_, next))) = (block, lines.peek()) {
            let name = value(next.trim_start_matches("# "), "name").unwrap_or("?");
            remarks.push(format!(
                "{kind}.{name}: a comment on line {number}, so it is not watched: fill it in, and take the # away"
            ));
        }
        last = value(line, "name").unwrap_or(last);
        if line.starts_with(BETTER) {
            remarks.push(format!(
                "check.{last}: only whether its port accepts connections is asked: line {number} tells how to ask more"
            ));
        }
    }
    remarks
}

/// The value of `key = "value"`.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_init_are_told_and_those_of_others_are_not() {
        let blocks = "\n# pid 7\n# [[service]]\n# name = \"api\"\n[[check]]\nname = \"redis\"\n# Only its port is asked:\n";
        assert_eq!(in_text(blocks), Vec::<String>::new());
        let remarks = in_text(&format!("{WRITTEN_BY_INIT}\n{blocks}"));
        assert_eq!(
            remarks,
            [
                "service.api: a comment on line 4, so it is not watched: fill it in, and take the # away",
                "check.redis: only whether its port accepts connections is asked: line 8 tells how to ask more",
            ]
        );
    }
}
