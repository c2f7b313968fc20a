//! Error intake over HTTP: the endpoints that Sentry's SDKs and Spotlight's know, and answers that they understand.
//!
//! ```text
//! POST …/api/PROJECT/envelope/      POST …/api/PROJECT/store/      POST /stream (Spotlight)      POST /tunnel
//! ```
//! 200 means that the events are on the disk. A bare 429 is never sent: SDKs would also stop what is no error.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot};

use super::pool::Pool;
use crate::errors::intake::{Encoding, Form, Intake, Taken};

/// Bytes of a body as it is sent.
const MAX_SENT: usize = 20 << 20;
/// Bytes of all bodies together that are held at once, in KiB.
const HELD_KIB: u32 = 32 << 10;
/// What a body is taken for that does not tell its length, in KiB.
const UNTOLD_KIB: u32 = 256;
const BODY_TIME: Duration = Duration::from_secs(30);
/// What SDKs are asked to do when too much comes: no errors for so many seconds, counted on their side.
const SLOW_DOWN: &str = "5:error:organization:storm";
const CORS_HEADERS: &str = "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, \
    authentication, authorization, content-encoding, transfer-encoding, sentry-trace, baggage";

/// The intake's routes and what they stand on.
#[derive(Clone, Debug)]
pub struct IntakeRouter {
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    intake: Arc<Intake>,
    pool: Pool,
    held: Arc<Semaphore>,
}

/// Makes the intake's router; `threads` do its work.
pub fn intake(intake: Intake, threads: usize) -> IntakeRouter {
    let held = Arc::new(Semaphore::new(HELD_KIB as usize));
    IntakeRouter { desk: Arc::new(Desk { intake: Arc::new(intake), pool: Pool::new(threads), held }) }
}

impl IntakeRouter {
    /// The routes; SDKs put any prefix before theirs, so they are told by the end of the path.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(Arc::clone(&self.desk))
    }
}

async fn handle(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    if path == "/health/live" && request.method() == Method::GET {
        let now = chrono::Utc::now().to_rfc3339();
        return json(StatusCode::OK, format!("{{\"status\":\"alive\",\"timestamp\":\"{now}\"}}"));
    }
    let Some(form) = form_of(path) else { return refuse(StatusCode::NOT_FOUND, "no such endpoint") };
    match *request.method() {
        Method::POST => take(&desk, form, request).await,
        Method::OPTIONS => preflight(),
        _ => refuse(StatusCode::METHOD_NOT_ALLOWED, "events are sent by POST"),
    }
}

/// What a path takes in: told by its end, whatever stands before it.
fn form_of(path: &str) -> Option<Form> {
    let mut parts = path.trim_end_matches('/').rsplit('/');
    let last = parts.next()?;
    let project = parts.next().unwrap_or("");
    let is_project = !project.is_empty() && project.bytes().all(|b| b.is_ascii_digit());
    match last {
        "envelope" if is_project && parts.next() == Some("api") => Some(Form::Envelope),
        "store" if project == "api" || (is_project && parts.next() == Some("api")) => Some(Form::Event),
        "stream" | "tunnel" => Some(Form::Envelope),
        _ => None,
    }
}

async fn take(desk: &Desk, form: Form, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let declared = text(&head.headers, header::CONTENT_LENGTH.as_str()).and_then(|n| n.parse::<usize>().ok());
    if declared.is_some_and(|n| n > MAX_SENT) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    }
    let query = head.uri.query().map(str::to_owned);
    let auth = ["x-sentry-auth", "authorization"]
        .iter()
        .find_map(|name| text(&head.headers, name))
        .map(str::to_owned);
    if desk.intake.turns_away(form, (query.as_deref(), auth.as_deref())) {
        return answer(desk, Ok(Taken::Forbidden));
    }
    let kib = declared.map_or(UNTOLD_KIB, |n| u32::try_from(n / 1024 + 1).unwrap_or(HELD_KIB)).min(HELD_KIB);
    let Ok(held) = Arc::clone(&desk.held).acquire_many_owned(kib).await else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "the listener ends");
    };
    let mut hold = Hold { of: Arc::clone(&desk.held), held, kib };
    let body = match tokio::time::timeout(BODY_TIME, read(body, &mut hold)).await {
        Ok(Ok(body)) => body,
        Ok(Err(refused)) => return refused,
        Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
    };
    let encoding = text(&head.headers, "content-encoding").map_or(Encoding::Identity, Encoding::of_header);
    let (sender, receiver) = oneshot::channel();
    let intake = Arc::clone(&desk.intake);
    let work = Box::new(move || {
        // The body is held until it is on the disk, whether or not anybody still waits for the answer.
        let reply = Box::new(move |taken| {
            drop(hold);
            drop(sender.send(taken));
        });
        intake.take(body, encoding, form, (query.as_deref(), auth.as_deref()), reply);
    });
    if desk.pool.run(work).is_err() {
        return answer(desk, Ok(Taken::Busy));
    }
    answer(desk, receiver.await.map_err(|_| ()))
}

/// What one body takes of what all may take together.
#[derive(Debug)]
struct Hold {
    of: Arc<Semaphore>,
    held: OwnedSemaphorePermit,
    kib: u32,
}

impl Hold {
    /// Takes more for a body that has grown beyond what it was taken for; it does not wait, or all might wait for each other.
    fn grow(&mut self, bytes: usize) -> Result<(), TryAcquireError> {
        while bytes.div_ceil(1024) > self.kib as usize {
            self.held.merge(Arc::clone(&self.of).try_acquire_many_owned(UNTOLD_KIB)?);
            self.kib += UNTOLD_KIB;
        }
        Ok(())
    }
}

async fn read(mut body: Body, hold: &mut Hold) -> Result<Vec<u8>, Response<Body>> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| refuse(StatusCode::BAD_REQUEST, "the body ended too soon"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MAX_SENT {
            return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"));
        }
        if hold.grow(bytes.len() + data.len()).is_err() {
            return Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "too much is sent at once"));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn answer(desk: &Desk, taken: Result<Taken, ()>) -> Response<Body> {
    match taken {
        Ok(Taken::Done { id }) => {
            let body = id.map_or_else(|| "{}".to_owned(), |id| format!("{{\"id\":\"{id}\"}}"));
            let mut response = json(StatusCode::OK, body);
            if desk.intake.writer.is_pressed() {
                response
                    .headers_mut()
                    .insert("x-sentry-rate-limits", header::HeaderValue::from_static(SLOW_DOWN));
            }
            response
        }
        Ok(Taken::Forbidden) => {
            refuse(StatusCode::FORBIDDEN, "missing or wrong key; `fuelops track-errors dsn` prints the DSN")
        }
        Ok(Taken::Malformed(why)) => refuse(StatusCode::BAD_REQUEST, &why),
        Ok(Taken::TooLarge) => refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large unpacked"),
        Ok(Taken::Failed(error)) => refuse(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
        Ok(Taken::Busy) => {
            let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, "too much waits for the disk");
            response
                .headers_mut()
                .insert("x-sentry-rate-limits", header::HeaderValue::from_static(SLOW_DOWN));
            response
        }
        Err(()) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "this event could not be read"),
    }
}

fn preflight() -> Response<Body> {
    let mut response = json(StatusCode::OK, String::new());
    let headers = response.headers_mut();
    headers.insert("access-control-allow-methods", header::HeaderValue::from_static("POST, OPTIONS"));
    headers.insert("access-control-allow-headers", header::HeaderValue::from_static(CORS_HEADERS));
    response
}

/// An answer that says what was wrong, in the words that SDKs print.
pub(super) fn refuse(status: StatusCode, why: &str) -> Response<Body> {
    let body = serde_json::json!({ "detail": why, "causes": [] }).to_string();
    let mut response = json(status, body);
    if let Ok(value) = header::HeaderValue::from_str(why) {
        response.headers_mut().insert("x-sentry-error", value);
    }
    response
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The DSN to give to an SDK.
pub fn dsn(key: &str, address: SocketAddr) -> String {
    format!("http://{key}@{address}/1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_without_a_length_takes_its_part_of_what_all_may_take() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (all, ok) in [(4096, true), (512, false)] {
            let of = Arc::new(Semaphore::new(all));
            let held = Arc::clone(&of).try_acquire_many_owned(UNTOLD_KIB).unwrap();
            let mut hold = Hold { of: Arc::clone(&of), held, kib: UNTOLD_KIB };
            let body = Body::from(vec![0; 1 << 20]);
            assert_eq!(runtime.block_on(read(body, &mut hold)).is_ok(), ok);
            if ok {
                assert_eq!(of.available_permits(), all - 1024);
            }
            drop(hold);
            assert_eq!(of.available_permits(), all);
        }
    }

    #[test]
    fn endpoints_are_told_by_the_end_of_their_path() {
        for path in ["/api/1/envelope/", "/api/1/envelope", "/sub/path/api/7/envelope/", "/stream", "/tunnel"]
        {
            assert_eq!(form_of(path), Some(Form::Envelope), "{path}");
        }
        for path in ["/api/1/store/", "/api/store/", "/x/api/12/store"] {
            assert_eq!(form_of(path), Some(Form::Event), "{path}");
        }
        for path in ["/", "/api/x/envelope/", "/api/1/security/", "/envelope", "/api//envelope/"] {
            assert_eq!(form_of(path), None, "{path}");
        }
    }
}
