//! What is sent: opened secrets and a checked header list, made ready before the clock starts.

use hyper::header::{
    ACCEPT, AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
};
use hyper::{Method, Uri};

use crate::checks::http::HttpFailure;
use crate::checks::tls::Trust;
use crate::config::{HttpCheck, Service, Url, UrlParts};

/// A request that can be sent as it stands.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Request {
    /// What reports show.
    pub(super) shown: String,
    pub(super) url: UrlParts,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
    pub(super) redirects: u32,
    pub(super) trust: Trust,
}

impl Request {
    /// Makes the request of an http check.
    ///
    /// # Errors
    /// When a secret cannot be opened or a header cannot be sent.
    pub(in crate::checks) fn of_check(check: &HttpCheck, trust: &Trust) -> Result<Self, HttpFailure> {
        let mut headers = HeaderMap::new();
        for (name, value) in &check.headers {
            let value = value.expose().map_err(|e| HttpFailure::NotReady(format!("header {name}: {e}")))?;
            let bad = || HttpFailure::NotReady(format!("header {name} cannot be sent"));
            let key = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
            let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.append(key, value);
        }
        let method = Method::from_bytes(check.method.as_bytes())
            .map_err(|_| HttpFailure::NotReady(format!("method {} cannot be sent", check.method)))?;
        let trust = match &check.ca {
            Some(path) => trust.with_file(path.clone()),
            None => trust.clone(),
        };
        let body = check.request_body.clone();
        let mut made = Self::new(&check.url, method, headers, trust)?;
        made.body = body;
        made.redirects = check.redirects;
        Ok(made)
    }

    /// Makes the request for a service's health URL, where it has one.
    ///
    /// # Errors
    /// When the URL is a secret that cannot be opened.
    pub(in crate::checks) fn of_service(
        service: &Service,
        trust: &Trust,
    ) -> Option<Result<Self, HttpFailure>> {
        let url = service.health_url.as_ref()?;
        Some(Self::new(url, Method::GET, HeaderMap::new(), trust.clone()))
    }

    /// Makes a plain request for a URL, asking for these types.
    ///
    /// # Errors
    /// When the URL is a secret that cannot be opened.
    pub(in crate::checks) fn get(
        url: &Url,
        accept: &'static str,
        trust: &Trust,
    ) -> Result<Self, HttpFailure> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
        Self::new(url, Method::GET, headers, trust.clone())
    }

    /// The same, for a path below its own; the query of the URL is not kept.
    pub(in crate::checks) fn below(mut self, path: &str) -> Self {
        let own = self.url.target.split('?').next().unwrap_or("").trim_end_matches('/');
        self.url.target = format!("{own}{path}");
        self.shown = format!("{}{path}", self.shown.split('?').next().unwrap_or("").trim_end_matches('/'));
        self
    }

    pub(super) fn new(
        url: &Url,
        method: Method,
        mut headers: HeaderMap,
        trust: Trust,
    ) -> Result<Self, HttpFailure> {
        let parts = url.parts().map_err(|e| HttpFailure::NotReady(format!("url {url}: {e}")))?;
        if !matches!(parts.scheme.as_str(), "http" | "https") {
            return Err(HttpFailure::NotReady(format!("{}:// is not http or https", parts.scheme)));
        }
        if let Some(user) = parts.user.as_ref().filter(|_| !headers.contains_key(AUTHORIZATION)) {
            headers.insert(AUTHORIZATION, basic(user, parts.password.as_deref().unwrap_or(""))?);
        }
        Ok(Self {
            shown: url.to_string(),
            url: parts,
            method,
            headers,
            body: None,
            redirects: DEFAULT_REDIRECTS,
            trust,
        })
    }

    /// The request that follows a redirect: what authorises goes only to the same scheme and port.
    pub(super) fn redirected(mut self, to: UrlParts, status: u16) -> Self {
        if to.scheme != self.url.scheme || to.port != self.url.port {
            for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
                self.headers.remove(name);
            }
        }
        let keeps_method = matches!(status, 307 | 308) || self.method == Method::HEAD;
        if !keeps_method {
            self.method = Method::GET;
            self.body = None;
        }
        self.url = to;
        self
    }

    /// Host and port to connect to.
    pub(super) fn place(&self) -> (String, u16) {
        (self.url.host.clone(), self.url.port.unwrap_or(if self.is_tls() { 443 } else { 80 }))
    }

    pub(super) fn is_tls(&self) -> bool {
        self.url.scheme == "https"
    }

    /// The head as hyper sends it.
    pub(super) fn to_hyper(&self) -> Result<hyper::Request<String>, HttpFailure> {
        let target = match self.url.target.as_str() {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            target => target.to_owned(),
        };
        let bad = |_| HttpFailure::NotReady(format!("url {} cannot be sent", self.shown));
        let uri = target.parse::<Uri>().map_err(bad)?;
        let body = self.body.clone().unwrap_or_default();
        let mut request = hyper::Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        let fixed = |text: &'static str| HeaderValue::from_static(text);
        headers.insert("user-agent", fixed(concat!("fuelops/", env!("CARGO_PKG_VERSION"))));
        headers.insert("accept", fixed("*/*"));
        headers.insert("connection", fixed("close"));
        let host = HeaderValue::try_from(self.authority())
            .map_err(|_| HttpFailure::NotReady(format!("host {} cannot be sent", self.url.host)))?;
        headers.insert(HOST, host);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        Ok(request)
    }

    fn authority(&self) -> String {
        let host =
            if self.url.host.contains(':') { format!("[{}]", self.url.host) } else { self.url.host.clone() };
        match self.url.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

/// Redirects of a service's health URL that are followed.
const DEFAULT_REDIRECTS: u32 = 5;

fn basic(user: &str, password: &str) -> Result<HeaderValue, HttpFailure> {
    let login = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
    let mut value = HeaderValue::try_from(format!("Basic {login}"))
        .map_err(|_| HttpFailure::NotReady("user and password of the url cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}
