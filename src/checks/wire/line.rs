//! A connection whose incoming bytes are counted and capped, and the course of one conversation over it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::timeout_at;

use crate::checks::connect::{ConnectFailure, connect, resolve};
use crate::checks::tls::{Strictness, TlsFailure, Trust, handshake};
use crate::checks::wire::{Fault, Place, Stage, stranger};
use crate::platform;

/// Bytes that one conversation may bring; a probe needs a thousandth of it.
const MAX_HEARD: u64 = 16 * 1024 * 1024;
/// First bytes that are kept, to know a stranger by.
const KEPT: usize = 64;
/// Of its deadline, how much a probe waits for a server that speaks first, before it asks whether a web server is there.
const PATIENCE_PERCENT: u32 = 80;
/// What most servers answer in their own tongue.
const KNOCK: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
/// Ends whatever was said before; some web servers hang up on a line that is empty.
const LINE_END: &[u8] = b"\r\n";

/// How one conversation goes: where it is, and what was heard so far.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Course {
    pub(in crate::checks) stage: Stage,
    pub(in crate::checks) deadline: Instant,
    begun: Instant,
    timeout: Duration,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    first: Vec<u8>,
    total: u64,
}

impl Course {
    /// A conversation that begins now.
    pub(in crate::checks) fn new(timeout: Duration) -> Self {
        let begun = Instant::now();
        Self { stage: Stage::Connect, deadline: begun + timeout, begun, timeout, heard: Arc::default() }
    }

    /// Time since its beginning.
    pub(in crate::checks) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The deadline passed in the present stage.
    pub(in crate::checks) fn silent(&self) -> Fault {
        Fault::Silent(self.stage, self.timeout)
    }

    /// The connection ended, or broke, in the present stage.
    pub(in crate::checks) fn closed(&self) -> Fault {
        if self.heard().total > MAX_HEARD {
            return Fault::Garbled("sends more than a probe will read".to_owned());
        }
        Fault::Closed(self.stage)
    }

    /// The same fault, or the stranger that explains it; `own` is the protocol that is expected.
    pub(in crate::checks) fn explained(&self, fault: Fault, own: &str) -> Fault {
        let is_tls = matches!(fault, Fault::Tls(TlsFailure::Broken(_)));
        let is_odd = is_tls || matches!(fault, Fault::Silent(..) | Fault::Closed(_) | Fault::Garbled(_));
        let spoken = if is_odd { stranger::protocol_of(&self.heard().first) } else { None };
        let is_stranger = |protocol: &&str| *protocol != own && !(is_tls && *protocol == stranger::TLS);
        spoken.filter(is_stranger).map_or(fault, Fault::Stranger)
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a line is made of.
pub(in crate::checks) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection, encrypted or not.
pub(in crate::checks) struct Line {
    stream: Box<dyn Stream>,
    /// We have said something.
    has_spoken: bool,
}

impl Line {
    /// Connects to a place.
    pub(in crate::checks) async fn open(place: &Place, course: &mut Course) -> Result<Self, Fault> {
        course.stage = Stage::Connect;
        let stream: Box<dyn Stream> = match place {
            Place::Tcp { host, port } => {
                let addresses = resolve(host, *port, course.deadline).await.map_err(Fault::Connect)?;
                Box::new(connect(&addresses, course.deadline).await.map_err(Fault::Connect)?)
            }
            Place::Socket(path) => {
                let connected = timeout_at(course.deadline.into(), UnixStream::connect(path)).await;
                let connected = connected.map_err(|_| Fault::Connect(ConnectFailure::Timeout))?;
                Box::new(connected.map_err(|e| Fault::Connect(of_socket(&e)))?)
            }
        };
        course.stage = Stage::Greeting;
        let stream = Box::new(Tap { stream, heard: Arc::clone(&course.heard) });
        Ok(Self { stream, has_spoken: false })
    }

    /// Goes on under TLS.
    pub(in crate::checks) async fn encrypted(
        self,
        host: &str,
        trust: &Trust,
        strictness: Strictness,
    ) -> Result<Self, Fault> {
        let (session, _) = handshake(self.stream, host, trust, strictness).await;
        Ok(Self { stream: Box::new(session.map_err(Fault::Tls)?), has_spoken: false })
    }

    /// Reads the first bytes of a server that speaks first. One that stays silent is asked who it is, for the report only:
    /// the conversation is over then.
    pub(in crate::checks) async fn read_first(
        &mut self,
        bytes: &mut [u8],
        course: &Course,
    ) -> Result<(), Fault> {
        let patience = course.deadline.saturating_duration_since(Instant::now()) * PATIENCE_PERCENT / 100;
        match tokio::time::timeout(patience, self.stream.read_exact(bytes)).await {
            Ok(read) => read.map(drop).map_err(|_| course.closed()),
            Err(_) => {
                let knock = if self.has_spoken { [LINE_END, KNOCK].concat() } else { KNOCK.to_vec() };
                if course.heard().total == 0 && self.stream.write_all(&knock).await.is_ok() {
                    drop(self.stream.read(&mut [0; KEPT]).await);
                }
                Err(Fault::Silent(course.stage, course.elapsed().min(course.timeout)))
            }
        }
    }

    /// Fills `bytes`.
    pub(in crate::checks) async fn read(&mut self, bytes: &mut [u8], course: &Course) -> Result<(), Fault> {
        self.stream.read_exact(bytes).await.map(drop).map_err(|_| course.closed())
    }

    /// Appends what comes next; at least one byte.
    pub(in crate::checks) async fn read_some(
        &mut self,
        bytes: &mut Vec<u8>,
        course: &Course,
    ) -> Result<(), Fault> {
        match self.stream.read_buf(bytes).await {
            Ok(got) if got > 0 => Ok(()),
            _ => Err(course.closed()),
        }
    }

    /// Sends.
    pub(in crate::checks) async fn write(&mut self, bytes: &[u8], course: &Course) -> Result<(), Fault> {
        self.has_spoken = true;
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|_| course.closed())
    }

    /// The bare stream, for a driver that speaks for us.
    pub(in crate::checks) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }
}

fn of_socket(error: &io::Error) -> ConnectFailure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
        _ if platform::is_out_of_files(error) => ConnectFailure::NotReady(error.to_string()),
        _ => ConnectFailure::Other(error.to_string()),
    }
}

/// Listens in on what comes in.
struct Tap {
    stream: Box<dyn Stream>,
    heard: Arc<Mutex<Heard>>,
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let new = &buf.filled()[before..];
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(heard.first.len()).min(new.len());
        heard.first.extend_from_slice(&new[..room]);
        heard.total += new.len() as u64;
        if heard.total > MAX_HEARD {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
