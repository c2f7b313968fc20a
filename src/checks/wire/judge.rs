//! What a fault on the line means. Pure.

use std::time::Duration;

use crate::checks::Subject;
use crate::checks::connect::ConnectFailure;
use crate::checks::tls::{TlsFailure, TrustFault};
use crate::checks::wire::{Fault, Refusal, Stage};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::{human, redact};

/// Characters of a server's own words that are shown.
const SHOWN: usize = 200;

/// For a server that lets us in and does not answer.
const BUSY: &str = "it runs, and lets us in: see what it is busy with, or which lock it waits for";

/// Whom a probe talks to.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Peer<'a> {
    /// The product: `MySQL`.
    pub(in crate::checks) product: &'static str,
    /// Where it is, for reports.
    pub(in crate::checks) place: &'a str,
    /// What it means when there is none.
    pub(in crate::checks) down: Cause,
}

/// What a refusal means, and what to do about it. `R` is what the server's own client is told.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Meaning<R> {
    pub(in crate::checks) words: &'static str,
    pub(in crate::checks) cause: Option<Cause>,
    pub(in crate::checks) cure: &'static str,
    /// Absent where there is nothing to run.
    pub(in crate::checks) run: Option<R>,
}

/// What a server's judge knows beyond the line.
pub(in crate::checks) struct Lore<'a, S, R> {
    /// Judges how the server fares.
    pub(in crate::checks) state: &'a dyn Fn(&S) -> Finding,
    /// Reads a refusal; `None` for the many that a query of the config may bring.
    pub(in crate::checks) meaning: fn(&Refusal) -> Option<Meaning<R>>,
    /// What shows what it is busy with, where a server that lets us in tells that.
    pub(in crate::checks) busy: Option<R>,
    /// The command of the server's own client.
    pub(in crate::checks) client: &'a dyn Fn(&R) -> String,
}

/// Judges a conversation with a server.
pub(in crate::checks) fn judged<S, R>(
    subject: &Subject,
    peer: Peer<'_>,
    outcome: &Result<S, Fault>,
    timeout: Duration,
    lore: &Lore<'_, S, R>,
) -> Finding {
    let finding = match outcome {
        Ok(state) => (lore.state)(state),
        Err(Fault::Refused(stage, refusal)) => {
            let known = (lore.meaning)(refusal);
            let words = known.as_ref().map(|known| known.words);
            let mut finding = refused(subject, peer.place, *stage, refusal, words);
            if let Some(known) = known {
                finding.cause = known.cause;
                finding = finding.hint(known.cure, known.run.as_ref().map(lore.client));
            }
            finding
        }
        Err(fault) => {
            let finding = unanswered(subject, peer, fault, timeout);
            let has_login = matches!(fault, Fault::Silent(stage, _) if is_within(*stage));
            match lore.busy.as_ref().filter(|_| has_login) {
                Some(busy) => finding.hint(BUSY, Some((lore.client)(busy))),
                None => finding,
            }
        }
    };
    finding.with("address", peer.place)
}

/// Judges a conversation that did not come to its end, without knowledge of the server's own refusals.
pub(in crate::checks) fn unanswered(
    subject: &Subject,
    peer: Peer<'_>,
    fault: &Fault,
    timeout: Duration,
) -> Finding {
    let within = human::duration(timeout);
    let Peer { product, place, down } = peer;
    let red = |summary: String| subject.finding(Severity::Critical, summary);
    match fault {
        Fault::NotReady(why) => subject.unknown(format!("cannot be asked: {why}")),
        Fault::Connect(failure) => unconnected(subject, peer, failure, &within),
        Fault::Silent(stage, after) => {
            let after = human::duration(*after);
            // One that lets us in runs: what it was asked takes too long.
            let cause = if is_within(*stage) { Cause::SlowResponse } else { down };
            red(format!("{place} {} within {after}", silence(*stage, product)))
                .because(cause)
                .with("failed_stage", stage.word())
        }
        Fault::Closed(stage) => {
            red(format!("{place} {}", ending(*stage))).because(down).with("failed_stage", stage.word())
        }
        Fault::Tls(failure) => untrusted(subject, place, failure).with("failed_stage", Stage::Tls.word()),
        Fault::NoTls => {
            let text = "have the server offer it, or take the ssl mode out of the check's url";
            red(format!("{place} offers no TLS, which the url asks for")).hint(text, None)
        }
        Fault::Stranger(protocol) => {
            let finding =
                red(format!("{place} speaks {protocol}, not {product}: another server listens there"));
            finding.because(Cause::BadResponse).with("protocol", *protocol)
        }
        Fault::Garbled(why) => {
            red(format!("{place} does not speak {product}: it {why}")).because(Cause::BadResponse)
        }
        Fault::Refused(stage, refusal) => refused(subject, place, *stage, refusal, None),
    }
}

fn unconnected(subject: &Subject, peer: Peer<'_>, failure: &ConnectFailure, within: &str) -> Finding {
    let place = peer.place;
    let (why, cause) = match failure {
        ConnectFailure::NotReady(why) => return subject.unknown(format!("cannot be asked: {why}")),
        ConnectFailure::Refused => {
            (format!("{place} refuses connections: nothing listens there"), Some(peer.down))
        }
        ConnectFailure::Timeout => {
            (format!("{place} accepts no connection within {within}"), Some(peer.down))
        }
        ConnectFailure::DnsTimeout => (format!("{place}: name lookup did not end within {within}"), None),
        ConnectFailure::Dns(why) => (format!("{place}: name lookup failed: {why}"), None),
        ConnectFailure::Other(why) => (format!("{place}: {why}"), Some(peer.down)),
    };
    let mut finding = subject.finding(Severity::Critical, why).with("failed_stage", Stage::Connect.word());
    finding.cause = cause;
    finding
}

/// Whether the server has let us in.
fn is_within(stage: Stage) -> bool {
    matches!(stage, Stage::Query | Stage::Facts | Stage::Write)
}

fn silence(stage: Stage, product: &str) -> String {
    match stage {
        Stage::Connect => "accepts no connection".to_owned(),
        Stage::Greeting => format!("accepts connections, but says nothing that {product} would say"),
        Stage::Tls => "accepts connections, but makes no TLS session".to_owned(),
        Stage::Login => "greets, but does not answer the login".to_owned(),
        Stage::Query => "lets us in, but does not answer the query".to_owned(),
        Stage::Facts => "answers the query, but not how it fares".to_owned(),
        Stage::Write => "answers reads, but not the write probe".to_owned(),
    }
}

fn ending(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect | Stage::Greeting => "closed the connection before it said anything whole",
        Stage::Tls => "closed the connection in the TLS handshake",
        Stage::Login => "closed the connection during the login",
        Stage::Query => "closed the connection in the middle of the query",
        Stage::Facts => "closed the connection after the query",
        Stage::Write => "closed the connection in the middle of the write probe",
    }
}

fn untrusted(subject: &Subject, place: &str, failure: &TlsFailure) -> Finding {
    let why = match failure {
        TlsFailure::NotReady(why) => return subject.unknown(format!("cannot be asked: {why}")),
        TlsFailure::Broken(why) => format!("{place}: TLS handshake failed: {why}"),
        TlsFailure::Untrusted(fault) => {
            let what = match fault {
                TrustFault::Expired => "has expired",
                TrustFault::NotYetValid => "is not valid yet",
                TrustFault::WrongHost => "is for another host",
                TrustFault::UnknownIssuer => "is signed by nobody that is trusted here",
                TrustFault::Other => "is not to be trusted",
            };
            format!("{place}: its certificate {what}")
        }
    };
    let is_expired = *failure == TlsFailure::Untrusted(TrustFault::Expired);
    let cause = if is_expired { Cause::CertificateExpiring } else { Cause::BadResponse };
    subject.finding(Severity::Critical, why).because(cause)
}

/// Adds a duration to what was observed, and as a number for graphs.
pub(in crate::checks) fn measured(finding: Finding, name: &str, took: Duration) -> Finding {
    let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    finding.with(&format!("{name}_ms"), ms).metric(Metric::new(name, took.as_secs_f64(), Unit::Seconds))
}

/// How many percent of a limit are used, with one decimal; nothing where there is no limit.
#[expect(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^52")]
pub(in crate::checks) fn percent(now: u64, most: u64) -> Option<f64> {
    (most > 0).then(|| (now as f64 / most as f64 * 1000.0).round() / 10.0)
}

/// A server's own words, short and without secrets.
pub(in crate::checks) fn said(message: &str) -> String {
    redact::secrets(message).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

/// A refusal, in the words that its meaning has, or else in the server's own.
fn refused(
    subject: &Subject,
    place: &str,
    stage: Stage,
    refusal: &Refusal,
    meaning: Option<&str>,
) -> Finding {
    let said = said(&refusal.message);
    let what = match stage {
        Stage::Query => "refuses the query",
        Stage::Write => "refuses the write probe",
        _ => "refuses us",
    };
    let summary = format!("{place} {what}: {} ({})", meaning.unwrap_or(&said), refusal.code);
    subject
        .finding(Severity::Critical, summary)
        .with("failed_stage", stage.word())
        .with("error_code", refusal.code.clone())
        .with("error_message", said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(fault: &Fault) -> Finding {
        let peer = Peer { product: "MySQL", place: "127.0.0.1:3306", down: Cause::DatabaseDown };
        unanswered(&Subject::check("db"), peer, fault, Duration::from_secs(5))
    }

    #[test]
    fn silence_is_told_with_its_stage() {
        for (stage, seconds, words, cause) in [
            (Stage::Greeting, 4, "says nothing that MySQL would say within 4 s", Cause::DatabaseDown),
            (Stage::Login, 5, "does not answer the login within 5 s", Cause::DatabaseDown),
            (Stage::Query, 5, "does not answer the query within 5 s", Cause::SlowResponse),
        ] {
            let finding = judged(&Fault::Silent(stage, Duration::from_secs(seconds)));
            assert!(finding.summary.contains(words), "{}", finding.summary);
            assert_eq!((finding.severity, finding.cause), (Severity::Critical, Some(cause)));
        }
    }

    #[test]
    fn stranger_is_named_and_own_trouble_is_unknown() {
        let finding = judged(&Fault::Stranger("HTTP"));
        assert!(finding.summary.contains("speaks HTTP, not MySQL"), "{}", finding.summary);
        assert_eq!(finding.cause, Some(Cause::BadResponse));
        assert_eq!(judged(&Fault::NotReady("no such variable".into())).severity, Severity::Unknown);
        let full = Fault::Connect(ConnectFailure::NotReady("too many open files".into()));
        assert_eq!(judged(&full).severity, Severity::Unknown);
    }
}
