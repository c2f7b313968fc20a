//! The answer to a statement, packet by packet. Pure.

use crate::checks::mysql::packet::{Fields, refusal};
use crate::checks::wire::{Fault, Refusal, Stage};

/// Rows that are kept; more are counted.
const MAX_ROWS: usize = 64;
/// Columns of a row that are kept.
const MAX_COLUMNS: u64 = 256;

/// A table that a server answered; empty for a statement that answers none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    /// NULL is absent.
    pub(super) rows: Vec<Vec<Option<String>>>,
}

impl Table {
    /// A cell by its column's name, in any of the spellings that versions have.
    pub(super) fn cell<'a>(&self, row: &'a [Option<String>], names: &[&str]) -> Option<&'a str> {
        let at = self.columns.iter().position(|c| names.iter().any(|name| c.eq_ignore_ascii_case(name)))?;
        row.get(at)?.as_deref()
    }
}

/// Why an answer cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReplyFault {
    Refused(Refusal),
    Garbled(&'static str),
}

impl ReplyFault {
    pub(super) fn in_stage(self, stage: Stage) -> Fault {
        match self {
            Self::Refused(refusal) => Fault::Refused(stage, refusal),
            Self::Garbled(why) => Fault::Garbled(why.to_owned()),
        }
    }
}

/// An answer that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    part: Part,
    table: Table,
}

#[derive(Clone, Copy, Debug, Default)]
enum Part {
    #[default]
    Head,
    /// So many columns are still to come, and then a mark.
    Columns(u64),
    Rows,
}

impl Reply {
    /// Takes the next packet; the answer is whether it was the last.
    pub(super) fn take(&mut self, packet: &[u8]) -> Result<bool, ReplyFault> {
        if let Some(refusal) = refusal(packet) {
            return Err(ReplyFault::Refused(refusal));
        }
        match self.part {
            Part::Head => self.take_head(packet),
            Part::Columns(0) if is_end(packet) => {
                self.part = Part::Rows;
                Ok(false)
            }
            Part::Columns(0) => Err(ReplyFault::Garbled("tells more columns than it counted")),
            Part::Columns(left) => {
                self.take_column(packet)?;
                self.part = Part::Columns(left - 1);
                Ok(false)
            }
            Part::Rows if is_end(packet) => Ok(true),
            Part::Rows => {
                self.take_row(packet)?;
                Ok(false)
            }
        }
    }

    pub(super) fn into_table(self) -> Table {
        self.table
    }

    fn take_head(&mut self, packet: &[u8]) -> Result<bool, ReplyFault> {
        match packet.first() {
            Some(0) => Ok(true),
            Some(0xfb) => Err(ReplyFault::Garbled("asks for a file of ours")),
            _ => {
                let count = Fields(packet).counted().filter(|n| (1..=4096).contains(n));
                self.part = Part::Columns(count.ok_or(ReplyFault::Garbled("answers in an unknown way"))?);
                Ok(false)
            }
        }
    }

    fn take_column(&mut self, packet: &[u8]) -> Result<(), ReplyFault> {
        let mut fields = Fields(packet);
        // Catalogue, schema, table and original table stand before the name.
        let name = (0..5).map_while(|_| fields.string()).nth(4);
        let name = name.ok_or(ReplyFault::Garbled("names its columns in an unknown way"))?;
        self.table.columns.push(String::from_utf8_lossy(name).into_owned());
        Ok(())
    }

    fn take_row(&mut self, packet: &[u8]) -> Result<(), ReplyFault> {
        if self.table.rows.len() >= MAX_ROWS {
            return Ok(());
        }
        let mut fields = Fields(packet);
        let columns = (self.table.columns.len() as u64).min(MAX_COLUMNS);
        let mut row = Vec::new();
        for _ in 0..columns {
            if fields.0.first() == Some(&0xfb) {
                fields.take(1);
                row.push(None);
                continue;
            }
            let cell = fields.string().ok_or(ReplyFault::Garbled("sends a row in an unknown way"))?;
            row.push(Some(String::from_utf8_lossy(cell).into_owned()));
        }
        self.table.rows.push(row);
        Ok(())
    }
}

/// The mark after columns, and after rows.
fn is_end(packet: &[u8]) -> bool {
    packet.first() == Some(&0xfe) && packet.len() < 9
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(name: &str) -> Vec<u8> {
        let mut packet = b"\x03def\0\0\0".to_vec();
        packet.push(u8::try_from(name.len()).unwrap());
        packet.extend_from_slice(name.as_bytes());
        packet.extend_from_slice(b"\0\x0c\x3f\0\x01\0\0\0\x08\x81\0\0\0\0");
        packet
    }

    #[test]
    fn table_is_read_to_its_end() {
        let mut reply = Reply::default();
        let end = b"\xfe\0\0\x02\0";
        for packet in [&b"\x02"[..], &column("a"), &column("Lag"), end, b"\x011\xfb", b"\x012\x0213"] {
            assert_eq!(reply.take(packet), Ok(false), "{packet:?}");
        }
        assert_eq!(reply.take(end), Ok(true));
        let table = reply.into_table();
        assert_eq!(table.cell(&table.rows[0], &["lag"]), None);
        assert_eq!(table.cell(&table.rows[1], &["Behind", "lag"]), Some("13"));
    }

    #[test]
    fn error_in_the_middle_of_the_rows_is_a_refusal() {
        let mut reply = Reply::default();
        for packet in [&b"\x01"[..], &column("a"), b"\xfe\0\0\x02\0"] {
            assert_eq!(reply.take(packet), Ok(false));
        }
        let refused = reply.take(b"\xff\x2d\x05#70100Query execution was interrupted");
        assert!(matches!(refused, Err(ReplyFault::Refused(r)) if r.code == "1325"));
    }

    proptest! {
        #[test]
        fn no_answer_breaks_the_reader(packets in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 1..40), 1..12)) {
            let mut reply = Reply::default();
            for packet in &packets {
                if !matches!(reply.take(packet), Ok(false)) { break }
            }
        }
    }
}
