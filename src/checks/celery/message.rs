//! The messages of a ping. Pure.

use data_encoding::BASE64;
use serde_json::{Value, json};

/// What is published, and where the answers go.
#[derive(Clone, Debug)]
pub(super) struct Ping {
    /// Names this ping; random.
    id: String,
}

/// An answer to a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// From a worker of this name.
    Of(String),
    /// In another form than JSON.
    Unread,
}

impl Ping {
    pub(super) fn new(id: u128) -> Self {
        let hex = format!("{id:032x}");
        let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        Self { id }
    }

    /// The queue of the answers.
    pub(super) fn reply_queue(&self) -> String {
        format!("{}.reply.celery.pidbox", self.id)
    }

    /// What leads the answers into that queue, in the broker's set of bindings.
    pub(super) fn binding(&self) -> String {
        format!("{}\u{6}\u{16}\u{6}\u{16}{}", self.id, self.reply_queue())
    }

    /// The message; `now` is in seconds since 1970, and the ping is for so many seconds.
    pub(super) fn text(&self, now: i64, lifetime: i64) -> String {
        let body = json!({
            "method": "ping",
            "arguments": {},
            "destination": null,
            "pattern": null,
            "matcher": null,
            "ticket": self.id,
            "reply_to": { "exchange": "reply.celery.pidbox", "routing_key": self.id },
        });
        json!({
            "body": BASE64.encode(body.to_string().as_bytes()),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": { "clock": 1, "expires": now + lifetime },
            "properties": {
                "delivery_mode": 2,
                "delivery_info": { "exchange": "celery.pidbox", "routing_key": "" },
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": self.id,
            },
        })
        .to_string()
    }
}

/// Reads an answer.
pub(super) fn read_answer(text: &[u8]) -> Answer {
    let name = || {
        let message: Value = serde_json::from_slice(text).ok()?;
        if message["content-type"] != "application/json" {
            return None;
        }
        let body = message["body"].as_str()?;
        let body = match message["properties"]["body_encoding"].as_str() {
            Some("base64") => BASE64.decode(body.as_bytes()).ok()?,
            _ => body.as_bytes().to_vec(),
        };
        let body: Value = serde_json::from_slice(&body).ok()?;
        body.as_object()?.keys().next().cloned()
    };
    name().map_or(Answer::Unread, Answer::Of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ping_names_where_its_answers_go() {
        let ping = Ping::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(ping.reply_queue(), format!("{id}.reply.celery.pidbox"));
        assert!(ping.binding().starts_with(&format!("{id}\u{6}\u{16}\u{6}\u{16}{id}.reply")));
        let message: Value = serde_json::from_str(&ping.text(100, 5)).unwrap();
        assert_eq!(message["headers"]["expires"], 105);
        let body = BASE64.decode(message["body"].as_str().unwrap().as_bytes()).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["method"], &body["reply_to"]["routing_key"]), (&"ping".into(), &id.into()));
    }

    #[test]
    fn answers_are_read_and_never_unpickled() {
        let body = BASE64.encode(br#"{"w1@host": {"ok": "pong"}}"#);
        let of = |kind: &str, body: &str| {
            read_answer(
                json!({"body": body, "content-type": kind, "properties": {"body_encoding": "base64"}})
                    .to_string()
                    .as_bytes(),
            )
        };
        assert_eq!(of("application/json", &body), Answer::Of("w1@host".into()));
        assert_eq!(of("application/x-python-serialize", &body), Answer::Unread);
        assert_eq!(of("application/json", "%%"), Answer::Unread);
        assert_eq!(read_answer(b"what"), Answer::Unread);
    }
}
