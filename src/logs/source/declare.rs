//! What one file declares about routes: routers, their routes, who takes in whom, and where the names come from.

use std::collections::HashMap;

use crate::logs::http::Method;
use crate::logs::source::django::{URLPATTERNS, urlpatterns};
use crate::logs::source::marks::Mark;
use crate::logs::source::python::{
    Argument, Kind, NAME_MARK, Token, arguments, clause_tokens, dotted, statement_tokens, text_of,
};

/// A router or application of one file, by the name of its variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Router {
    /// `APIRouter(prefix=…)`, `Blueprint(url_prefix=…)`.
    pub(super) prefix: String,
    pub(super) routes: Vec<RouteHere>,
    pub(super) includes: Vec<Include>,
}

impl Router {
    pub(super) fn add(&mut self, methods: &[Option<Method>], path: &str) {
        self.routes.extend(methods.iter().map(|&method| RouteHere { method, path: path.to_owned() }));
    }
}

impl Declarations {
    /// All texts that may hold names of constants.
    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        self.routers.values_mut().flat_map(|router| {
            let routes = router.routes.iter_mut().map(|route| &mut route.path);
            let includes = router.includes.iter_mut().map(|include| &mut include.prefix);
            routes.chain(includes).chain([&mut router.prefix])
        })
    }
}

/// A route below its router.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RouteHere {
    pub(super) method: Option<Method>,
    pub(super) path: String,
}

/// Another router that hangs below this one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Include {
    pub(super) prefix: String,
    /// Dotted, as this file writes it: `fleet.router`, `orders.urls`.
    pub(super) target: String,
    /// An application of its own: where it is not known, everything below the prefix is its.
    pub(super) mounted: bool,
}

/// What one file declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Declarations {
    pub(super) routers: HashMap<String, Router>,
    /// Local name → dotted name that it was imported as.
    pub(super) imports: HashMap<String, String>,
}

/// `name = value`, `name: type = value`
fn assignment<'t, 's>(line: &'t [Token<'s>]) -> Option<(&'t str, &'t [Token<'s>])> {
    let name = line.first()?.name()?;
    let equals = match line.get(1)? {
        token if token.is_op('=') => 1,
        token if token.is_op(':') => line.iter().take(12).position(|token| token.is_op('='))?,
        _ => return None,
    };
    let value = &line[equals + 1..];
    (!value.first()?.is_op('=')).then_some((name, value))
}

/// Reads the statement that a mark stands in, and returns where it ends.
pub(super) fn declaration_at(source: &str, mark: &Mark, found: &mut Declarations) -> usize {
    let (line, length) = &statement_tokens(&source[mark.line_start..], mark.line);
    match line.first().map(|token| &token.kind) {
        Some(Kind::Name("from" | "import")) => import(line, &mut found.imports),
        Some(Kind::Op('@')) => decorator(line, found),
        _ => statement(line, found),
    }
    mark.line_start + length
}

/// The text that a statement gives a name to: `API = "/api"`, `API: str = Field("/api")`, `API = os.getenv("API", "/api")`.
pub(super) fn constant_at(statement: &str, name: &str) -> Option<String> {
    let tokens = clause_tokens(statement, 1);
    let tokens =
        tokens.strip_suffix(&[Token { kind: Kind::End, line: tokens.last()?.line }]).unwrap_or(&tokens);
    let (_, value) = assignment(tokens).filter(|(assigned, _)| *assigned == name)?;
    let open = value.iter().position(|token| token.is_op('('));
    let text = match open.filter(|&open| dotted(&value[..open]).is_some()) {
        Some(open) => text_of(arguments(value, open).last()?.value),
        None => text_of(value),
    };
    text.filter(|text| !text.contains(NAME_MARK))
}

/// `import a.b as c`, `from a.b import c as d, e`, `from . import f`; leading dots are kept.
fn import(line: &[Token<'_>], imports: &mut HashMap<String, String>) {
    let split = line.iter().position(|token| token.name() == Some("import")).unwrap_or(0);
    let module: String = line[1.min(split)..split].iter().map(|t| t.name().unwrap_or(".")).collect();
    let names = line[split + 1..].split(|token| token.is_op(','));
    for name in names.map(|name| name.iter().filter(|t| !t.is_op('(') && !t.is_op(')')).collect::<Vec<_>>()) {
        let alias = name.iter().position(|token| token.name() == Some("as"));
        let target: String =
            name[..alias.unwrap_or(name.len())].iter().map(|t| t.name().unwrap_or(".")).collect();
        let local = alias.and_then(|at| name.get(at + 1)).and_then(|t| t.name()).unwrap_or(&target);
        let full = if module.is_empty() || module.ends_with('.') {
            format!("{module}{target}")
        } else {
            format!("{module}.{target}")
        };
        if !target.is_empty() {
            imports.insert(local.to_owned(), full);
        }
    }
}

/// `@router.get("/x")`, `@app.route("/x", methods=["GET"])`
fn decorator(line: &[Token<'_>], found: &mut Declarations) {
    let Some(open) = line.iter().position(|token| token.is_op('(')) else { return };
    let Some(name) = dotted(&line[1..open]) else { return };
    let Some((router, verb)) = name.rsplit_once('.') else { return };
    let values = arguments(line, open);
    let Some(path) = first_text(&values, &["path", "rule"]) else { return };
    add_routes(found, router, verb, &path, &values);
}

fn add_routes(found: &mut Declarations, router: &str, verb: &str, path: &str, values: &[Argument<'_, '_>]) {
    let methods = match verb {
        "route" | "api_route" | "add_api_route" | "add_url_rule" | "add_route" => methods(values, verb),
        "websocket" | "websocket_route" | "add_api_websocket_route" => vec![Some(Method::WebSocket)],
        _ => match verb.parse() {
            Ok(Method::Other | Method::WebSocket) | Err(_) => return,
            Ok(method) => vec![Some(method)],
        },
    };
    // `@mock.patch("a.b")` is no route.
    if path.is_empty() || path.starts_with(['/', NAME_MARK]) {
        found.routers.entry(router.to_owned()).or_default().add(&methods, path);
    }
}

/// `methods=["GET", "POST"]`; without it any method, or what the framework's default is.
fn methods(values: &[Argument<'_, '_>], verb: &str) -> Vec<Option<Method>> {
    let listed = values.iter().find(|value| value.keyword == Some("methods"));
    let words = listed.into_iter().flat_map(|value| value.value).filter_map(|token| {
        let text = text_of(std::slice::from_ref(token))?;
        text.parse().ok().map(Some)
    });
    let words: Vec<_> = words.collect();
    match (words.is_empty(), verb) {
        (false, _) => words,
        (true, "add_route") => vec![None],
        (true, _) => vec![Some(Method::Get)],
    }
}

/// The first positional argument, or one of the keywords, where it is a constant text.
pub(super) fn first_text(values: &[Argument<'_, '_>], keywords: &[&str]) -> Option<String> {
    let named = values.iter().find(|value| value.keyword.is_some_and(|keyword| keywords.contains(&keyword)));
    let value = named.or_else(|| values.first().filter(|value| value.keyword.is_none()))?;
    text_of(value.value)
}

fn keyword_text(values: &[Argument<'_, '_>], keyword: &str) -> Option<String> {
    let value = values.iter().find(|value| value.keyword == Some(keyword))?;
    text_of(value.value)
}

/// Assignments of routers and calls that hang one below another.
fn statement(line: &[Token<'_>], found: &mut Declarations) {
    if let Some((name, value)) = assignment(line) {
        created(name, value, found);
        if name == URLPATTERNS {
            urlpatterns(value, found);
        }
    } else if line.first().is_some_and(|token| token.name() == Some(URLPATTERNS)) {
        urlpatterns(line, found);
    }
    if let Some(open) = line.iter().position(|token| token.is_op('('))
        && let Some(name) = dotted(&line[..open])
        && let Some((router, verb)) = name.rsplit_once('.')
    {
        called(router, verb, &arguments(line, open), found);
    }
}

/// `router = APIRouter(prefix="/x")`, `bp = Blueprint("x", __name__, url_prefix="/x")`
fn created(name: &str, value: &[Token<'_>], found: &mut Declarations) {
    let Some(open) = value.iter().position(|token| token.is_op('(')) else { return };
    let Some(class) = dotted(&value[..open]) else { return };
    let class = class.rsplit('.').next().unwrap_or(&class);
    const CLASSES: &[&str] = &[
        "APIRouter",
        "FastAPI",
        "Flask",
        "Quart",
        "Blueprint",
        "Starlette",
        "Router",
        "Sanic",
        "DefaultRouter",
        "SimpleRouter",
    ];
    if !CLASSES.contains(&class) {
        return;
    }
    let values = arguments(value, open);
    let keyword = if class == "Blueprint" { "url_prefix" } else { "prefix" };
    let prefix = keyword_text(&values, keyword).unwrap_or_default();
    let mut router = Router { prefix, ..Router::default() };
    if let Some(routes) = values.iter().find(|value| value.keyword == Some("routes")) {
        starlette_routes(routes.value, &mut router);
    }
    found.routers.insert(name.to_owned(), router);
}

fn called(router: &str, verb: &str, values: &[Argument<'_, '_>], found: &mut Declarations) {
    match verb {
        "include_router" | "register_blueprint" => {
            let Some(target) = values.first().and_then(|value| dotted(value.value)) else { return };
            let keyword = if verb == "include_router" { "prefix" } else { "url_prefix" };
            let prefix = keyword_text(values, keyword).unwrap_or_default();
            let parent = found.routers.entry(router.to_owned()).or_default();
            parent.includes.push(Include { prefix, target, mounted: false });
        }
        "mount" => {
            let Some(prefix) = first_text(values, &["path"]) else { return };
            let parent = found.routers.entry(router.to_owned()).or_default();
            match values.get(1).and_then(|value| dotted(value.value)) {
                Some(target) => parent.includes.push(Include { prefix, target, mounted: true }),
                // `StaticFiles(directory=…)`: all that lies below.
                None => parent.add(&[None], &below(&prefix)),
            }
        }
        // Django REST framework: a list and a detail.
        "register" if values.len() >= 2 && found.routers.contains_key(router) => {
            let Some(path) = first_text(values, &["prefix"]) else { return };
            let path = path.trim_matches('/');
            let parent = found.routers.entry(router.to_owned()).or_default();
            parent.add(&[None], &format!("{path}/"));
            parent.add(&[None], &format!("{path}/{{pk}}/"));
        }
        "add_api_route" | "add_url_rule" | "add_route" | "add_api_websocket_route" => {
            if let Some(path) = first_text(values, &["path", "rule"]) {
                add_routes(found, router, verb, &path, values);
            }
        }
        _ => {}
    }
}

/// `Starlette(routes=[Route("/x", f, methods=["GET"]), Mount("/y", routes=[…])])`
fn starlette_routes(tokens: &[Token<'_>], router: &mut Router) {
    // Prefixes of the mounts that are open, and the depth of brackets that closes each.
    let mut mounts: Vec<(usize, String)> = Vec::new();
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Op('(' | '[' | '{') => depth += 1,
            Kind::Op(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                mounts.pop_if(|(opened, _)| *opened == depth);
            }
            Kind::Name(name @ ("Route" | "WebSocketRoute" | "Mount"))
                if tokens.get(at + 1).is_some_and(|next| next.is_op('(')) =>
            {
                let values = arguments(tokens, at + 1);
                let Some(path) = first_text(&values, &["path"]) else { continue };
                let path = join(mounts.last().map_or("", |(_, prefix)| prefix), &path);
                match name {
                    "Route" => router.add(&methods(&values, "route"), &path),
                    "WebSocketRoute" => router.add(&[Some(Method::WebSocket)], &path),
                    _ if values.iter().any(|value| value.keyword == Some("routes")) => {
                        mounts.push((depth, path));
                    }
                    _ => router.add(&[None], &below(&path)),
                }
            }
            _ => {}
        }
    }
}

/// A path below a prefix.
pub(super) fn join(prefix: &str, path: &str) -> String {
    if path.is_empty() {
        return prefix.to_owned();
    }
    format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/'))
}

/// Everything below a prefix.
pub(super) fn below(prefix: &str) -> String {
    join(prefix, "{path:path}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::logs::source::marks::marks;

    pub(in crate::logs::source) fn read(source: &str) -> Declarations {
        let mut found = Declarations::default();
        for mark in marks(source).iter().filter(|mark| mark.declares) {
            declaration_at(source, mark, &mut found);
        }
        found
    }

    pub(in crate::logs::source) fn routes(declared: &Declarations, router: &str) -> Vec<String> {
        let router = &declared.routers[router];
        let mut shown: Vec<_> = router
            .routes
            .iter()
            .map(|route| format!("{} {}", route.method.map_or("*", Method::word), route.path))
            .collect();
        shown.extend(router.includes.iter().map(|i| format!("{} <- {}", i.prefix, i.target)));
        shown
    }

    #[test]
    fn fastapi_routers_and_their_includes_are_read() {
        let declared = read(
            r#"
from fastapi import APIRouter, FastAPI
from routers import fleet, costs as c
router: APIRouter = APIRouter(prefix=f"{config.API}/v1", tags=["x"])
app = FastAPI()
app.include_router(fleet.router, prefix="/fleet")
app.include_router(router)
app.mount("/static", StaticFiles(directory="s"), name="static")
@router.get("/trucks/{truck_id}", response_model=Truck)
@limiter.limit("5/minute")
async def get(truck_id: str): ...
@router.api_route("/both", methods=["GET", "POST"])
def both(): ...
@mock.patch("a.b")
def test(): ...
@router.websocket("/ws")
async def ws(): ...
"#,
        );
        assert_eq!(
            routes(&declared, "router"),
            ["GET /trucks/{truck_id}", "GET /both", "POST /both", "WEBSOCKET /ws"]
        );
        assert_eq!(declared.routers["router"].prefix, "\0config.API\0/v1");
        assert_eq!(
            routes(&declared, "app"),
            ["* /static/{path:path}", "/fleet <- fleet.router", " <- router"]
        );
        assert_eq!(declared.imports["c"], "routers.costs");
    }

    #[test]
    fn flask_blueprints_are_read() {
        let declared = read(
            r#"
bp = Blueprint("trucks", __name__, url_prefix="/trucks")
@bp.route("/<int:id>", methods=("GET", "DELETE"))
def one(id): ...
@bp.post("/")
def new(): ...
app.register_blueprint(bp, url_prefix="/api/trucks")
app.add_url_rule("/x", view_func=x)
"#,
        );
        assert_eq!(routes(&declared, "bp"), ["GET /<int:id>", "DELETE /<int:id>", "POST /"]);
        assert_eq!(routes(&declared, "app"), ["GET /x", "/api/trucks <- bp"]);
    }

    #[test]
    fn starlette_tables_are_read() {
        let declared = read(
            r#"
app = Starlette(routes=[
    Route("/", home),
    Mount("/api", routes=[Route("/x/{id:int}", x, methods=["PUT"]), WebSocketRoute("/ws", ws)]),
    Mount("/static", app=StaticFiles()),
    Route("/last", last),
])
"#,
        );
        assert_eq!(
            routes(&declared, "app"),
            ["GET /", "PUT /api/x/{id:int}", "WEBSOCKET /api/ws", "* /static/{path:path}", "GET /last"]
        );
    }

    #[test]
    fn constants_are_read_from_what_gives_them_a_name() {
        for (statement, value) in [
            ("API = '/api'\n", Some("/api")),
            ("    API: str = \"/api\"  # v1\n", Some("/api")),
            ("API = os.getenv('API', '/api')\n", Some("/api")),
            ("API: str = Field(default='/api')", Some("/api")),
            ("API = other", None),
            ("API == '/api'", None),
            ("OTHER = '/api'", None),
        ] {
            assert_eq!(constant_at(statement, "API").as_deref(), value, "{statement}");
        }
    }

    #[test]
    fn broken_source_declares_what_can_be_read() {
        let declared =
            read("@router.get(\n@router.get('/x'\n@\nfrom\nimport\nfrom . import\nurlpatterns = [path(\n");
        assert!(declared.routers.len() <= 2);
    }
}
