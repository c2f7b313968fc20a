//! One frame: module or file, function, and the source line of languages whose names change too easily.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::component::Component;
use super::native::trim_function;

/// Languages whose source lines count.
const WITH_LINES: [&str; 5] = ["javascript", "node", "python", "php", "ruby"];
/// Longer lines are generated ones.
const MAX_LINE: usize = 120;

static REFLECT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(sun\.reflect\.Generated(?:Serialization|Constructor)Accessor)\d+"));
static CGLIB: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\$\$[\w_]+?CGLIB\$\$)[a-fA-F0-9]+(?:_[0-9]+)?"));
static JAVASSIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\$\$_javassist)(?:_seam)?(?:_[0-9]+)?"));
static CLOJURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\$fn__)\d+"));
static ERB: LazyLock<Regex> = LazyLock::new(|| pattern(r"__\d{4,}_\d{4,}$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is constant")
}

/// Families of platforms whose rules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Script,
    Native,
    Other,
}

pub(super) fn family(platform: &str) -> Family {
    match platform {
        "javascript" | "node" => Family::Script,
        "objc" | "cocoa" | "swift" | "native" | "c" => Family::Native,
        _ => Family::Other,
    }
}

/// A frame's fields, borrowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'f> {
    pub(super) value: &'f Value,
    pub(super) platform: &'f str,
}

impl<'f> Fields<'f> {
    pub(super) fn text(&self, key: &str) -> Option<&'f str> {
        self.value[key].as_str().filter(|text| !text.is_empty())
    }

    pub(super) fn is_url(&self) -> bool {
        const OPENINGS: [&str; 6] = ["http:", "https:", "file:", "applewebdata:", "blob:", "ftp:"];
        self.text("abs_path").is_some_and(|path| OPENINGS.iter().any(|open| path.starts_with(open)))
    }
}

/// Makes the node of a frame; `previous` is the one that called it.
pub(super) fn frame(fields: Fields<'_>, previous: Option<&Value>) -> Component {
    let mut file = filename(fields);
    let module = module(fields);
    if module.contributes && file.contributes {
        file.silence("module takes precedence");
    }
    let line = WITH_LINES.contains(&fields.platform).then(|| source_line(fields));
    let has_line = line.as_ref().is_some_and(|line| line.contributes);
    let mut function = function(fields, has_line);
    let low_quality = family(fields.platform) == Family::Script && judge_script(fields, &mut function);
    let mut parts = vec![module, file, function];
    parts.extend(line);
    let mut frame = Component::of("frame", parts);
    if low_quality {
        frame.silence("ignored low quality javascript frame");
    }
    if previous.is_some_and(|previous| recurs(previous, fields.value)) {
        frame.silence("ignored due to recursion");
    }
    frame
}

fn recurs(previous: &Value, this: &Value) -> bool {
    const SAME: [&str; 7] = ["abs_path", "package", "module", "filename", "function", "lineno", "colno"];
    SAME.iter().all(|key| previous[*key] == this[*key])
}

fn filename(fields: Fields<'_>) -> Component {
    let Some(path) = fields.text("filename") else { return Component::text("filename", None) };
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase();
    let mut component = Component::text("filename", Some(&name));
    let from_url = fields.text("abs_path").is_some_and(|path| has_url_origin(path, true));
    if from_url {
        component.silence("ignored because frame points to a URL");
    } else if name == "<anonymous>" {
        component.silence("anonymous filename discarded");
    } else if name == "[native code]" {
        component.silence("native code indicated by filename");
    } else if fields.platform == "java" {
        let cleaned = JAVASSIST.replace_all(&name, "$1<auto>");
        if cleaned != name {
            component.replace(cleaned.into_owned(), "cleaned javassist parts");
        }
    }
    component
}

fn has_url_origin(path: &str, files_are_files: bool) -> bool {
    let web = ["http:", "https:", "applewebdata:", "blob:"].iter().any(|open| path.starts_with(open));
    web || (path.starts_with("file:") && !files_are_files)
}

fn module(fields: Fields<'_>) -> Component {
    let Some(module) = fields.text("module") else { return Component::text("module", None) };
    let mut component = Component::text("module", Some(module));
    if fields.platform == "javascript"
        && module.contains('/')
        && fields.text("abs_path").is_some_and(|path| path.ends_with(module))
    {
        component.silence("ignored bad javascript module");
    } else if fields.platform == "java" {
        java_module(module, &mut component);
    }
    component
}

fn java_module(module: &str, component: &mut Component) {
    const ACCESSORS: [&str; 2] =
        ["sun.reflect.GeneratedMethodAccessor", "jdk.internal.reflect.GeneratedMethodAccessor"];
    if module.contains("$$Lambda$") {
        component.silence("ignored java lambda");
        return;
    }
    if let Some(accessor) = ACCESSORS.iter().find(|open| module.starts_with(*open)) {
        component.replace((*accessor).to_owned(), "removed reflection marker");
        return;
    }
    let mut cleaned = module.to_owned();
    for marker in [&REFLECT, &CGLIB, &JAVASSIST, &CLOJURE] {
        cleaned = marker.replace_all(&cleaned, "$1<auto>").into_owned();
    }
    if cleaned != module {
        component.replace(cleaned, "removed codegen marker");
    }
}

fn function(fields: Fields<'_>, has_line: bool) -> Component {
    let raw = fields.text("raw_function").filter(|_| family(fields.platform) == Family::Native);
    let Some(name) = raw.or_else(|| fields.text("function")) else {
        return Component::text("function", None);
    };
    let mut component = Component::text("function", Some(name));
    match fields.platform {
        "ruby" if name.starts_with("block ") => component.replace("block".to_owned(), "ruby block"),
        "ruby" => {
            let cleaned = ERB.replace(name, "");
            if cleaned != name {
                component.replace(cleaned.into_owned(), "removed generated erb template suffix");
            }
        }
        "php" if name.starts_with("class@anonymous") => match name.rsplit_once("::") {
            Some((_, method)) => component.replace(method.to_owned(), "anonymous class method"),
            None => component.silence("ignored anonymous function"),
        },
        "php" if name.starts_with("[Anonymous") => component.silence("ignored anonymous function"),
        "java" if name.starts_with("lambda$") => component.silence("ignored lambda function"),
        platform if family(platform) == Family::Native => native_function(name, &mut component),
        platform if family(platform) == Family::Script => {
            script_function(fields, name, has_line, &mut component);
        }
        _ => {}
    }
    component
}

fn native_function(name: &str, component: &mut Component) {
    if matches!(name, "<redacted>" | "<unknown>") {
        component.silence("ignored unknown function");
        return;
    }
    let trimmed = trim_function(name);
    if trimmed != name {
        component.replace(trimmed, "isolated function");
    }
}

fn script_function(fields: Fields<'_>, name: &str, has_line: bool, component: &mut Component) {
    let last = name.rsplit('.').next().unwrap_or(name);
    if last != name {
        component.replace(last.to_owned(), "trimmed javascript function");
    }
    if has_line && !fields.value["data"]["sourcemap"].is_null() {
        component.silence("ignored because sourcemap used and context line available");
    }
}

/// Silences names that mean nothing; true where the whole frame means nothing.
fn judge_script(fields: Fields<'_>, function: &mut Component) -> bool {
    let name = fields.text("raw_function").or_else(|| fields.text("function")).unwrap_or("");
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.is_empty() {
        function.contributes = false;
    } else if matches!(last, "?" | "<anonymous function>" | "<anonymous>" | "Anonymous function")
        || last.ends_with("/<")
    {
        function.silence("ignored unknown function name");
    }
    let place = fields.text("abs_path").unwrap_or("");
    last == "eval" || matches!(place, "[native code]" | "native code" | "eval code" | "<anonymous>")
}

fn source_line(fields: Fields<'_>) -> Component {
    let raw = fields.value["context_line"].as_str().unwrap_or("");
    let line = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return Component::text("context-line", None);
    }
    let mut component = Component::text("context-line", Some(&line));
    let nameless = fields.text("function").is_none();
    if line.chars().count() > MAX_LINE {
        component.silence("discarded because line too long");
    } else if family(fields.platform) == Family::Script
        && nameless
        && fields.text("abs_path").is_some_and(|path| has_url_origin(path, false))
    {
        component.silence("discarded because from URL origin");
    }
    component
}
