//! What each kind of receiver is told, by real servers where there are some.

use std::os::unix::fs::PermissionsExt;

use fuelops::alert::{Consequence, Kind};
use fuelops::model::Severity;

use super::{PATIENCE, notice, start, webhook};
use crate::support::servers::{Alertmanager, Smtp, SmtpMode};
use crate::support::{Receiver, Reply, wait_until};

fn mail(smtp: &Smtp, tls: &str) -> String {
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/tls/ca.pem");
    format!(
        "[[alert]]\nname = \"mail\"\ntype = \"email\"\nserver = \"localhost:{}\"\ntls = \"{tls}\"\nca = \"{ca}\"\n\
         user = \"ops\"\npassword = \"s3cret-mail\"\nfrom = \"Fuel Ops <fuelops@example.com>\"\n\
         to = [\"ops@example.com\", \"night@example.com\"]\n",
        smtp.port
    )
}

#[test]
fn mail_goes_out_encrypted_and_logged_in_as_one_thread() {
    for (mode, word) in [(SmtpMode::Starttls, "starttls"), (SmtpMode::Implicit, "implicit")] {
        let Some(smtp) = Smtp::start(mode) else { return };
        let folder = tempfile::tempdir().unwrap();
        let dispatcher = start(folder.path(), &mail(&smtp, word));
        let mut first = notice("1", Kind::Opened);
        first.summary = "down\r\nBcc: everybody@example.com <b>".to_owned();
        first.consequences = vec![Consequence {
            target: "portal".into(),
            severity: Severity::Warning,
            summary: "answers 502 & <script>".into(),
        }];
        dispatcher.submit(first.clone());
        dispatcher.submit(notice("1", Kind::Resolved));
        assert!(dispatcher.settle(PATIENCE));
        let mails = smtp.mails();
        assert_eq!(
            mails.len(),
            2,
            "{}\n{:?}",
            smtp.server.log(),
            fuelops::alert::outlook(&folder.path().join("state"))
        );
        let text = |n: usize| mails[n]["text"].as_str().unwrap();
        assert_eq!((&mails[0]["login"], &mails[0]["tls"]), (&true.into(), &true.into()));
        assert_eq!(mails[0]["to"], serde_json::json!(["ops@example.com", "night@example.com"]));
        let head = text(0).split("\r\n\r\n").next().unwrap();
        assert!(!head.contains("\nBcc:") && head.contains("Auto-Submitted: auto-generated"), "{head}");
        let header = |n: usize, name: &str| {
            text(n).lines().find(|line| line.starts_with(name)).map(str::to_owned).unwrap_or_default()
        };
        assert_eq!(header(0, "References: "), header(1, "References: "));
        assert_ne!(header(0, "Message-ID: "), header(1, "Message-ID: "));
        let (plain, html) = text(0).split_once("Content-Type: text/html").unwrap();
        assert!(plain.contains("<script>") && !html.contains("<script>"), "{}", text(0));
    }
}

#[test]
fn a_mail_server_with_a_strange_certificate_gets_no_password() {
    let Some(smtp) = Smtp::start(SmtpMode::Starttls) else { return };
    let folder = tempfile::tempdir().unwrap();
    let strange = mail(&smtp, "starttls")
        .lines()
        .filter(|line| !line.starts_with("ca ="))
        .fold(String::new(), |text, line| text + line + "\n");
    let dispatcher = start(folder.path(), &strange);
    dispatcher.submit(notice("1", Kind::Opened));
    assert!(dispatcher.settle(PATIENCE));
    let seen = fuelops::alert::outlook(&folder.path().join("state")).unwrap();
    assert_eq!((smtp.mails().len(), seen[0].waiting.len()), (0, 1));
    assert!(!seen[0].why.as_ref().unwrap().contains("s3cret"), "{seen:?}");
}

#[test]
fn alertmanager_knows_what_fires_and_what_is_over() {
    let Some(server) = Alertmanager::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let alerts = format!("[[alert]]\nname = \"am\"\ntype = \"alertmanager\"\nurl = \"{}\"\n", server.url());
    let dispatcher = start(folder.path(), &alerts);
    for n in 0..30 {
        dispatcher.submit(notice(&n.to_string(), Kind::Opened));
    }
    assert!(wait_until(PATIENCE, || server.firing().len() == 30), "{:?}", server.firing());
    let one = server.firing().into_iter().find(|alert| alert["labels"]["incident"] == "7").unwrap();
    assert_eq!(one["labels"]["alertname"], "process-hung");
    assert_eq!(one["labels"]["severity"], "critical");
    assert_eq!(one["annotations"]["command"], "fuelops recover");
    for n in 0..29 {
        dispatcher.submit(notice(&n.to_string(), Kind::Resolved));
    }
    assert!(wait_until(PATIENCE, || server.firing().len() == 1), "{:?}", server.firing());
    assert_eq!(server.firing()[0]["labels"]["incident"], "29");
}

#[test]
fn a_webhook_is_signed_and_names_no_secret() {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(|_, _| Reply::new(204, "")));
    let alerts = format!("{}secret = \"shared-s3cret\"\n", webhook(&receiver.url("/hook")));
    let dispatcher = start(folder.path(), &alerts);
    let mut told = notice("1", Kind::Opened);
    told.summary = "cannot log in with password=hunter2hunter2".to_owned();
    dispatcher.submit(told);
    assert!(dispatcher.settle(PATIENCE));
    let seen = receiver.wait_for(1);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"shared-s3cret");
    let signature = seen[0].header("x-fuelops-signature").unwrap().strip_prefix("sha256=").unwrap();
    let signature = data_encoding::HEXLOWER.decode(signature.as_bytes()).unwrap();
    ring::hmac::verify(&key, seen[0].body.as_bytes(), &signature).unwrap();
    assert!(!seen[0].body.contains("hunter2") && !seen[0].body.contains("s3cret"), "{}", seen[0].body);
    let json = seen[0].json();
    assert_eq!(
        (&json["schema"], &json["notices"][0]["cause"]),
        (&"fuelops.alert/1".into(), &"process-hung".into())
    );
}

#[test]
fn a_command_gets_json_and_a_file_grows_by_lines() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("notify.sh");
    std::fs::write(&script, "#!/bin/sh\ncat >> told.jsonl\necho thanks \"$1\"\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let alerts = "[[alert]]\nname = \"script\"\ntype = \"command\"\ncommand = [\"./notify.sh\", \"$(id)\"]\n\
                  [[alert]]\nname = \"file\"\ntype = \"file\"\npath = \"alerts.jsonl\"\n";
    let dispatcher = start(folder.path(), alerts);
    dispatcher.submit(notice("1", Kind::Opened));
    dispatcher.submit(notice("1", Kind::Resolved));
    assert!(dispatcher.settle(PATIENCE));
    for file in ["told.jsonl", "alerts.jsonl"] {
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        let kinds: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].clone())
            .collect();
        assert_eq!(kinds, ["opened", "resolved"], "{file}");
    }
}

/// As `https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks` shows it: `200 ok`, `404 no_service`.
#[test]
fn slack_by_recorded_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|n, _| match n {
        0 => Reply::new(200, "ok"),
        _ => Reply::new(404, "no_service"),
    });
    let alerts = format!(
        "[[alert]]\nname = \"chat\"\ntype = \"slack\"\nurl = \"{}\"\n",
        receiver.url("/services/T0/B0/s3cret-path")
    );
    let dispatcher = start(folder.path(), &alerts);
    let mut told = notice("1", Kind::Opened);
    told.summary = "<!channel> & more".to_owned();
    dispatcher.submit(told);
    assert!(dispatcher.settle(PATIENCE));
    let body = receiver.wait_for(1)[0].json();
    assert_eq!(body["text"], "[fuel] critical: api-1: &lt;!channel&gt; &amp; more");
    assert_eq!(body["blocks"][0]["type"], "section");
    assert_eq!(body["blocks"][1]["text"]["text"], "restart it\n```fuelops recover```");
    dispatcher.submit(notice("1", Kind::Resolved));
    assert!(dispatcher.settle(PATIENCE));
    let seen = fuelops::alert::outlook(&folder.path().join("state")).unwrap();
    assert_eq!(seen[0].why.as_deref(), Some("answers 404 no_service"));
    assert_eq!(seen[0].waiting.len(), 1, "a hook that is missing may be set right");
}

/// As `https://developer.pagerduty.com/docs/send-alert-event` shows it: `202` with status, message and dedup_key.
#[test]
fn pagerduty_by_recorded_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(|_, request| {
        let key = request.json()["dedup_key"].clone();
        Reply::new(
            202,
            &format!("{{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":{key}}}"),
        )
    });
    let alerts = format!(
        "[[alert]]\nname = \"pager\"\ntype = \"pagerduty\"\nrouting_key = \"R0123456789\"\nurl = \"{}\"\n",
        receiver.url("/v2/enqueue")
    );
    let dispatcher = start(folder.path(), &alerts);
    dispatcher.submit(notice("1", Kind::Opened));
    assert!(dispatcher.settle(PATIENCE));
    dispatcher.acknowledge("1", chrono::Utc::now());
    dispatcher.submit(notice("1", Kind::Resolved));
    assert!(dispatcher.settle(PATIENCE));
    let bodies: Vec<_> = receiver.wait_for(3).iter().map(|request| request.json()).collect();
    let actions: Vec<_> = bodies.iter().map(|body| body["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "acknowledge", "resolve"]);
    assert!(
        bodies.iter().all(|body| body["dedup_key"] == "fuelops/1" && body["routing_key"] == "R0123456789")
    );
    assert_eq!(bodies[0]["payload"]["severity"], "critical");
    assert_eq!(bodies[0]["payload"]["source"], "web-1");
}
