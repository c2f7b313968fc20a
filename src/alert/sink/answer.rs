//! What an answer by HTTP means: taken, later, or never.

use crate::alert::notice::cut;
use crate::alert::sink::{Failure, Receipt};
use crate::checks::{HttpPost, HttpReply};
use crate::text::{redact, sanitize};

/// Characters of an answer that are told.
const MAX_SHOWN: usize = 160;
/// Shorter ones would mask words that only look alike.
const MIN_SECRET: usize = 6;

/// Judges an answer; a receiver may repeat what it was sent, so the secrets of the request are masked in it.
pub(super) fn judge(reply: Result<HttpReply, String>, secrets: &[String]) -> Result<Receipt, Failure> {
    let reply = reply.map_err(|why| Failure::later(shown(&why, secrets)))?;
    let said = shown(&reply.body, secrets);
    let answer = if said.is_empty() { reply.status.to_string() } else { format!("{} {said}", reply.status) };
    match reply.status {
        200..=299 => Ok(Receipt { answer, refused: None }),
        // What is wrong with a login or an address can be set right while the message waits.
        401 | 403 | 404 | 407 | 408 | 410 | 425 | 429 => {
            Err(Failure::Unreachable { why: format!("answers {answer}"), retry_after: reply.retry_after })
        }
        300..=499 => Err(Failure::Refused(format!("answers {answer}"))),
        _ => Err(Failure::Unreachable { why: format!("answers {answer}"), retry_after: reply.retry_after }),
    }
}

/// The start of what somebody said, on one line and without secrets.
pub(super) fn shown(text: &str, secrets: &[String]) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = cut(&line, 4 * MAX_SHOWN);
    for secret in secrets.iter().filter(|secret| secret.len() >= MIN_SECRET) {
        line = line.replace(secret.as_str(), redact::MASK);
    }
    cut(&sanitize::line(&redact::secrets(&line)), MAX_SHOWN)
}

/// What of a request must not come back.
pub(super) fn secrets_of(post: &HttpPost) -> Vec<String> {
    let mut secrets: Vec<String> = post.headers.iter().map(|(_, value)| value.clone()).collect();
    if let Ok(parts) = post.url.parts() {
        secrets.extend(parts.password);
        // Of a chat's webhook, the path is the key.
        secrets.push(parts.target);
    }
    secrets
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reply(status: u16, body: &str) -> Result<HttpReply, String> {
        Ok(HttpReply { status, retry_after: Some(Duration::from_secs(7)), body: body.to_owned() })
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_is_wrong_is_not() {
        assert_eq!(judge(reply(200, "ok"), &[]).unwrap().answer, "200 ok");
        assert_eq!(judge(reply(202, ""), &[]).unwrap().answer, "202");
        for status in [401, 403, 404, 408, 429, 500, 502, 503] {
            let failure = judge(reply(status, ""), &[]).unwrap_err();
            let asked = Some(Duration::from_secs(7));
            assert!(
                matches!(failure, Failure::Unreachable { retry_after, .. } if retry_after == asked),
                "{status}"
            );
        }
        for status in [302, 400, 405, 413, 422] {
            assert!(matches!(judge(reply(status, ""), &[]), Err(Failure::Refused(_))), "{status}");
        }
    }

    #[test]
    fn an_answer_never_repeats_a_secret() {
        let secrets = ["/services/T0/B0/abcdef".to_owned(), "R0UTINGKEY".to_owned()];
        let said = "no\nsuch hook /services/T0/B0/abcdef for R0UTINGKEY \u{1b}[31m password=hunter2";
        let failure = judge(reply(400, said), &secrets).unwrap_err().to_string();
        assert!(failure.starts_with("answers 400 no such hook [redacted] for [redacted]"), "{failure}");
        assert!(!failure.contains("hunter2") && !failure.contains('\u{1b}'), "{failure}");
    }
}
