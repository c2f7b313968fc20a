//! Log lines in the shapes that a FastAPI service under uvicorn writes.

use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Local};

use super::http::Request;

/// Name of the application's logger.
const LOGGER: &str = "fuel_backend";

/// Where the lines go, one whole entry at a time.
pub(super) struct Logbook {
    sink: Mutex<Box<dyn Write + Send>>,
}

/// What uvicorn itself says; its level is padded to a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Server {
    Info,
    Error,
}

impl Logbook {
    /// Creates a logbook on `sink`.
    pub(super) fn new(sink: Box<dyn Write + Send>) -> Self {
        Self { sink: Mutex::new(sink) }
    }

    /// `INFO:     Started server process [4711]`.
    pub(super) fn server(&self, level: Server, message: &str) {
        let label = match level {
            Server::Info => "INFO:     ",
            Server::Error => "ERROR:    ",
        };
        self.write(&format!("{label}{message}\n"));
    }

    /// `INFO:     127.0.0.1:50412 - "GET /health HTTP/1.1" 200 OK`.
    pub(super) fn access(&self, peer: SocketAddr, request: &Request, status_line: &str) {
        let Request { method, target, .. } = request;
        self.server(Server::Info, &format!("{peer} - \"{method} {target} HTTP/1.1\" {status_line}"));
    }

    /// `2026-02-01 09:00:00,123 - fuel_backend - WARNING - No recent data for truck VD3579`.
    pub(super) fn application(&self, now: DateTime<Local>, level: &str, message: &str) {
        let at = now.format("%Y-%m-%d %H:%M:%S,%3f");
        self.write(&format!("{at} - {LOGGER} - {level} - {message}\n"));
    }

    /// Lines as they are, in one piece, such as a traceback.
    pub(super) fn verbatim(&self, text: &str) {
        self.write(text);
    }

    fn write(&self, text: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written must not end the service; a print in Python would not either.
        let _lost = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
    }
}

impl fmt::Debug for Logbook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logbook").finish_non_exhaustive()
    }
}

/// What uvicorn prints when a route raises.
pub(super) const ROUTE_TRACEBACK: &str = r#"ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/srv/fuel/venv/lib/python3.11/site-packages/uvicorn/protocols/http/h11_impl.py", line 403, in run_asgi
    result = await app(self.scope, self.receive, self.send)
  File "/srv/fuel/venv/lib/python3.11/site-packages/starlette/routing.py", line 288, in handle
    await self.app(scope, receive, send)
  File "/srv/fuel/main.py", line 214, in get_fleet
    rows = database.latest_sensor_rows(hours=24)
  File "/srv/fuel/database.py", line 88, in latest_sensor_rows
    with self.pool.connection() as connection:
pymysql.err.OperationalError: (2003, "Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)")
"#;

/// What the interpreter prints before it ends.
pub(super) const FATAL_TRACEBACK: &str = r#"Traceback (most recent call last):
  File "/srv/fuel/main.py", line 402, in <module>
    uvicorn.run(app, host="127.0.0.1", port=PORT)
  File "/srv/fuel/main.py", line 371, in refresh_cache
    fleet = build_fleet_summary(load_history(days=90))
  File "/srv/fuel/fleet.py", line 57, in build_fleet_summary
    frame = pandas.concat([frame, rows])
MemoryError: Unable to allocate 3.81 GiB for an array with shape (512000000,) and data type float64
"#;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeZone;

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_have_the_shapes_of_uvicorn_and_of_python_logging() {
        let shared = Shared::default();
        let log = Logbook::new(Box::new(shared.clone()));
        let request = Request::read(&b"GET /health?v=1 HTTP/1.1\r\n\r\n"[..]).unwrap();
        log.access("127.0.0.1:50412".parse().unwrap(), &request, "200 OK");
        let now = Local.with_ymd_and_hms(2026, 2, 1, 9, 0, 0).unwrap();
        log.application(now, "WARNING", "No recent data for truck VD3579");
        log.server(Server::Error, "down");
        let written = String::from_utf8(shared.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            written,
            "INFO:     127.0.0.1:50412 - \"GET /health?v=1 HTTP/1.1\" 200 OK\n\
             2026-02-01 09:00:00,000 - fuel_backend - WARNING - No recent data for truck VD3579\n\
             ERROR:    down\n"
        );
    }
}
