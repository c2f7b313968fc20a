//! Routers of all files, hung one below another as their imports and includes say: whole paths come out.

use std::collections::HashMap;

use crate::logs::http::{Method, Route};
use crate::logs::source::declare::{Declarations, below, join};

/// Routers below routers are followed this deep; imports through files as well.
const MAX_DEPTH: usize = 8;
/// Routes that are put together; one router included everywhere must not multiply without end.
const MAX_ROUTES: usize = 20_000;

/// What one file declares, and the module that it is.
pub(super) struct Module {
    /// Dotted, relative to its source root; empty for the root's own `__init__.py`.
    pub(super) name: String,
    /// An `__init__.py`.
    pub(super) is_package: bool,
    pub(super) declared: Declarations,
}

/// A router, with its prefix and what hangs below it.
#[derive(Default)]
struct Node {
    prefix: String,
    routes: Vec<(Option<Method>, String)>,
    children: Vec<(String, usize)>,
    is_child: bool,
}

/// Puts the routes of all modules together.
pub(super) fn routes(modules: &[Module]) -> Vec<Route> {
    let mut tree = Tree::new(modules);
    tree.fill();
    let mut found = Found { routes: Vec::new(), visits: 0 };
    for root in (0..tree.nodes.len()).filter(|&node| !tree.nodes[node].is_child) {
        tree.collect(root, "", 0, &mut found);
    }
    found.routes
}

/// What was put together, and how often a router was visited for it.
struct Found {
    routes: Vec<Route>,
    visits: usize,
}

struct Tree<'m> {
    modules: &'m [Module],
    by_name: HashMap<&'m str, usize>,
    /// (module, variable) → node.
    ids: HashMap<(usize, &'m str), usize>,
    nodes: Vec<Node>,
}

impl<'m> Tree<'m> {
    fn new(modules: &'m [Module]) -> Self {
        let by_name =
            modules.iter().enumerate().map(|(index, module)| (module.name.as_str(), index)).collect();
        let mut tree = Self { modules, by_name, ids: HashMap::new(), nodes: Vec::new() };
        for (index, module) in modules.iter().enumerate() {
            let mut names: Vec<_> = module.declared.routers.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            for (name, router) in names {
                tree.ids.insert((index, name), tree.nodes.len());
                tree.nodes.push(Node { prefix: router.prefix.clone(), ..Node::default() });
            }
        }
        tree
    }

    fn fill(&mut self) {
        let modules = self.modules;
        for (index, module) in modules.iter().enumerate() {
            let mut names: Vec<_> = module.declared.routers.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            for (name, router) in names {
                // `@app.get` in a file that imports `app` belongs to the file that made it.
                let Some(node) =
                    self.resolve(index, name, 0).or_else(|| self.ids.get(&(index, name.as_str())).copied())
                else {
                    continue;
                };
                self.nodes[node]
                    .routes
                    .extend(router.routes.iter().map(|route| (route.method, route.path.clone())));
                for include in &router.includes {
                    match self.resolve(index, &include.target, 0) {
                        Some(child) if child != node => {
                            self.nodes[node].children.push((include.prefix.clone(), child));
                            self.nodes[child].is_child = true;
                        }
                        None if include.mounted => {
                            self.nodes[node].routes.push((None, below(&include.prefix)));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// The router that a dotted name means in a module.
    fn resolve(&self, module: usize, name: &str, depth: usize) -> Option<usize> {
        if depth == MAX_DEPTH {
            return None;
        }
        let here = &self.modules[module];
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        if let Some(imported) = here.declared.imports.get(first) {
            let full = if rest.is_empty() { imported.clone() } else { format!("{imported}.{rest}") };
            return self.absolute(&self.without_dots(module, &full), depth + 1);
        }
        if rest.is_empty() {
            return self.ids.get(&(module, first)).copied();
        }
        // Django names modules in text.
        self.absolute(name, depth + 1)
    }

    /// The router behind `package.module.variable`; the module may be one that hands on what it imports.
    fn absolute(&self, name: &str, depth: usize) -> Option<usize> {
        let (module, variable) = name.rsplit_once('.')?;
        let module = self.module(module)?;
        self.ids.get(&(module, variable)).copied().or_else(|| self.resolve(module, variable, depth))
    }

    /// A module by its dotted name; source roots may lie above or below the folder that the program runs in.
    fn module(&self, name: &str) -> Option<usize> {
        let mut tail = name;
        loop {
            if let Some(&index) = self.by_name.get(tail) {
                return Some(index);
            }
            match tail.split_once('.') {
                Some((_, shorter)) => tail = shorter,
                None => break,
            }
        }
        let ending = format!(".{name}");
        let matches = |module: &Module| module.name.ends_with(&ending);
        self.modules.iter().position(matches)
    }

    /// `.fleet.router` in `app.routers` → `app.routers.fleet.router`
    fn without_dots(&self, module: usize, name: &str) -> String {
        let tail = name.trim_start_matches('.');
        let dots = name.len() - tail.len();
        if dots == 0 {
            return tail.to_owned();
        }
        let here = &self.modules[module];
        let mut package = here.name.as_str();
        let up = if here.is_package { dots - 1 } else { dots };
        for _ in 0..up {
            package = package.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        if package.is_empty() { tail.to_owned() } else { format!("{package}.{tail}") }
    }

    fn collect(&self, node: usize, prefix: &str, depth: usize, found: &mut Found) {
        found.visits += 1;
        if depth > MAX_DEPTH || found.visits > MAX_ROUTES {
            return;
        }
        let node = &self.nodes[node];
        let prefix = join(prefix, &node.prefix);
        for (method, path) in node.routes.iter().take(MAX_ROUTES.saturating_sub(found.routes.len())) {
            let path = join(&prefix, path);
            let path = if path.starts_with('/') { path } else { format!("/{path}") };
            found.routes.push(Route::new(*method, &path));
        }
        for (below, child) in &node.children {
            self.collect(*child, &join(&prefix, below), depth + 1, found);
        }
    }
}
