//! Request methods.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The method of a request; what is none of the known words is [`Method::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Connect,
    Trace,
    /// How uvicorn names the opening of a web socket.
    WebSocket,
    /// Not HTTP, or nothing at all: what scanners send.
    Other,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 11] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
        Self::Connect,
        Self::Trace,
        Self::WebSocket,
        Self::Other,
    ];

    /// Reads a method as written in a log.
    #[inline]
    pub fn from_bytes(word: &[u8]) -> Self {
        match word {
            b"GET" => Self::Get,
            b"POST" => Self::Post,
            b"HEAD" => Self::Head,
            b"PUT" => Self::Put,
            b"PATCH" => Self::Patch,
            b"DELETE" => Self::Delete,
            b"OPTIONS" => Self::Options,
            b"CONNECT" => Self::Connect,
            b"TRACE" => Self::Trace,
            b"WebSocket" | b"WEBSOCKET" => Self::WebSocket,
            _ => Self::Other,
        }
    }

    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Connect => "CONNECT",
            Self::Trace => "TRACE",
            Self::WebSocket => "WEBSOCKET",
            Self::Other => "OTHER",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Method {
    type Err = std::convert::Infallible;

    /// Reads a method in any case, as source code and OpenAPI documents write it.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_bytes(word.to_ascii_uppercase().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_bytes_agree() {
        for method in Method::ALL {
            assert_eq!(method.word().parse(), Ok(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.word());
        }
        assert_eq!(Method::from_bytes(b"\x16\x03\x01"), Method::Other);
        assert_eq!("get".parse(), Ok(Method::Get));
    }
}
