//! Requests: routes with their shares, paths with identifiers in them, and statuses.

use super::phrase::Phrase;
use super::rng::{Rng, Weighted};
use super::truth::Endpoint;

/// Statuses that a request may end with, with uvicorn's reason phrase.
pub(crate) const STATUSES: [(u16, &str); 11] = [
    (200, "OK"),
    (201, "Created"),
    (304, "Not Modified"),
    (307, "Temporary Redirect"),
    (401, "Unauthorized"),
    (404, "Not Found"),
    (422, "Unprocessable Entity"),
    (500, "Internal Server Error"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
];
/// Place of 500 in [`STATUSES`]: written only together with what failed.
pub(crate) const FAILED: usize = 7;

/// Method, route, path, share.
type Row = (&'static str, &'static str, &'static str, u32);

const V2: &[Row] = &[
    ("GET", "/health", "/health", 90),
    ("GET", "/fuelAnalytics/api/v2/trucks", "/fuelAnalytics/api/v2/trucks", 60),
    ("GET", "/fuelAnalytics/api/v2/trucks/{truck_id}", "/fuelAnalytics/api/v2/trucks/{truck}", 120),
    (
        "GET",
        "/fuelAnalytics/api/v2/trucks/{truck_id}/history",
        "/fuelAnalytics/api/v2/trucks/{truck}/history?days={days}",
        70,
    ),
    ("GET", "/fuelAnalytics/api/v2/trucks/{truck_id}/mpg", "/fuelAnalytics/api/v2/trucks/{truck}/mpg", 50),
    (
        "GET",
        "/fuelAnalytics/api/v2/trucks/{truck_id}/refuels",
        "/fuelAnalytics/api/v2/trucks/{truck}/refuels?limit={small}",
        40,
    ),
    (
        "POST",
        "/fuelAnalytics/api/v2/trucks/{truck_id}/status",
        "/fuelAnalytics/api/v2/trucks/{truck}/status",
        30,
    ),
    (
        "PUT",
        "/fuelAnalytics/api/v2/trucks/{truck_id}/calibration",
        "/fuelAnalytics/api/v2/trucks/{truck}/calibration",
        6,
    ),
    ("GET", "/fuelAnalytics/api/v2/fleet/summary", "/fuelAnalytics/api/v2/fleet/summary", 80),
    ("POST", "/fuelAnalytics/api/v2/alerts/{alert_id}/ack", "/fuelAnalytics/api/v2/alerts/{uuid}/ack", 12),
    ("GET", "/fuelAnalytics/api/v2/alerts", "/fuelAnalytics/api/v2/alerts?page={small}", 40),
    (
        "GET",
        "/fuelAnalytics/api/v2/sensors/{sensor_id}/latest",
        "/fuelAnalytics/api/v2/sensors/{n}/latest",
        60,
    ),
    ("GET", "/fuelAnalytics/api/v2/dashboard", "/fuelAnalytics/api/v2/dashboard", 70),
    ("GET", "/fuelAnalytics/api/v2/routes/{route_id}/cost", "/fuelAnalytics/api/v2/routes/{n}/cost", 20),
    ("GET", "/fuelAnalytics/api/v2/drivers/{driver_id}/score", "/fuelAnalytics/api/v2/drivers/{n}/score", 25),
    ("GET", "/fuelAnalytics/api/v2/zones/{zone_id}", "/fuelAnalytics/api/v2/zones/{n}", 15),
    ("GET", "/fuelAnalytics/api/v2/export/{report_id}", "/fuelAnalytics/api/v2/export/{uuid}", 5),
    ("GET", "/fuelAnalytics/api/v2/costs/truck/{truck_id}", "/fuelAnalytics/api/v2/costs/truck/{truck}", 20),
    ("POST", "/fuelAnalytics/api/v2/geofences", "/fuelAnalytics/api/v2/geofences", 5),
    ("GET", "/fuelAnalytics/api/v2/kpis", "/fuelAnalytics/api/v2/kpis?period={days}d", 30),
    ("GET", "/fuelAnalytics/api/v2/refuels/{date}.csv", "/fuelAnalytics/api/v2/refuels/{date}.csv", 8),
    ("GET", "/fuelAnalytics/api/v2/realtime", "/fuelAnalytics/api/v2/realtime", 60),
    ("DELETE", "/fuelAnalytics/api/v2/sessions/{session_id}", "/fuelAnalytics/api/v2/sessions/{uuid}", 4),
    ("GET", "/docs", "/docs", 1),
    ("GET", "/openapi.json", "/openapi.json", 1),
];

/// What scanners ask for: always 404.
const SCANNED: &[&str] = &[
    "/.env",
    "/.git/config",
    "/wp-login.php",
    "/phpmyadmin/index.php",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/cgi-bin/luci",
    "/boaform/admin/formLogin",
    "/actuator/health",
];

/// Method and route of what the backend serves.
pub(crate) fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    V2.iter().map(|row| (row.0, row.1))
}

/// All routes and what was asked of them so far.
#[derive(Debug)]
pub(crate) struct Traffic {
    routes: Vec<Route>,
    shares: Weighted,
}

#[derive(Debug)]
struct Route {
    method: &'static str,
    route: &'static str,
    path: Phrase,
    scanner: bool,
    statuses: [u64; STATUSES.len()],
}

impl Traffic {
    pub(crate) fn new() -> Self {
        let known = V2.iter().map(|&(method, route, path, _)| (method, route, path, false));
        let scanned = SCANNED.iter().map(|&path| ("GET", path, path, true));
        let routes = known
            .chain(scanned)
            .map(|(method, route, path, scanner)| Route {
                method,
                route,
                path: Phrase::new(path),
                scanner,
                statuses: [0; STATUSES.len()],
            })
            .collect();
        let shares = V2.iter().map(|row| row.3 * 4).chain(SCANNED.iter().map(|_| 1));
        Self { routes, shares: Weighted::new(shares) }
    }

    /// Place of a known route.
    pub(crate) fn find(&self, method: &str, route: &str) -> usize {
        self.routes
            .iter()
            .position(|known| known.method == method && known.route == route)
            .unwrap_or_else(|| panic!("no route {method} {route}"))
    }

    /// Draws a route and how the request ends; never with 500.
    pub(crate) fn draw(&self, rng: &mut Rng) -> (usize, usize) {
        let route = self.shares.draw(rng);
        let status = match rng.below(1_000) {
            _ if self.routes[route].scanner => 5,
            0..=1 => 8 + rng.below(3) as usize,
            2..=21 => 5,
            22..=29 => 6,
            30..=34 => 4,
            35..=44 => 3,
            45..=64 => 2,
            _ if self.routes[route].method == "POST" => 1,
            _ => 0,
        };
        (route, status)
    }

    pub(crate) fn count(&mut self, route: usize, status: usize) {
        self.routes[route].statuses[status] += 1;
    }

    pub(crate) fn method(&self, route: usize) -> &'static str {
        self.routes[route].method
    }

    pub(crate) fn write_path(&self, route: usize, rng: &mut Rng, out: &mut Vec<u8>) {
        self.routes[route].path.write(rng, out);
    }

    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        let endpoint = |route: &Route| Endpoint {
            method: route.method,
            route: route.route,
            scanner: route.scanner,
            statuses: STATUSES
                .iter()
                .zip(route.statuses)
                .filter(|(_, count)| *count > 0)
                .map(|((status, _), count)| (*status, count))
                .collect(),
        };
        self.routes.iter().map(endpoint).collect()
    }
}
