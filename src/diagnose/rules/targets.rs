//! Targets of a Prometheus server that it cannot scrape.

use crate::config::{Address, UrlParts};
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::failing;
use crate::diagnose::scene::Node;
use crate::model::Cause;

/// A target is down because its page is no page of metrics.
pub(super) const PAGE_IS_NO_PAGE: Rule = Rule {
    name: "page-is-no-page",
    is_root: |root| root.is_one_of(&[Cause::MetricsInvalid]),
    proof: |root, consequence| {
        let scraped = scraped_by(consequence)?;
        let is_same = root.endpoint().is_some_and(|page| page.is_same_place(&scraped));
        is_same.then(|| format!("it is scraped from {scraped}"))
    },
};

/// A target is down because the service behind it is.
pub(super) const SCRAPES_A_SERVICE: Rule = Rule {
    name: "scrapes-a-service",
    is_root: |root| failing(root).is_some_and(|service| service.port.is_some()),
    proof: |root, consequence| {
        let (service, _) = root.service()?;
        let scraped = scraped_by(consequence)?;
        let is_its = scraped.is_loopback() && service.port == Some(scraped.port);
        is_its.then(|| format!("{} serves port {}", service.name, scraped.port))
    },
};

/// Where a target that is down is scraped from.
fn scraped_by(node: Node<'_>) -> Option<Address> {
    if node.cause() != Some(Cause::TargetDown) {
        return None;
    }
    UrlParts::parse(node.text("scrape_url")?).ok()?.address()
}
