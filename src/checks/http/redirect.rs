//! Where a redirect leads, and whether it may be followed: to the same host only, and never in a circle.

use crate::checks::http::RedirectFault;
use crate::config::UrlParts;

/// The trail of one check's redirects.
#[derive(Debug)]
pub(super) struct Trail {
    seen: Vec<(String, String, Option<u16>, String)>,
    most: u32,
}

impl Trail {
    /// Starts at a URL; `most` redirects may follow.
    pub(super) fn starting_at(url: &UrlParts, most: u32) -> Self {
        Self { seen: vec![place(url)], most }
    }

    /// How many redirects were followed so far.
    pub(super) fn followed(&self) -> u32 {
        u32::try_from(self.seen.len() - 1).unwrap_or(u32::MAX)
    }

    /// Resolves `location` against the current URL and notes it.
    ///
    /// # Errors
    /// When it leads to another host, back to where the trail has been, too far, or nowhere.
    pub(super) fn follow(&mut self, from: &UrlParts, location: &str) -> Result<UrlParts, RedirectFault> {
        let to = resolve(from, location).ok_or(RedirectFault::Malformed)?;
        if !to.host.eq_ignore_ascii_case(&from.host) {
            return Err(RedirectFault::Elsewhere(to.host));
        }
        if self.seen.contains(&place(&to)) {
            return Err(RedirectFault::Circle);
        }
        if self.followed() >= self.most {
            return Err(RedirectFault::TooMany(self.most));
        }
        self.seen.push(place(&to));
        Ok(to)
    }
}

fn place(url: &UrlParts) -> (String, String, Option<u16>, String) {
    let port = url.port.or(match url.scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    });
    let target = if url.target.is_empty() { "/" } else { &url.target };
    (url.scheme.clone(), url.host.to_ascii_lowercase(), port, target.to_owned())
}

/// Resolves a `Location` by RFC 3986, as far as it occurs: absolute, `//host/…`, `/path`, `?query`, `relative`.
fn resolve(from: &UrlParts, location: &str) -> Option<UrlParts> {
    let location = location.trim().split('#').next().unwrap_or("");
    if location.is_empty() {
        return None;
    }
    if location.contains("://") && !location.starts_with(['/', '?']) {
        let to = UrlParts::parse(location).ok()?;
        return matches!(to.scheme.as_str(), "http" | "https").then_some(to);
    }
    if location.starts_with("//") {
        return UrlParts::parse(&format!("{}:{location}", from.scheme)).ok();
    }
    let path = from.target.split('?').next().unwrap_or("");
    let target = match location.chars().next()? {
        '/' => location.to_owned(),
        '?' => format!("{path}{location}"),
        _ => format!("{}/{location}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
    };
    let is_clean = !target.chars().any(|c| c.is_whitespace() || c.is_control());
    is_clean.then(|| UrlParts { target, ..from.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> UrlParts {
        UrlParts::parse(text).unwrap()
    }

    #[test]
    fn locations_are_resolved_against_the_current_page() {
        let from = url("http://api.example:8000/v1/health?x=1");
        let target = |location: &str| resolve(&from, location).map(|u| (u.host, u.port, u.target));
        let here = |target: &str| Some(("api.example".to_owned(), Some(8000), target.to_owned()));
        assert_eq!(target("/login"), here("/login"));
        assert_eq!(target("live"), here("/v1/live"));
        assert_eq!(target("?y=2"), here("/v1/health?y=2"));
        assert_eq!(target("/a?next=http://b/"), here("/a?next=http://b/"));
        assert_eq!(target("//other/x"), Some(("other".to_owned(), None, "/x".to_owned())));
        assert_eq!(target(""), None);
        assert_eq!(target("ftp://api.example/x"), None);
        assert_eq!(target("/a b"), None);
    }

    #[test]
    fn other_host_is_not_followed_but_https_of_the_same_is() {
        let from = url("http://api.example/health");
        let mut trail = Trail::starting_at(&from, 5);
        assert_eq!(
            trail.follow(&from, "https://evil.example/").unwrap_err(),
            RedirectFault::Elsewhere("evil.example".to_owned())
        );
        assert_eq!(trail.follow(&from, "https://API.example/health").unwrap().scheme, "https");
        assert_eq!(trail.followed(), 1);
    }

    #[test]
    fn circles_and_long_trails_end() {
        let start = url("http://h/a");
        let mut trail = Trail::starting_at(&start, 2);
        let b = trail.follow(&start, "/b").unwrap();
        assert_eq!(trail.follow(&b, "http://H:80/a").unwrap_err(), RedirectFault::Circle);
        let c = trail.follow(&b, "/c").unwrap();
        assert_eq!(trail.follow(&c, "/d").unwrap_err(), RedirectFault::TooMany(2));
    }
}
