//! Asks whether a TCP port accepts connections.

use std::time::{Duration, Instant};

use crate::checks::Subject;
use crate::checks::connect::{ConnectFailure, connect, resolve};
use crate::config::{Address, TcpCheck};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// How long it took to connect, or why it did not come to that.
pub(super) type TcpObservation = Result<Duration, ConnectFailure>;

/// Connects, and closes again at once.
pub(super) async fn observe(address: Address, timeout: Duration) -> TcpObservation {
    let start = Instant::now();
    let deadline = start + timeout;
    let addresses = resolve(&address.host, address.port, deadline).await?;
    drop(connect(&addresses, deadline).await?);
    Ok(start.elapsed())
}

/// Judges a tcp check.
pub(super) fn judge(
    subject: &Subject,
    check: &TcpCheck,
    timeout: Duration,
    seen: &TcpObservation,
) -> Finding {
    let address = check.address.to_string();
    let within = human::duration(timeout);
    let finding = match seen {
        Ok(took) => subject
            .finding(Severity::Ok, format!("{address} accepts connections in {}", human::duration(*took)))
            .metric(Metric::new("connect", took.as_secs_f64(), Unit::Seconds)),
        Err(ConnectFailure::NotReady(why)) => subject.unknown(format!("cannot be asked: {why}")),
        Err(failure) => {
            let why = match failure {
                ConnectFailure::Refused => format!("{address} refuses connections: nothing listens there"),
                ConnectFailure::Timeout => format!("{address} accepts no connection within {within}"),
                ConnectFailure::DnsTimeout => format!("{address}: name lookup did not end within {within}"),
                ConnectFailure::Dns(why) => format!("{address}: name lookup failed: {why}"),
                ConnectFailure::Other(why) | ConnectFailure::NotReady(why) => format!("{address}: {why}"),
            };
            let mut finding = subject.finding(Severity::Critical, why);
            finding.cause = (*failure == ConnectFailure::Refused).then_some(Cause::ProcessDown);
            finding
        }
    };
    finding.with("address", address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_and_silence_read_differently() {
        let address = Address { host: "127.0.0.1".into(), port: 9 };
        let judged = |seen| {
            judge(&Subject::check("x"), &TcpCheck { address: address.clone() }, Duration::from_secs(5), &seen)
        };
        assert_eq!(judged(Ok(Duration::ZERO)).severity, Severity::Ok);
        let refused = judged(Err(ConnectFailure::Refused));
        assert_eq!(refused.summary, "127.0.0.1:9 refuses connections: nothing listens there");
        assert_eq!(
            judged(Err(ConnectFailure::Timeout)).summary,
            "127.0.0.1:9 accepts no connection within 5 s"
        );
    }
}
