//! Mail by SMTP: plain text and HTML beside each other, one thread an incident, nothing that an auto-reply would answer.
//!
//! Whatever a summary holds, it adds no header: line breaks do not reach one. The Message-ID is the same for every
//! attempt, so that a mail that was sent twice is one to every mailbox that looks.

use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{self, Data, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
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
/// Longest wait for the answer to a farewell.
const FAREWELL: Duration = Duration::from_secs(1);
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

/// Sends a letter to all receivers. Whom the server refuses is left out and named, so that one dead address silences
/// nobody else; where it takes nobody, it is asked again later.
pub(super) async fn deliver(sink: &EmailSink, letter: &Letter) -> Result<Receipt, Failure> {
    let password = match &sink.password {
        Some(secret) => Some(secret.expose().map_err(|e| Failure::later(format!("password: {e}")))?),
        None => None,
    };
    let mail = compose(sink, letter, SystemTime::now())?;
    let trust = if sink.tls == SmtpTls::None { None } else { Some(trust(sink).await?) };
    let secrets: Vec<String> = password.iter().cloned().collect();
    let later = |error: SmtpError| Failure::later(words(&error, &secrets));
    let mut talk = connect(sink, trust, password).await.map_err(later)?;
    let bytes = mail.formatted();
    let refused = begin(&mut talk, &mail, bytes.is_ascii(), &secrets).await.map_err(later)?;
    let why = (!refused.is_empty()).then(|| refused.join("; "));
    if refused.len() == mail.envelope().to().len() {
        return Err(Failure::later(why.unwrap_or_default()));
    }
    // What it will never take must not keep the rest waiting.
    let of_mail = |error: SmtpError| match error.is_permanent() {
        true => Failure::Refused(words(&error, &secrets)),
        false => later(error),
    };
    talk.command(Data).await.map_err(of_mail)?;
    let response = talk.message(&bytes).await.map_err(of_mail)?;
    // It is taken: a server that does not answer the farewell is not waited for.
    drop(tokio::time::timeout(FAREWELL, talk.quit()).await);
    let said = response.message().collect::<Vec<_>>().join(" ");
    let answer = shown(&format!("{} {said}", response.code()), &secrets);
    Ok(Receipt { answer: why.iter().fold(answer, |all, why| format!("{all}; but {why}")), refused: why })
}

/// Names the sender and every receiver to the server; tells whom it does not take.
async fn begin(
    talk: &mut AsyncSmtpConnection,
    mail: &Mail,
    is_ascii: bool,
    secrets: &[String],
) -> Result<Vec<String>, SmtpError> {
    let envelope = mail.envelope();
    let is_plain = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !envelope.to().iter().chain(envelope.from()).all(is_plain)
        && talk.server_info().supports_feature(Extension::SmtpUtfEight)
    {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !is_ascii && talk.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    talk.command(commands::Mail::new(envelope.from().cloned(), parameters)).await?;
    let mut refused = Vec::new();
    for receiver in envelope.to() {
        match talk.command(Rcpt::new(receiver.clone(), Vec::new())).await {
            Ok(_) => {}
            // A mailbox that is full for now keeps nobody else waiting either.
            Err(error) if error.status().is_some() => {
                refused.push(format!("{receiver}: {}", words(&error, secrets)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
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

async fn connect(
    sink: &EmailSink,
    trust: Option<TlsParameters>,
    password: Option<String>,
) -> Result<AsyncSmtpConnection, SmtpError> {
    let hello = ClientId::Domain(host_name());
    let (wrapper, upgrade) = if sink.tls == SmtpTls::Implicit { (trust, None) } else { (None, trust) };
    let server = (sink.server.host.as_str(), sink.server.port);
    let mut talk = AsyncSmtpConnection::connect_tokio1(server, Some(PATIENCE), &hello, wrapper, None).await?;
    if let Some(trust) = upgrade {
        talk.starttls(trust, &hello).await?;
    }
    if let (Some(user), Some(password)) = (&sink.user, password) {
        talk.auth(DEFAULT_MECHANISMS, &Credentials::new(user.clone(), password)).await?;
    }
    Ok(talk)
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
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

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

    /// Answers one client as a mail server that takes some receivers, and others not, in these words; tells what came as DATA.
    fn serve(
        known: &'static [&'static str],
        refusal: &'static str,
    ) -> (Address, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut answer = stream.try_clone().unwrap();
            let mut say = |line: &str| answer.write_all(format!("{line}\r\n").as_bytes()).unwrap();
            say("220 x");
            let (mut data, mut is_data) = (String::new(), false);
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if is_data {
                    is_data = line != ".";
                    data.push_str(&line);
                    if !is_data {
                        say("250 kept");
                    }
                } else if line.starts_with("RCPT") && !known.iter().any(|name| line.contains(name)) {
                    say(refusal);
                } else if line.starts_with("DATA") {
                    is_data = true;
                    say("354 go on");
                } else if line.starts_with("QUIT") {
                    say("221 bye");
                    break;
                } else {
                    say("250 ok");
                }
            }
            data
        });
        (address, thread)
    }

    #[tokio::test]
    async fn an_address_that_is_dead_or_full_silences_nobody_else() {
        for refusal in ["550 no such user", "452 mailbox full"] {
            let (server, thread) = serve(&["second@example.com"], refusal);
            let receipt = deliver(&EmailSink { server, ..sink() }, &letter("a")).await.unwrap();
            assert!(thread.join().unwrap().contains("Subject"));
            let refused = receipt.refused.unwrap();
            assert!(refused.contains("ops@example.com") && refused.contains(&refusal[4..]), "{refused}");
            assert!(
                !refused.contains("second@") && receipt.answer.contains("250 kept; but ops@"),
                "{}",
                receipt.answer
            );
        }
    }

    #[tokio::test]
    async fn where_nobody_is_taken_it_is_tried_again_later() {
        for refusal in ["550 no such user", "450 greylisted"] {
            let (server, thread) = serve(&[], refusal);
            let failure = deliver(&EmailSink { server, ..sink() }, &letter("a")).await.unwrap_err();
            assert!(matches!(&failure, Failure::Unreachable { .. }), "{failure}");
            assert!(failure.to_string().contains("second@example.com"), "{failure}");
            assert_eq!(thread.join().unwrap(), "");
        }
    }

    #[test]
    fn a_wrong_address_is_refused_for_good() {
        let wrong = EmailSink { from: "nobody".into(), ..sink() };
        assert!(matches!(compose(&wrong, &letter("a"), SystemTime::now()), Err(Failure::Refused(_))));
    }
}
