//! What the sample backend answers, and what it logs beside the access line. No I/O.

use chrono::{DateTime, Local, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::http::{Answer, Request};

/// A truck of the fleet: id, fuel in percent, status.
const TRUCKS: [(&str, f64, &str); 4] = [
    ("VD3579", 61.2, "moving"),
    ("JC1282", 18.4, "parked"),
    ("FF7702", 83.0, "moving"),
    ("RH1522", 44.7, "idle"),
];

/// A line for the application's log: level and message.
pub(super) type Remark = (&'static str, String);

/// The state that some routes answer with.
pub(super) trait Body {
    /// `system` and `health_checks`.
    fn machine(&self) -> (Value, Value);
    /// `process`.
    fn process(&self, now: DateTime<Local>) -> Value;
}

/// Answers a request of a backend that works.
pub(super) fn answer(request: &Request, body: &dyn Body, now: DateTime<Local>) -> (Answer, Vec<Remark>) {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return (Answer::new(405, json!({"detail": "Method Not Allowed"})), Vec::new());
    }
    let timestamp = now.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Micros, true);
    let plain = |value| (Answer::new(200, value), Vec::new());
    match request.path.as_str() {
        "/" => plain(json!({"name": "Fuel Analytics (sample)", "status": "running"})),
        "/health" => plain(health(body, &timestamp)),
        "/health/detailed" => {
            let mut answer = health(body, &timestamp);
            answer["process"] = body.process(now);
            plain(answer)
        }
        "/health/ready" => plain(json!({"status": "ready", "timestamp": timestamp})),
        "/health/live" => plain(json!({"status": "alive", "timestamp": timestamp})),
        "/fuelAnalytics/api/fleet" => {
            let trucks: Vec<_> = TRUCKS.iter().map(truck).collect();
            let remark = format!("Fleet summary: {} trucks", trucks.len());
            (Answer::new(200, json!({"count": trucks.len(), "trucks": trucks})), vec![("INFO", remark)])
        }
        path => path.strip_prefix("/api/trucks/").map_or_else(not_found, one_truck),
    }
}

fn health(body: &dyn Body, timestamp: &str) -> Value {
    let (system, checks) = body.machine();
    let all_ok = checks.as_object().is_some_and(|checks| checks.values().all(|ok| ok == true));
    let status = if all_ok { "healthy" } else { "degraded" };
    json!({"status": status, "timestamp": timestamp, "system": system, "health_checks": checks})
}

fn one_truck(id: &str) -> (Answer, Vec<Remark>) {
    match TRUCKS.iter().find(|(known, ..)| *known == id) {
        Some(found) => (Answer::new(200, truck(found)), Vec::new()),
        None => {
            // The id comes from outside: a log line must stay one line.
            let shown: String = id.chars().filter(|c| c.is_ascii_alphanumeric()).take(16).collect();
            let remark = format!("No recent data for truck {shown}");
            (Answer::new(404, json!({"detail": "truck not found"})), vec![("WARNING", remark)])
        }
    }
}

fn truck((id, fuel, status): &(&str, f64, &str)) -> Value {
    json!({"truck_id": id, "fuel_percent": fuel, "status": status})
}

fn not_found() -> (Answer, Vec<Remark>) {
    (Answer::new(404, json!({"detail": "Not Found"})), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Body for Fixed {
        fn machine(&self) -> (Value, Value) {
            (json!({"cpu_percent": 1.0}), json!({"cpu_ok": true}))
        }
        fn process(&self, _: DateTime<Local>) -> Value {
            json!({"pid": 1})
        }
    }

    fn get(path: &str) -> (Answer, Vec<Remark>) {
        let request = Request::read(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
        answer(&request, &Fixed, Local::now())
    }

    fn keys(path: &str) -> Vec<String> {
        get(path).0.body.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_health_family_has_the_shape_that_teams_scrape() {
        assert_eq!(keys("/health"), ["status", "timestamp", "system", "health_checks"]);
        assert_eq!(keys("/health/detailed"), ["status", "timestamp", "system", "health_checks", "process"]);
        assert_eq!(get("/health/ready").0.body["status"], "ready");
        assert_eq!(get("/health/live").0.body["status"], "alive");
    }

    #[test]
    fn an_unknown_truck_is_a_404_and_a_warning_of_one_line() {
        let (answer, remarks) = get("/api/trucks/NO%0aPE");
        assert_eq!(answer.status, 404);
        assert_eq!(remarks, [("WARNING", "No recent data for truck NO0aPE".to_owned())]);
    }

    #[test]
    fn a_known_truck_and_the_fleet_are_served() {
        assert_eq!(get("/api/trucks/VD3579").0.body["status"], "moving");
        assert_eq!(get("/fuelAnalytics/api/fleet").0.body["count"], 4);
    }

    #[test]
    fn other_methods_are_refused() {
        let request = Request::read(&b"POST /health HTTP/1.1\r\n\r\n"[..]).unwrap();
        assert_eq!(answer(&request, &Fixed, Local::now()).0.status, 405);
    }
}
