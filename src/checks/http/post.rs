//! Sending instead of asking: a body for a URL, and what was answered.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::checks::http::exchange::{exchange, exchange_into};
use crate::checks::http::judge::explain;
use crate::checks::http::{Answer, BodyTaker, HttpFailure, HttpObservation, Request};
use crate::checks::tls::Trust;
use crate::config::Url;

/// Bytes of an answer that are kept; a receiver has little to say.
const MAX_REPLY: usize = 4 * 1024;

/// Something to send.
#[derive(Clone, Debug)]
pub struct HttpPost {
    pub url: Url,
    /// Put behind the path of the URL.
    pub below: &'static str,
    /// In the order of the names; values are secrets.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: String,
}

/// Something to fetch.
#[derive(Clone, Debug)]
pub struct HttpGet {
    pub url: Url,
    /// Put behind the path of the URL, with a query of its own.
    pub below: String,
    /// Values are secrets.
    pub headers: Vec<(String, String)>,
    /// A PEM file of authorities that are trusted beside the system's.
    pub ca: Option<PathBuf>,
    /// Bytes of the body that are taken.
    pub most: usize,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpFetched {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: Vec<u8>,
    /// There was more than was wanted.
    pub is_cut: bool,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    pub status: u16,
    /// Seconds until it may be tried again, where the receiver says so.
    pub retry_after: Option<Duration>,
    /// The start of the answer.
    pub body: String,
}

/// Sends; the system's trusted certificates are read once for all letters.
#[derive(Clone, Debug, Default)]
pub struct Postman {
    trust: Trust,
}

impl Postman {
    /// Posts JSON and reads the answer. Redirects are not followed: what is sent is for nobody else.
    ///
    /// # Errors
    /// Why there is no answer, without secrets.
    pub async fn post(&self, post: HttpPost, timeout: Duration) -> Result<HttpReply, String> {
        let mut headers = secret_headers(post.headers)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut request = self.request(&post.url, Method::POST, headers)?;
        if !post.below.is_empty() {
            request = request.below(post.below);
        }
        request.body = Some(post.body);
        Self::answered(request, timeout).await
    }

    /// Asks a URL for its own sake.
    ///
    /// # Errors
    /// Why there is no answer, without secrets.
    pub async fn get(&self, url: &Url, timeout: Duration) -> Result<HttpReply, String> {
        Self::answered(self.request(url, Method::GET, HeaderMap::new())?, timeout).await
    }

    /// Fetches what may be large. Redirects are not followed: what authorises is for nobody else.
    ///
    /// # Errors
    /// Why there is no answer, without secrets.
    pub async fn fetch(&self, get: HttpGet, timeout: Duration) -> Result<HttpFetched, String> {
        let mut request =
            self.request(&get.url, Method::GET, secret_headers(get.headers)?)?.below(&get.below);
        if let Some(path) = get.ca {
            request.trust = request.trust.with_file(path);
        }
        let mut body = Bounded { bytes: Vec::new(), most: get.most };
        let seen = exchange_into(request, timeout, &mut body).await;
        let answer = seen.outcome.as_ref().map_err(|failure| why(failure, &seen, timeout))?;
        let retry_after = retry_after(answer);
        Ok(HttpFetched { status: answer.status, retry_after, body: body.bytes, is_cut: answer.is_cut })
    }

    fn request(&self, url: &Url, method: Method, headers: HeaderMap) -> Result<Request, String> {
        let made = Request::new(url, method, headers, self.trust.clone());
        let mut request = made.map_err(|failure| match failure {
            HttpFailure::NotReady(why) => why,
            _ => format!("{url} cannot be asked"),
        })?;
        request.redirects = 0;
        Ok(request)
    }

    async fn answered(request: Request, timeout: Duration) -> Result<HttpReply, String> {
        let seen = exchange(request, timeout).await;
        match &seen.outcome {
            Ok(answer) => {
                let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(MAX_REPLY)]);
                let retry_after = retry_after(answer);
                Ok(HttpReply { status: answer.status, retry_after, body: body.into_owned() })
            }
            Err(failure) => Err(why(failure, &seen, timeout)),
        }
    }
}

/// A body up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl BodyTaker for Bounded {
    fn take(&mut self, _content_type: Option<&str>, block: &[u8]) -> ControlFlow<()> {
        let room = self.most - self.bytes.len();
        self.bytes.extend_from_slice(&block[..block.len().min(room)]);
        if block.len() > room { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn secret_headers(list: Vec<(String, String)>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        let bad = |_| format!("header {name} cannot be sent");
        let mut value = HeaderValue::try_from(value).map_err(|_| bad(()))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(name.as_str()).map_err(|_| bad(()))?, value);
    }
    Ok(headers)
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.retry_after.as_ref().and_then(|text| text.trim().parse().ok()).map(Duration::from_secs)
}

fn why(failure: &HttpFailure, seen: &HttpObservation, timeout: Duration) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    explain(failure, seen, timeout, None, i64::try_from(now.as_secs()).unwrap_or(i64::MAX)).0
}
