//! A deterministic log corpus with exact truth.
//!
//! The same kind, seed and size give the same bytes on every machine. What a log holds is counted while it is written,
//! not read back, so that an analysis can be graded against it. The kinds follow a FastAPI backend that tracks trucks:
//! its console (uvicorn's undated access lines beside nine layouts of Python's), its Celery workers, its structured log
//! and the nginx before it. Three more kinds only exist to strain memory.

mod backend;
mod celery;
mod clock;
mod failures;
mod frames;
mod hostile;
mod jsonl;
mod messages;
mod nginx;
mod page;
mod phrase;
mod rng;
mod source;
mod traffic;
mod truth;

use std::io::{self, Write};

use page::Page;
pub(crate) use source::python_source;
pub(crate) use truth::{Truth, quoted};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everything that one backend writes to one console.
    Backend,
    /// Celery workers.
    Celery,
    /// JSON lines.
    Jsonl,
    /// The combined format.
    Nginx,
    /// Every line unlike any other.
    Distinct,
    /// Bytes without meaning.
    Random,
    /// One line without an end.
    OneLine,
}

impl Kind {
    pub(crate) const ALL: [(&str, Self); 7] = [
        ("backend", Self::Backend),
        ("celery", Self::Celery),
        ("jsonl", Self::Jsonl),
        ("nginx", Self::Nginx),
        ("distinct", Self::Distinct),
        ("random", Self::Random),
        ("oneline", Self::OneLine),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// Writes about `bytes` bytes (the last record ends where it ends) and returns what is in them, where that means anything.
pub(crate) fn generate(kind: Kind, seed: u64, bytes: u64, out: &mut dyn Write) -> io::Result<Option<Truth>> {
    let page = Page::new(out, seed, bytes);
    match kind {
        Kind::Backend => backend::write(page).map(Some),
        Kind::Celery => celery::write(page).map(Some),
        Kind::Jsonl => jsonl::write(page).map(Some),
        Kind::Nginx => nginx::write(page).map(Some),
        Kind::Distinct => hostile::distinct(page).map(|()| None),
        Kind::Random => hostile::random(page).map(|()| None),
        Kind::OneLine => hostile::one_line(page).map(|()| None),
    }
}

/// Reads a size: bytes, or a number with KiB, MiB or GiB.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}
