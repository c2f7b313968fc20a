//! Counts printed chains by fingerprint. Tables of parts merge, in any order and grouping, to the table of the whole.
//!
//! A full table keeps the lowest fingerprints and counts the rest as `other`: a rule that does not depend on what came first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;
use memchr::{memchr, memmem};
use serde::{Deserialize, Serialize};

use crate::grouping::{
    Basis, ExceptionChain, ExceptionGroup, Fingerprint, Occurrence, SourceRoots, looks_like_traceback, parse,
};

/// Distinct fingerprints that are kept.
pub const MAX_GROUPS: usize = 2048;
/// Shapes of text whose fingerprint is remembered.
const MAX_SHAPES: usize = 8192;

/// Groups by fingerprint; see the head of this file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GroupTable {
    groups: BTreeMap<Fingerprint, ExceptionGroup>,
    /// Chains whose group did not fit.
    other: u64,
    #[serde(skip)]
    shapes: HashMap<u64, Box<[Fingerprint]>>,
    #[serde(skip)]
    hasher: DefaultHashBuilder,
}

/// Two tables are the same when they count the same; what they remember of shapes does not matter.
impl PartialEq for GroupTable {
    fn eq(&self, other: &Self) -> bool {
        self.other == other.other && self.groups == other.groups
    }
}

impl GroupTable {
    /// Counts every chain that the text of a record holds, and returns how many there were.
    pub fn observe(&mut self, text: &[u8], seen: Occurrence<'_>, roots: &SourceRoots) -> usize {
        self.observe_each(text, seen, roots, |_| {})
    }

    /// Like [`GroupTable::observe`]; tells `each` of every chain that was counted.
    pub fn observe_each(
        &mut self,
        text: &[u8],
        seen: Occurrence<'_>,
        roots: &SourceRoots,
        mut each: impl FnMut(Fingerprint),
    ) -> usize {
        let shape = shape(text, &self.hasher);
        if let Some(count) = shape.and_then(|shape| self.count_known(shape, seen, &mut each)) {
            return count;
        }
        if !looks_like_traceback(text) {
            return 0;
        }
        let chains = parse(text, roots);
        let mut fingerprints = Vec::with_capacity(chains.len());
        let mut cacheable = true;
        for chain in &chains {
            let (fingerprint, basis) = Fingerprint::of(chain);
            self.count(fingerprint, basis, chain, text, seen);
            each(fingerprint);
            fingerprints.push(fingerprint);
            // A fingerprint of a message changes with it, and a shape leaves messages out.
            cacheable &= basis != Basis::Message;
        }
        if let Some(shape) = shape.filter(|_| cacheable && self.shapes.len() < MAX_SHAPES) {
            self.shapes.insert(shape, fingerprints.into());
        }
        chains.len()
    }

    /// Counts a text whose shape is known, unless it would become a sample.
    fn count_known(
        &mut self,
        shape: u64,
        seen: Occurrence<'_>,
        each: &mut impl FnMut(Fingerprint),
    ) -> Option<usize> {
        let fingerprints = self.shapes.get(&shape)?;
        let earlier =
            |f: &Fingerprint| self.groups.get(f).is_some_and(|group| seen.key() < group.place.key());
        if fingerprints.iter().any(earlier) {
            return None;
        }
        for fingerprint in fingerprints {
            match self.groups.get_mut(fingerprint) {
                Some(group) => group.add(seen),
                None => self.other += 1,
            }
            each(*fingerprint);
        }
        Some(fingerprints.len())
    }

    fn count(
        &mut self,
        fingerprint: Fingerprint,
        basis: Basis,
        chain: &ExceptionChain,
        text: &[u8],
        seen: Occurrence<'_>,
    ) {
        if let Some(group) = self.groups.get_mut(&fingerprint) {
            let earlier = seen.key() < group.place.key();
            group.add(seen);
            if earlier {
                group.show(chain, text, seen);
            }
            return;
        }
        let mut group = ExceptionGroup::new(fingerprint, basis, chain.platform, seen);
        group.show(chain, text, seen);
        self.groups.insert(fingerprint, group);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.groups.len() > MAX_GROUPS {
            if let Some((_, highest)) = self.groups.pop_last() {
                self.other += highest.all().count;
            }
        }
    }

    /// Adds the groups of another part of the same logs.
    pub fn merge(&mut self, other: Self) {
        self.other += other.other;
        for (fingerprint, group) in other.groups {
            match self.groups.entry(fingerprint) {
                std::collections::btree_map::Entry::Occupied(mut mine) => mine.get_mut().merge(group),
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(group);
                }
            }
        }
        self.shrink();
    }

    /// Says that all of them stand in the file of this name, and of what origin those of each origin are.
    pub fn stand_in(&mut self, path: &str, origin_of: impl Fn(u32) -> u32) {
        for group in self.groups.values_mut() {
            path.clone_into(&mut group.place.path);
            let tallies = std::mem::take(&mut group.tallies);
            group.tallies = tallies.into_iter().map(|(origin, tally)| (origin_of(origin), tally)).collect();
        }
    }

    /// All groups, by fingerprint.
    pub fn groups(&self) -> impl Iterator<Item = &ExceptionGroup> {
        self.groups.values()
    }

    /// Says that files bear other names now.
    pub fn rename(&mut self, names: &BTreeMap<String, String>) {
        for group in self.groups.values_mut() {
            if let Some(name) = names.get(&group.place.path) {
                group.place.path.clone_from(name);
            }
        }
    }

    /// Returns the groups, most frequent first, and the number of chains that did not fit.
    pub fn finish(self) -> (Vec<ExceptionGroup>, u64) {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        groups.sort_by_cached_key(|group| (Reverse(group.all().count), group.fingerprint));
        (groups, self.other)
    }

    /// Says that nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.other == 0
    }
}

/// A hash of what decides a Python record's fingerprints: everything but what stands before the traceback and the messages
/// behind the types. None where that cannot be told apart so simply.
fn shape(text: &[u8], hasher: &DefaultHashBuilder) -> Option<u64> {
    const HEADER: &[u8] = b"Traceback (most recent call last):";
    let header = memmem::find(text, HEADER)?;
    let before = &text[..header];
    let structure_before = memchr(0x1b, text).is_some()
        || before.split(|&b| b == b'\n').any(|line| line.starts_with(b"Fatal ") || line.starts_with(b"\t"))
        || memmem::find(before, b"\n  ").is_some();
    if structure_before {
        return None;
    }
    let mut state = hasher.build_hasher();
    // What indents the header indents its frames.
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    state.write_usize(before[line_start..].iter().take_while(|b| **b == b' ').count());
    state.write_u8(u8::from(before.ends_with(b"+ Exception Group ")));
    let rest = &text[header + HEADER.len()..];
    state.write_u8(u8::from(rest.first().is_none_or(|&b| b == b'\n' || b == b'\r')));
    // Frames are told whole, many lines at once.
    let (mut start, mut told) = (0, 0);
    while start < rest.len() {
        let end = memchr(b'\n', &rest[start..]).map_or(rest.len(), |newline| start + newline + 1);
        let line = &rest[start..end];
        if !matches!(line[0], b' ' | b'\t') {
            let type_end = memchr(b':', line).map_or(end, |colon| start + colon + 1);
            state.write(&rest[told..type_end]);
            state.write_u8(b'\n');
            // A line that ends in a header opens a chain, whatever stands before it.
            state.write_u8(u8::from(line.trim_ascii_end().ends_with(HEADER)));
            told = end;
        }
        start = end;
    }
    state.write(&rest[told..]);
    Some(state.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grouping::Tally;
    use crate::model::Level;
    use proptest::prelude::*;

    fn seen(at: i64, line: u64) -> Occurrence<'static> {
        Occurrence {
            at: Some(at),
            path: "backend.log",
            line,
            level: Some(Level::Error),
            origin: line as u32 % 2,
        }
    }

    fn traceback(kind: &str, function: &str, message: &str) -> String {
        format!(
            "x failed\nTraceback (most recent call last):\n  File \"/srv/main.py\", line 7, in {function}\n    go()\n{kind}: {message}\n"
        )
    }

    fn table(texts: &[(String, i64)]) -> GroupTable {
        let mut table = GroupTable::default();
        for (text, at) in texts {
            table.observe(text.as_bytes(), seen(*at, at.unsigned_abs()), &SourceRoots::default());
        }
        table
    }

    #[test]
    fn chains_are_counted_by_fault_and_shown_from_the_earliest() {
        let texts = [
            (traceback("KeyError", "get", "'b'"), 20),
            (traceback("KeyError", "get", "'a'"), 10),
            (traceback("ValueError", "get", "x"), 30),
            (traceback("KeyError", "get", "'c'"), 40),
            ("KeyError: only named".to_owned(), 50),
        ];
        let (groups, other) = table(&texts).finish();
        assert_eq!((groups.len(), other), (2, 0));
        let key = &groups[0];
        assert_eq!((key.kind.as_str(), key.all().count, key.message.as_str()), ("KeyError", 3, "'a'"));
        assert_eq!((key.all().first_at, key.all().last_at), (Some(10), Some(40)));
        assert_eq!(key.location.as_deref(), Some("/srv/main.py:7 in get"));
        assert!(key.sample.starts_with("x failed\nTraceback"));
    }

    #[test]
    fn chains_of_origins_that_repeat_others_count_once() {
        let (groups, _) =
            table(&[1, 3, 5, 6, 8].map(|at| (traceback("KeyError", "get", "'b'"), at))).finish();
        let once = |copies: &[u32]| groups[0].once(|origin| copies.contains(&origin));
        let tally = |count, first, last| Tally { count, first_at: Some(first), last_at: Some(last) };
        assert_eq!(once(&[]), tally(5, 1, 8));
        assert_eq!(once(&[0]), tally(3, 1, 5));
        assert_eq!(once(&[0, 1]), tally(3, 1, 5));
    }

    #[test]
    fn a_known_shape_counts_like_a_parsed_text() {
        let mut table = GroupTable::default();
        let text = traceback("KeyError", "get", "'a'");
        for at in 0..100 {
            assert_eq!(table.observe(text.as_bytes(), seen(at, 1), &SourceRoots::default()), 1);
        }
        assert_eq!(table.shapes.len(), 1);
        assert_eq!(table.finish().0[0].all().count, 100);
    }

    #[test]
    fn faults_told_by_their_message_are_never_taken_for_known() {
        let text = |m: &str| format!("Traceback (most recent call last):\nSyntaxError: {m}\n");
        let (groups, _) = table(&[(text("a"), 1), (text("b"), 2), (text("a"), 3)]).finish();
        assert_eq!(groups.iter().map(|g| g.all().count).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_full_table_keeps_the_lowest_and_counts_the_rest() {
        let texts: Vec<_> =
            (0..MAX_GROUPS as i64 + 100).map(|i| (traceback("KeyError", &format!("f{i}"), "x"), i)).collect();
        let whole = table(&texts);
        assert_eq!((whole.groups.len(), whole.other), (MAX_GROUPS, 100));
        let (a, b) = texts.split_at(1500);
        let mut parts = table(b);
        parts.merge(table(a));
        assert!(parts == whole);
    }

    #[test]
    fn a_table_survives_its_own_json() {
        let whole = table(&[(traceback("KeyError", "get", "'b'"), 20)]);
        let json = serde_json::to_string(&whole).unwrap();
        assert!(serde_json::from_str::<GroupTable>(&json).unwrap() == whole);
    }

    const SOUP: &[&str] = &[
        "Traceback (most recent call last):",
        "app: Traceback (most recent call last):",
        "  + Exception Group Traceback (most recent call last):",
        "  File \"/srv/a.py\", line 3, in f",
        "  File \"/srv/a.py\", line 3, in g",
        "KeyError: 1",
        "KeyError: 2",
        "",
        "During handling of the above exception, another exception occurred:",
        "  | ExceptionGroup: g",
        "  +-+---------------- 1 ----------------",
        "    | TypeError: t",
        "Stack (most recent call last):",
        "\tat a.B.c(B.java:3)",
        "Fatal Python error: Aborted",
    ];

    proptest! {
        #[test]
        fn remembered_shapes_change_no_count(texts in prop::collection::vec(prop::collection::vec(0..SOUP.len(), 0..9), 1..30)) {
            let roots = SourceRoots::default();
            let (mut table, mut truth) = (GroupTable::default(), BTreeMap::<Fingerprint, u64>::new());
            for lines in texts {
                let text = lines.iter().map(|&i| SOUP[i]).collect::<Vec<_>>().join("\n");
                for line in 1..3 {
                    table.observe(text.as_bytes(), seen(0, line), &roots);
                    for chain in parse(text.as_bytes(), &roots) {
                        *truth.entry(Fingerprint::of(&chain).0).or_default() += 1;
                    }
                }
            }
            let counted: BTreeMap<_, _> = table.groups.iter().map(|(f, group)| (*f, group.all().count)).collect();
            prop_assert_eq!(counted, truth);
        }

        #[test]
        fn any_split_in_any_order_merges_to_the_whole(
            picks in prop::collection::vec((0usize..4, 0usize..3, 0i64..50), 1..40), cut in 0usize..40,
        ) {
            let texts: Vec<_> = picks
                .iter()
                .enumerate()
                .map(|(i, (kind, f, at))| {
                    let text = traceback(["KeyError", "OSError", "app.E", "E"][*kind], ["a", "b", "c"][*f], &i.to_string());
                    (text, *at * 100 + i as i64)
                })
                .collect();
            let (left, right) = texts.split_at(cut.min(texts.len()));
            let whole = table(&texts);
            let mut forward = table(left);
            forward.merge(table(right));
            let mut backward = table(right);
            backward.merge(table(left));
            prop_assert!(forward == whole && backward == whole);
        }
    }
}
