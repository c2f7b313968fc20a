//! Which printed chains are the same fault.
//!
//! Version 1 hashes, for each exception of a chain, the last part of its type and the calls of the team's own code as
//! module and function: no line numbers, no folders, no addresses, each call once (recursion, direct or mutual, collapses).
//! Members of an exception group count as a set. A chain without own code takes all its frames, a chain without frames takes
//! its message with the variable parts masked. A change of these rules is a new version: the number is part of the text.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::grouping::message::parameterize;
use crate::grouping::{Exception, ExceptionChain, Frame, Mechanism, Platform};

/// Identity of a fault: prints as `v1:` and 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

/// What a fingerprint was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The types and the team's own frames.
    App,
    /// The types and all frames, for want of own ones.
    System,
    /// The types and the parameterised message, for want of frames.
    Message,
}

impl Fingerprint {
    const PREFIX: &'static str = "v1:";

    /// Computes the fingerprint of a chain, and says what it stands on.
    pub fn of(chain: &ExceptionChain) -> (Self, Basis) {
        let basis = basis(chain);
        let mut hashes: Vec<u128> = Vec::with_capacity(chain.exceptions.len());
        for (index, exception) in chain.exceptions.iter().enumerate() {
            let mut hash = Fnv::new();
            hash.part(short_type(&exception.kind));
            calls(chain.platform, exception, basis, &mut hash);
            if basis == Basis::Message {
                hash.part(&parameterize(&exception.message));
            }
            // What led here stands before in the list.
            let led_here = |want: fn(Mechanism) -> bool| {
                let children = chain.exceptions[..index].iter().zip(&hashes);
                children
                    .filter(move |(e, _)| e.parent == Some(index) && want(e.mechanism))
                    .map(|(_, hash)| *hash)
            };
            led_here(|m| matches!(m, Mechanism::Cause | Mechanism::Context))
                .for_each(|child| hash.number(child));
            let mut members: Vec<u128> = led_here(|m| m == Mechanism::Member).collect();
            members.sort_unstable();
            members.dedup();
            members.into_iter().for_each(|member| hash.number(member));
            hashes.push(hash.0);
        }
        (Self(hashes.last().copied().unwrap_or_default()), basis)
    }

    /// Computes a fingerprint from texts that tell a fault by themselves, such as those that an application chose.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Fnv::new();
        parts.into_iter().for_each(|part| hash.part(part));
        Self(hash.0)
    }
}

fn basis(chain: &ExceptionChain) -> Basis {
    let named = |frame: &&Frame| !frame.function.is_empty();
    let mut frames = chain.exceptions.iter().flat_map(|e| &e.frames).filter(named).peekable();
    if frames.peek().is_none() {
        Basis::Message
    } else if frames.any(|frame| frame.in_app) {
        Basis::App
    } else {
        Basis::System
    }
}

fn calls(platform: Platform, exception: &Exception, basis: Basis, hash: &mut Fnv) {
    let mut seen = HashSet::new();
    for frame in exception.frames.iter().filter(|frame| frame.in_app || basis != Basis::App) {
        let Some(call) = call(platform, frame) else { continue };
        if seen.insert(call.clone()) {
            hash.part(&call.0);
            hash.part(&call.1);
        }
    }
}

/// Module and function of a frame, without what differs between machines, runs and versions; none for frames that only some
/// versions of a runtime have.
fn call(platform: Platform, frame: &Frame) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let function = frame.function.as_str();
    match platform {
        // Python 3.12 has no frames for these any more.
        Platform::Python if matches!(function, "<listcomp>" | "<dictcomp>" | "<setcomp>") => None,
        Platform::Python => Some((file_module(&frame.path), function.into())),
        Platform::Node => Some((file_module(&frame.path), script_function(function).into())),
        Platform::Java | Platform::DotNet => {
            Some((without_generated(&frame.module), without_generated(function)))
        }
        Platform::Go => Some(("".into(), without_closure_numbers(function))),
        Platform::Rust if function.is_empty() => Some((file_module(&frame.path), "".into())),
        Platform::Rust => Some(("".into(), rust_function(function).into())),
    }
}

/// Names that so many folders hold that the folder belongs to the module.
const SHARED_NAMES: &[&str] = &[
    "__init__",
    "__main__",
    "index",
    "mod",
    "lib",
    "views",
    "urls",
    "admin",
    "apps",
    "serializers",
    "page",
    "route",
];

/// The file's name without its ending: the one part of a path that is the same on every machine.
fn file_module(path: &str) -> Cow<'_, str> {
    let mut parts = path.trim_start_matches("node:").rsplit('/');
    let file = parts.next().unwrap_or("");
    let stem = match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() && !file.starts_with('<') => stem,
        _ => file,
    };
    match parts.next() {
        Some(folder) if SHARED_NAMES.contains(&stem) && !folder.is_empty() => {
            format!("{folder}.{stem}").into()
        }
        _ => stem.into(),
    }
}

/// `async Object.load [as run]` → `load`
fn script_function(function: &str) -> &str {
    let name = function.trim_start_matches("async ").trim_start_matches("new ");
    let name = name.split(" [as ").next().unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    if last == "<anonymous>" { "" } else { last }
}

/// Drops the numbers that compilers and proxies put behind `$` and `__`.
fn without_generated(name: &str) -> Cow<'_, str> {
    let name = ["$$Lambda", "$$EnhancerBy", "$$FastClassBy", "$$SpringCGLIB"]
        .iter()
        .filter_map(|mark| name.find(mark))
        .min()
        .map_or(name, |end| &name[..end]);
    let name = name.trim_start_matches("GeneratedMethodAccessor");
    if !name.contains('$') && !name.contains("__") {
        return name.into();
    }
    let mut out = String::with_capacity(name.len());
    let mut generated = false;
    for c in name.chars() {
        generated = c == '$' || (c == '_' && out.ends_with('_')) || (generated && c.is_ascii_digit());
        if !(generated && c.is_ascii_digit()) {
            out.push(c);
        }
    }
    out.into()
}

/// `main.serve.func1.2` → `main.serve.func`
fn without_closure_numbers(function: &str) -> Cow<'_, str> {
    let Some(at) = function.find(".func") else { return function.into() };
    let tail = &function[at + ".func".len()..];
    if !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return function[..at + ".func".len()].into();
    }
    function.into()
}

/// Drops hashes (`::h0123456789abcdef`, `core[c1f1a4ba060b9bfa]`) and writes closures in one way.
fn rust_function(function: &str) -> String {
    let hex = |s: &str| s.len() == 16 && s.bytes().all(|b| b.is_ascii_hexdigit());
    let function = match function.rsplit_once("::h") {
        Some((name, hash)) if hex(hash) => name,
        _ => function,
    };
    let mut out = String::with_capacity(function.len());
    let mut rest = function;
    while let Some(open) = rest.find('[') {
        let inside = &rest[open + 1..];
        let close = inside.find(']').unwrap_or(inside.len());
        let keep = if hex(&inside[..close]) { open } else { open + 1 + close };
        out.push_str(&rest[..keep]);
        rest = inside.get(close + usize::from(keep == open)..).unwrap_or("");
    }
    out.push_str(rest);
    closures_alike(&out)
}

fn closures_alike(name: &str) -> String {
    let mut out = name.replace("{{closure}}", "{closure}");
    while let Some(at) = out.find("{closure#") {
        let Some(end) = out[at..].find('}') else { break };
        out.replace_range(at..at + end, "{closure");
    }
    out
}

/// The last part of a dotted type: SDKs send it without its module.
fn short_type(kind: &str) -> &str {
    kind.rsplit(['.', ':']).next().unwrap_or(kind)
}

/// FNV-1a, 128 bit: small, and the same on every platform and in every version.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// Takes a text and its end, so that `ab` + `c` differs from `a` + `bc`.
    fn part(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    fn number(&mut self, number: u128) {
        self.bytes(&[0xfe]);
        self.bytes(&number.to_le_bytes());
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:032x}", Self::PREFIX, self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no fingerprint of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fingerprint: expected v1: and 32 hex digits")]
pub struct ParseFingerprintError(String);

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .strip_prefix(Self::PREFIX)
            .filter(|d| d.len() == 32 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u128::from_str_radix(digits, 16).ok());
        number.map(Self).ok_or_else(|| ParseFingerprintError(text.to_owned()))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grouping::{SourceRoots, parse};

    fn print(text: &str) -> (Fingerprint, Basis) {
        Fingerprint::of(&parse(text.as_bytes(), &SourceRoots::default())[0])
    }

    fn traceback(root: &str, site: &str, line: u32, times: usize) -> String {
        let again = format!("  File \"{root}/fleet.py\", line {line}, in walk\n    walk()\n").repeat(times);
        format!(
            "Traceback (most recent call last):\n  File \"{site}/starlette/routing.py\", line 5, in app\n    x\n\
             {again}  File \"{root}/fleet.py\", line {line}, in get\n    y\nKeyError: 'DO{line}'\n"
        )
    }

    #[test]
    fn machine_line_recursion_and_value_do_not_matter() {
        let here = print(&traceback("/srv/app", "/srv/app/.venv/lib/python3.11/site-packages", 3, 1));
        let there = print(&traceback("/Users/t/Fuel", "/opt/v/lib/python3.12/site-packages", 90, 4));
        let windows = print(&traceback("C:\\\\fuel", "C:\\\\v\\\\Lib\\\\site-packages", 7, 2));
        assert_eq!(here, there);
        assert_eq!(here, windows);
        assert_eq!(here.1, Basis::App);
    }

    #[test]
    fn mutual_recursion_collapses_too() {
        let text = |times: usize| {
            let pair = "  File \"a.py\", line 1, in ping\n  File \"a.py\", line 2, in pong\n".repeat(times);
            format!("Traceback (most recent call last):\n{pair}RecursionError: deep\n")
        };
        assert_eq!(print(&text(2)), print(&text(9)));
    }

    #[test]
    fn type_function_and_file_matter() {
        let base = "Traceback (most recent call last):\n  File \"/a/b.py\", line 1, in f\nKeyError: 1\n";
        for other in [
            base.replace("KeyError", "ValueError"),
            base.replace("in f", "in g"),
            base.replace("b.py", "c.py"),
        ] {
            assert_ne!(print(base), print(&other), "{other}");
        }
        assert_eq!(print(base), print(&base.replace("KeyError", "app.errors.KeyError")));
    }

    #[test]
    fn files_that_share_a_name_take_their_folder() {
        let of = |dir: &str| {
            print(&format!(
                "Traceback (most recent call last):\n  File \"/srv/{dir}/views.py\", line 1, in get\nKeyError: 1\n"
            ))
        };
        assert_ne!(of("orders"), of("users"));
    }

    #[test]
    fn without_own_code_all_frames_count_and_without_frames_the_message() {
        let lib = "Traceback (most recent call last):\n  File \"/v/lib/python3.11/site-packages/x.py\", line 1, in f\nE: 1\n";
        assert_eq!(print(lib).1, Basis::System);
        let bare = |value: &str| {
            print(&format!("  File \"bad.py\", line 1\n    def f(:\n          ^\nSyntaxError: bad {value}\n"))
        };
        assert_eq!(bare("12").1, Basis::Message);
        assert_eq!(bare("12"), bare("13"));
        assert_ne!(bare("token"), bare("indent"));
    }

    #[test]
    fn members_of_a_group_are_a_set() {
        let group = |first: &str, second: &str| {
            print(&format!(
                "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in f\n  | ExceptionGroup: g (2 sub-exceptions)\n\
                 \x20 +-+---------------- 1 ----------------\n    | {first}: 1\n    +---------------- 2 ----------------\n    | {second}: 2\n    +------------------------------------\n"
            ))
        };
        assert_eq!(group("KeyError", "TypeError"), group("TypeError", "KeyError"));
        assert_ne!(group("KeyError", "TypeError"), group("KeyError", "OSError"));
    }

    #[test]
    fn generated_names_are_cleaned() {
        assert_eq!(without_generated("T$$Lambda$14/0x0000000800c03000"), "T");
        assert_eq!(without_generated("lambda$main$0"), "lambda$main$");
        assert_eq!(without_generated("<Run>d__5"), "<Run>d__");
        assert_eq!(without_generated("step_2"), "step_2");
        assert_eq!(without_closure_numbers("main.serve.func1.2"), "main.serve.func");
        assert_eq!(without_closure_numbers("main.functions"), "main.functions");
        assert_eq!(rust_function("app[e28293b1aa0f68bd]::run::{closure#0}"), "app::run::{closure}");
        assert_eq!(rust_function("app::run::{{closure}}::hba297e1bbc5faa8d"), "app::run::{closure}");
        assert_eq!(rust_function("<[T] as app::X>::go"), "<[T] as app::X>::go");
        assert_eq!(script_function("async Object.load [as run]"), "load");
    }

    #[test]
    fn text_and_back() {
        let (fingerprint, _) =
            print("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nE: 1\n");
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert!("v2:00".parse::<Fingerprint>().is_err());
        assert!("v1:+0000000000000000000000000000001".parse::<Fingerprint>().is_err());
    }
}
