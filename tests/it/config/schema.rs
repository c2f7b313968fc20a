//! Schema, reader, samples and the reference file know the same keys.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fuelops::config::{CheckKind, Config, Environment, Sink, parse};
use serde_json::{Map, Value};

const FULL: &str = include_str!("../data/full.toml");

#[test]
fn the_reference_file_holds_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fuelops.toml");
    let text = fs::read_to_string(path).unwrap();
    let read = |text: &str| parse(text, Path::new("/"), &Environment::default()).unwrap();
    let (reference, bare) = (read(&text), read("name = \"fuel-analytics\"\n"));
    let without_services = Config { services: Vec::new(), ..reference };
    assert_eq!(without_services, bare);
}

#[test]
fn the_reference_file_mentions_every_key_and_is_valid_with_every_key_in_force() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fuelops.toml");
    let text = fs::read_to_string(path).unwrap();
    // A comment that is TOML is a key that is not in force; what stands after prose would not parse.
    let in_force: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.starts_with('[') || key.split_once(" = ").is_some_and(|(k, _)| is_key(k)) => key,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = parse(&in_force, Path::new("/"), &Environment::default()).unwrap_or_else(|e| panic!("{e}"));
    assert!(config.serve.is_some() && config.alerts.len() == 7 && config.clean.rules.len() == 2);
    let words: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let missing: Vec<_> = schema_keys().into_iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "keys that the reference file does not mention: {missing:?}");
}

fn is_key(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Names of all keys that the schema knows.
fn schema_keys() -> BTreeSet<String> {
    fn walk(value: &Value, keys: &mut BTreeSet<String>) {
        if let Some(properties) = value["properties"].as_object() {
            keys.extend(properties.keys().cloned());
        }
        match value {
            Value::Object(map) => map.values().for_each(|value| walk(value, keys)),
            Value::Array(items) => items.iter().for_each(|value| walk(value, keys)),
            _ => {}
        }
    }
    let mut keys = BTreeSet::new();
    walk(&Config::schema(), &mut keys);
    keys
}

#[test]
fn the_full_sample_sets_every_key_and_is_valid_to_reader_and_schema() {
    let config = parse(FULL, Path::new("/"), &Environment::default()).unwrap_or_else(|e| panic!("{e}"));
    let types: BTreeSet<&str> = config.checks.iter().map(|check| check.kind.word()).collect();
    assert_eq!(types, CheckKind::WORDS.iter().copied().collect());
    let sinks: BTreeSet<&str> = config.alerts.iter().map(|alert| alert.sink.word()).collect();
    assert_eq!(sinks, Sink::WORDS.iter().copied().collect());
    let document: Value = toml::from_str(FULL).unwrap();
    let schema = Config::schema();
    let mut used = BTreeSet::new();
    validate(&document, &schema, &schema, "", &mut used).unwrap_or_else(|e| panic!("{e}"));
    let unused: Vec<_> = schema_keys().difference(&used).cloned().collect();
    assert!(unused.is_empty(), "keys that the sample does not set: {unused:?}");
}

#[test]
fn reader_and_schema_refuse_the_same_slips() {
    let schema = Config::schema();
    for (right, wrong) in [
        ("perod", "period"),
        ("port = 80000", "port = 8000"),
        ("type = \"reddis\"", "type = \"redis\""),
        ("min_severity = \"info\"", "min_severity = \"warning\""),
        ("level = \"warn\"", "level = \"info\""),
        ("command = []", "command = [\"python3\", \"main.py\"]"),
        ("warm = 60", "warn = 60"),
        ("success_threshold = 0", "success_threshold = 2"),
        ("period = \"15\"", "period = \"15s\""),
        ("memory = \"1 gig\"", "memory = \"1GiB\""),
        ("if_disk_above_percent = 120", "if_disk_above_percent = 80"),
    ] {
        let text = FULL.replacen(wrong, right, 1);
        assert_ne!(text, FULL, "{wrong}");
        assert!(parse(&text, Path::new("/"), &Environment::default()).is_err(), "the reader takes {right}");
        let document: Value = toml::from_str(&text).unwrap();
        let refused = validate(&document, &schema, &schema, "", &mut BTreeSet::new());
        assert!(refused.is_err(), "the schema takes {right}");
    }
}

/// Validates by the words of JSON Schema that fuelops' own schema uses, and notes the keys that were met.
fn validate(
    value: &Value,
    schema: &Value,
    whole: &Value,
    at: &str,
    used: &mut BTreeSet<String>,
) -> Result<(), String> {
    let fail = |why: &str| Err(format!("{at}: {why}: {value} against {schema}"));
    if let Some(name) = schema["$ref"].as_str() {
        validate(value, &whole["$defs"][name.trim_start_matches("#/$defs/")], whole, at, used)?;
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(options) = schema[word].as_array() {
            let mut tried = Vec::new();
            let fits = options.iter().any(|option| {
                let mut met = BTreeSet::new();
                let result = validate(value, option, whole, at, &mut met);
                let is_fit = result.is_ok();
                used.extend(met.into_iter().filter(|_| is_fit));
                tried.extend(result.err());
                is_fit
            });
            if !fits {
                return fail(&format!("fits no option: {tried:#?}"));
            }
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is_type = |name: &&str| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("a type that this validator does not know: {other}"),
    };
    if !types.is_empty() && !types.iter().any(is_type) {
        return fail("wrong type");
    }
    if schema["const"] != Value::Null && schema["const"] != *value {
        return fail("wrong constant");
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return fail("not in the list");
    }
    if let (Some(number), Some(min)) = (value.as_f64(), schema["minimum"].as_f64())
        && number < min
    {
        return fail("too small");
    }
    if let (Some(number), Some(max)) = (value.as_f64(), schema["maximum"].as_f64())
        && number > max
    {
        return fail("too large");
    }
    if let (Some(text), Some(pattern)) = (value.as_str(), schema["pattern"].as_str())
        && !regex::Regex::new(pattern).unwrap().is_match(text)
    {
        return fail("does not match");
    }
    if let Some(items) = value.as_array() {
        if (items.len() as u64) < schema["minItems"].as_u64().unwrap_or(0) {
            return fail("too few");
        }
        for item in items.iter().filter(|_| schema["items"].is_object()) {
            validate(item, &schema["items"], whole, at, used)?;
        }
    }
    if let Some(table) = value.as_object().filter(|_| schema["type"] == "object") {
        validate_table(table, schema, whole, at, used)?;
    }
    Ok(())
}

fn validate_table(
    table: &Map<String, Value>,
    schema: &Value,
    whole: &Value,
    at: &str,
    used: &mut BTreeSet<String>,
) -> Result<(), String> {
    for required in schema["required"].as_array().into_iter().flatten() {
        if !table.contains_key(required.as_str().unwrap()) {
            return Err(format!("{at}: {required} is missing"));
        }
    }
    for (key, value) in table {
        let inner = match &schema["properties"][key] {
            Value::Null => match &schema["additionalProperties"] {
                Value::Bool(false) => return Err(format!("{at}: unknown key {key}")),
                free => free,
            },
            known => {
                used.insert(key.clone());
                known
            }
        };
        validate(value, inner, whole, &format!("{at}.{key}"), used)?;
    }
    Ok(())
}
