//! Input that strains memory: lines without two alike, bytes without meaning, a line without an end.

use std::io;

use super::messages::Layout;
use super::page::Page;
use super::phrase::hex;
use super::truth::Level;

/// Every line has words that stand nowhere else, so that no two messages share a pattern.
pub(crate) fn distinct(mut page: Page) -> io::Result<()> {
    while page.wants_more()? {
        page.clock.advance(1_000);
        page.head(Layout::Bracket, Level::Error, "main");
        for _ in 0..4 {
            let word = page.rng.next();
            letters(word, &mut page.out);
            page.text(" ");
        }
        page.text("\n");
    }
    page.finish_unbooked()
}

/// Random bytes, NUL and newline among them.
pub(crate) fn random(mut page: Page) -> io::Result<()> {
    while page.wants_more()? {
        let bytes = page.rng.next().to_le_bytes();
        page.out.extend_from_slice(&bytes);
    }
    page.finish_unbooked()
}

/// One record that never ends.
pub(crate) fn one_line(mut page: Page) -> io::Result<()> {
    page.head(Layout::Bracket, Level::Error, "main");
    while page.wants_more()? {
        page.text("blob=");
        let value = page.rng.next();
        hex(value, 16, &mut page.out);
        page.text(" ");
    }
    page.finish_unbooked()
}

/// A word of letters only: no scanner takes it for a variable.
fn letters(mut value: u64, out: &mut Vec<u8>) {
    for _ in 0..10 {
        out.push(b'a' + (value % 26) as u8);
        value /= 26;
    }
}
