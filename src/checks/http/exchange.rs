//! One exchange after the other until there is an answer that is no redirect; all under one deadline.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

use crate::checks::connect::{ConnectFailure, connect, resolve};
use crate::checks::http::meter::{Meter, Metered};
use crate::checks::http::redirect::Trail;
use crate::checks::http::{
    Answer, BodyTaker, HttpFailure, HttpObservation, MAX_BODY, Phase, Phases, Request,
};
use crate::checks::tls::{CertificateFacts, Strictness, TlsFailure, Trust, handshake};

/// Bytes of an answer's head that are taken.
const MAX_HEAD: usize = 64 * 1024;
/// Header lines of an answer that are taken.
const MAX_HEADERS: usize = 128;

/// Sends a request, follows its redirects and reads the answer to its end. Never takes longer than `timeout`.
pub(in crate::checks) async fn exchange(request: Request, timeout: Duration) -> HttpObservation {
    let mut kept = Kept(Vec::new());
    let mut seen = exchange_into(request, timeout, &mut kept).await;
    if let Ok(answer) = &mut seen.outcome {
        answer.body = kept.0;
    }
    seen
}

/// The start of a body.
struct Kept(Vec<u8>);

impl BodyTaker for Kept {
    fn take(&mut self, _content_type: Option<&str>, block: &[u8]) -> ControlFlow<()> {
        let room = MAX_BODY - self.0.len();
        self.0.extend_from_slice(&block[..block.len().min(room)]);
        if block.len() > room { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The same, for an answer whose body is taken block by block.
pub(in crate::checks) async fn exchange_into(
    request: Request,
    timeout: Duration,
    taker: &mut impl BodyTaker,
) -> HttpObservation {
    let start = Instant::now();
    let mut trip = Trip { deadline: start + timeout, ..Trip::new() };
    let mut trail = Trail::starting_at(&request.url, request.redirects);
    let shown = request.shown.clone();
    let outcome = trip.until_answered(request, &mut trail, taker).await;
    trip.phases.total = start.elapsed();
    HttpObservation {
        url: shown,
        peer: trip.peer,
        phases: trip.phases,
        redirects: trail.followed(),
        certificate: trip.certificate,
        received_bytes: trip.meter.bytes(),
        outcome,
    }
}

/// What is known of the exchange that is under way.
struct Trip {
    deadline: Instant,
    peer: Option<SocketAddr>,
    phases: Phases,
    certificate: Option<CertificateFacts>,
    meter: Arc<Meter>,
}

impl Trip {
    fn new() -> Self {
        Self {
            deadline: Instant::now(),
            peer: None,
            phases: Phases::default(),
            certificate: None,
            meter: Arc::default(),
        }
    }

    async fn until_answered(
        &mut self,
        mut request: Request,
        trail: &mut Trail,
        taker: &mut impl BodyTaker,
    ) -> Result<Answer, HttpFailure> {
        loop {
            self.phases = Phases::default();
            self.meter = Arc::default();
            let response = self.ask(&request).await?;
            let status = response.head.status.as_u16();
            let location = response.head.headers.get(LOCATION).filter(|_| is_redirect(status));
            let Some(location) = location else { return self.read(response, taker).await };
            let to = trail
                .follow(&request.url, &String::from_utf8_lossy(location.as_bytes()))
                .map_err(HttpFailure::Redirect)?;
            request = request.redirected(to, status);
        }
    }

    /// Up to the end of the head.
    async fn ask(&mut self, request: &Request) -> Result<Response, HttpFailure> {
        let message = request.to_hyper()?;
        let (host, port) = request.place();
        let began = Instant::now();
        let addresses = resolve(&host, port, self.deadline).await?;
        self.phases.dns = Some(began.elapsed());
        let began = Instant::now();
        let stream = connect(&addresses, self.deadline).await?;
        self.phases.connect = Some(began.elapsed());
        self.peer = stream.peer_addr().ok();
        if !request.is_tls() {
            let answered = self.send(stream, message).await;
            let is_odd =
                matches!(answered, Err(HttpFailure::Closed(Phase::Headers) | HttpFailure::Protocol(_)));
            if is_odd && self.speaks_tls(&addresses, &host, &request.trust).await {
                return Err(HttpFailure::WantsTls);
            }
            return answered;
        }
        let began = Instant::now();
        let session = handshake(stream, &host, &request.trust, Strictness::Verify);
        let (session, certificate) =
            timeout_at(self.deadline.into(), session).await.map_err(|_| HttpFailure::Timeout(Phase::Tls))?;
        self.certificate = certificate;
        let session = session?;
        self.phases.tls = Some(began.elapsed());
        self.send(session, message).await
    }

    /// Whether a peer that gave no answer takes part in a TLS handshake.
    async fn speaks_tls(&self, addresses: &[SocketAddr], host: &str, trust: &Trust) -> bool {
        let Ok(stream) = connect(addresses, self.deadline).await else { return false };
        let session = handshake(stream, host, trust, Strictness::LookOnly);
        matches!(timeout_at(self.deadline.into(), session).await, Ok((Ok(_), _)))
    }

    async fn send<S>(&mut self, stream: S, message: hyper::Request<String>) -> Result<Response, HttpFailure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let began = Instant::now();
        let stream = TokioIo::new(Metered { stream, meter: Arc::clone(&self.meter) });
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS)
            .handshake::<_, String>(stream)
            .await
            .map_err(|e| HttpFailure::Protocol(e.to_string()))?;
        let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
        let answered = timeout_at(self.deadline.into(), sender.send_request(message)).await;
        self.phases.first_byte = self.meter.first_byte_at().map(|at| at.saturating_duration_since(began));
        let response = match answered {
            Err(_) => return Err(HttpFailure::Timeout(Phase::Headers)),
            Ok(Err(e)) => return Err(broken(&e, Phase::Headers)),
            Ok(Ok(response)) => response,
        };
        let (head, body) = response.into_parts();
        Ok(Response { head, body, _driver: driver })
    }

    async fn read(
        &mut self,
        mut response: Response,
        taker: &mut impl BodyTaker,
    ) -> Result<Answer, HttpFailure> {
        let header = |name| {
            let value: Option<&HeaderValue> = response.head.headers.get(name);
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let mut answer = Answer {
            status: response.head.status.as_u16(),
            content_type: header(CONTENT_TYPE),
            retry_after: header(RETRY_AFTER),
            body: Vec::new(),
            is_cut: false,
        };
        while !response.body.is_end_stream() {
            let frame = timeout_at(self.deadline.into(), response.body.frame())
                .await
                .map_err(|_| HttpFailure::Timeout(Phase::Body))?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|e| broken(&e, Phase::Body))?;
            let Some(data) = frame.data_ref() else { continue };
            if taker.take(answer.content_type.as_deref(), data).is_break() {
                answer.is_cut = true;
                break;
            }
        }
        Ok(answer)
    }
}

/// An answer whose body is still to be read.
struct Response {
    head: hyper::http::response::Parts,
    body: Incoming,
    /// Must live as long as the body is read.
    _driver: Driver,
}

/// The task that moves bytes; it ends with the exchange.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn broken(error: &hyper::Error, phase: Phase) -> HttpFailure {
    let is_io =
        std::error::Error::source(error).is_some_and(|s| s.downcast_ref::<std::io::Error>().is_some());
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || is_io {
        return HttpFailure::Closed(phase);
    }
    HttpFailure::Protocol(error.to_string())
}

impl From<ConnectFailure> for HttpFailure {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Dns(why) => Self::Dns(why),
            ConnectFailure::DnsTimeout => Self::Timeout(Phase::Dns),
            ConnectFailure::Refused => Self::Refused,
            ConnectFailure::Timeout => Self::Timeout(Phase::Connect),
            ConnectFailure::Other(why) => Self::Connect(why),
            ConnectFailure::NotReady(why) => Self::NotReady(why),
        }
    }
}

impl From<TlsFailure> for HttpFailure {
    fn from(failure: TlsFailure) -> Self {
        match failure {
            TlsFailure::NotReady(why) => Self::NotReady(why),
            TlsFailure::Untrusted(fault) => Self::Untrusted(fault),
            TlsFailure::Broken(why) => Self::Tls(why),
        }
    }
}
