//! `[[alert]]`: who is told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use serde_json::{Value, json};

use super::check_scheme;
use crate::config::read::{
    Name, Node, Reader, Schema, Setting, Table, choice, quoted, read_word, section, words,
};
use crate::config::values::{HiddenUrl, Pairs};
use crate::config::{Address, CommandLine, Hours, Secret, Url};
use crate::model::Severity;

section! {
    /// Where incidents are reported to.
    pub struct Alert {
        /// Unique among alerts.
        pub name: String as Name,
        /// Less severe incidents are not sent.
        pub min_severity: Severity = "critical",
        /// A repeat within it is folded; a recovery is always sent.
        pub cooldown: Duration = "15m",
        /// An incident that stays open and that nobody acknowledged is told again this often; 0s: never.
        pub remind_every: Duration = "4h",
        /// Tell only what is still open and not acknowledged after so long: for whoever comes second.
        pub escalate_after: Option<Duration>,
        /// Hours of the day, by the clock of this machine, in which everything waits.
        pub quiet_hours: Option<Hours>,
        /// More messages than this within a minute become one digest.
        pub digest_above: NonZeroU32 = 10,
        ..sink: Sink,
    }
    check Alert::check
}

impl Alert {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if self.quiet_hours.is_some() && matches!(self.sink, Sink::Alertmanager(_)) {
            let why = "does not go with alertmanager, where an alert that is not refreshed ends by itself; mute its route \
                       there, with mute_time_intervals";
            table.problem(cx, "quiet_hours", why);
        }
    }
}

choice! {
    /// How an alert travels.
    pub enum Sink by "type" {
        Slack(SlackSink) = "slack",
        Email(EmailSink) = "email",
        Webhook(WebhookSink) = "webhook",
        Pagerduty(PagerdutySink) = "pagerduty",
        Alertmanager(AlertmanagerSink) = "alertmanager",
        Command(CommandSink) = "command",
        File(FileSink) = "file",
    }
}

section! {
    /// An incoming webhook of Slack, or of what understands the same.
    pub struct SlackSink {
        /// The webhook's URL.
        pub url: Url as HiddenUrl,
    }
    check SlackSink::check
}

impl SlackSink {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
    }
}

section! {
    /// Mail by SMTP.
    pub struct EmailSink {
        /// host:port of the mail server.
        pub server: Address,
        /// How it is spoken to.
        pub tls: SmtpTls = "starttls",
        /// For a server that asks for a login.
        pub user: Option<String>,
        /// For a server that asks for a login.
        pub password: Option<Secret>,
        /// The sender.
        pub from: String,
        /// The receivers.
        pub to: Vec<String>,
        /// PEM file of an authority that is trusted beside the system's.
        pub ca: Option<PathBuf>,
    }
    check EmailSink::check
}

impl EmailSink {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if !is_mailbox(&self.from) {
            table.problem(cx, "from", format!("{:?} is not a mail address", self.from));
        }
        for receiver in self.to.iter().filter(|receiver| !is_mailbox(receiver)) {
            table.problem(cx, "to", format!("{receiver:?} is not a mail address"));
        }
        if self.to.is_empty() {
            table.problem(cx, "to", "is empty; name at least one receiver");
        }
        if self.password.is_some() && self.user.is_none() {
            table.problem(cx, "password", "goes with user; add user = …");
        }
        if self.password.is_some() && self.tls == SmtpTls::None && !is_loopback(&self.server) {
            table.problem(cx, "tls", "none would send the password in the clear; write starttls or implicit");
        }
    }
}

/// One address, as it is read where the mail is written; what would be left out behind it is none.
fn is_mailbox(text: &str) -> bool {
    let is_whole = |mailbox: &Mailbox| text.trim_end_matches(['>', ' ']).ends_with(mailbox.email.domain());
    !text.chars().any(char::is_control) && text.parse().as_ref().is_ok_and(is_whole)
}

fn is_loopback(address: &Address) -> bool {
    address.host == "localhost" || address.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

words! {
    /// How a mail server is spoken to.
    pub enum SmtpTls {
        Starttls = "starttls",
        /// TLS from the first byte.
        Implicit = "implicit",
        None = "none",
    }
}

section! {
    /// A POST of JSON.
    pub struct WebhookSink {
        /// Where it goes.
        pub url: Url as HiddenUrl,
        /// Sent with it.
        pub headers: BTreeMap<String, Secret> as Pairs,
        /// Signs the body: HMAC-SHA256 in the header X-Fuelops-Signature.
        pub secret: Option<Secret>,
    }
    check WebhookSink::check
}

impl WebhookSink {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
    }
}

section! {
    /// PagerDuty, by its Events API v2.
    pub struct PagerdutySink {
        /// Of the integration.
        pub routing_key: Secret,
        /// Of the Events API.
        pub url: Url = "https://events.pagerduty.com/v2/enqueue",
    }
    check PagerdutySink::check
}

impl PagerdutySink {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
    }
}

section! {
    /// Alertmanager, by its API v2.
    pub struct AlertmanagerSink {
        /// Such as http://127.0.0.1:9093.
        pub url: Url,
    }
    check AlertmanagerSink::check
}

impl AlertmanagerSink {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
    }
}

section! {
    /// A program that gets JSON on its standard input; no shell is involved.
    pub struct CommandSink {
        /// The program and its arguments.
        pub command: CommandLine,
    }
}

section! {
    /// A file that grows by one line of JSON for each alert.
    pub struct FileSink {
        /// The file.
        pub path: PathBuf,
    }
}

const SEVERITIES: [(&str, Severity); 2] = [("warning", Severity::Warning), ("critical", Severity::Critical)];

impl Setting for Severity {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        read_word(node, cx, &SEVERITIES)
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.word()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "enum": SEVERITIES.map(|(word, _)| word) })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{check_problem, problems};

    fn mail(lines: &str) -> String {
        format!("[[alert]]\nname = \"x\"\ntype = \"email\"\nserver = \"mx.example:25\"\n{lines}\n")
    }

    #[test]
    fn wrong_sinks_are_told_with_their_cure() {
        let good = "from = \"a@b\"\nto = [\"c@d\"]\n";
        assert_eq!(problems(&mail(good)), Vec::<String>::new());
        check_problem(
            &mail("from = \"a\"\nto = [\"c@d\"]"),
            "5:8: [alert.x] from: \"a\" is not a mail address",
        );
        check_problem(
            &mail("from = \"a@b\"\nto = [\"c@d\", \"two@d, three@d\"]"),
            "6:6: [alert.x] to: \"two@d, three@d\" is not a mail address",
        );
        check_problem(
            &mail("from = \"two words@b\"\nto = [\"Ops <c@d>\"]"),
            "5:8: [alert.x] from: \"two words@b\" is not a mail address",
        );
        check_problem(
            "[[alert]]\nname = \"x\"\ntype = \"alertmanager\"\nurl = \"http://h\"\nquiet_hours = \"22:00-07:00\"",
            "5:15: [alert.x] quiet_hours: does not go with alertmanager, where an alert that is not refreshed ends by itself; \
             mute its route there, with mute_time_intervals",
        );
        check_problem(
            &mail("from = \"a@b\"\nto = []"),
            "6:6: [alert.x] to: is empty; name at least one receiver",
        );
        check_problem(
            &mail(&format!("{good}password = \"p\"")),
            "7:12: [alert.x] password: goes with user; add user = …",
        );
        check_problem(
            &mail(&format!("{good}user = \"u\"\npassword = \"p\"\ntls = \"none\"")),
            "9:7: [alert.x] tls: none would send the password in the clear; write starttls or implicit",
        );
        check_problem(
            &mail(&format!("{good}min_severity = \"info\"")),
            "7:16: [alert.x] min_severity: \"info\" is not one of warning, critical",
        );
        check_problem(
            "[[alert]]\nname = \"x\"\ntype = \"slack\"\nurl = \"x://h\"",
            "4:7: [alert.x] url: x:// is not spoken here; write http:// or https://",
        );
        check_problem(
            "[[alert]]\nname = \"x\"\ntype = \"file\"\npath = \"a\"\nurl = \"b\"",
            "5:1: [alert.x] unknown key \"url\"; it goes with type slack, webhook, pagerduty, alertmanager",
        );
    }

    #[test]
    fn alerts_have_names_of_their_own() {
        let file = |name: &str| format!("[[alert]]\nname = \"{name}\"\ntype = \"file\"\npath = \"a\"\n");
        let service = "[[service]]\nname = \"x\"\ncommand = [\"true\"]\n";
        assert_eq!(problems(&format!("{service}{}", file("x"))), Vec::<String>::new());
        check_problem(&file("x").repeat(2), "6:8: [alert.x] name: \"x\" is taken by an alert already");
    }
}
