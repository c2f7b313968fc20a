//! What is in a corpus, counted while it was written.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Level as the log has it; `None` where the line has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
    None,
}

impl Level {
    pub(crate) const ALL: [Self; 6] =
        [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical, Self::None];

    /// The word of Python's logging module.
    pub(crate) fn upper(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
            Self::None => "",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::None => "none",
        }
    }
}

/// One way in which the backend fails: what a fingerprint should tell apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exception {
    pub(crate) identity: &'static str,
    /// The exception raised last, as printed.
    pub(crate) type_name: &'static str,
    /// The exception raised first.
    pub(crate) root_type: &'static str,
    /// File, line and function of the innermost frame of the backend's own code, in the first traceback that has one;
    /// without any, of the innermost frame.
    pub(crate) location: (String, u32, &'static str),
    /// Traceback chains printed.
    pub(crate) count: u64,
}

/// Requests to one route.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) route: &'static str,
    pub(crate) scanner: bool,
    pub(crate) statuses: BTreeMap<u16, u64>,
}

/// Lines whose level does not fit what they say.
#[derive(Clone, Debug)]
pub(crate) struct Mislevelled {
    pub(crate) text: &'static str,
    pub(crate) written: Level,
    pub(crate) effective: Level,
    pub(crate) count: u64,
}

/// Exact counts over one corpus.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) kind: &'static str,
    pub(crate) seed: u64,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) records: u64,
    pub(crate) continuation_lines: u64,
    /// Records without any time of their own; those with a time of day but no date are not among them.
    pub(crate) undated_records: u64,
    pub(crate) written: [u64; 6],
    /// Access lines count as they are written.
    pub(crate) effective: [u64; 6],
    pub(crate) mislevelled: Vec<Mislevelled>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) starts: u64,
    pub(crate) clean_stops: u64,
    pub(crate) crashes: u64,
    pub(crate) reloads: u64,
    /// Times that something failed, however often it was written down.
    pub(crate) failures: u64,
    pub(crate) chained: u64,
    pub(crate) invalid_utf8_lines: u64,
    /// Lines over 64 KiB.
    pub(crate) long_lines: u64,
}

impl Truth {
    pub(crate) fn level(&mut self, written: Level, effective: Level) {
        self.records += 1;
        self.written[written as usize] += 1;
        self.effective[effective as usize] += 1;
    }

    /// The JSON document that stands beside the corpus; keys as in the report of `analyze-logs` where it has them.
    pub(crate) fn to_json(&self) -> String {
        let mut json = String::from("{\n");
        let put = |json: &mut String, key: &str, value: &str| {
            writeln!(json, "  \"{key}\": {value},").expect("a String takes all");
        };
        put(&mut json, "kind", &quoted(self.kind));
        for (key, value) in self.counters() {
            put(&mut json, key, &value.to_string());
        }
        put(&mut json, "levels", &levels(&self.written));
        put(&mut json, "effective_levels", &levels(&self.effective));
        put(&mut json, "mislevelled", &list(self.mislevelled.iter().map(mislevelled)));
        put(&mut json, "exceptions", &list(self.exceptions.iter().filter(|e| e.count > 0).map(exception)));
        put(&mut json, "exceptions_by_type", &counts(&self.by_type()));
        put(&mut json, "http", &self.http());
        let Self { starts, clean_stops, crashes, reloads, .. } = self;
        let restarts = format!(
            "{{\"starts\": {starts}, \"clean_stops\": {clean_stops}, \"crashes\": {crashes}, \"reloads\": {reloads}}}"
        );
        writeln!(json, "  \"restarts\": {restarts}\n}}").expect("a String takes all");
        json
    }

    fn counters(&self) -> [(&'static str, u64); 12] {
        [
            ("seed", self.seed),
            ("bytes", self.bytes),
            ("lines", self.lines),
            ("records", self.records),
            ("continuation_lines", self.continuation_lines),
            ("unattached_lines", 0),
            ("undated_records", self.undated_records),
            ("tracebacks", self.exceptions.iter().map(|e| e.count).sum()),
            ("chained_tracebacks", self.chained),
            ("failures", self.failures),
            ("invalid_utf8_lines", self.invalid_utf8_lines),
            ("long_lines", self.long_lines),
        ]
    }

    fn by_type(&self) -> BTreeMap<String, u64> {
        let mut types = BTreeMap::new();
        for exception in self.exceptions.iter().filter(|e| e.count > 0) {
            *types.entry(exception.type_name.to_owned()).or_default() += exception.count;
        }
        types
    }

    fn http(&self) -> String {
        let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
        for (status, count) in self.endpoints.iter().flat_map(|e| &e.statuses) {
            *by_status.entry(status.to_string()).or_default() += count;
        }
        let requests: u64 = by_status.values().sum();
        let endpoints = list(self.endpoints.iter().filter(|e| !e.statuses.is_empty()).map(endpoint));
        format!(
            "{{\"requests\": {requests}, \"by_status\": {}, \"endpoints\": {endpoints}}}",
            counts(&by_status)
        )
    }
}

fn levels(counted: &[u64; 6]) -> String {
    let of = |level: &Level| (level.word().to_owned(), counted[*level as usize]);
    counts(&Level::ALL.iter().map(of).chain([("trace".to_owned(), 0)]).collect())
}

fn mislevelled(entry: &Mislevelled) -> String {
    format!(
        "{{\"text\": {}, \"written\": \"{}\", \"effective\": \"{}\", \"count\": {}}}",
        quoted(entry.text),
        entry.written.word(),
        entry.effective.word(),
        entry.count
    )
}

fn exception(entry: &Exception) -> String {
    let (file, line, function) = &entry.location;
    format!(
        "{{\"identity\": {}, \"type\": {}, \"root_type\": {}, \"file\": {}, \"line\": {line}, \"function\": {}, \"count\": {}}}",
        quoted(entry.identity),
        quoted(entry.type_name),
        quoted(entry.root_type),
        quoted(file),
        quoted(function),
        entry.count
    )
}

fn endpoint(entry: &Endpoint) -> String {
    let mut by_class: BTreeMap<String, u64> = BTreeMap::new();
    for (status, count) in &entry.statuses {
        *by_class.entry(format!("{}xx", status / 100)).or_default() += count;
    }
    format!(
        "{{\"method\": \"{}\", \"route\": {}, \"requests\": {}, \"by_class\": {}, \"scanner\": {}}}",
        entry.method,
        quoted(entry.route),
        by_class.values().sum::<u64>(),
        counts(&by_class),
        entry.scanner
    )
}

fn counts(map: &BTreeMap<String, u64>) -> String {
    let pairs: Vec<_> = map.iter().map(|(key, count)| format!("{}: {count}", quoted(key))).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.map(|item| format!("\n    {item}")).collect();
    if items.is_empty() { "[]".to_owned() } else { format!("[{}\n  ]", items.join(",")) }
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            c if u32::from(c) < 0x20 => write!(json, "\\u{:04x}", u32::from(c)).expect("a String takes all"),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}
