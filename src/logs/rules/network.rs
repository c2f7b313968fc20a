//! Names, connections, certificates, and the limits of others.

use crate::logs::rules::rule::{FaultClass, Rank, Rule};
use crate::model::Severity::{Critical, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule::new("name-not-resolved", FaultClass::Network, Critical, Rank::Network)
        .signs(&[
            &["temporary failure in name resolution"],
            &["name or service not known"],
            &["nodename nor servname provided"],
            &["getaddrinfo failed"],
            &["getaddrinfo enotfound"],
            &["eai_again"],
            &["no such host"],
            &["failed to resolve '"],
            &["nameresolutionerror"],
            &["could not resolve host"],
            &["unknown mysql server host"],
        ])
        .detail(&["failed to resolve '", "host='", "getaddrinfo enotfound ", "could not resolve host: ", "lookup "], &['\'', ' ', ':', ')'])
        .says_of("a host's name cannot be resolved", "the name {} cannot be resolved")
        .advises("check the name, and this machine's resolver")
        .run_on("cat /etc/resolv.conf", "ping -c 1 {}"),
    Rule::new("certificate-expired", FaultClass::Certificate, Critical, Rank::Network)
        .signs(&[&["certificate has expired"], &["cert_has_expired"], &["certificate is expired"], &["certificate has expired or is not yet valid"], &["certificateexpired"]])
        .detail(&["host='"], &['\''])
        .says_of("a certificate has expired", "the certificate of {} has expired")
        .advises("renew it; if it is valid, this machine's clock is wrong")
        .run("date"),
    Rule::new("certificate-not-trusted", FaultClass::Certificate, Critical, Rank::Network)
        .signs(&[
            &["certificate verify failed"],
            &["certificate_verify_failed"],
            &["self-signed certificate"],
            &["self signed certificate"],
            &["unable to get local issuer certificate"],
            &["certificate signed by unknown authority"],
            &["unable to verify the first certificate"],
            &["hostname mismatch, certificate is not valid for"],
        ])
        .detail(&["host='", "not valid for '"], &['\''])
        .says_of("a certificate is not trusted", "the certificate of {} is not trusted")
        .advises("serve the whole chain, or install the authority's certificate here (on a Mac: Install Certificates.command)"),
    Rule::new("tls-handshake", FaultClass::Certificate, Warning, Rank::Network)
        .signs(&[&["sslv3_alert_handshake_failure"], &["wrong_version_number"], &["wrong version number"], &["tlsv1_alert"], &["ssl handshake failed"], &["unexpected_eof_while_reading"]])
        .says("a TLS handshake failed")
        .advises("see whether that port speaks TLS at all, and which versions both sides allow"),
    Rule::new("rate-limited", FaultClass::Load, Warning, Rank::Pressure)
        .signs(&[&["429 too many requests"], &["too many requests for url"], &["rate limit exceeded"], &["ratelimiterror"], &["429 client error"], &["status code 429"], &["throttlingexception"], &["rate_limit_exceeded"]])
        .says("another service limits how often it is asked")
        .advises("ask less often, or together; back off for as long as Retry-After says"),
    Rule::new("no-route", FaultClass::Network, Critical, Rank::Network)
        .signs(&[&["no route to host"], &["network is unreachable"], &["ehostunreach"], &["enetunreach"], &["winerror 64]"], &["winerror 1231"]])
        .says("a host cannot be reached over the network")
        .advises("check cable, VPN, routes and firewalls between the two machines"),
    Rule::new("connection-refused", FaultClass::Network, Critical, Rank::Store)
        .signs(&[&["connection refused"], &["connectionrefusederror"], &["econnrefused"], &["winerror 10061"], &["actively refused it"]])
        .detail(&["econnrefused ", "dial tcp ", "host='"], &[' ', '\'', ')'])
        .says_of("nothing listens where the program connects to", "nothing listens at {}")
        .advises("see whether the service that it wants runs, and at which address")
        .run("fuelops health"),
    Rule::new("connection-reset", FaultClass::Network, Warning, Rank::Consequence)
        .signs(&[&["connection reset by peer"], &["connectionreseterror"], &["econnreset"], &["broken pipe"], &["brokenpipeerror"], &["write epipe"], &["winerror 10054"], &["connection aborted", "remotedisconnected"], &["remote end closed connection without response"], &["server disconnected without sending a response"]])
        .says("the other side ended a connection that was in use")
        .advises("look for a restart or a timeout on the other side at that time"),
    Rule::new("timeout", FaultClass::Load, Warning, Rank::Pressure)
        .signs(&[
            &["timeouterror"],
            &["read timed out"],
            &["connect timeout"],
            &["connection timed out"],
            &["operation timed out"],
            &["readtimeout"],
            &["connecttimeout"],
            &["etimedout"],
            &["context deadline exceeded"],
            &["request timed out"],
            &["timed out after"],
            &["504 gateway time-out"],
            &["504 gateway timeout"],
            &["sockettimeoutexception"],
            &["canceling statement due to statement timeout"],
        ])
        .detail(&["host='"], &['\''])
        .says_of("something did not answer in time", "{} did not answer in time")
        .advises("see what was slow on the other side; a longer timeout only hides it")
        .run("fuelops health"),
    Rule::new("unauthorized", FaultClass::Config, Warning, Rank::Setup)
        .signs(&[&["401 unauthorized"], &["401 client error"], &["403 client error"], &["invalid api key"], &["invalid_api_key"], &["invalid_grant"]])
        .says("another service refuses the program's key or token")
        .advises("renew the key or token in the backend's settings"),
    Rule::new("upstream-failed", FaultClass::Network, Warning, Rank::Consequence)
        .signs(&[&["500 server error"], &["502 bad gateway"], &["503 service unavailable"], &["502 server error"], &["503 server error"], &["504 server error"]])
        .says("another service answered with a failure of its own")
        .advises("look there; retry with a pause, and stop asking for a while when it stays so"),
];

#[cfg(test)]
pub(super) const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "name-not-resolved",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "name resolution finished",
    ),
    (
        "certificate-expired",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
        "session has expired",
    ),
    (
        "certificate-not-trusted",
        "HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate')))",
        "certificate verified",
    ),
    (
        "tls-handshake",
        "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
        "version number 3",
    ),
    (
        "rate-limited",
        "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://api.example.com/",
        "429 trucks found",
    ),
    ("no-route", "OSError: [Errno 113] No route to host", "no route /x declared"),
    (
        "connection-refused",
        "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 9000)",
        "driver refused the order",
    ),
    (
        "connection-reset",
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        "password reset for user",
    ),
    (
        "timeout",
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='hst-api.wialon.com', port=443): Read timed out. (read timeout=30)",
        "timeout set to 30 s",
    ),
    (
        "unauthorized",
        "httpx.HTTPStatusError: Client error '401 Unauthorized' for url 'https://api.example.com'",
        "401 users online",
    ),
    (
        "upstream-failed",
        "requests.exceptions.HTTPError: 502 Server Error: Bad Gateway for url: https://x",
        "502 trucks",
    ),
];
