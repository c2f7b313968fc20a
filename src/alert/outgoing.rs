//! A whole report on its way to a sink: the 09:00 mail.

use crate::alert::Place;
use crate::model::Severity;
use crate::render::{Block, Document};

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
        let subject = format!("[{project}] {}: {text} ({host})", document.title);
        let key = format!("report-{host}-{}", at.timestamp_micros());
        Self { subject, severity, document, json, key }
    }
}
