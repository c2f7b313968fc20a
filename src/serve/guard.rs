//! Who may ask: hosts that are meant for us, and no page of somebody else's site.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Method, header};

/// What the listener lets through.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Origins that browsers may ask from.
    pub allowed_origins: Vec<String>,
}

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A name that is not ours: somebody's DNS may point here.
    Host,
    /// A page of another site.
    Origin,
}

/// Whether an address is this machine's own.
pub fn is_loopback(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
    }
}

impl Guard {
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        // Beyond loopback the key decides; names there are the team's affair.
        if is_loopback(&self.listen) && !text(header::HOST).is_none_or(is_own_name) {
            return Err(Refusal::Host);
        }
        let is_foreign = headers.contains_key(header::ORIGIN)
            && !text(header::ORIGIN).is_some_and(|origin| self.allows(origin));
        let crosses = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
            && !headers.contains_key(header::ORIGIN);
        if is_foreign || crosses { Err(Refusal::Origin) } else { Ok(()) }
    }

    /// Whether a browser may ask from this origin.
    pub(super) fn allows(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed == "*" || allowed.trim_end_matches('/') == origin)
    }

    /// The origin to name in the answer, if its request bears one that is allowed.
    pub(super) fn origin_to_name<'h>(&self, method: &Method, headers: &'h HeaderMap) -> Option<&'h str> {
        let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
        (*method == Method::OPTIONS || *method == Method::POST)
            .then_some(origin)
            .filter(|origin| self.allows(origin))
    }
}

/// `127.0.0.1:9180`, `[::1]`, `localhost:9180`, `app.localhost`: names that no other site can have.
fn is_own_name(host: &str) -> bool {
    let name = if let Some(rest) = host.strip_prefix('[') {
        rest.split(']').next().unwrap_or("")
    } else {
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let ours = ["localhost", "host.docker.internal", "host.containers.internal"];
    name.parse::<IpAddr>().is_ok() || ours.contains(&name.as_str()) || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listen: &str, pairs: &[(&'static str, &'static str)]) -> Result<(), Refusal> {
        let guard = Guard {
            listen: listen.parse().unwrap(),
            allowed_origins: vec!["https://ops.example".to_owned()],
        };
        let headers = pairs
            .iter()
            .map(|(k, v)| (header::HeaderName::from_static(k), header::HeaderValue::from_static(v)));
        guard.check(&headers.collect())
    }

    #[test]
    fn names_that_are_not_ours_and_foreign_pages_are_turned_away() {
        let own = "127.0.0.1:9180";
        for host in ["127.0.0.1:9180", "localhost", "[::1]:9180", "app.localhost:1", "LOCALHOST:9180"] {
            let headers =
                [("host", host)].map(|(k, v)| (k, Box::leak(v.to_owned().into_boxed_str()) as &'static str));
            assert_eq!(check(own, &headers), Ok(()), "{host}");
        }
        assert_eq!(check(own, &[("host", "evil.example:9180")]), Err(Refusal::Host));
        assert_eq!(check("0.0.0.0:9180", &[("host", "fuelops.internal")]), Ok(()));
        assert_eq!(check(own, &[("origin", "https://evil.example")]), Err(Refusal::Origin));
        assert_eq!(check(own, &[("origin", "null")]), Err(Refusal::Origin));
        assert_eq!(check(own, &[("origin", "https://ops.example")]), Ok(()));
        assert_eq!(check(own, &[("sec-fetch-site", "cross-site")]), Err(Refusal::Origin));
        assert_eq!(check(own, &[]), Ok(()));
    }
}
