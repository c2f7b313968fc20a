//! A whole page, block by block.

use std::mem;

use crate::checks::exposition::histogram::Histogram;
use crate::checks::exposition::line::{self, Line, Sample};
use crate::checks::exposition::series::{Known, Twice};
use crate::checks::exposition::{Dialect, Kind};

/// The longest line that is read.
const MAX_LINE: usize = 256 * 1024;
/// Faults that are told one by one.
const MAX_FAULTS: usize = 5;
/// Characters of a faulty line that are told.
const SHOWN: usize = 80;

/// Something that should not be on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) struct Fault {
    /// From 1.
    pub(in crate::checks) line: u64,
    pub(in crate::checks) why: &'static str,
    /// The start of the line; hostile text.
    pub(in crate::checks) text: String,
    /// Prometheus throws the whole page away.
    pub(in crate::checks) is_fatal: bool,
}

/// What a page holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::checks) struct Page {
    pub(in crate::checks) lines: u64,
    pub(in crate::checks) samples: u64,
    pub(in crate::checks) families: u64,
    /// Samples that are no number; that is allowed.
    pub(in crate::checks) not_numbers: u64,
    /// The first fatal ones, or else the first.
    pub(in crate::checks) faults: Vec<Fault>,
    pub(in crate::checks) fatal_faults: u64,
    pub(in crate::checks) other_faults: u64,
    /// Required names that were not there.
    pub(in crate::checks) missing: Vec<String>,
    /// More series or families than are remembered: not all was looked at for doubles.
    pub(in crate::checks) is_partly_checked: bool,
}

/// Reads a page that comes in blocks.
#[derive(Debug)]
pub(in crate::checks) struct Validator {
    dialect: Dialect,
    page: Page,
    /// A line whose end has not come yet.
    unread: Vec<u8>,
    is_skipping: bool,
    has_ended: bool,
    required: Vec<String>,
    known: Known,
    family: Family,
    last_name: Vec<u8>,
}

/// The family whose lines are coming in.
#[derive(Debug, Default)]
struct Family {
    name: Vec<u8>,
    kind: Kind,
    has_type: bool,
    has_samples: bool,
    histogram: Histogram,
}

impl Validator {
    /// Starts a page that must have metrics of these names.
    pub(in crate::checks) fn new(dialect: Dialect, required: &[String]) -> Self {
        Self {
            dialect,
            page: Page::default(),
            unread: Vec::new(),
            is_skipping: false,
            has_ended: false,
            required: required.to_vec(),
            known: Known::default(),
            family: Family::default(),
            last_name: Vec::new(),
        }
    }

    /// Reads the next block.
    pub(in crate::checks) fn feed(&mut self, mut block: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', block) {
            let (line, rest) = (&block[..end], &block[end + 1..]);
            block = rest;
            if mem::take(&mut self.is_skipping) {
                self.page.lines += 1;
                self.fault("a line that is longer than anybody reads", line, true);
            } else if self.unread.is_empty() {
                self.line(line);
            } else {
                let mut whole = mem::take(&mut self.unread);
                whole.extend_from_slice(line);
                self.line(&whole);
                whole.clear();
                self.unread = whole;
            }
        }
        if self.is_skipping || self.unread.len() + block.len() > MAX_LINE {
            self.is_skipping = true;
            self.unread.clear();
        } else {
            self.unread.extend_from_slice(block);
        }
    }

    /// The page has come to its end; `is_whole` is false where the rest was not read.
    pub(in crate::checks) fn finish(mut self, is_whole: bool) -> Page {
        if is_whole {
            let last = mem::take(&mut self.unread);
            if !last.is_empty() || self.is_skipping {
                self.line(&last);
                if self.dialect == Dialect::Text {
                    self.fault("no line end after the last line", &last, false);
                }
            }
            if self.dialect == Dialect::OpenMetrics && !self.has_ended {
                self.fault("no # EOF at the end", b"", true);
            }
        }
        self.end_family();
        self.page.missing = self.required;
        self.page.is_partly_checked = self.known.is_full;
        self.page
    }

    fn line(&mut self, line: &[u8]) {
        self.page.lines += 1;
        if self.has_ended {
            return self.fault("something after # EOF", line, true);
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line::read(line, self.dialect) {
            Err(why) => self.fault(why, line, true),
            Ok(Line::Nothing) => {}
            Ok(Line::End) => self.has_ended = true,
            Ok(Line::Help(name)) => {
                if self.family.name != name {
                    self.start_family(name, line);
                }
            }
            Ok(Line::Type(name, kind)) => self.typed(name, kind, line),
            Ok(Line::Sample(sample)) => self.sample(&sample, line),
        }
    }

    fn typed(&mut self, name: &[u8], kind: Kind, line: &[u8]) {
        if self.family.name != name {
            self.start_family(name, line);
        }
        if mem::replace(&mut self.family.has_type, true) {
            self.fault("a second TYPE for one metric", line, false);
        } else if self.family.has_samples {
            self.fault("a TYPE after the samples that it is for", line, false);
        }
        self.family.kind = kind;
    }

    fn sample(&mut self, sample: &Sample<'_>, line: &[u8]) {
        self.page.samples += 1;
        self.page.not_numbers += u64::from(sample.value.is_nan());
        if sample.name != self.last_name {
            self.last_name.clear();
            self.last_name.extend_from_slice(sample.name);
            if !self.family.owns(sample.name, self.dialect) {
                self.start_family(sample.name, line);
            }
            self.found(sample.name);
        }
        self.family.has_samples = true;
        if sample.has_bad_escape {
            self.fault("an escape that there is none of in a label's value", line, false);
        }
        match self.known.add_series(sample) {
            Some(Twice::Label) => self.fault("a label that is there twice", line, true),
            Some(Twice::Series) => self.fault("a series that was there already", line, false),
            None => {}
        }
        if self.family.kind == Kind::Histogram {
            let labels = self.known.hash_without(sample, b"le");
            if let Some(why) = self.family.histogram.take(sample, labels) {
                self.fault(why, line, false);
            }
        }
    }

    fn start_family(&mut self, name: &[u8], line: &[u8]) {
        self.end_family();
        self.page.families += 1;
        if !self.known.add_family(name) {
            self.fault("a metric whose lines do not stand together", line, false);
        }
        self.family = Family { name: name.to_vec(), ..Family::default() };
        self.last_name.clear();
    }

    fn end_family(&mut self) {
        if let Some(why) = self.family.histogram.end() {
            let name = mem::take(&mut self.family.name);
            self.fault(why, &name, false);
        }
    }

    /// A family's name is there as soon as one of its samples is.
    fn found(&mut self, name: &[u8]) {
        let family = &self.family.name;
        self.required.retain(|wanted| wanted.as_bytes() != name && wanted.as_bytes() != family);
    }

    fn fault(&mut self, why: &'static str, line: &[u8], is_fatal: bool) {
        let count = if is_fatal { &mut self.page.fatal_faults } else { &mut self.page.other_faults };
        *count += 1;
        let faults = &mut self.page.faults;
        if faults.len() == MAX_FAULTS {
            let Some(milder) = faults.iter().rposition(|f| !f.is_fatal).filter(|_| is_fatal) else { return };
            faults.remove(milder);
        }
        let text = String::from_utf8_lossy(&line[..line.len().min(4 * SHOWN)]).chars().take(SHOWN).collect();
        faults.push(Fault { line: self.page.lines, why, text, is_fatal });
    }
}

impl Family {
    fn owns(&self, sample: &[u8], dialect: Dialect) -> bool {
        let Some(rest) = sample.strip_prefix(self.name.as_slice()) else { return false };
        self.kind.suffixes(dialect).contains(&rest)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "\
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000
http_requests_total{method=\"post\",code=\"400\"} 3 1395066363000

# TYPE latency histogram
latency_bucket{le=\"0.1\"} 1
latency_bucket{le=\"+Inf\"} 3
latency_sum 5.5
latency_count 3
# TYPE quantiles summary
quantiles{quantile=\"0.5\"} NaN
quantiles_sum 0
quantiles_count 0
up 1
";

    fn validated(dialect: Dialect, text: &str, block: usize, required: &[&str]) -> Page {
        let required: Vec<String> = required.iter().map(|name| (*name).to_owned()).collect();
        let mut validator = Validator::new(dialect, &required);
        text.as_bytes().chunks(block.max(1)).for_each(|part| validator.feed(part));
        validator.finish(true)
    }

    fn faults(text: &str) -> Vec<(u64, &'static str, bool)> {
        let page = validated(Dialect::Text, text, 4096, &[]);
        page.faults.into_iter().map(|f| (f.line, f.why, f.is_fatal)).collect()
    }

    #[test]
    fn good_page_has_no_fault_however_it_is_cut() {
        for block in [1, 7, 64, 4096] {
            let page = validated(Dialect::Text, GOOD, block, &["up", "latency", "latency_count", "gone"]);
            assert_eq!(page.faults, Vec::new(), "{block}");
            assert_eq!((page.samples, page.families, page.not_numbers), (10, 4, 1));
            assert_eq!(page.missing, ["gone"]);
        }
    }

    #[test]
    fn doubles_and_torn_families_are_told_with_their_line() {
        let again = (2, "a series that was there already", false);
        assert_eq!(faults("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n"), [again]);
        assert_eq!(faults("a{x=\"1\",x=\"2\"} 1\n"), [(1, "a label that is there twice", true)]);
        assert_eq!(
            faults("a 1\nb 1\na{x=\"1\"} 1\n"),
            [(3, "a metric whose lines do not stand together", false)]
        );
        assert_eq!(faults("a 1\n# TYPE a gauge\n"), [(2, "a TYPE after the samples that it is for", false)]);
        assert_eq!(faults("a 1"), [(1, "no line end after the last line", false)]);
        assert!(faults("<!doctype html>\n")[0].2);
    }

    #[test]
    fn histograms_must_agree_with_themselves() {
        let of = |lines: &str| faults(&format!("# TYPE h histogram\n{lines}"));
        let why = |lines: &str| of(lines).first().map(|f| f.1);
        let inf = "h_bucket{le=\"+Inf\"}";
        assert_eq!(why(&format!("h_bucket{{le=\"1\"}} 2\n{inf} 3\nh_count 3\n")), None);
        assert_eq!(
            why(&format!("h_bucket{{le=\"1\"}} 4\n{inf} 3\n")),
            Some("a histogram whose buckets do not grow")
        );
        assert_eq!(
            why(&format!("{inf} 3\nh_count 4\n")),
            Some("a histogram whose count is not its +Inf bucket")
        );
        let none = Some("a histogram without a +Inf bucket");
        assert_eq!(why("h_bucket{le=\"1\"} 2\nh_sum 1\n"), none);
        assert_eq!(
            why(&format!("h_bucket{{a=\"1\",le=\"1\"}} 2\nh_bucket{{a=\"2\",le=\"1\"}} 1\n{inf} 3\n")),
            none
        );
        assert_eq!(why("h_bucket 2\n"), Some("a bucket without its bound, le"));
    }

    #[test]
    fn openmetrics_ends_with_its_mark() {
        let of = |text: &str| validated(Dialect::OpenMetrics, text, 4096, &[]).faults.first().map(|f| f.why);
        let counter = "# TYPE a counter\n# UNIT a x\na_total 1 # {t=\"1\"} 1\na_created 1\n";
        assert_eq!(of(&format!("{counter}# EOF\n")), None);
        assert_eq!(of(&format!("{counter}# EOF")), None);
        assert_eq!(of(counter), Some("no # EOF at the end"));
        assert_eq!(of("# EOF\na 1\n"), Some("something after # EOF"));
    }

    #[test]
    fn endless_line_and_million_of_series_stay_within_bounds() {
        let mut validator = Validator::new(Dialect::Text, &[]);
        for _ in 0..64 {
            validator.feed(&[b'x'; 64 * 1024]);
        }
        assert!(validator.unread.capacity() <= 2 * MAX_LINE);
        validator.feed(b"\na 1\n");
        let page = validator.finish(true);
        assert_eq!((page.fatal_faults, page.samples, page.lines), (1, 1, 2));

        let mut validator = Validator::new(Dialect::Text, &[]);
        let start = Instant::now();
        for n in 0..1_100_000 {
            validator.feed(format!("a{{n=\"{n}\"}} 1\n").as_bytes());
        }
        let page = validator.finish(true);
        assert_eq!((page.samples, page.other_faults, page.is_partly_checked), (1_100_000, 0, true));
        assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn cutting_never_changes_what_is_found(text in "([a-c]{1,2}(\\{[xy]=\"[01]\"\\})? [0-9]|# TYPE a gauge|)\n{0,2}", block in 1usize..9) {
            let text = text.repeat(3);
            let (whole, cut) = (validated(Dialect::Text, &text, 4096, &["a"]), validated(Dialect::Text, &text, block, &["a"]));
            prop_assert_eq!(whole, cut);
        }
    }
}
