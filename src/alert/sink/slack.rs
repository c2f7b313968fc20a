//! Slack's incoming webhooks: blocks for those who look, text for notifications.

use serde_json::{Value, json};

use crate::alert::message::moment;
use crate::alert::notice::cut;
use crate::alert::{Kind, Message, Notice, OutgoingReport};
use crate::checks::HttpPost;
use crate::config::SlackSink;
use crate::model::Severity;
use crate::render::{self, Glyphs, TerminalStyle};
use crate::text::sanitize;

/// Characters that a section may hold by Slack's rules, with room for what escaping adds.
const MAX_SECTION: usize = 2_800;
/// Of a report, so much is shown.
const REPORT_LINES: usize = 25;
const REPORT_COLUMNS: usize = 90;

/// The request that tells a message.
pub(super) fn post(sink: &SlackSink, message: &Message) -> HttpPost {
    HttpPost { url: sink.url.clone(), below: "", headers: Vec::new(), body: body(message).to_string() }
}

fn body(message: &Message) -> Value {
    let mut blocks = vec![section(&format!("{} *{}*", sign(message.severity()), escape(&message.subject())))];
    match message.notices.as_slice() {
        [only] => blocks.extend(details(only)),
        _ => {
            let (lines, more) = message.digest_lines();
            let mut text = String::new();
            for notice in lines {
                let line = format!("• {}\n", escape(&notice.line()));
                if text.len() + line.len() > MAX_SECTION {
                    blocks.push(section(&std::mem::take(&mut text)));
                }
                text.push_str(&line);
            }
            blocks.push(section(&text));
            blocks.extend((more > 0).then(|| section(&format!("… and {more} more"))));
        }
    }
    json!({ "text": escape(&message.subject()), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

/// The request that tells a report: its first lines.
pub(super) fn report(sink: &SlackSink, report: &OutgoingReport) -> HttpPost {
    let style = TerminalStyle { width: REPORT_COLUMNS, color: false, glyphs: Glyphs::Unicode };
    let text = render::terminal(&report.document, &style);
    let lines = text.lines().count();
    let mut start: Vec<&str> = text.lines().take(REPORT_LINES).collect();
    start.extend((lines > REPORT_LINES).then_some("…"));
    let start = escape_lines(&start.join("\n").replace("```", "'''"));
    let title = format!("{} *{}*", sign(report.severity), escape(&report.subject));
    let blocks = [section(&title), section(&format!("```{}```", cut(&start, MAX_SECTION)))];
    let body = json!({ "text": escape(&report.subject), "blocks": blocks });
    HttpPost { url: sink.url.clone(), below: "", headers: Vec::new(), body: body.to_string() }
}

/// Escapes text of several lines.
fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

fn details(notice: &Notice) -> Vec<Value> {
    let mut blocks = Vec::new();
    let mut lines = Vec::new();
    for consequence in &notice.consequences {
        lines.push(format!("• {}: {}", escape(&consequence.target), escape(&consequence.summary)));
    }
    if notice.more_consequences > 0 {
        lines.push(format!("• {} more", notice.more_consequences));
    }
    if !lines.is_empty() {
        blocks.push(section(&cut(&format!("Because of it:\n{}", lines.join("\n")), MAX_SECTION)));
    }
    if let Some(hint) = notice.hint.as_ref().filter(|_| notice.is_firing()) {
        let command = hint.command.as_ref().map(|c| format!("\n```{}```", escape(&c.replace("```", "'''"))));
        blocks.push(section(&format!("{}{}", escape(&hint.text), command.unwrap_or_default())));
    }
    let cause = notice.cause.map_or_else(String::new, |cause| format!(" · {cause}"));
    let repeats = match notice.repeats {
        0 => String::new(),
        n => format!(" · came and went {n}× before"),
    };
    let end = match notice.kind {
        Kind::Resolved => format!(" until {}", moment(notice.at)),
        _ => String::new(),
    };
    let text = format!("{} · since {}{end}{cause}{repeats}", escape(&notice.host), moment(notice.opened_at));
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] }));
    blocks
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => ":red_circle:",
        Severity::Warning => ":large_yellow_circle:",
        Severity::Unknown => ":white_circle:",
        Severity::Ok => ":large_green_circle:",
    }
}

/// Slack reads `<!channel>`, `<@user>` and `<url|text>` out of these three; nothing else can do more than look odd.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in sanitize::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Consequence;
    use crate::alert::testing::notice;
    use crate::model::Hint;

    #[test]
    fn a_hostile_text_can_neither_call_a_channel_nor_hide_a_link() {
        let mut told = notice("i", "api");
        told.summary = "<!channel> <@U1> <https://evil|click> & \u{202e}\u{1b}[31m".to_owned();
        told.consequences =
            vec![Consequence { target: "<!here>".into(), severity: Severity::Warning, summary: "x".into() }];
        told.hint = Some(Hint { text: "<!everyone>".into(), command: Some("echo ``` <!here>".into()) });
        let message = Message { key: "k".into(), notices: vec![told], is_digest: false, dropped: 0 };
        let text = body(&message).to_string();
        assert!(!text.contains("<!") && !text.contains("<@") && !text.contains("<http"), "{text}");
        assert!(text.contains("&lt;!channel&gt;") && text.contains("&amp;"), "{text}");
        assert!(
            !text.contains("echo ```") && !text.contains('\u{202e}') && !text.contains("\\u001b"),
            "{text}"
        );
    }

    #[test]
    fn no_block_is_longer_than_slack_takes() {
        let notices = (0..500).map(|n| {
            let mut one = notice(&format!("i{n}"), "target");
            one.summary = "&".repeat(300);
            one
        });
        let message = Message { key: "k".into(), notices: notices.collect(), is_digest: true, dropped: 0 };
        let body = body(&message);
        let blocks = body["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50, "{}", blocks.len());
        for block in blocks {
            assert!(block["text"]["text"].as_str().unwrap().chars().count() <= 3_000, "{block}");
        }
    }
}
