//! Small servers that misbehave in one way each. A server ends with the test's process, or when its client is gone.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does with each connection, after it has read the request.
pub(super) fn serve(behave: impl Fn(&mut dyn Stream, &str) + Send + Sync + 'static) -> u16 {
    serve_raw(move |mut stream| {
        let path = requested(&mut stream);
        behave(&mut stream, &path);
    })
}

/// The same, before anything is read.
pub(super) fn serve_raw(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let handle = Arc::clone(&handle);
            let stream = stream.unwrap();
            thread::spawn(move || handle(stream));
        }
    });
    port
}

/// What a fault needs of a connection.
pub(super) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Reads a request to the end of its head and returns its path.
pub(super) fn requested(stream: &mut (impl Read + ?Sized)) -> String {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or("").to_owned()
}

pub(super) fn send(stream: &mut dyn Stream, bytes: impl AsRef<[u8]>) {
    // The prober may have hung up long ago: that is its right.
    let _gone = stream.write_all(bytes.as_ref());
}

pub(super) fn answer(stream: &mut dyn Stream, head: &str, body: &str) {
    send(stream, format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
}

/// Sends a byte now and then for as long as anybody listens.
pub(super) fn drip(stream: &mut dyn Stream) {
    while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
        thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until the client hangs up.
pub(super) fn silence(stream: &mut dyn Stream) {
    let _hung_up = stream.read(&mut [0; 1]);
}

/// A port that accepts connections in the kernel's queue and is never read.
pub(super) fn deaf() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port that nobody listens on any more.
pub(super) fn closed() -> u16 {
    crate::support::free_port()
}

/// A server that speaks TLS with one of the certificates in `tests/it/data/tls`.
pub(super) fn serve_tls(name: &str, behave: impl Fn(&mut dyn Stream, &str) + Send + Sync + 'static) -> u16 {
    let certificates = CertificateDer::pem_file_iter(tls_file(&format!("{name}.pem"))).unwrap();
    let certificates = certificates.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(tls_file(&format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let config = Arc::new(config);
    serve_raw(move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(session, stream);
        let path = requested(&mut stream);
        if !path.is_empty() {
            behave(&mut stream, &path);
            stream.conn.send_close_notify();
            let _gone = stream.flush();
        }
    })
}

pub(super) fn tls_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/tls").join(name)
}
