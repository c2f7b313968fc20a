//! What a message says apart from its variable parts, and the 64-bit signature of that.
//!
//! The masked text is each constant token with the one byte behind it, and one mark for each run of variable tokens;
//! other separators are left out, so a list of ten numbers masks like a list of two. Messages with equal masked text
//! have equal signatures.

use super::cut::Cut;
use super::hash::hash_padded;
use crate::platform::simd::{BLOCK, Isa, Kernel, Vector, is_delimiter};

/// How much of a message its signature looks at.
pub const SIGNATURE_BYTES: usize = 1024;

/// The beginning of a long message, up to `most` bytes and without a token that the cut would maim.
#[inline]
pub fn clip(text: &[u8], most: usize) -> &[u8] {
    if text.len() <= most { text } else { clip_long(text, most) }
}

#[cold]
fn clip_long(text: &[u8], most: usize) -> &[u8] {
    let end = text[..=most].iter().rposition(|&byte| is_delimiter(byte));
    &text[..end.filter(|&end| end + BLOCK > most).unwrap_or(most)]
}

/// Stands for a run of variable tokens.
const MARK: u8 = 1;

/// Bytes that are copied in one go.
const COPY: usize = 32;

/// Masked text never gets longer than the message and one mark; behind it there is room for copying ahead.
const ROOM: usize = SIGNATURE_BYTES + BLOCK + COPY;

/// What a block may be read with: itself and what copying ahead touches.
const AHEAD: usize = BLOCK + COPY;

/// Computes signatures; keeps its scratch memory from one message to the next.
#[derive(Debug)]
pub struct Masker {
    isa: Isa,
    masked: Box<[u8; ROOM]>,
}

impl Default for Masker {
    fn default() -> Self {
        Self::new(Isa::detect())
    }
}

impl Masker {
    /// Creates a masker for an instruction set.
    pub fn new(isa: Isa) -> Self {
        Self { isa, masked: Box::new([0; ROOM]) }
    }

    /// The signature of `window[..len]`. Bytes behind the message are never looked at, but a window that goes on for
    /// another 100 bytes or so spares a copy.
    #[inline]
    pub fn signature(&mut self, window: &[u8], len: usize, seed: u64) -> u64 {
        let len = clip(&window[..len], SIGNATURE_BYTES).len();
        self.isa.run(Signature { window, len, seed, masked: &mut self.masked })
    }
}

struct Signature<'a> {
    window: &'a [u8],
    len: usize,
    seed: u64,
    masked: &'a mut [u8; ROOM],
}

impl Kernel for Signature<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> u64 {
        let Self { window, len, seed, masked } = self;
        let mut writer = Writer { masked: &mut *masked, at: 0, after_variable: 0 };
        let mut at = 0;
        let mut copy;
        while at < len {
            let ahead: &[u8; AHEAD] = match window[at..].first_chunk() {
                Some(ahead) => ahead,
                None => {
                    let rest = &window[at..];
                    copy = [0; AHEAD];
                    copy[..rest.len()].copy_from_slice(rest);
                    &copy
                }
            };
            let block = ahead.first_chunk().expect("a block is shorter than what is read ahead");
            let left = len - at;
            let after_dot = at > 0 && window[at - 1] == b'.';
            let cut = Cut::new(vector, block, left, after_dot);
            if cut.consumed == 0 {
                writer.variable();
                at = long_token_end(&window[..len], at);
            } else {
                writer.write(vector, ahead, &cut, left);
                at += cut.consumed;
            }
        }
        let end = writer.at;
        hash_padded(&mut masked[..], end, seed)
    }
}

/// Where a token ends that fills the block at `at` and goes on: at the next separator, or for a path at white space or
/// a quote, as its query may be in it.
pub(super) fn long_token_end(message: &[u8], at: usize) -> usize {
    let rest = &message[at + BLOCK..];
    let stop = if message[at] == b'/' {
        rest.iter().position(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\t'))
    } else {
        rest.iter().position(|&byte| is_delimiter(byte))
    };
    stop.map_or(message.len(), |stop| at + BLOCK + stop)
}

struct Writer<'a> {
    masked: &'a mut [u8; ROOM],
    at: usize,
    /// 1 where the last token was variable.
    after_variable: u64,
}

impl Writer<'_> {
    /// A variable token, which is marked unless it follows another one.
    fn variable(&mut self) {
        self.masked[self.at] = MARK;
        self.at += usize::from(self.after_variable == 0);
        self.after_variable = 1;
    }

    #[inline(always)]
    fn write<V: Vector>(&mut self, vector: V, ahead: &[u8; AHEAD], cut: &Cut, left: usize) {
        if cut.starts == 0 {
            return;
        }
        let count = cut.starts.count_ones();
        let variable = !cut.constant & (!0 >> (BLOCK as u32 - count));
        let first = variable & !(variable << 1 | self.after_variable);
        self.after_variable = variable >> (count - 1);
        let mut marks = vector.deposit(first, cut.starts);
        let valid = if left >= BLOCK { !0 } else { (1 << left) - 1 };
        // From each constant token's first byte to the byte behind it; borrows never cross, as tokens do not.
        let mut keep = (cut.constant_ends << 1).wrapping_sub(cut.constant_starts) & valid;
        while keep != 0 {
            let start = keep.trailing_zeros();
            let run = (!(keep >> start)).trailing_zeros();
            let skipped = marks & !(!0 << start);
            self.masked[self.at] = MARK;
            self.at += usize::from(skipped != 0);
            marks ^= skipped;
            self.copy(ahead, start as usize, run as usize);
            keep &= keep.wrapping_add(1 << start);
        }
        self.masked[self.at] = MARK;
        self.at += usize::from(marks != 0);
    }

    /// Copies a run of constant tokens; whole chunks, as what lies behind is written over.
    #[inline(always)]
    fn copy(&mut self, ahead: &[u8; AHEAD], start: usize, run: usize) {
        let mut done = 0;
        while done < run {
            let from = (start + done) & (BLOCK - 1);
            let to = &mut self.masked[self.at + done..][..COPY];
            to.copy_from_slice(&ahead[from..from + COPY]);
            done += COPY;
        }
        self.at += run;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{MARK, Masker, SIGNATURE_BYTES, clip};
    use crate::logs::scan::tokens;
    use crate::platform::simd::Isa;

    fn masked(masker: &mut Masker, window: &[u8], len: usize) -> Vec<u8> {
        masker.signature(window, len, 0);
        let end = masker.masked.iter().position(|&byte| byte == 0).unwrap_or(masker.masked.len());
        masker.masked[..end].to_vec()
    }

    fn shown(message: &str) -> String {
        let text = masked(&mut Masker::default(), message.as_bytes(), message.len());
        String::from_utf8(text).unwrap().replace(char::from(MARK), "*")
    }

    /// The masked text by its definition, from the list of tokens.
    fn by_definition(message: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        let mut after_variable = false;
        for token in tokens(message) {
            if !token.variable {
                text.extend_from_slice(&message[token.start..message.len().min(token.end + 1)]);
            } else if !after_variable {
                text.push(MARK);
            }
            after_variable = token.variable;
        }
        text
    }

    #[test]
    fn variable_runs_collapse_and_spare_separators_vanish() {
        assert_eq!(shown("Fan speeds ( 3552 3534, 3375 ) rpm"), "Fan speeds *rpm");
        assert_eq!(shown("a:  [b] = \"c\" 1"), "a:b]c\"*");
        assert_eq!(shown(""), "");
        assert_eq!(shown("  7 "), "*");
    }

    #[test]
    fn bytes_behind_the_message_do_not_count() {
        let mut masker = Masker::default();
        let window = b"size 12 of cafe:1 and much more, 99 bottles, so that a whole block and more lies behind it ......................";
        for len in 0..20 {
            let alone = masker.signature(&window[..len], len, 7);
            assert_eq!(masker.signature(window, len, 7), alone, "{len}");
        }
    }

    #[test]
    fn only_the_first_bytes_count() {
        let mut masker = Masker::default();
        let long = "word ".repeat(1000);
        let same = masker.signature(&long.as_bytes()[..SIGNATURE_BYTES], SIGNATURE_BYTES, 0);
        assert_eq!(masker.signature(long.as_bytes(), long.len(), 0), same);
    }

    #[test]
    fn no_token_is_maimed_by_the_cut() {
        assert_eq!(clip(b"delete blk_12", 13), b"delete blk_12");
        assert_eq!(clip(b"delete blk_12 now", 13), b"delete blk_12");
        assert_eq!(clip(b"delete blk_12 now", 11), b"delete");
        assert_eq!(clip(&[b'x'; 200], 100).len(), 100);
    }

    proptest! {
        #[test]
        fn masked_text_is_what_the_tokens_say(
            message in proptest::collection::vec(proptest::sample::select(&b"ab1.:/? =(\"@\\Zf-"[..]), 0..300),
            tail in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let expected = by_definition(&message);
            let mut window = message.clone();
            window.extend_from_slice(&tail);
            for isa in [Isa::detect(), Isa::portable()] {
                let mut masker = Masker::new(isa);
                prop_assert_eq!(&masked(&mut masker, &window, message.len()), &expected);
            }
        }

        #[test]
        fn any_bytes_have_one_signature(message in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let fast = Masker::new(Isa::detect()).signature(&message, message.len(), 3);
            prop_assert_eq!(Masker::new(Isa::portable()).signature(&message, message.len(), 3), fast);
        }
    }
}
