//! A POST of JSON, signed where there is a secret.

use data_encoding::HEXLOWER;
use ring::hmac;

use crate::alert::sink::Failure;
use crate::checks::HttpPost;
use crate::config::WebhookSink;

/// `sha256=` and the HMAC-SHA256 of the body in hex, as GitHub signs its own.
const SIGNATURE: &str = "X-Fuelops-Signature";
/// The same for every attempt.
const KEY: &str = "Idempotency-Key";

/// The request that tells `json`.
pub(super) fn post(sink: &WebhookSink, json: &str, key: &str) -> Result<HttpPost, Failure> {
    let body = json.to_owned();
    let mut headers = Vec::new();
    for (name, value) in &sink.headers {
        let value = value.expose().map_err(|e| Failure::later(format!("header {name}: {e}")))?;
        headers.push((name.clone(), value));
    }
    if let Some(secret) = &sink.secret {
        let secret = secret.expose().map_err(|e| Failure::later(format!("secret: {e}")))?;
        headers.push((SIGNATURE.to_owned(), signature(&secret, &body)));
    }
    headers.push((KEY.to_owned(), header_safe(key)));
    Ok(HttpPost { url: sink.url.clone(), below: "", headers, body })
}

fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref()))
}

/// An incident may be called anything; a header may not.
fn header_safe(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_rfc_4231() {
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_key_cannot_add_a_header() {
        assert_eq!(header_safe("a\r\nX-Evil: 1é"), "a--X-Evil:-1-");
    }
}
