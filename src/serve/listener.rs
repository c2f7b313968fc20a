//! Connections: accepted, bounded in number, in the size of their heads and in time, ended in order.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::guard::{Guard, Refusal};

/// Connections that are served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 2048;
/// How long a client may take for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// And where half of the places are taken: others wait for them.
const HASTY_HEAD_TIME: Duration = Duration::from_secs(2);
/// How long a whole request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(60);
const MAX_HEADERS: usize = 100;
const BUFFER: usize = 32 << 10;
/// How long requests that are under way may take when the listener ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// Files beside connections.
const FILES: u64 = 256;

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ListenError {
    pub address: SocketAddr,
    pub source: io::Error,
}

/// A bound listener.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    guard: Guard,
}

impl Listener {
    /// Binds; must be called within a runtime.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(guard: Guard) -> Result<Self, ListenError> {
        crate::platform::raise_open_files(MAX_CONNECTIONS as u64 + FILES);
        let address = guard.listen;
        let inner = TcpListener::bind(address).await.map_err(|source| ListenError { address, source })?;
        Ok(Self { inner, guard })
    }

    /// Where it listens; the port is the system's choice where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.inner.local_addr().unwrap_or(self.guard.listen)
    }

    /// Serves until `end` comes true, then lets what is under way finish.
    pub async fn serve(self, router: Router, mut end: watch::Receiver<bool>) {
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let guard = Arc::new(self.guard);
        let stop = end.clone();
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = self.inner.accept() => accepted,
                () = ended(&mut end) => break,
            };
            let Ok((stream, _)) = accepted else {
                // Out of files, most likely: those that are open will be closed.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            stream.set_nodelay(true).unwrap_or(());
            let is_crowded = room.available_permits() < MAX_CONNECTIONS / 2;
            let head_time = if is_crowded { HASTY_HEAD_TIME } else { HEAD_TIME };
            let (router, guard, mut stop) = (router.clone(), Arc::clone(&guard), stop.clone());
            tokio::spawn(async move {
                let service = guarded(router, guard);
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new())
                    .header_read_timeout(head_time)
                    .max_headers(MAX_HEADERS)
                    .max_buf_size(BUFFER);
                let connection =
                    http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
                let mut connection = std::pin::pin!(connection);
                tokio::select! {
                    // A client that goes away in the middle is no error of ours.
                    done = connection.as_mut() => done.unwrap_or(()),
                    () = ended(&mut stop) => {
                        connection.as_mut().graceful_shutdown();
                        connection.await.unwrap_or(());
                    }
                }
                drop(permit);
            });
        }
        let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
        tokio::time::timeout(FAREWELL, room.acquire_many(all)).await.map(|_| ()).unwrap_or(());
    }
}

/// Waits for the end.
async fn ended(end: &mut watch::Receiver<bool>) {
    // A sender that is gone is an end, too.
    end.wait_for(|end| *end).await.map(drop).unwrap_or(());
}

/// Turns away whom the guard does not know, and what takes too long.
fn guarded(router: Router, guard: Arc<Guard>) -> Router {
    router.layer(axum::middleware::from_fn(move |request: Request<Body>, next: axum::middleware::Next| {
        let guard = Arc::clone(&guard);
        async move { Ok::<_, Infallible>(answer(&guard, request, next).await) }
    }))
}

async fn answer(guard: &Guard, request: Request<Body>, next: axum::middleware::Next) -> Response<Body> {
    if let Err(refusal) = guard.check(request.headers()) {
        return super::intake::refuse(
            StatusCode::FORBIDDEN,
            match refusal {
                Refusal::Host => "this name is not ours; use 127.0.0.1 or localhost",
                Refusal::Origin => "pages of other sites may not ask; see [serve] allowed_origins",
            },
        );
    }
    let origin = guard.origin_to_name(request.method(), request.headers()).map(str::to_owned);
    let answered = tokio::time::timeout(REQUEST_TIME, next.run(request)).await;
    let mut response = answered
        .unwrap_or_else(|_| super::intake::refuse(StatusCode::REQUEST_TIMEOUT, "the request took too long"));
    if let Some(origin) = origin.and_then(|origin| origin.parse().ok()) {
        response.headers_mut().insert("access-control-allow-origin", origin);
    }
    response
}
