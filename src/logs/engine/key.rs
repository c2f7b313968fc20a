//! Signatures of records: what the pattern table knows them by.

use crate::logs::pattern::{Kind, Variant};
use crate::logs::scan::{Masker, hash64, mix64};
use crate::logs::{Access, FormatId, Line};

/// Computes keys; keeps its scratch memory from one record to the next.
#[derive(Debug, Default)]
pub(super) struct Keys {
    masker: Masker,
}

/// What a record is known by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// The signature of the message alone.
    pub(super) signature: u64,
    pub(super) kind: Kind,
}

impl Keys {
    /// The key of a record, whose message may lie in `bytes`.
    #[inline]
    pub(super) fn of(&mut self, line: &Line<'_>, bytes: &[u8]) -> Key {
        match &line.access {
            Some(access) if is_access_log(line.format) => of_access(access),
            _ => {
                let window = window(line.message, bytes);
                let signature = self.masker.signature(window, line.message.len(), 0);
                Key { signature, kind: Kind::Text }
            }
        }
    }
}

impl Key {
    /// The key under which the table counts records of one variant.
    #[inline]
    pub(super) fn in_variant(self, variant: &Variant, series_seed: u64) -> u64 {
        let level = variant.level.map_or(0, |level| level as u64 + 1);
        let rule = u64::from(variant.rule.map_or(0, |rule| rule + 1));
        mix64(self.signature ^ series_seed, level | u64::from(variant.has_trace) << 3 | rule << 4)
    }
}

/// Whether lines of a format are nothing but access lines. Others name requests in a message of their own.
fn is_access_log(format: FormatId) -> bool {
    matches!(format, FormatId::Uvicorn | FormatId::AccessLog | FormatId::Werkzeug | FormatId::Django)
}

fn of_access(access: &Access<'_>) -> Key {
    let mut method = [0; 8];
    let len = access.method.len().min(method.len());
    method[..len].copy_from_slice(&access.method[..len]);
    let signature = mix64(u64::from_le_bytes(method), u64::from(access.status) | 1 << 32);
    Key { signature, kind: Kind::Access { method, status: access.status } }
}

/// The bytes from where a message begins, as far as they are known; the message itself where it lies elsewhere.
fn window<'a>(message: &'a [u8], bytes: &'a [u8]) -> &'a [u8] {
    let at = (message.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize);
    match bytes.get(at..) {
        Some(window) if window.len() >= message.len() => window,
        _ => message,
    }
}

/// What a source's records are told apart by where they are drawn by lot.
pub(super) fn source_seed(name: &str) -> u64 {
    hash64(name.as_bytes(), 1)
}

/// What the records of a series are told apart by.
pub(super) fn series_seed(name: &str) -> u64 {
    hash64(name.as_bytes(), 2)
}
