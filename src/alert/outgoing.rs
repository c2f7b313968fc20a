//! A whole report on its way to a sink: the 09:00 mail.

use crate::alert::Place;
use crate::alert::notice::cut;
use crate::model::Severity;
use crate::render::{Block, Document};

/// Characters of a report's first line that stand in a subject.
const MAX_SUBJECT: usize = 90;

/// A report in the forms that sinks take.
#[derive(Clone, Debug)]
pub struct OutgoingReport {
    pub(super) subject: String,
    pub(super) severity: Severity,
    pub(super) document: Document,
    /// One document with a schema, as `--format json` prints it.
    pub(super) json: String,
    /// The same for every attempt to send it.
    pub(super) key: String,
}

impl OutgoingReport {
    /// Addresses a report: where it was made, and what its first line says.
    pub fn new(place: &Place, document: Document, json: String) -> Self {
        let Place { project, host, at } = place;
        let headline = document.blocks.iter().find_map(|block| match block {
            Block::Headline { severity, text } => Some((*severity, text.to_plain())),
            _ => None,
        });
        let (severity, text) = headline.unwrap_or_else(|| (Severity::Unknown, document.title.clone()));
        let title = document.title.strip_prefix(&format!("{project}: ")).unwrap_or(&document.title);
        let text = cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_SUBJECT);
        let subject = format!("[{project}] {title}: {text} ({host})");
        let key = format!("report-{host}-{}", at.timestamp_micros());
        Self { subject, severity, document, json, key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Text;

    #[test]
    fn a_subject_says_what_the_first_line_says_and_no_more() {
        let place = Place { host: "web-1".into(), project: "fuel".into(), at: chrono::DateTime::UNIX_EPOCH };
        let mut document = Document::new("fuel: health");
        document.push(Block::Headline {
            severity: Severity::Critical,
            text: Text::from(format!("CRITICAL  fuel – {}", "x".repeat(500))),
        });
        let report = OutgoingReport::new(&place, document, "{}".into());
        assert!(report.subject.starts_with("[fuel] health: CRITICAL fuel – xxx"), "{}", report.subject);
        assert!(report.subject.ends_with("… (web-1)") && report.subject.chars().count() < 130);
    }
}
