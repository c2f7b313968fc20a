//! Takes colours and other terminal commands out of a stream that comes in pieces.

use std::borrow::Cow;

use crate::text::ansi;

/// A command that is not complete after so many bytes is none.
const MAX_COMMAND: usize = 256;

/// Remembers the beginning of a command that a piece ended in.
#[derive(Debug, Default)]
pub(super) struct Escapes {
    held: Vec<u8>,
}

impl Escapes {
    /// Takes the commands out of the next piece; an incomplete one at its end is held back.
    pub(super) fn strip<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, [u8]> {
        if self.held.is_empty() && memchr::memchr(ansi::ESC, piece).is_none() {
            return Cow::Borrowed(piece);
        }
        let mut whole = std::mem::take(&mut self.held);
        whole.extend_from_slice(piece);
        let cut = incomplete_from(&whole);
        self.held = whole.split_off(cut);
        let mut out = Vec::with_capacity(whole.len());
        ansi::strip(&whole, &mut out);
        Cow::Owned(out)
    }

    /// Gives out what was held back, for nothing follows it.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        ansi::strip(&std::mem::take(&mut self.held), &mut out);
        out
    }
}

/// Where a command begins that may go on behind the end.
fn incomplete_from(text: &[u8]) -> usize {
    let from = text.len().saturating_sub(MAX_COMMAND);
    let Some(at) = memchr::memrchr(ansi::ESC, &text[from..]).map(|at| from + at) else { return text.len() };
    // `ESC \` ends a command that an earlier ESC has begun.
    let mut rest = Vec::new();
    ansi::strip(&text[at..], &mut rest);
    let is_whole = match text.get(at + 1) {
        None => false,
        Some(b'[') => text[at + 2..].iter().any(|byte| matches!(byte, 0x40..=0x7e)),
        Some(b']') => memchr::memchr(0x07, &text[at..]).is_some(),
        Some(b'(' | b')') => text.len() > at + 2,
        Some(_) => true,
    };
    if is_whole { text.len() } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_cut_anywhere_vanishes_all_the_same() {
        let text = b"a\x1b[31mred\x1b[0m b\x1b]0;title\x07c\x1b(Bd\n";
        for cut in 0..=text.len() {
            let mut escapes = Escapes::default();
            let mut out = escapes.strip(&text[..cut]).into_owned();
            out.extend_from_slice(&escapes.strip(&text[cut..]));
            out.extend(escapes.finish());
            assert_eq!(String::from_utf8(out).unwrap(), "ared bcd\n", "cut at {cut}");
        }
    }

    #[test]
    fn what_never_ends_is_no_command_and_not_held_for_ever() {
        let mut escapes = Escapes::default();
        assert!(escapes.strip(b"x\x1b[").ends_with(b"x"));
        let long = vec![b'1'; 1_000];
        assert!(escapes.strip(&long).len() >= 1_000);
        assert!(escapes.finish().is_empty());
    }
}
