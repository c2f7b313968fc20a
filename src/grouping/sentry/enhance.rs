//! Enhancement rules that an event brings along: which frames count, and which are the team's own.
//!
//! ```text
//! path:**/vendor/** -app                 matchers, then actions; all matchers must hold (! turns one around)
//! function:panic* ^-group -group         ^ the frames towards the crash, v those away from it
//! family:native max-frames=30
//! ```

use serde_json::Value;

use super::component::Component;
use super::frame::{Family, Fields, family};

const MAX_RULES: usize = 500;
const MAX_LINE: usize = 1000;
/// Steps that one glob may take: a hostile one takes no more.
const MAX_STEPS: usize = 20_000;

/// Rules, in their order.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    text: String,
    matchers: Vec<Matcher>,
    actions: Vec<Action>,
}

#[derive(Debug)]
struct Matcher {
    key: String,
    pattern: String,
    negated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    This,
    TowardsCrash,
    AwayFromCrash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Group(Range, bool),
    App(Range, bool),
    MaxFrames(usize),
    MinFrames(usize),
}

impl Rules {
    /// Reads rules, a line each; lines that are none are left out.
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.filter(|line| line.len() <= MAX_LINE).take(MAX_RULES).filter_map(rule).collect())
    }

    /// Tells for each frame whether it is the team's own.
    pub(super) fn in_app(&self, frames: &[Fields<'_>], exception: &Value) -> Vec<bool> {
        let mut own: Vec<bool> = frames.iter().map(|frame| frame.value["in_app"] == true).collect();
        for rule in &self.0 {
            for action in &rule.actions {
                let Action::App(range, flag) = *action else { continue };
                for at in 0..frames.len() {
                    if rule.holds(frames[at], own[at], exception) {
                        own[range.of(at, frames.len())].fill(flag);
                    }
                }
            }
        }
        own
    }

    /// Takes frames out, or in, and returns why the whole stack is out, if it is.
    pub(super) fn apply(
        &self,
        components: &mut [Component],
        frames: &[Fields<'_>],
        own: &[bool],
        exception: &Value,
    ) -> Option<String> {
        let (mut most, mut least) = (0, 0);
        for rule in &self.0 {
            for at in 0..frames.len() {
                if !rule.holds(frames[at], own[at], exception) {
                    continue;
                }
                for action in &rule.actions {
                    match *action {
                        Action::Group(range, flag) => {
                            rule.group(&mut components[range.of(at, frames.len())], flag);
                        }
                        Action::MaxFrames(n) => most = n,
                        Action::MinFrames(n) => least = n,
                        Action::App(..) => {}
                    }
                }
            }
        }
        let mut count = 0;
        for component in components.iter_mut().rev().filter(|c| c.contributes) {
            count += 1;
            if most > 0 && count > most {
                component.silence(format!("ignored because only {most} frames are considered"));
            }
        }
        (count > 0 && count < least)
            .then(|| format!("discarded because stacktrace only contains {count} frames which is under the configured threshold"))
    }
}

impl Range {
    fn of(self, at: usize, len: usize) -> std::ops::Range<usize> {
        match self {
            Self::This => at..at + 1,
            Self::TowardsCrash => at + 1..len,
            Self::AwayFromCrash => 0..at,
        }
    }
}

impl Rule {
    fn group(&self, components: &mut [Component], flag: bool) {
        for component in components.iter_mut().filter(|component| component.contributes != flag) {
            component.contributes = flag;
            let word = if flag { "un-ignored" } else { "ignored" };
            component.hint = Some(format!("{word} by stack trace rule ({})", self.text));
        }
    }

    fn holds(&self, frame: Fields<'_>, own: bool, exception: &Value) -> bool {
        self.matchers.iter().all(|matcher| matcher.holds(frame, own, exception) != matcher.negated)
    }
}

impl Matcher {
    fn holds(&self, frame: Fields<'_>, own: bool, exception: &Value) -> bool {
        let text = |value: &'_ Value| value.as_str().unwrap_or("").to_owned();
        match self.key.as_str() {
            "path" => self.path(
                &frame.text("abs_path").or_else(|| frame.text("filename")).unwrap_or("").to_lowercase(),
            ),
            "package" => self.path(&frame.text("package").unwrap_or("").to_lowercase()),
            "module" => glob(&self.pattern, frame.text("module").unwrap_or("")),
            "function" => glob(&self.pattern, frame.text("function").unwrap_or("")),
            "family" => self.pattern.split(',').any(|name| is_family(name.trim(), frame.platform)),
            "app" => matches!(self.pattern.as_str(), "1" | "yes" | "true") == own,
            "error.type" | "type" => glob(&self.pattern, &text(&exception["type"])),
            "error.value" | "value" => glob(&self.pattern, &text(&exception["value"])),
            "error.mechanism" | "mechanism" => glob(&self.pattern, &text(&exception["mechanism"]["type"])),
            "category" => glob(&self.pattern, &text(&frame.value["data"]["category"])),
            _ => false,
        }
    }

    fn path(&self, path: &str) -> bool {
        let pattern = self.pattern.to_lowercase();
        let path = path.replace('\\', "/");
        glob(&pattern, &path) || (!path.starts_with('/') && glob(&pattern, &format!("/{path}")))
    }
}

fn is_family(name: &str, platform: &str) -> bool {
    match name {
        "all" => true,
        "javascript" => family(platform) == Family::Script,
        "native" => family(platform) == Family::Native,
        "other" => family(platform) == Family::Other,
        _ => false,
    }
}

/// `*` and `?` stand for anything; a hostile pattern gives up.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    for _ in 0..MAX_STEPS {
        if t == text.len() {
            return pattern[p..].iter().all(|c| *c == '*');
        }
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some(star) = star else { return false };
                p = star + 1;
                mark += 1;
                t = mark;
            }
        }
    }
    false
}

fn rule(line: &str) -> Option<Rule> {
    let (mut matchers, mut actions) = (Vec::new(), Vec::new());
    for word in words(line) {
        match action(&word) {
            Some(action) => actions.push(action),
            None if actions.is_empty() => matchers.push(matcher(&word)?),
            // Other actions, such as a category, do not change what counts.
            None => {}
        }
    }
    (!matchers.is_empty()).then(|| Rule { text: line.to_owned(), matchers, actions })
}

/// Words of a line; quotes hold blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn matcher(word: &str) -> Option<Matcher> {
    let (negated, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    let (key, pattern) = word.split_once(':')?;
    let key = key.strip_prefix("stack.").unwrap_or(key);
    Some(Matcher { key: key.to_owned(), pattern: pattern.to_owned(), negated })
}

fn action(word: &str) -> Option<Action> {
    if let Some((key, value)) = word.split_once('=') {
        let n = value.parse().ok()?;
        return match key {
            "max-frames" => Some(Action::MaxFrames(n)),
            "min-frames" => Some(Action::MinFrames(n)),
            _ => None,
        };
    }
    let (range, word) = match word.chars().next()? {
        '^' => (Range::TowardsCrash, &word[1..]),
        'v' if word.starts_with("v+") || word.starts_with("v-") => (Range::AwayFromCrash, &word[1..]),
        _ => (Range::This, word),
    };
    let flag = match word.chars().next()? {
        '+' => true,
        '-' => false,
        _ => return None,
    };
    match &word[1..] {
        "group" => Some(Action::Group(range, flag)),
        "app" => Some(Action::App(range, flag)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_and_hostile_ones_end() {
        assert!(glob("**/x*.py", "/a/b/xy.py") && !glob("a?c", "ac") && glob("*", ""));
        assert!(!glob(&"*a".repeat(500), &"a".repeat(499)));
    }

    #[test]
    fn rules_are_read() {
        let rules = Rules::read(
            "# no\nfunction:wrapped_view ^-group -group\npath:**/a.py v-group\nnonsense\n!app:yes +app",
        );
        assert_eq!(rules.0.len(), 3);
        assert_eq!(
            rules.0[0].actions,
            [Action::Group(Range::TowardsCrash, false), Action::Group(Range::This, false)]
        );
        assert!(rules.0[2].matchers[0].negated);
    }
}
