//! Mail by SMTP: plain text and HTML beside each other, one thread an incident, nothing that an auto-reply would answer.
//!
//! Whatever a summary holds, it adds no header: line breaks do not reach one. The Message-ID is the same for every
//! attempt, so that a mail that was sent twice is one to every mailbox that looks.

use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error as SmtpError, response::Response};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use ring::digest::{SHA256, digest};

use crate::alert::document::document;
use crate::alert::sink::answer::shown;
use crate::alert::sink::{Failure, Receipt};
use crate::alert::{Message, OutgoingReport};
use crate::config::{EmailSink, SmtpTls};
use crate::platform::host_name;
use crate::render::{self, Document, Glyphs, TerminalStyle};
use crate::text::sanitize;

/// Where plain text is wrapped.
const COLUMNS: usize = 76;
/// Longest wait for one answer of the server.
const PATIENCE: Duration = Duration::from_secs(15);
/// Digits of a hash in an id.
const ID_DIGITS: usize = 24;
/// Headers that keep holiday replies and lists quiet.
const QUIET: [(&str, &str); 3] =
    [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("Precedence", "bulk")];

/// What a mail says.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) document: Document,
    /// The same for every attempt.
    pub(super) key: String,
    /// What all mails of a thread have in common.
    pub(super) thread: Option<String>,
}

impl Letter {
    /// A message, in the thread of its incident.
    pub(super) fn of(message: &Message) -> Self {
        let thread = match message.notices.as_slice() {
            [only] => Some(only.incident.clone()),
            _ => None,
        };
        let key = message.key.clone();
        Self { subject: message.subject(), document: document(message), key, thread }
    }

    /// A report by itself.
    pub(super) fn of_report(report: &OutgoingReport) -> Self {
        let OutgoingReport { subject, document, key, .. } = report.clone();
        Self { subject, document, key, thread: None }
    }
}

/// Sends a letter to all receivers.
pub(super) async fn deliver(sink: &EmailSink, letter: &Letter) -> Result<Receipt, Failure> {
    let password = match &sink.password {
        Some(secret) => Some(secret.expose().map_err(|e| Failure::later(format!("password: {e}")))?),
        None => None,
    };
    let mail = compose(sink, letter, SystemTime::now())?;
    let server = server(sink, password.as_deref()).await?;
    let secrets: Vec<String> = password.into_iter().collect();
    let sent = server.send_raw(mail.envelope(), &mail.formatted()).await;
    judge(sent, &secrets)
}

/// The mail as it is sent.
fn compose(sink: &EmailSink, letter: &Letter, now: SystemTime) -> Result<Mail, Failure> {
    let from = mailbox(&sink.from)?;
    let domain = from.email.domain().to_owned();
    let mut mail = Mail::builder()
        .from(from)
        .date(now)
        .subject(sanitize::line(&letter.subject).replace(['\r', '\n'], " "))
        .message_id(Some(id(&letter.key, &domain)));
    for receiver in &sink.to {
        mail = mail.to(mailbox(receiver)?);
    }
    if let Some(thread) = &letter.thread {
        // The first mail answers one that nobody has: programs put its answers into one thread all the same.
        let root = id(&format!("thread {thread}"), &domain);
        mail = mail.in_reply_to(root.clone()).references(root);
    }
    for (name, value) in QUIET {
        let name = HeaderName::new_from_ascii_str(name);
        mail = mail.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let style = TerminalStyle { width: COLUMNS, color: false, glyphs: Glyphs::Unicode };
    let plain = render::terminal(&letter.document, &style);
    mail.multipart(MultiPart::alternative_plain_html(plain, render::html(&letter.document)))
        .map_err(|error| Failure::Refused(format!("the mail cannot be written: {error}")))
}

fn mailbox(text: &str) -> Result<Mailbox, Failure> {
    text.parse().map_err(|_| Failure::Refused(format!("{text:?} is not a mail address")))
}

/// A Message-ID that follows from what it is for.
fn id(text: &str, domain: &str) -> String {
    let hash = HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref());
    format!("<fuelops.{}@{domain}>", &hash[..ID_DIGITS])
}

async fn server(
    sink: &EmailSink,
    password: Option<&str>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    let host = sink.server.host.clone();
    let tls = match sink.tls {
        SmtpTls::None => Tls::None,
        SmtpTls::Starttls => Tls::Required(trust(sink).await?),
        SmtpTls::Implicit => Tls::Wrapper(trust(sink).await?),
    };
    let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host)
        .port(sink.server.port)
        .tls(tls)
        .hello_name(ClientId::Domain(host_name()))
        .timeout(Some(PATIENCE));
    if let (Some(user), Some(password)) = (&sink.user, password) {
        server = server.credentials(Credentials::new(user.clone(), password.to_owned()));
    }
    Ok(server.build())
}

/// The system's authorities, and that of `ca` beside them. Reading them takes a moment and is done off the runtime.
async fn trust(sink: &EmailSink) -> Result<TlsParameters, Failure> {
    let (host, ca) = (sink.server.host.clone(), sink.ca.clone());
    let read = move || {
        let mut trust = TlsParameters::builder(host);
        if let Some(path) = ca {
            let unreadable = |error| Failure::later(format!("cannot read {}: {error}", path.display()));
            let pem = std::fs::read(&path).map_err(unreadable)?;
            let bad = |_| Failure::later(format!("{} holds no certificate", path.display()));
            trust = trust.add_root_certificate(Certificate::from_pem(&pem).map_err(bad)?);
        }
        trust.build().map_err(|error| Failure::later(words(&error, &[])))
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err(Failure::broken()))
}

fn judge(sent: Result<Response, SmtpError>, secrets: &[String]) -> Result<Receipt, Failure> {
    match sent {
        Ok(response) => {
            let said = response.message().collect::<Vec<_>>().join(" ");
            Ok(Receipt { answer: shown(&format!("{} {said}", response.code()), secrets) })
        }
        // A login that is refused can be set right while the mail waits.
        Err(error) if error.is_permanent() && !is_login(&error) => {
            Err(Failure::Refused(words(&error, secrets)))
        }
        Err(error) => Err(Failure::later(words(&error, secrets))),
    }
}

fn is_login(error: &SmtpError) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

/// The error with its causes: the outermost alone says only "Connection error".
fn words(error: &SmtpError, secrets: &[String]) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    shown(&text, secrets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Address;

    fn sink() -> EmailSink {
        EmailSink {
            server: Address::parse("127.0.0.1:25").unwrap(),
            tls: SmtpTls::None,
            user: None,
            password: None,
            from: "Fuel Ops <fuelops@example.com>".into(),
            to: vec!["ops@example.com".into(), "second@example.com".into()],
            ca: None,
        }
    }

    fn letter(subject: &str) -> Letter {
        let mut document = Document::new("Report");
        document.push(render::Block::Paragraph("<img src=x> .\n.\nQUIT".into()));
        Letter { subject: subject.into(), document, key: "k1".into(), thread: Some("i".into()) }
    }

    fn text(letter: &Letter) -> String {
        String::from_utf8(compose(&sink(), letter, SystemTime::UNIX_EPOCH).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_subject_adds_no_header() {
        let mail = text(&letter("down\r\nBcc: everybody@example.com\n\nbody \u{202e}é"));
        let head = mail.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc:")), "{head}");
        assert!(
            head.contains("Auto-Submitted: auto-generated") && head.contains("Precedence: bulk"),
            "{head}"
        );
    }

    #[test]
    fn mails_of_an_incident_share_a_thread_and_attempts_share_an_id() {
        let header = |mail: &str, name: &str| {
            mail.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned)).unwrap()
        };
        let (first, again) = (text(&letter("a")), text(&letter("a")));
        let other = text(&Letter { key: "k2".into(), ..letter("b") });
        assert_eq!(header(&first, "Message-ID"), header(&again, "Message-ID"));
        assert_ne!(header(&first, "Message-ID"), header(&other, "Message-ID"));
        assert_eq!(header(&first, "References"), header(&other, "References"));
    }

    #[test]
    fn both_bodies_are_there_and_html_is_escaped() {
        let mail = text(&letter("a"));
        assert!(mail.contains("text/plain") && mail.contains("text/html"), "{mail}");
        assert!(mail.contains("&lt;img") || !mail.contains("<img"), "{mail}");
    }

    #[test]
    fn a_wrong_address_is_refused_for_good() {
        let wrong = EmailSink { from: "nobody".into(), ..sink() };
        assert!(matches!(compose(&wrong, &letter("a"), SystemTime::now()), Err(Failure::Refused(_))));
    }
}
