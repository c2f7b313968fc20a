//! Tags of an event, its endpoint and the other short facts that an issue is searched by.

use serde_json::Value;

use super::chain::{exceptions, text};
use crate::logs::http::mask_path;

/// Tags of one event that are counted.
pub(super) const MAX_TAGS: usize = 40;

/// The tags, whether they came as an object or as a list of pairs.
pub(super) fn tags(event: &Value) -> Vec<(String, String)> {
    pairs(event).map(|(key, value)| (key.to_owned(), word(value))).collect()
}

fn pairs(event: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let tags = &event["tags"];
    let fields = tags.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    let listed = tags.as_array().into_iter().flatten().filter_map(|item| match item {
        Value::Array(two) if two.len() == 2 => Some((text(&two[0]), &two[1])),
        Value::Object(_) => Some((text(&item["key"]), &item["value"])),
        _ => None,
    });
    fields.chain(listed).filter(|(key, value)| !key.is_empty() && !value.is_null()).take(MAX_TAGS)
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value of one tag.
pub(super) fn tag(event: &Value, name: &str) -> Option<String> {
    pairs(event).find(|(key, _)| *key == name).map(|(_, value)| word(value))
}

/// Where the request went: the tag `endpoint`, else the request's route, else the transaction.
pub(super) fn endpoint(event: &Value) -> String {
    let route = || {
        let data = &event["contexts"]["trace"]["data"];
        let named = [&event["request"]["route"], &data["http.route"], &event["contexts"]["request"]["route"]];
        let routed = (event["transaction_info"]["source"] == "route").then_some(&event["transaction"]);
        named.into_iter().chain(routed).map(text).find(|t| !t.is_empty()).map(str::to_owned)
    };
    let path = || {
        let transaction = text(&event["transaction"]);
        let looks_like_route = without_method(transaction).starts_with('/');
        let url = text(&event["request"]["url"]);
        (!looks_like_route && !url.is_empty()).then(|| folded(url_path(url)))
    };
    let found = tag(event, "endpoint").or_else(route).or_else(path);
    let found = found.unwrap_or_else(|| text(&event["transaction"]).to_owned());
    without_method(&found).to_owned()
}

/// `GET /trucks` → `/trucks`
fn without_method(route: &str) -> &str {
    match route.split_once(' ') {
        Some((method, path)) if path.starts_with('/') && method.bytes().all(|b| b.is_ascii_uppercase()) => {
            path
        }
        _ => route,
    }
}

fn url_path(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    after.split(['?', '#']).next().unwrap_or("/")
}

/// The route of a path, in the words of `analyze-logs`: `/trucks/DO9693` → `/trucks/{id}`.
fn folded(path: &str) -> String {
    String::from_utf8_lossy(&mask_path(path.as_bytes())).into_owned()
}

/// Where the fault lies, in few words: the place in the code, else the transaction, else the logger.
pub(super) fn culprit(event: &Value, location: Option<String>) -> String {
    let named = || {
        [&event["culprit"], &event["transaction"], &event["logger"]]
            .into_iter()
            .map(text)
            .find(|t| !t.is_empty())
    };
    location.or_else(|| named().map(str::to_owned)).unwrap_or_default()
}

/// Type and message that an event is listed under.
pub(super) fn title(event: &Value) -> (String, String) {
    if let Some(last) = exceptions(event).last() {
        let kind = text(&last["type"]);
        let kind = if kind.is_empty() { "Error" } else { kind };
        return (kind.to_owned(), text(&last["value"]).to_owned());
    }
    let logger = text(&event["logger"]);
    let kind = if logger.is_empty() { "message" } else { logger };
    (kind.to_owned(), super::identity::message(event).1.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_endpoint_is_tag_then_route_then_transaction() {
        for (event, expected) in [
            (json!({"tags": {"endpoint": "/a"}, "transaction": "b"}), "/a"),
            (json!({"tags": [["endpoint", "/a"]]}), "/a"),
            (
                json!({"transaction": "/t/{id}", "transaction_info": {"source": "route"}, "request": {"url": "http://h/t/1"}}),
                "/t/{id}",
            ),
            (
                json!({"transaction": "main.get", "request": {"url": "http://h:8000/api/v2/t/DO9693?x=1"}}),
                "/api/v2/t/{id}",
            ),
            (json!({"transaction": "GET /x/:id", "request": {"url": "http://h/x/1"}}), "/x/:id"),
            (json!({"request": {"url": "/r/2025-12-28.csv"}}), "/r/{date}.csv"),
            (json!({"transaction": "celery.task"}), "celery.task"),
            (json!({}), ""),
        ] {
            assert_eq!(endpoint(&event), expected, "{event}");
        }
    }
}
