//! Noise of scanners: requests for what such a backend never had.

/// Parts of paths that scanners ask everybody for. They only count where the backend never answered with success.
const BAIT: &[&str] = &[
    "/.env",
    "/.git",
    "/.aws",
    "/.ssh",
    "/.svn",
    "/.vscode",
    "/.ds_store",
    "/.htaccess",
    "/.htpasswd",
    "/wp-",
    "/wordpress",
    "/xmlrpc.php",
    "/phpmyadmin",
    "/pma",
    "/phpinfo",
    "/adminer",
    "/mysqladmin",
    "/cgi-bin",
    "/boaform",
    "/hnap1",
    "/vendor/phpunit",
    "/solr/",
    "/manager/html",
    "/owa/",
    "/autodiscover",
    "/ecp/",
    "/etc/passwd",
    "..%2f",
    "/../",
    "/setup.cgi",
    "/shell",
    "/actuator/gateway",
    "/actuator/env",
    "/_ignition",
    "/telescope/requests",
    "/server-status",
    "/debug/default",
    "/eval-stdin",
    "/console/login",
    "/druid/",
    "/jenkins",
    "/struts",
    "/axis2",
    "/jmx-console",
    "/invoker/",
    "/_profiler",
    "/backup.sql",
    "/dump.sql",
    "/id_rsa",
    "/config.php",
    "/login.action",
    "/remote/login",
    "/sdk",
    "/geoserver",
    "/nmaplowercheck",
    "/evox/",
    "/nice%20ports",
];

/// Endings of programs that such a backend does not run.
const FOREIGN_ENDINGS: &[&str] = &[".php", ".asp", ".aspx", ".jsp", ".cgi", ".pl", ".cfm", ".action", ".do"];

/// What browsers and search engines ask for unbidden.
const ORDINARY: &[&str] = &[
    "/favicon.ico",
    "/robots.txt",
    "/sitemap.xml",
    "/apple-touch-icon",
    "/.well-known/",
    "/browserconfig.xml",
    "/manifest.json",
    "/ads.txt",
];

/// Says whether a path is one that scanners try.
pub(super) fn is_bait(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let bait = |part: &&str| path.contains(*part);
    BAIT.iter().any(bait) || FOREIGN_ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// Says whether a path is asked for by everybody without harm.
pub(super) fn is_ordinary(path: &str) -> bool {
    path == "/" || ORDINARY.iter().any(|part| path.starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bait_is_known_in_any_case_and_routes_are_not_bait() {
        for path in
            ["/.env", "/api/.env.bak", "/wp-login.php", "/PhpMyAdmin/index.php", "/cgi-bin/luci", "/a.aspx"]
        {
            assert!(is_bait(path), "{path}");
        }
        for path in ["/", "/trucks/7", "/health", "/environment", "/docs", "/pipelines"] {
            assert!(!is_bait(path), "{path}");
        }
        assert!(is_ordinary("/favicon.ico") && is_ordinary("/") && !is_ordinary("/x"));
    }
}
