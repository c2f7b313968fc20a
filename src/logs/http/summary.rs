//! Paths to routes, once, when everything is counted.

use std::collections::{BTreeMap, HashSet};

use crate::logs::http::fold::{Unrouted, fold};
use crate::logs::http::method::Method;
use crate::logs::http::paths::Entry;
use crate::logs::http::route::RouteSet;
use crate::logs::http::scanner::{is_bait, is_ordinary};
use crate::logs::http::stats::Stats;
use crate::logs::http::table::HttpTable;

/// What the access lines of an analysis tell.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpSummary {
    pub requests: u64,
    /// Requests by status, in order; 0 holds those without a usable one.
    pub by_status: Vec<(u16, u64)>,
    /// Most requests first; their requests and `other_requests` make `requests`.
    pub endpoints: Vec<EndpointSummary>,
    /// Requests for so many different paths that theirs are not known any more.
    pub other_requests: u64,
}

/// One method and route.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointSummary {
    pub method: Method,
    /// With `{name}` for what varies.
    pub route: String,
    /// A route that the source declares.
    pub declared: bool,
    /// Only scanners ask for it.
    pub scanner: bool,
    pub stats: Stats,
}

impl HttpTable {
    /// Folds what was counted into routes: `routes` are those that the backend's source declares.
    pub fn summarize(&self, routes: &RouteSet) -> HttpSummary {
        let entries: Vec<Known<'_>> = self.entries().map(|entry| Known::new(entry, routes)).collect();
        let live_roots = live_roots(&entries, routes);
        let templates = undeclared_routes(&entries);
        let mut endpoints: BTreeMap<(String, Method), EndpointSummary> = BTreeMap::new();
        for (entry, template) in entries.iter().zip(templates) {
            let declared = entry.declared.is_some();
            let scanner = !declared && entry.is_noise(&live_roots);
            let route = entry.declared.clone().unwrap_or(template);
            let endpoint = endpoints.entry((route.clone(), entry.method)).or_insert_with(|| {
                EndpointSummary { method: entry.method, route, declared, scanner, stats: Stats::default() }
            });
            endpoint.scanner &= scanner;
            endpoint.stats.merge(entry.stats);
        }
        let mut endpoints: Vec<_> = endpoints.into_values().collect();
        // Stable: endpoints with as many requests stay in the order of their routes.
        endpoints.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.stats.requests));
        HttpSummary {
            requests: self.requests(),
            by_status: self.by_status().into_iter().collect(),
            endpoints,
            other_requests: self.other_requests(),
        }
    }
}

/// A path with its requests, and its route where one is declared.
struct Known<'t> {
    method: Method,
    path: String,
    stats: &'t Stats,
    declared: Option<String>,
}

impl<'t> Known<'t> {
    fn new(entry: &'t Entry, routes: &RouteSet) -> Self {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        let declared = if routes.is_empty() { None } else { routes.find(entry.method, &path) };
        Self { method: entry.method, path, stats: &entry.stats, declared }
    }

    fn root(&self) -> &str {
        root(&self.path)
    }

    /// Nobody but a scanner asks for this: bait that was never taken, or 404 below a root where nothing is.
    fn is_noise(&self, live_roots: &HashSet<&str>) -> bool {
        if is_ordinary(&self.path) {
            return false;
        }
        let served = self.stats.by_class[2] > 0;
        let bait =
            !served && (is_bait(&self.path) || self.method == Method::Other || !self.path.starts_with('/'));
        bait || (self.stats.is_missing() && !live_roots.contains(self.root()))
    }
}

fn root(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or("")
}

/// First parts of paths below which the backend has something.
fn live_roots<'e>(entries: &'e [Known<'_>], routes: &RouteSet) -> HashSet<&'e str> {
    let live = |entry: &&Known<'_>| {
        entry.declared.is_some() || entry.stats.is_live() || routes.has_first_segment(entry.root())
    };
    entries.iter().filter(live).map(Known::root).filter(|root| !root.is_empty()).collect()
}

/// Routes of the paths that no declared route took; empty for the others.
fn undeclared_routes(entries: &[Known<'_>]) -> Vec<String> {
    let open: Vec<usize> = (0..entries.len()).filter(|&i| entries[i].declared.is_none()).collect();
    let paths: Vec<_> = open
        .iter()
        .map(|&i| Unrouted { path: &entries[i].path, live: !entries[i].stats.is_missing() })
        .collect();
    let mut routes = vec![String::new(); entries.len()];
    for (index, route) in open.into_iter().zip(fold(&paths)) {
        routes[index] = route;
    }
    routes
}
