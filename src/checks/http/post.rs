//! Sending instead of asking: a body for a URL, and what was answered.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::checks::http::exchange::exchange;
use crate::checks::http::judge::explain;
use crate::checks::http::{HttpFailure, HttpObservation, Request};
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
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in post.headers {
            let bad = |_| format!("header {name} cannot be sent");
            let mut value = HeaderValue::try_from(value).map_err(|_| bad(()))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::try_from(name.as_str()).map_err(|_| bad(()))?, value);
        }
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
                let seconds = answer.retry_after.as_ref().and_then(|text| text.trim().parse().ok());
                let retry_after = seconds.map(Duration::from_secs);
                Ok(HttpReply { status: answer.status, retry_after, body: body.into_owned() })
            }
            Err(failure) => Err(why(failure, &seen, timeout)),
        }
    }
}

fn why(failure: &HttpFailure, seen: &HttpObservation, timeout: Duration) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    explain(failure, seen, timeout, None, i64::try_from(now.as_secs()).unwrap_or(i64::MAX)).0
}
