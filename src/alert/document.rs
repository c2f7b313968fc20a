//! A message laid out for people: mail takes it as HTML and as plain text.

use crate::alert::message::moment;
use crate::alert::{Kind, Message, Notice};
use crate::model::Severity;
use crate::render::{Block, Column, Document, Role, Table, Text};
use crate::text::human;

/// Lays a message out.
pub(super) fn document(message: &Message) -> Document {
    let mut document = Document::new(message.subject());
    match message.notices.as_slice() {
        [only] if !message.is_digest => tell_one(only, &mut document),
        _ => tell_many(message, &mut document),
    }
    if message.dropped > 0 {
        let text = format!("{} could not be told at all", human::plural(message.dropped, "notice"));
        document.push(Block::Paragraph(Text::of(Role::Dim, text)));
    }
    document
}

fn tell_one(notice: &Notice, document: &mut Document) {
    let text = Text::of(Role::Strong, notice.target.clone()).plain(format!(": {}", notice.summary));
    document.push(Block::Headline { severity: colour(notice), text });
    let consequences = notice.consequences.iter().map(|one| {
        let role = Role::Severity(one.severity);
        Text::of(role, format!("{} ", one.severity.mark())).plain(format!("{}: {}", one.target, one.summary))
    });
    let mut consequences: Vec<_> = consequences.collect();
    if notice.more_consequences > 0 {
        consequences.push(Text::of(Role::Dim, format!("{} more", notice.more_consequences)));
    }
    if !consequences.is_empty() {
        document.push(Block::Heading("Because of it".to_owned()));
        document.push(Block::List(consequences));
    }
    if let Some(hint) = notice.hint.as_ref().filter(|_| notice.is_firing()) {
        document.push(match &hint.command {
            Some(command) => Block::Command { text: hint.text.clone(), command: command.clone() },
            None => Block::Paragraph(hint.text.clone().into()),
        });
    }
    let facts =
        notice.facts().into_iter().map(|(name, value)| Text::of(Role::Dim, format!("{name}: ")).plain(value));
    document.push(Block::List(facts.collect()));
}

fn tell_many(message: &Message, document: &mut Document) {
    document.push(Block::Headline {
        severity: message.severity(),
        text: Text::of(Role::Strong, message.tally()),
    });
    let columns = ["State", "Target", "Summary", "Since"].map(Column::new).to_vec();
    let (lines, more) = message.digest_lines();
    let rows = lines.into_iter().map(|notice| {
        let state = if notice.kind == Kind::Resolved { "resolved" } else { notice.severity.word() };
        vec![
            Text::of(Role::Severity(colour(notice)), state),
            notice.target.clone().into(),
            notice.summary.clone().into(),
            moment(notice.opened_at).into(),
        ]
    });
    document.push(Block::Table(Table { columns, rows: rows.collect() }));
    if more > 0 {
        document.push(Block::Paragraph(Text::of(Role::Dim, format!("and {more} more"))));
    }
}

fn colour(notice: &Notice) -> Severity {
    if notice.is_firing() { notice.severity } else { Severity::Ok }
}
