//! Path patterns, matched one component at a time while folders are walked.
//!
//! Every pattern of every rule is followed at once: a [`State`] says how far one pattern has come, a folder is entered
//! only while some pattern may still match below it, and each folder is listed once however many rules name it. A
//! wildcard enters neither hidden folders nor other mounts; a component that is spelled out does. A folder matches as a
//! whole only where the pattern spells some of its name (`crash_*`), never by a bare `*` or `**`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use memchr::memmem;

/// What a pattern says of one component.
#[derive(Debug)]
enum Part {
    /// Spelled out.
    Name(Box<[u8]>),
    /// `**`: any number of folders, none included.
    Any,
    Wild(Wild),
}

#[derive(Debug)]
enum Wild {
    /// Nothing but `*` between these.
    Stars {
        head: Box<[u8]>,
        middle: Box<[Box<[u8]>]>,
        tail: Box<[u8]>,
    },
    Glob(GlobMatcher),
}

/// A rule's pattern below the folder that it starts at.
#[derive(Debug)]
struct Pattern {
    rule: u16,
    parts: Vec<Part>,
}

/// How far one pattern has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct State {
    pattern: u16,
    part: u16,
}

/// Why a pattern cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PatternError {
    #[error("has `..` in it; write the path that it leads to")]
    Upwards,
    #[error("has a slash inside braces; write one path for each alternative")]
    SlashInBraces,
    #[error("is no pattern: {0}")]
    Glob(#[from] globset::Error),
    #[error("names no file")]
    Empty,
    #[error("is one of too many patterns")]
    TooMany,
}

/// All patterns that start at one folder.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    patterns: Vec<Pattern>,
}

impl Patterns {
    /// Adds a pattern of a rule. It starts `between` below the folder that all of them are followed from.
    pub(super) fn add(&mut self, rule: u16, between: &Path, relative: &str) -> Result<(), PatternError> {
        let mut parts: Vec<Part> = between.iter().map(|name| Part::Name(name.as_bytes().into())).collect();
        let spelled = parts.len();
        for component in components(relative)? {
            match component {
                ".." => return Err(PatternError::Upwards),
                "**" if matches!(parts.last(), Some(Part::Any)) => {}
                "**" => parts.push(Part::Any),
                text => parts.push(part(text)?),
            }
        }
        match parts[spelled..].last() {
            None => return Err(PatternError::Empty),
            // A trailing `**` means all files below.
            Some(Part::Any) => parts.push(Part::Wild(Wild::everything())),
            Some(_) => {}
        }
        if self.patterns.len() >= usize::from(u16::MAX) || parts.len() >= usize::from(u16::MAX) {
            return Err(PatternError::TooMany);
        }
        self.patterns.push(Pattern { rule, parts });
        Ok(())
    }

    /// Where every pattern begins.
    pub(super) fn start(&self) -> Vec<State> {
        let mut states = Vec::new();
        for pattern in 0..self.patterns.len() {
            self.reach(State { pattern: u16::try_from(pattern).unwrap_or(u16::MAX), part: 0 }, &mut states);
        }
        states
    }

    /// The rules whose pattern ends with this name of a file; added to `rules` in ascending order.
    pub(super) fn files(&self, states: &[State], name: &[u8], rules: &mut Vec<u16>) {
        for state in states {
            let pattern = self.pattern(*state);
            if self.is_last(*state) && rules.last() != Some(&pattern.rule) && self.part(*state).accepts(name)
            {
                rules.push(pattern.rule);
            }
        }
    }

    /// The rules that mean this folder as a whole, and what may still match below it.
    pub(super) fn folder(&self, states: &[State], name: &[u8], rules: &mut Vec<u16>) -> Vec<State> {
        let mut below = Vec::new();
        let is_hidden = name.first() == Some(&b'.');
        for &state in states {
            let part = self.part(state);
            match part {
                Part::Any if is_hidden => {}
                Part::Any => self.reach(state, &mut below),
                part if !part.accepts(name) || (is_hidden && !part.spells_a_dot()) => {}
                part if self.is_last(state) => {
                    let rule = self.pattern(state).rule;
                    if part.spells_something() && rules.last() != Some(&rule) {
                        rules.push(rule);
                    }
                }
                _ => self.reach(State { part: state.part + 1, ..state }, &mut below),
            }
        }
        below.sort_unstable();
        below.dedup();
        below
    }

    /// The only names that can match, where none is wild: such a folder need not be listed.
    pub(super) fn only_names(&self, states: &[State]) -> Option<Vec<&[u8]>> {
        let mut names = Vec::new();
        for state in states {
            match self.part(*state) {
                Part::Name(name) => names.push(&**name),
                Part::Any | Part::Wild(_) => return None,
            }
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// Whether some pattern spells this name out.
    pub(super) fn spells(&self, states: &[State], name: &[u8]) -> bool {
        states.iter().any(|state| matches!(self.part(*state), Part::Name(spelled) if **spelled == *name))
    }

    /// Adds a state and those that it stands for without any component.
    fn reach(&self, mut state: State, states: &mut Vec<State>) {
        loop {
            states.push(state);
            if !matches!(self.part(state), Part::Any) {
                return;
            }
            state.part += 1;
        }
    }

    fn pattern(&self, state: State) -> &Pattern {
        &self.patterns[usize::from(state.pattern)]
    }

    fn part(&self, state: State) -> &Part {
        &self.pattern(state).parts[usize::from(state.part)]
    }

    fn is_last(&self, state: State) -> bool {
        usize::from(state.part) + 1 == self.pattern(state).parts.len()
    }
}

impl Part {
    fn accepts(&self, name: &[u8]) -> bool {
        match self {
            Self::Name(spelled) => **spelled == *name,
            Self::Any => true,
            Self::Wild(wild) => wild.accepts(name),
        }
    }

    fn spells_a_dot(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Wild(Wild::Stars { head, .. }) => head.first() == Some(&b'.'),
            Self::Wild(Wild::Glob(glob)) => glob.glob().glob().starts_with('.'),
            Self::Any => false,
        }
    }

    fn spells_something(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Wild(Wild::Stars { head, middle, tail }) => {
                !(head.is_empty() && middle.is_empty() && tail.is_empty())
            }
            Self::Wild(Wild::Glob(glob)) => {
                glob.glob().glob().bytes().any(|b| b.is_ascii_alphanumeric() || b == b'_')
            }
            Self::Any => false,
        }
    }
}

impl Wild {
    fn everything() -> Self {
        Self::Stars { head: Box::default(), middle: Box::default(), tail: Box::default() }
    }

    fn accepts(&self, name: &[u8]) -> bool {
        let (head, middle, tail) = match self {
            Self::Stars { head, middle, tail } => (head, middle, tail),
            Self::Glob(glob) => return glob.is_match(OsStr::from_bytes(name)),
        };
        if name.len() < head.len() + tail.len() || !name.starts_with(head) || !name.ends_with(tail) {
            return false;
        }
        let mut rest = &name[head.len()..name.len() - tail.len()];
        for piece in middle {
            let Some(at) = memmem::find(rest, piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
        true
    }
}

/// Splits at slashes; those inside brackets and after backslashes are none.
fn components(pattern: &str) -> Result<Vec<&str>, PatternError> {
    let mut found = Vec::new();
    let (mut start, mut braces, mut in_class, mut is_escaped) = (0, 0_u32, false, false);
    for (at, c) in pattern.char_indices() {
        match c {
            _ if is_escaped => {
                is_escaped = false;
                continue;
            }
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '{' if !in_class => braces += 1,
            '}' if !in_class => braces = braces.saturating_sub(1),
            '/' if braces > 0 => return Err(PatternError::SlashInBraces),
            '/' if !in_class => {
                found.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&pattern[start..]);
    found.retain(|component| !component.is_empty() && *component != ".");
    Ok(found)
}

fn part(text: &str) -> Result<Part, PatternError> {
    // Checked as the config checks it, so that both say the same of a broken pattern.
    let glob = GlobBuilder::new(text).literal_separator(true).build()?;
    if !text.contains(['*', '?', '[', ']', '{', '}', '\\']) {
        return Ok(Part::Name(text.as_bytes().into()));
    }
    if text.contains(['?', '[', ']', '{', '}', '\\', '!']) {
        return Ok(Part::Wild(Wild::Glob(glob.compile_matcher())));
    }
    let pieces: Vec<&str> = text.split('*').collect();
    let (head, rest) = pieces.split_first().unwrap_or((&"", &[]));
    let (tail, middle) = rest.split_last().unwrap_or((&"", &[]));
    let middle = middle.iter().filter(|piece| !piece.is_empty()).map(|piece| piece.as_bytes().into());
    Ok(Part::Wild(Wild::Stars {
        head: head.as_bytes().into(),
        middle: middle.collect(),
        tail: tail.as_bytes().into(),
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Follows a path as the walk does, folder by folder.
    fn matches(pattern: &str, path: &str) -> bool {
        let mut patterns = Patterns::default();
        patterns.add(7, Path::new(""), pattern).unwrap();
        let mut states = patterns.start();
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
            states = patterns.folder(&states, folder.as_bytes(), &mut Vec::new());
        }
        let mut rules = Vec::new();
        patterns.files(&states, file.as_bytes(), &mut rules);
        rules == [7]
    }

    #[test]
    fn stars_stay_in_their_folder_and_double_stars_do_not() {
        assert!(matches("logs/*.log.*", "logs/app.log.1"));
        assert!(!matches("logs/*.log.*", "logs/old/app.log.1"));
        assert!(matches("logs/**/*.log.*", "logs/app.log.1"));
        assert!(matches("logs/**/*.log.*", "logs/a/b/app.log.1"));
        assert!(matches("logs/**", "logs/a/b/x"));
        assert!(matches("**/x", "x"));
        assert!(!matches("logs/*.log.*", "app.log.1"));
        assert!(matches("./logs//backend.log", "logs/backend.log"));
        assert!(matches("logs/[a-c]pp.{log,txt}", "logs/bpp.txt"));
    }

    #[test]
    fn wildcards_stay_out_of_hidden_folders() {
        assert!(!matches("**/*.log", ".git/x.log"));
        assert!(!matches("*/x.log", ".cache/x.log"));
        assert!(matches(".cache/x.log", ".cache/x.log"));
        assert!(matches(".c*/x.log", ".cache/x.log"));
    }

    #[test]
    fn folders_are_meant_only_where_their_name_is_spelled() {
        let whole = |pattern: &str, name: &str| {
            let mut patterns = Patterns::default();
            patterns.add(0, Path::new(""), pattern).unwrap();
            let mut rules = Vec::new();
            patterns.folder(&patterns.start(), name.as_bytes(), &mut rules);
            !rules.is_empty()
        };
        assert!(whole("crash_*", "crash_20260101_120000"));
        assert!(whole("**/__pycache__", "__pycache__"));
        assert!(whole("crash_[0-9]*", "crash_2"));
        for pattern in ["*", "**", "**/*", "?*"] {
            assert!(!whole(pattern, "crash_20260101_120000"), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_lead_astray_are_refused() {
        let add = |pattern: &str| Patterns::default().add(0, Path::new(""), pattern).unwrap_err().to_string();
        assert_eq!(add("../x"), "has `..` in it; write the path that it leads to");
        assert_eq!(add("{a/b,c}/x"), "has a slash inside braces; write one path for each alternative");
        assert_eq!(add("./"), "names no file");
        assert!(add("a[").starts_with("is no pattern: "));
    }

    proptest! {
        #[test]
        fn names_match_as_globset_says(
            pattern in "[ab.*]{1,8}", name in "[ab.]{1,10}",
        ) {
            prop_assume!(!pattern.contains("**") && ![".", ".."].contains(&pattern.as_str()));
            let glob = GlobBuilder::new(&pattern).literal_separator(true).build().unwrap().compile_matcher();
            prop_assert_eq!(part(&pattern).unwrap().accepts(name.as_bytes()), glob.is_match(&name));
        }
    }
}
