//! Asks for a page and reads it as it comes.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::checks::exposition::{Dialect, Page, Validator};
use crate::checks::http::{self, BodyTaker, HttpObservation, Request};
use crate::checks::metrics_page::{MAX_PAGE, MetricsObservation};
use crate::checks::tls::Trust;
use crate::config::MetricsPageCheck;

/// What Prometheus says that it takes.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
    text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// Reads the page; ends by itself within `timeout`.
pub(in crate::checks) async fn observe(
    check: MetricsPageCheck,
    trust: Trust,
    timeout: Duration,
) -> MetricsObservation {
    let mut reader = Reader { required: check.require, validator: None, stranger: None, bytes: 0 };
    let http = match Request::get(&check.url, ACCEPT, &trust) {
        Ok(request) => http::exchange_into(request, timeout, &mut reader).await,
        Err(failure) => HttpObservation::failed(check.url.to_string(), failure),
    };
    let answer = http.outcome.as_ref().ok();
    let dialect = Dialect::of(answer.and_then(|answer| answer.content_type.as_deref()));
    let is_whole = answer.is_some_and(|answer| !answer.is_cut);
    let required = reader.required;
    let read = match reader.validator {
        Some(validator) => validator.finish(is_whole),
        None => Page { missing: required, ..Page::default() },
    };
    MetricsObservation { http, dialect, read, stranger: reader.stranger, bytes: reader.bytes }
}

struct Reader {
    required: Vec<String>,
    validator: Option<Validator>,
    stranger: Option<&'static str>,
    bytes: u64,
}

impl BodyTaker for Reader {
    fn take(&mut self, content_type: Option<&str>, block: &[u8]) -> ControlFlow<()> {
        if self.bytes == 0 {
            self.stranger = stranger(content_type, block);
        }
        self.bytes += block.len() as u64;
        if self.stranger.is_some() || self.bytes > MAX_PAGE {
            return ControlFlow::Break(());
        }
        let required = &self.required;
        let start = || Validator::new(Dialect::of(content_type), required);
        self.validator.get_or_insert_with(start).feed(block);
        ControlFlow::Continue(())
    }
}

/// What a page is that is none of metrics.
fn stranger(content_type: Option<&str>, start: &[u8]) -> Option<&'static str> {
    let is_html = content_type.is_some_and(|t| t.trim_start().starts_with("text/html"));
    match start.trim_ascii_start().first() {
        Some(b'<') => Some("HTML"),
        _ if is_html => Some("HTML"),
        Some(b'{' | b'[') => Some("JSON"),
        Some(0x1f) if start.starts_with(&[0x1f, 0x8b]) => Some("gzip, which nobody asked for"),
        _ => None,
    }
}
