//! Routes that the backend declares, and the tree that finds the route of a path.
//!
//! Templates are taken in the spellings of FastAPI (`/trucks/{truck_id}`, `{path:path}`), Flask (`<int:id>`), Django
//! (`<uuid:pk>`) and Express (`:id`), and shown in that of FastAPI.

use std::collections::BTreeMap;

use crate::logs::http::ids::DeclaredNames;
use crate::logs::http::method::Method;
use crate::logs::http::segment::segments;

/// One declared route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `None` where any method is answered, or where it is not known.
    pub method: Option<Method>,
    /// With `{name}` for each part that varies.
    pub template: String,
}

impl Route {
    /// Creates a route from a template in any of the known spellings.
    pub fn new(method: Option<Method>, template: &str) -> Self {
        let parts: Vec<_> =
            segments(template).into_iter().map(|part| Part::parse(part).to_string()).collect();
        Self { method, template: parts.join("/") }
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Literal(String),
    /// One part of a path between a literal beginning and ending.
    Variable {
        before: String,
        name: String,
        after: String,
    },
    /// All the rest of a path.
    Rest(String),
}

impl Part {
    fn parse(text: &str) -> Self {
        if let Some(name) = text.strip_prefix(':').filter(|name| is_name(name)) {
            return Self::Variable { before: String::new(), name: name.to_owned(), after: String::new() };
        }
        let Some((open, close)) = [('{', '}'), ('<', '>')].into_iter().find(|(open, _)| text.contains(*open))
        else {
            return Self::Literal(text.to_owned());
        };
        let parsed = text.split_once(open).and_then(|(before, rest)| {
            // Several variables in one part are taken as one: what stands between them is seldom unambiguous.
            let (inside, after) = rest.rsplit_once(close)?;
            Some((before, inside, after))
        });
        let Some((before, inside, after)) = parsed else { return Self::Literal(text.to_owned()) };
        let (name, converter) = name_and_converter(inside, open);
        if converter == "path" && after.is_empty() && before.is_empty() {
            return Self::Rest(name);
        }
        Self::Variable { before: before.to_owned(), name, after: after.to_owned() }
    }

    fn takes(&self, segment: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == segment,
            Self::Rest(_) => true,
            Self::Variable { before, after, .. } => {
                segment.len() > before.len() + after.len()
                    && segment.starts_with(before)
                    && segment.ends_with(after)
            }
        }
    }
}

/// FastAPI writes `name:converter`, Flask and Django `converter:name`.
fn name_and_converter(inside: &str, open: char) -> (String, String) {
    let (name, converter) = match (open, inside.split_once(':')) {
        ('{', Some((name, converter))) => (name, converter),
        (_, Some((converter, name))) => (name, converter),
        (_, None) => (inside, ""),
    };
    let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (
        if name.is_empty() { "id".to_owned() } else { name },
        converter.split('(').next().unwrap_or("").trim().to_owned(),
    )
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Variable { before, name, after } => write!(f, "{before}{{{name}}}{after}"),
            Self::Rest(name) => write!(f, "{{{name}:path}}"),
        }
    }
}

/// Declared routes as a tree; literals win over variables, more literal text over less.
#[derive(Clone, Debug, Default)]
pub struct RouteSet {
    root: Node,
    routes: usize,
}

#[derive(Clone, Debug, Default)]
struct Node {
    literals: BTreeMap<String, Self>,
    /// Variables and rests, those with the most literal text first.
    variables: Vec<(Part, Self)>,
    here: Vec<Route>,
}

/// Routes that are taken; a project with more is not searched further.
const MAX_ROUTES: usize = 20_000;

impl RouteSet {
    /// Takes the routes; of two that are the same, the first counts.
    pub fn new(routes: impl IntoIterator<Item = Route>) -> Self {
        let mut set = Self::default();
        routes.into_iter().take(MAX_ROUTES).for_each(|route| set.insert(route));
        set
    }

    fn insert(&mut self, route: Route) {
        let mut node = &mut self.root;
        for segment in segments(&route.template) {
            node = node.child(Part::parse(segment));
        }
        self.routes += 1;
        node.here.push(route);
    }

    /// Says that no route is known.
    pub fn is_empty(&self) -> bool {
        self.routes == 0
    }

    /// Literal parts that would be taken for ids if nobody declared them.
    pub fn names(&self) -> DeclaredNames {
        let mut found = Vec::new();
        self.root.literals_into(&mut found);
        DeclaredNames::of(found.into_iter())
    }

    /// Says whether some route begins with this part.
    pub(super) fn has_first_segment(&self, segment: &str) -> bool {
        self.root.literals.get("").is_some_and(|root| root.literals.contains_key(segment))
    }

    /// Finds the template that a path belongs to; one with another method is better than none (it answered 405).
    pub fn find(&self, method: Method, path: &str) -> Option<String> {
        let parts = segments(path);
        if let Some(found) = self.root.find(method, &parts) {
            return Some(found.template.clone());
        }
        // Frameworks redirect to the spelling with or without the last slash.
        let (other, slash) = match parts.split_last() {
            Some((&"", rest)) if rest.len() > 1 => (rest.to_vec(), "/"),
            _ => (parts.iter().copied().chain([""]).collect(), ""),
        };
        let found = self.root.find(method, &other)?;
        Some(format!("{}{slash}", found.template.trim_end_matches('/')))
    }
}

impl Node {
    fn literals_into<'s>(&'s self, found: &mut Vec<&'s str>) {
        // No deeper than a template has parts.
        for (literal, node) in &self.literals {
            found.push(literal);
            node.literals_into(found);
        }
        self.variables.iter().for_each(|(_, node)| node.literals_into(found));
    }

    fn child(&mut self, part: Part) -> &mut Self {
        if let Part::Literal(text) = part {
            return self.literals.entry(text).or_default();
        }
        let at = self.variables.iter().position(|(known, _)| same_shape(known, &part)).unwrap_or_else(|| {
            let at = self.variables.partition_point(|(known, _)| weight(known) >= weight(&part));
            self.variables.insert(at, (part, Self::default()));
            at
        });
        &mut self.variables[at].1
    }

    fn find(&self, method: Method, parts: &[&str]) -> Option<&Route> {
        let Some((first, rest)) = parts.split_first() else { return self.route(method) };
        let literal = self.literals.get(*first).and_then(|node| node.find(method, rest));
        literal.or_else(|| {
            self.variables.iter().filter(|(part, _)| part.takes(first)).find_map(|(part, node)| match part {
                Part::Rest(_) => node.route(method),
                _ => node.find(method, rest),
            })
        })
    }

    fn route(&self, method: Method) -> Option<&Route> {
        let method = if method == Method::Head { Method::Get } else { method };
        let exact = self.here.iter().find(|route| route.method.is_none_or(|m| m == method));
        exact.or_else(|| self.here.first())
    }
}

/// Two routes may name one variable differently.
fn same_shape(a: &Part, b: &Part) -> bool {
    match (a, b) {
        (Part::Rest(_), Part::Rest(_)) => true,
        (Part::Variable { before, after, .. }, Part::Variable { before: b, after: a, .. }) => {
            (before, after) == (b, a)
        }
        _ => false,
    }
}

fn weight(part: &Part) -> usize {
    match part {
        Part::Literal(text) => text.len() + 2,
        Part::Variable { before, after, .. } => before.len() + after.len() + 1,
        Part::Rest(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(routes: &[(&str, &str)]) -> RouteSet {
        RouteSet::new(routes.iter().map(|(method, template)| Route::new(method.parse().ok(), template)))
    }

    #[test]
    fn templates_of_every_framework_are_shown_alike() {
        for (written, shown) in [
            ("/trucks/{truck_id}", "/trucks/{truck_id}"),
            ("/trucks/{truck_id:int}", "/trucks/{truck_id}"),
            ("/static/{file_path:path}", "/static/{file_path:path}"),
            ("/refuels/{date}.csv", "/refuels/{date}.csv"),
            ("/users/<int:user_id>/posts/<slug>", "/users/{user_id}/posts/{slug}"),
            ("/files/<path:name>", "/files/{name:path}"),
            ("/users/:id/x", "/users/{id}/x"),
            ("/tiles/{z}-{x}.png", "/tiles/{z}.png"),
            ("/broken/{x", "/broken/{x"),
            ("/", "/"),
        ] {
            assert_eq!(Route::new(None, written).template, shown);
        }
    }

    #[test]
    fn literals_win_and_methods_choose_the_name() {
        let set = set(&[
            ("GET", "/trucks/{truck_id}"),
            ("DELETE", "/trucks/{id}"),
            ("GET", "/trucks/summary"),
            ("GET", "/trucks/{truck_id}/sensors"),
            ("GET", "/refuels/{date}.csv"),
            ("GET", "/refuels/{refuel_id}"),
            ("GET", "/files/{path:path}"),
        ]);
        for (method, path, expected) in [
            (Method::Get, "/trucks/DO9693", Some("/trucks/{truck_id}")),
            (Method::Head, "/trucks/DO9693", Some("/trucks/{truck_id}")),
            (Method::Delete, "/trucks/DO9693", Some("/trucks/{id}")),
            (Method::Put, "/trucks/DO9693", Some("/trucks/{truck_id}")),
            (Method::Get, "/trucks/summary", Some("/trucks/summary")),
            (Method::Get, "/trucks/summary/sensors", Some("/trucks/{truck_id}/sensors")),
            (Method::Get, "/trucks/DO9693/", Some("/trucks/{truck_id}/")),
            (Method::Get, "/refuels/2025-12-28.csv", Some("/refuels/{date}.csv")),
            (Method::Get, "/refuels/77", Some("/refuels/{refuel_id}")),
            (Method::Get, "/files/a/b/c.txt", Some("/files/{path:path}")),
            (Method::Get, "/trucks", None),
            (Method::Get, "/trucks/a/b", None),
        ] {
            assert_eq!(set.find(method, path).as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn root_and_empty_sets_are_no_trouble() {
        assert_eq!(RouteSet::default().find(Method::Get, "/x"), None);
        assert_eq!(set(&[("GET", "/")]).find(Method::Get, "/").as_deref(), Some("/"));
    }
}
