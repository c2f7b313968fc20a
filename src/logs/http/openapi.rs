//! Routes out of an OpenAPI document, such as FastAPI serves at `/openapi.json`.

use serde_json::Value;

use crate::logs::http::{Method, Route};

/// Reads the routes of a parsed document; what is no OpenAPI has none.
pub fn openapi_routes(document: &Value) -> Vec<Route> {
    let base =
        document.get("servers").and_then(|servers| servers.get(0)).and_then(|server| server.get("url"));
    // A whole URL says where the service stands, not what its paths begin with.
    let base =
        base.and_then(Value::as_str).filter(|url| url.starts_with('/')).unwrap_or("").trim_end_matches('/');
    let Some(paths) = document.get("paths").and_then(Value::as_object) else { return Vec::new() };
    let routes = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().into_iter().flat_map(|operations| operations.keys());
        let known = methods.filter_map(|word| word.parse().ok()).filter(|method| *method != Method::Other);
        known.map(move |method| Route::new(Some(method), &format!("{base}{path}")))
    });
    routes.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_and_methods_become_routes() {
        let document = json!({
            "servers": [{"url": "/api/"}],
            "paths": {"/trucks/{truck_id}": {"get": {}, "delete": {}, "parameters": []}, "/health": {"get": {}}}
        });
        let shown: Vec<_> = openapi_routes(&document)
            .into_iter()
            .map(|route| format!("{} {}", route.method.map_or("*", Method::word), route.template))
            .collect();
        assert_eq!(shown, ["GET /api/trucks/{truck_id}", "DELETE /api/trucks/{truck_id}", "GET /api/health"]);
    }

    #[test]
    fn other_documents_have_no_routes() {
        for document in [json!(null), json!([]), json!({"paths": 1}), json!({"paths": {"/x": 1}})] {
            assert_eq!(openapi_routes(&document), []);
        }
    }
}
