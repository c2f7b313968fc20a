//! Routes out of the paths themselves, where no source tells them.
//!
//! First each part is judged by its shape. What is left is judged by its company: a part whose place holds many different
//! values, all else in the path being equal, is an id. Parts with digits need few siblings for that, words many, and words at
//! the front never are: `/trucks`, `/costs` and `/health` are siblings too.

use std::collections::{HashMap, HashSet};

use crate::logs::http::hash::hash;
use crate::logs::http::segment::{mask, segments, split_extension};

/// Different values with a digit that make a place an id's.
const DIGIT_SIBLINGS: usize = 4;
/// Different words that make a place an id's.
const WORD_SIBLINGS: usize = 50;
/// An id may only be seen when another one is folded; each round looks at all places once.
const ROUNDS: usize = 3;
/// Parts that are judged by their company.
const DEPTH: usize = 8;

/// A path that no declared route took.
#[derive(Debug)]
pub(super) struct Unrouted<'p> {
    pub(super) path: &'p str,
    /// Something answered there: guesses are no siblings.
    pub(super) live: bool,
}

/// Returns the route of each path, in the same order.
pub(super) fn fold(paths: &[Unrouted<'_>]) -> Vec<String> {
    let mut routes: Vec<Vec<String>> = paths.iter().map(|p| by_shape(p.path)).collect();
    for _ in 0..ROUNDS {
        let places = variable_places(paths, &routes);
        if places.is_empty() {
            break;
        }
        for ((route, at), folded) in places {
            routes[route][at] = folded;
        }
    }
    routes.into_iter().map(|parts| parts.join("/")).collect()
}

fn by_shape(path: &str) -> Vec<String> {
    let parts = segments(path);
    // `/404` and `/500` are pages.
    if let ["", page] = parts[..]
        && page.len() == 3
        && page.starts_with(['4', '5'])
    {
        return parts.into_iter().map(str::to_owned).collect();
    }
    parts.into_iter().map(|part| mask(part).unwrap_or_else(|| part.to_owned())).collect()
}

/// Values at one place of paths that are otherwise equal.
#[derive(Default)]
struct Siblings<'r> {
    with_digit: HashSet<&'r str>,
    words: HashSet<&'r str>,
    /// Which route and which of its parts.
    members: Vec<(usize, usize)>,
}

/// Parts that their company shows to be ids: (route, part) → what stands there then.
fn variable_places(paths: &[Unrouted<'_>], routes: &[Vec<String>]) -> Vec<((usize, usize), String)> {
    let mut places: HashMap<(usize, u64), Siblings<'_>> = HashMap::new();
    for (index, (path, route)) in paths.iter().zip(routes).enumerate() {
        if !path.live {
            continue;
        }
        let open = |part: &String| !part.is_empty() && !part.contains('{');
        for (at, part) in route.iter().enumerate().take(DEPTH).skip(1).filter(|(_, part)| open(part)) {
            let (stem, suffix) = split_extension(part);
            let siblings = places.entry((at, around(route, at, suffix))).or_default();
            let set = if has_digit(stem) { &mut siblings.with_digit } else { &mut siblings.words };
            set.insert(stem);
            siblings.members.push((index, at));
        }
    }
    let mut folded = Vec::new();
    for ((at, _), siblings) in &places {
        let words = *at > 1 && siblings.words.len() >= WORD_SIBLINGS;
        let digits = words || siblings.with_digit.len() >= DIGIT_SIBLINGS;
        for &(route, part) in &siblings.members {
            let (stem, suffix) = split_extension(&routes[route][part]);
            if (digits && has_digit(stem)) || (words && !has_digit(stem)) {
                folded.push(((route, part), format!("{{id}}{suffix}")));
            }
        }
    }
    folded
}

/// Hash of the path with one place left open.
fn around(route: &[String], at: usize, suffix: &str) -> u64 {
    route.iter().enumerate().fold(route.len() as u64, |state, (index, part)| {
        hash(state, if index == at { suffix } else { part }.as_bytes())
    })
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(paths: &[String]) -> Vec<String> {
        let paths: Vec<_> = paths.iter().map(|path| Unrouted { path, live: true }).collect();
        fold(&paths)
    }

    fn route_of(path: &str, others: impl IntoIterator<Item = String>) -> String {
        let all: Vec<_> = std::iter::once(path.to_owned()).chain(others).collect();
        routes(&all).swap_remove(0)
    }

    #[test]
    fn shape_alone_folds() {
        assert_eq!(route_of("/trucks/DO9693/sensors", []), "/trucks/{id}/sensors");
        assert_eq!(route_of("/refuels/2025-12-28.csv", []), "/refuels/{date}.csv");
        assert_eq!(route_of("/404", []), "/404");
        assert_eq!(route_of("/404/x", []), "/{id}/x");
    }

    #[test]
    fn company_folds_what_shape_does_not_tell() {
        let rooms = || (1..6).map(|i| format!("/rooms/a{i}/state"));
        assert_eq!(route_of("/rooms/b7/state", rooms()), "/rooms/{id}/state");
        assert_eq!(route_of("/rooms/main/state", rooms()), "/rooms/main/state");
        let users = || (0..60).map(|i| format!("/users/{}", name(i)));
        assert_eq!(route_of("/users/alice", users()), "/users/{id}");
    }

    #[test]
    fn resources_are_no_ids() {
        let resources = || (0..30).map(|i| format!("/api/{}/7", name(i)));
        assert_eq!(route_of("/api/trucks/7", resources()), "/api/trucks/{id}");
        let fronts = || (0..90).map(|i| format!("/{}", name(i)));
        assert_eq!(route_of("/health", fronts()), "/health");
        assert_eq!(route_of("/api/v1/x", [String::from("/api/v2/x")]), "/api/v1/x");
    }

    /// Letters only, all different.
    fn name(i: usize) -> String {
        let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
        format!("{}{}x", letter(i), letter(i / 26))
    }
}
