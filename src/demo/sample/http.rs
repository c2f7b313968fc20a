//! As much of HTTP/1.1 as a sample backend needs: one request, one answer, then the connection closes.

use std::io::{self, BufRead, BufReader, Read, Write};

/// A request head beyond this is refused.
const HEAD_BYTES: u64 = 16 * 1024;

/// The request line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without its query.
    pub(super) path: String,
    /// As it was sent, for the access log.
    pub(super) target: String,
}

impl Request {
    /// Reads a request up to the end of its head; a body is not asked for and not read.
    ///
    /// # Errors
    ///
    /// Fails if the head is not HTTP, is too long, or does not arrive in full.
    pub(super) fn read(stream: impl Read) -> io::Result<Self> {
        let mut head = BufReader::new(stream.take(HEAD_BYTES));
        let mut line = String::new();
        head.read_line(&mut line)?;
        let request = Self::parse(&line).ok_or(io::ErrorKind::InvalidData)?;
        loop {
            line.clear();
            if head.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == "\r\n" || line == "\n" {
                return Ok(request);
            }
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let known = version.starts_with("HTTP/1.") && target.starts_with('/') && words.next().is_none();
        let path = target.split('?').next()?;
        known.then(|| Self { method: method.to_owned(), path: path.to_owned(), target: target.to_owned() })
    }
}

/// An answer with a JSON body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: serde_json::Value,
}

impl Answer {
    /// Creates an answer.
    pub(super) fn new(status: u16, body: serde_json::Value) -> Self {
        Self { status, body }
    }

    /// The status with its words, as it stands in the answer and in the access log.
    pub(super) fn status_line(&self) -> String {
        let words = match self.status {
            200 => "OK",
            404 => "Not Found",
            405 => "Method Not Allowed",
            500 => "Internal Server Error",
            503 => "Service Unavailable",
            _ => "Unknown",
        };
        format!("{} {words}", self.status)
    }

    /// Writes the answer; `HEAD` gets no body.
    ///
    /// # Errors
    ///
    /// Fails if the other side is gone.
    pub(super) fn write(&self, mut stream: impl Write, method: &str) -> io::Result<()> {
        let body = self.body.to_string();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {}\r\nserver: uvicorn\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
            self.status_line()
        );
        let sent = if method == "HEAD" { head } else { head + &body };
        stream.write_all(sent.as_bytes())?;
        stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_kept_for_the_log_and_left_out_of_the_route() {
        let request =
            Request::read(&b"GET /api/trucks/VD3579?days=7 HTTP/1.1\r\nHost: x\r\n\r\n"[..]).unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/api/trucks/VD3579"));
        assert_eq!(request.target, "/api/trucks/VD3579?days=7");
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for bytes in [&b""[..], b"\r\n\r\n", b"GET /\r\n\r\n", b"GET x HTTP/1.1\r\n\r\n", b"\xff\xfe\r\n\r\n"]
        {
            assert!(Request::read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn an_endless_or_unfinished_head_is_refused() {
        let endless = [&b"GET / HTTP/1.1\r\n"[..], &b"a: b\r\n".repeat(10_000)].concat();
        assert!(Request::read(&endless[..]).is_err());
        assert!(Request::read(&b"GET / HTTP/1.1\r\nHost: x\r\n"[..]).is_err());
    }

    #[test]
    fn head_gets_the_length_and_no_body() {
        let answer = Answer::new(200, serde_json::json!({"a": 1}));
        let mut sent = Vec::new();
        answer.write(&mut sent, "HEAD").unwrap();
        let text = String::from_utf8(sent).unwrap();
        assert!(text.contains("content-length: 7\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    }
}
