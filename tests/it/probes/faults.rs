//! Servers that misbehave in one way each, and a proxy that makes a real one misbehave at any byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Serves each connection on a thread of its own.
pub(super) fn serve(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let behave = Arc::new(behave);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behave = Arc::clone(&behave);
            thread::spawn(move || behave(stream));
        }
    });
    port
}

/// A server that says the same to everybody and hangs up when its client does.
pub(super) fn says(words: &'static [u8]) -> u16 {
    serve(move |mut stream| {
        let _gone = stream.write_all(words);
        wait_for_end(&mut stream);
    })
}

/// A web server that waits for a request, and thinks little of whatever else comes.
pub(super) fn web() -> u16 {
    serve(|mut stream| {
        if stream.read(&mut [0; 256]).is_ok_and(|n| n > 0) {
            let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
            let _gone = stream.write_all(format!("{head}<html>Bad Request</html>").as_bytes());
        }
    })
}

/// What a proxy does when the server has said enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Stall,
    HangUp,
}

/// A proxy before a real server that lets so many of its bytes pass.
pub(super) fn cut(server: u16, after: usize, then: Then) -> u16 {
    serve(move |client| {
        let upstream = TcpStream::connect(("127.0.0.1", server)).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
        thread::spawn(move || {
            let _gone = std::io::copy(&mut from, &mut to);
            let _gone = to.shutdown(Shutdown::Both);
        });
        let (mut upstream, mut client) = (upstream, client);
        let mut left = after;
        let mut block = [0; 4096];
        while left > 0 {
            let Ok(got) = upstream.read(&mut block) else { break };
            let passed = got.min(left);
            if got == 0 || client.write_all(&block[..passed]).is_err() {
                break;
            }
            left -= passed;
        }
        match then {
            // What the client still says goes to the server, and comes to nothing.
            Then::Stall => drop(std::io::copy(&mut upstream, &mut std::io::sink())),
            Then::HangUp => drop(client.shutdown(Shutdown::Both)),
        }
    })
}

/// A proxy that counts the bytes of the server.
pub(super) fn counting(server: u16) -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let port = serve(move |client| {
        let upstream = TcpStream::connect(("127.0.0.1", server)).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
        thread::spawn(move || {
            let _gone = std::io::copy(&mut from, &mut to);
            let _gone = to.shutdown(Shutdown::Both);
        });
        let (mut upstream, mut client) = (upstream, client);
        let mut block = [0; 4096];
        while let Ok(got) = upstream.read(&mut block) {
            if got == 0 || client.write_all(&block[..got]).is_err() {
                break;
            }
            counted.fetch_add(got, Ordering::Relaxed);
        }
    });
    (port, count)
}

fn wait_for_end(stream: &mut TcpStream) {
    let _ended = std::io::copy(stream, &mut std::io::sink());
}
