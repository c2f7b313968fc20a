//! The hot path: one access line in, one path's counters up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logs::Access;
use crate::logs::http::clients::client_hash;
use crate::logs::http::ids::{self, DeclaredNames};
use crate::logs::http::method::Method;
use crate::logs::http::paths::{Entry, PathTable, path_hash};
use crate::logs::http::recent::Recent;
use crate::logs::http::segment;
use crate::logs::http::stats::Stats;
use crate::platform::simd::Isa;
use crate::text::redact;

/// Paths that are kept as they were asked for.
const MAX_PATHS: usize = 8192;
/// Paths that are kept with their ids masked, of those that did not fit above.
const MAX_MASKED: usize = 2048;
/// Longest path that is told apart; what is behind it is dropped.
const MAX_PATH: usize = 256;
/// Statuses are below this; others count as 0.
const STATUSES: usize = 1000;

/// Requests by series of logs, path and status; see [`crate::logs::http`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpTable {
    paths: PathTable,
    /// What did not fit above, by path with its ids masked.
    masked: PathTable,
    /// By series, as many as the highest that has requests.
    rest: Vec<Rest>,
    #[serde(skip)]
    recent: Recent,
    #[serde(skip, default = "Isa::detect")]
    isa: Isa,
    #[serde(skip)]
    names: DeclaredNames,
}

/// What is known of a series besides its paths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rest {
    /// Requests by status, as long as the highest status seen.
    by_status: Vec<u64>,
    /// Requests for paths that found no room.
    other: Stats,
}

impl Rest {
    fn merge(&mut self, other: &Self) {
        if self.by_status.len() < other.by_status.len() {
            self.by_status.resize(other.by_status.len(), 0);
        }
        for (mine, theirs) in self.by_status.iter_mut().zip(&other.by_status) {
            *mine += theirs;
        }
        self.other.merge(&other.other);
    }
}

impl Default for HttpTable {
    fn default() -> Self {
        Self {
            paths: PathTable::new(MAX_PATHS),
            masked: PathTable::new(MAX_MASKED),
            rest: Vec::new(),
            recent: Recent::default(),
            isa: Isa::detect(),
            names: DeclaredNames::default(),
        }
    }
}

impl HttpTable {
    /// An empty table that keeps these parts of paths as they are.
    pub fn knowing(names: DeclaredNames) -> Self {
        Self { names, ..Self::default() }
    }

    /// Counts one request in a log of a series; `at` is in microseconds since 1970, where known.
    #[inline]
    pub fn observe(&mut self, series: u32, access: &Access<'_>, at: Option<i64>) {
        let method = Method::from_bytes(access.method);
        let path = path_of(access.target);
        let client = client_hash(access.client);
        let status = if usize::from(access.status) < STATUSES { access.status } else { 0 };
        let known = self.rest.get_mut(series as usize);
        match known.and_then(|rest| rest.by_status.get_mut(usize::from(status))) {
            Some(count) => *count += 1,
            None => self.first_of_status(series, status),
        }
        let count = |stats: &mut Stats| stats.observe(status, access.latency_us, client, at);
        let raw = path_hash(method, path) ^ u64::from(series).rotate_right(16);
        match self.recent.find(raw) {
            Some(place) => count(self.paths.stats_at(place)),
            None => self.observe_folded(raw, (series, method, path), count),
        }
    }

    /// Counts a request for a path that was not asked for lately.
    #[inline(never)]
    fn observe_folded(&mut self, raw: u64, asked: (u32, Method, &[u8]), count: impl FnOnce(&mut Stats)) {
        let (series, method, path) = asked;
        let mut room = [0; ids::ROOM];
        let path = ids::fold_ids(self.isa, path, &self.names, &mut room);
        match self.paths.place((series, path_hash(method, path)), method, path) {
            Some(place) => {
                count(self.paths.stats_at(place));
                self.recent.remember(raw, place);
            }
            None => self.observe_masked((series, method, path), count),
        }
        if self.paths.is_overfull() {
            let given = self.paths.shrink();
            self.recent.clear();
            self.take_masked(given);
        }
    }

    #[cold]
    fn first_of_status(&mut self, series: u32, status: u16) {
        let by_status = &mut self.rest(series).by_status;
        if by_status.len() <= usize::from(status) {
            by_status.resize(usize::from(status) + 1, 0);
        }
        by_status[usize::from(status)] += 1;
    }

    fn rest(&mut self, series: u32) -> &mut Rest {
        let series = series as usize;
        if series >= self.rest.len() {
            self.rest.resize(series + 1, Rest::default());
        }
        &mut self.rest[series]
    }

    #[cold]
    fn observe_masked(&mut self, asked: (u32, Method, &[u8]), count: impl FnOnce(&mut Stats)) {
        let (series, method, path) = asked;
        let path = segment::mask_path(&redact::bytes(path));
        match self.masked.stats((series, path_hash(method, &path)), method, &path) {
            Some(stats) => count(stats),
            None => count(&mut self.rest(series).other),
        }
        self.shrink_masked();
    }

    /// Takes entries that found no place as they are.
    fn take_masked(&mut self, given: Vec<Entry>) {
        for entry in given {
            let path = segment::mask_path(&entry.path);
            let entry = entry.renamed(&path);
            match self.masked.stats((entry.series, entry.hash()), entry.method, &entry.path) {
                Some(stats) => stats.merge(&entry.stats),
                None => self.take_others(&[entry]),
            }
            self.shrink_masked();
        }
    }

    fn take_others(&mut self, given: &[Entry]) {
        given.iter().for_each(|entry| self.rest(entry.series).other.merge(&entry.stats));
    }

    fn shrink_masked(&mut self) {
        if self.masked.is_overfull() {
            let given = self.masked.shrink();
            self.take_others(&given);
        }
    }

    /// Adds the requests of another part of the same logs.
    pub fn merge(&mut self, other: Self) {
        for (series, rest) in other.rest.iter().enumerate() {
            self.rest(series as u32).merge(rest);
        }
        self.recent.clear();
        let given = self.paths.merge(other.paths);
        let given_masked = self.masked.merge(other.masked);
        self.take_others(&given_masked);
        self.take_masked(given);
        self.settle();
    }

    /// Brings both tables to their capacity, so that equal content is equal.
    pub fn settle(&mut self) {
        self.recent.clear();
        let given = self.paths.shrink();
        self.take_masked(given);
        let given = self.masked.shrink();
        self.take_others(&given);
    }

    /// Says that all requests stand in this series.
    pub fn stand_in(&mut self, series: u32) {
        self.move_series(|_| Some(series));
    }

    /// Leaves out the requests of some series and forgets which series the others stand in.
    pub fn join(&mut self, is_left_out: impl Fn(u32) -> bool) {
        self.move_series(|series| (!is_left_out(series)).then_some(0));
    }

    fn move_series(&mut self, to: impl Fn(u32) -> Option<u32>) {
        self.recent.clear();
        self.paths.move_series(&to);
        self.masked.move_series(&to);
        for (series, rest) in (0..).zip(std::mem::take(&mut self.rest)) {
            if let Some(series) = to(series) {
                self.rest(series).merge(&rest);
            }
        }
    }

    /// Returns all requests.
    pub fn requests(&self) -> u64 {
        self.rest.iter().flat_map(|rest| &rest.by_status).sum()
    }

    /// Returns the requests by status, in order; 0 holds those without a usable one.
    pub(super) fn by_status(&self) -> BTreeMap<u16, u64> {
        let mut counts = BTreeMap::new();
        for rest in &self.rest {
            for (status, count) in (0..).zip(&rest.by_status).filter(|(_, count)| **count > 0) {
                *counts.entry(status).or_default() += count;
            }
        }
        counts
    }

    /// Returns what is known by path, the paths as they were first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.paths.entries().iter().chain(self.masked.entries())
    }

    /// Returns the number of requests whose path is not known any more.
    pub(super) fn other_requests(&self) -> u64 {
        self.rest.iter().map(|rest| rest.other.requests).sum()
    }
}

/// The path of a request target: no query, no fragment, no scheme and host.
#[inline]
fn path_of(target: &[u8]) -> &[u8] {
    let path = match memchr::memchr2(b'?', b'#', target) {
        Some(end) => &target[..end],
        None => target,
    };
    let path = if path.first() == Some(&b'/') || path.is_empty() { path } else { without_host(path) };
    &path[..path.len().min(MAX_PATH)]
}

/// `http://host/path`, as proxies are asked.
#[cold]
fn without_host(target: &[u8]) -> &[u8] {
    let Some(scheme) = memchr::memmem::find(target, b"://") else { return target };
    let behind = &target[scheme + 3..];
    memchr::memchr(b'/', behind).map_or(b"/", |slash| &behind[slash..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::http::{Route, RouteSet};

    fn access<'a>(method: &'a str, target: &'a str, status: u16) -> Access<'a> {
        Access {
            client: b"10.0.0.1:5",
            method: method.as_bytes(),
            target: target.as_bytes(),
            status,
            ..Access::default()
        }
    }

    #[test]
    fn paths_lose_query_fragment_and_host() {
        for (target, path) in [
            ("/x?y=/z", "/x"),
            ("/x#y", "/x"),
            ("http://h:80/x?y", "/x"),
            ("http://h", "/"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(path_of(target.as_bytes()), path.as_bytes(), "{target}");
        }
        assert_eq!(path_of("/x".repeat(400).as_bytes()).len(), MAX_PATH);
    }

    #[test]
    fn declared_routes_take_their_paths_and_noise_stands_apart() {
        let mut table = HttpTable::default();
        for (method, target, status) in [
            ("GET", "/trucks/DO9693?full=1", 200),
            ("GET", "/trucks/RY8", 500),
            ("GET", "/trucks/summary", 200),
            ("GET", "/report/2025-12-28.csv", 200),
            ("GET", "/trucks/DO9693/nothing", 404),
            ("GET", "/.env", 404),
            ("GET", "/favicon.ico", 404),
            ("POST", "/login", 422),
            ("\x16\x03", "", 400),
        ] {
            table.observe(0, &access(method, target, status), Some(7));
        }
        let routes =
            RouteSet::new([Route::new(None, "/trucks/{truck_id}"), Route::new(None, "/trucks/summary")]);
        let summary = table.summarize(&routes);
        let mut shown: Vec<_> = summary
            .endpoints
            .iter()
            .map(|e| {
                format!(
                    "{} {} {}{}",
                    e.method,
                    e.route,
                    e.stats.requests,
                    if e.scanner { " scanner" } else { "" }
                )
            })
            .collect();
        shown.sort();
        assert_eq!(
            shown,
            [
                "GET /.env 1 scanner",
                "GET /favicon.ico 1",
                "GET /report/{date}.csv 1",
                "GET /trucks/summary 1",
                "GET /trucks/{id}/nothing 1",
                "GET /trucks/{truck_id} 2",
                "OTHER  1 scanner",
                "POST /login 1",
            ]
        );
        assert_eq!(summary.by_status, [(200, 3), (400, 1), (404, 3), (422, 1), (500, 1)]);
        let trucks = &summary.endpoints[0];
        assert_eq!((trucks.stats.by_class[2], trucks.stats.by_class[5]), (1, 1));
        assert_eq!((trucks.stats.first_5xx_at, trucks.stats.clients()), (Some(7), 1));
    }

    #[test]
    fn requests_of_a_series_can_be_left_out() {
        let mut table = HttpTable::default();
        for (series, target, status) in [(0, "/a", 200), (1, "/a", 200), (2, "/a", 500), (1, "/b", 404)] {
            table.observe(series, &access("GET", target, status), None);
        }
        table.join(|series| series == 1);
        let summary = table.summarize(&RouteSet::default());
        assert_eq!((summary.requests, summary.by_status.as_slice()), (2, &[(200, 1), (500, 1)][..]));
        assert_eq!((summary.endpoints.len(), summary.endpoints[0].stats.requests), (1, 2));
    }

    #[test]
    fn more_paths_than_fit_still_count_and_still_fold() {
        let mut table = HttpTable::default();
        for i in 0..MAX_PATHS * 3 {
            table.observe(0, &access("GET", &format!("/trucks/{i}/state"), 200), None);
        }
        table.settle();
        let summary = table.summarize(&RouteSet::default());
        assert_eq!(summary.endpoints.len(), 1);
        assert_eq!(summary.endpoints[0].stats.requests, (MAX_PATHS * 3) as u64);
        assert_eq!(summary.endpoints[0].route, "/trucks/{id}/state");
    }

    #[test]
    fn names_without_end_are_bounded_and_none_is_lost() {
        let mut table = HttpTable::default();
        let total = (MAX_PATHS + MAX_MASKED) * 4;
        for i in 0..total {
            let name: String = i.to_string().bytes().map(|b| char::from(b - b'0' + b'a')).collect();
            table.observe(0, &access("GET", &format!("/{name}"), 404), None);
        }
        table.settle();
        assert!(table.entries().count() <= MAX_PATHS + MAX_MASKED);
        let summary = table.summarize(&RouteSet::default());
        let known: u64 = summary.endpoints.iter().map(|e| e.stats.requests).sum();
        assert_eq!(known + summary.other_requests, total as u64);
        assert!(summary.other_requests > 0 && summary.requests == total as u64);
    }

    /// Method, id, status, latency, time.
    type Line = (usize, u32, usize, Option<u64>, Option<i64>);

    proptest! {
        #[test]
        fn parts_merge_to_the_whole(
            lines in prop::collection::vec((0usize..4, 0u32..30, 0usize..5, prop::option::of(0u64..9_000), prop::option::of(0i64..50)), 0..80),
            cut in 0usize..80,
        ) {
            let table = |part: &[Line]| {
                let mut table = HttpTable::default();
                for (method, id, status, latency_us, at) in part {
                    let target = format!("/x/{id}?q={at:?}");
                    let base = access(["GET", "PUT", "HEAD", "-"][*method], &target, [200, 404, 500, 302, 70][*status]);
                    table.observe(*id % 2, &Access { latency_us: *latency_us, client: &[*status as u8 + 65], ..base }, *at);
                }
                table.settle();
                table
            };
            let (a, b) = lines.split_at(cut.min(lines.len()));
            let whole = table(&lines);
            let mut merged = table(b);
            merged.merge(table(a));
            prop_assert!(merged == whole);
            prop_assert_eq!(merged.summarize(&RouteSet::default()), whole.summarize(&RouteSet::default()));
            let json = serde_json::to_string(&merged).unwrap();
            prop_assert!(serde_json::from_str::<HttpTable>(&json).unwrap() == whole);
        }
    }
}
