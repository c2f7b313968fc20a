//! What the backend's own source says about its logs: routes from decorators, and which call wrote a message.
//!
//! Python is read by hand, without running or importing anything: bounded files and bytes, any content. Where the source is not
//! at hand or says nothing, nothing is known, and the rest of the analysis goes on without.

mod calls;
mod constants;
mod declare;
mod django;
mod marks;
mod matcher;
mod mounts;
mod python;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use crate::logs::http::{Route, RouteSet, openapi_routes};
use crate::logs::source::calls::calls_at;
use crate::logs::source::declare::{Declarations, declaration_at};
use crate::logs::source::marks::marks;
use crate::logs::source::matcher::Matcher;
use crate::logs::source::mounts::Module;
use crate::logs::source::walk::SourceFile;
use crate::model::Level;

pub use matcher::SourceRef;

/// A backend's source, read once.
#[derive(Debug, Default)]
pub struct SourceIndex {
    matcher: Matcher,
    routes: Vec<Route>,
    /// Files that were read.
    pub files: usize,
    /// There is more source than was read.
    pub truncated: bool,
}

impl SourceIndex {
    /// Reads the source below the folders.
    pub fn read(folders: &[PathBuf]) -> Self {
        let found = walk::python_files(folders);
        let mut index = Self { truncated: found.truncated, ..Self::of(&found.files) };
        index.routes.extend(walk::openapi_documents(folders).iter().flat_map(openapi_routes));
        index
    }

    fn of(files: &[SourceFile]) -> Self {
        let mut modules = Vec::new();
        let mut found = Vec::new();
        for file in files {
            let (name, is_package) = module_name(&file.path);
            let mut declared = Declarations::default();
            let path: Arc<str> = file.path.as_str().into();
            let mut statement_end = 0;
            for mark in marks(&file.text) {
                if mark.declares && mark.start >= statement_end {
                    statement_end = declaration_at(&file.text, &mark, &mut declared);
                } else if !mark.declares {
                    let calls = calls_at(&file.text, &mark, mark.line);
                    found.extend(calls.into_iter().map(|call| (Arc::clone(&path), call)));
                }
            }
            modules.push(Module { name, is_package, declared });
        }
        constants::resolve(&mut modules, files);
        let (matcher, routes) = (Matcher::new(found), mounts::routes(&modules));
        Self { matcher, routes, files: files.len(), truncated: false }
    }

    /// Finds the call that wrote a message; `level` is the record's, and decides between calls with the same text.
    pub fn find(&self, message: &str, level: Option<Level>) -> Option<&SourceRef> {
        self.matcher.find(message, level)
    }

    /// Returns the routes that the source declares, whole paths, as declared in the order of files.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Returns the routes, ready for finding.
    pub fn route_set(&self) -> RouteSet {
        RouteSet::new(self.routes.iter().cloned())
    }

    /// Returns how many calls that write log lines are known.
    pub fn calls(&self) -> usize {
        self.matcher.len()
    }
}

/// `routers/fleet.py` → `routers.fleet`, `routers/__init__.py` → `routers`
fn module_name(path: &str) -> (String, bool) {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    let is_package = stem == "__init__" || stem.ends_with("/__init__");
    let stem = if is_package { stem.trim_end_matches("__init__").trim_end_matches('/') } else { stem };
    (stem.replace('/', "."), is_package)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(files: &[(&str, &str)]) -> SourceIndex {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        SourceIndex::of(&files)
    }

    fn shown(index: &SourceIndex) -> Vec<String> {
        let show = |route: &Route| format!("{} {}", route.method.map_or("*", |m| m.word()), route.template);
        index.routes().iter().map(show).collect()
    }

    #[test]
    fn routers_of_other_files_get_the_prefixes_of_all_above_them() {
        let index = index(&[
            (
                "main.py",
                "from fastapi import FastAPI\nfrom routers import fleet_router, costs\nfrom api.v2 import api as v2\n\
                 app = FastAPI()\napp.include_router(fleet_router, prefix='/fuelAnalytics/api')\n\
                 app.include_router(costs.router)\napp.include_router(v2, prefix='/v2')\n\
                 @app.get('/health')\ndef health(): ...\n",
            ),
            ("routers/__init__.py", "from .fleet import router as fleet_router\n"),
            (
                "routers/fleet.py",
                "router = APIRouter(prefix='/fleet')\n@router.get('')\ndef a(): ...\n\
                 @router.get('/trucks/{truck_id}')\ndef b(): ...\n",
            ),
            ("config.py", "class Settings:\n    COSTS: str = '/costs'\n"),
            (
                "routers/costs.py",
                "router = APIRouter()\n@router.post(settings.COSTS + '/truck/{truck_id}')\ndef c(): ...\n",
            ),
            (
                "api/v2.py",
                "from api import inner\napi = APIRouter()\napi.include_router(inner.router, prefix='/inner')\n",
            ),
            ("api/inner.py", "router = APIRouter()\n@router.get('/x/{id:int}')\ndef d(): ...\n"),
            ("late.py", "from main import app\n@app.get('/late')\ndef late(): ...\n"),
            ("lonely.py", "router = APIRouter(prefix='/lonely')\n@router.get('/y')\ndef e(): ...\n"),
        ]);
        let mut routes = shown(&index);
        routes.sort();
        assert_eq!(
            routes,
            [
                "GET /fuelAnalytics/api/fleet",
                "GET /fuelAnalytics/api/fleet/trucks/{truck_id}",
                "GET /health",
                "GET /late",
                "GET /lonely/y",
                "GET /v2/inner/x/{id}",
                "POST /costs/truck/{truck_id}",
            ]
        );
    }

    #[test]
    fn django_projects_are_put_together() {
        let index = index(&[
            (
                "shop/urls.py",
                "urlpatterns = [path('', include('orders.urls')), path('api/', include('orders.api'))]\n",
            ),
            ("orders/urls.py", "urlpatterns = [path('orders/<int:pk>/', v)]\n"),
            ("orders/api.py", "urlpatterns = [path('orders/', v)]\n"),
        ]);
        assert_eq!(shown(&index), ["* /orders/{pk}/", "* /api/orders/"]);
    }

    #[test]
    fn routers_that_include_each_other_end() {
        let index = index(&[
            (
                "a.py",
                "import b\nrouter = APIRouter()\nrouter.include_router(b.router, prefix='/b')\nrouter.include_router(router)\n@router.get('/x')\ndef x(): ...\n",
            ),
            ("b.py", "import a\nrouter = APIRouter()\nrouter.include_router(a.router, prefix='/a')\n"),
            ("c.py", "import a\napp = FastAPI()\napp.include_router(a.router)\n"),
        ]);
        assert!(shown(&index).contains(&"GET /x".to_owned()));
    }

    #[test]
    fn an_openapi_document_beside_the_source_adds_its_routes() {
        let dir = tempfile::tempdir().unwrap();
        let document = r#"{"openapi": "3.1.0", "paths": {"/x/{id}": {"get": {}}, "/y/2024": {"post": {}}}}"#;
        std::fs::write(dir.path().join("openapi.json"), document).unwrap();
        std::fs::write(dir.path().join("main.py"), "@app.get('/x/{x_id}')\ndef x(id): ...\n").unwrap();
        let set = SourceIndex::read(&[dir.path().to_owned()]).route_set();
        let find = |method, path| set.find(method, path);
        assert_eq!(find(crate::logs::http::Method::Get, "/x/7").as_deref(), Some("/x/{x_id}"));
        assert_eq!(find(crate::logs::http::Method::Post, "/y/2024").as_deref(), Some("/y/2024"));
        for broken in ["", "{", "[[[["] {
            std::fs::write(dir.path().join("openapi.json"), broken).unwrap();
            assert_eq!(SourceIndex::read(&[dir.path().to_owned()]).routes().len(), 1);
        }
    }

    #[test]
    fn a_folder_is_read_with_routes_and_calls() {
        let dir = tempfile::tempdir().unwrap();
        let source = "app = FastAPI()\n@app.get('/x/{id}')\ndef x(id):\n    logger.error('no x %s', id)\n";
        std::fs::write(dir.path().join("main.py"), source).unwrap();
        let index = SourceIndex::read(&[dir.path().to_owned()]);
        assert_eq!((index.files, index.calls(), index.truncated), (1, 1, false));
        let found = index.find("no x 7", Some(Level::Error)).unwrap();
        assert_eq!((&*found.file, found.line, found.template.as_str()), ("main.py", 4, "no x {id}"));
        assert_eq!(
            index.route_set().find(crate::logs::http::Method::Get, "/x/7").as_deref(),
            Some("/x/{id}")
        );
    }

    proptest! {
        #[test]
        fn any_source_is_taken(text in "([a-z.(){}\\[\\]'\"@=,%:+\n #/]|log|logger\\.error\\(|router\\.get\\(|include_router\\(|urlpatterns = |path\\(|import |from |raise |print\\(|Mount\\(| if | else ){0,60}") {
            index(&[("a.py", &text), ("b/__init__.py", &text)]);
        }
    }
}
