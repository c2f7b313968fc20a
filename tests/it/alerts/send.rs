//! `--send`: the report goes out, and its verdict stays.

use crate::support::servers::{Smtp, SmtpMode};
use crate::support::{Env, Receiver, Reply, free_port};

/// A place whose health is critical, or healthy: a check of a file's age.
fn env(is_healthy: bool, alerts: &str) -> Env {
    let env = Env::new();
    let path = if is_healthy { "fuelops.toml" } else { "missing" };
    let check =
        format!("[[check]]\nname = \"file\"\ntype = \"file-age\"\npath = \"{path}\"\nmax_age = \"9d\"\n");
    // The machine itself is not what is looked at here.
    let bars = ["cpu_percent", "memory_percent", "disk_percent"]
        .map(|key| format!("{key} = {{ warn = 998, critical = 999 }}\n"));
    env.write("fuelops.toml", format!("name = \"fuel\"\n[thresholds]\n{}{check}{alerts}", bars.concat()));
    env
}

fn hook(url: &str) -> String {
    format!("[[alert]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"{url}\"\n")
}

#[test]
fn a_webhook_gets_the_json_and_the_verdict_stays() {
    let receiver = Receiver::start(|_, _| Reply::new(200, ""));
    let env = env(false, &hook(&receiver.url("/")));
    let out = env.run(&["health", "--target", "file", "--send", "hook"]).expect(2).says("file");
    let json = receiver.wait_for(1)[0].json();
    assert_eq!(
        (&json["schema"], &json["verdict"]),
        (&"fuelops.health/1".into(), &"critical".into()),
        "{out}"
    );
    // The plugin's line is the result, the report goes out all the same.
    env.run(&["health", "--target", "file", "--send", "hook", "--format", "nagios"]).expect(2);
    assert_eq!(receiver.wait_for(2)[1].json()["verdict"], "critical");
}

#[test]
fn a_report_that_was_not_taken_is_told_and_is_no_success() {
    let dead = hook(&format!("http://127.0.0.1:{}/s3cret", free_port()));
    let out = env(true, &dead).run(&["health", "--target", "file", "--send", "hook"]).expect(74);
    assert!(out.stderr.contains("hook did not take the report: connection refused"), "{out}");
    assert!(!out.stderr.contains("s3cret"), "{out}");
    env(false, &dead).run(&["health", "--target", "file", "--send", "hook"]).expect(2);
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is_done() {
    let pager = "[[alert]]\nname = \"pager\"\ntype = \"pagerduty\"\nrouting_key = \"k\"\n";
    let env = env(true, pager);
    let out = env.run(&["health", "--send", "pagr"]).expect(64);
    assert!(out.stdout.is_empty() && out.stderr.contains("did you mean \"pager\""), "{out}");
    let out = env.run(&["health", "--send", "pager"]).expect(64);
    assert!(out.stderr.contains("takes incidents and no reports"), "{out}");
    env.run(&["config", "check", "--send", "pager"]).expect(64);
    env.run(&["health", "--watch", "--send", "pager"]).expect(64);
}

#[test]
fn the_morning_mail_has_both_forms_and_slack_a_short_text() {
    let chat = Receiver::start(|_, _| Reply::new(200, "ok"));
    let Some(smtp) = Smtp::start(SmtpMode::Plain) else { return };
    let alerts = format!(
        "[[alert]]\nname = \"mail\"\ntype = \"email\"\nserver = \"127.0.0.1:{}\"\ntls = \"none\"\n\
         from = \"fuelops@example.com\"\nto = [\"ops@example.com\"]\n\
         [[alert]]\nname = \"chat\"\ntype = \"slack\"\nurl = \"{}\"\n",
        smtp.port,
        chat.url("/services/x")
    );
    let env = env(false, &alerts);
    env.run(&["health", "--target", "file", "--send", "mail", "--send", "chat"]).expect(2);
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1, "{}", smtp.server.log());
    let text = mails[0]["text"].as_str().unwrap();
    assert!(
        text.contains("text/plain") && text.contains("text/html") && text.contains("Subject: [fuel]"),
        "{text}"
    );
    let body = chat.wait_for(1)[0].json();
    assert!(body["text"].as_str().unwrap().starts_with("[fuel]"), "{body}");
    assert!(body["blocks"][1]["text"]["text"].as_str().unwrap().len() < 3_000, "{body}");
}
