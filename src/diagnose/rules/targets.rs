//! Targets of a Prometheus server that it cannot scrape.

use serde_json::Value;

use crate::config::{Address, UrlParts};
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{failing, serves};
use crate::diagnose::scene::Node;
use crate::model::Cause;

/// A target is down because its page is no page of metrics.
pub(super) const PAGE_IS_NO_PAGE: Rule = Rule {
    name: "page-is-no-page",
    is_root: |root| root.is_one_of(&[Cause::MetricsInvalid]),
    proof: |root, consequence| {
        let (page, scraped) = (root.endpoint()?, down_at(consequence));
        let is_same = !scraped.is_empty() && scraped.iter().all(|address| page.is_same_place(address));
        is_same.then(|| format!("it is scraped from {page}"))
    },
};

/// A target is down because the service behind it is.
pub(super) const SCRAPES_A_SERVICE: Rule = Rule {
    name: "scrapes-a-service",
    is_root: |root| failing(root).is_some_and(|service| service.port.is_some()),
    proof: |root, consequence| {
        let ((service, _), scraped) = (root.service()?, down_at(consequence));
        let is_its = |address: &Address| address.is_loopback() && service.port == Some(address.port);
        let port = scraped.first()?.port;
        scraped.iter().all(is_its).then(|| serves(root, service, port))
    },
};

/// Where the targets are scraped from that are down; empty where one of them cannot be told.
fn down_at(node: Node<'_>) -> Vec<Address> {
    let targets = node.finding().observed.get("targets").and_then(Value::as_array);
    let is_told = node.cause() == Some(Cause::TargetDown);
    let down = targets.filter(|_| is_told).into_iter().flatten().filter(|target| target["health"] == "down");
    let address = |target: &Value| UrlParts::parse(target["url"].as_str()?).ok()?.address();
    down.map(address).collect::<Option<_>>().unwrap_or_default()
}
