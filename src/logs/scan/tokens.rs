//! The tokens of a message as a list, for those who need to know where they stand. The signature of a message is cut
//! by the same code, so what is variable here is variable there.

use super::cut::Cut;
use super::mask::long_token_end;
use crate::platform::simd::{BLOCK, Isa, Kernel, Vector};

/// A token of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: usize,
    pub end: usize,
    /// Whether its bytes alone say that it varies from record to record.
    pub variable: bool,
}

/// Cuts a message into tokens.
pub fn tokens(message: &[u8]) -> Vec<Token> {
    Isa::detect().run(Lister { message })
}

struct Lister<'a> {
    message: &'a [u8],
}

impl Kernel for Lister<'_> {
    type Output = Vec<Token>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Vec<Token> {
        let message = self.message;
        let mut found = Vec::new();
        let mut at = 0;
        while at < message.len() {
            let mut block = [0; BLOCK];
            let rest = &message[at..];
            let there = rest.len().min(BLOCK);
            block[..there].copy_from_slice(&rest[..there]);
            let after_dot = at > 0 && message[at - 1] == b'.';
            let cut = Cut::new(vector, &block, rest.len(), after_dot);
            if cut.consumed == 0 {
                let end = long_token_end(message, at);
                found.push(Token { start: at, end, variable: true });
                at = end;
                continue;
            }
            let (mut starts, mut ends) = (cut.starts, cut.ends);
            while starts != 0 {
                let start = starts.trailing_zeros() as usize;
                let end = ends.trailing_zeros() as usize;
                let variable = cut.constant_ends & (1 << end) == 0;
                found.push(Token { start: at + start, end: at + end, variable });
                starts &= starts - 1;
                ends &= ends - 1;
            }
            at += cut.consumed;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    /// Tokens with a blank between them; variable ones in brackets.
    fn cut(message: &str) -> String {
        let shown = tokens(message.as_bytes()).into_iter().map(|token| {
            let text = &message[token.start..token.end];
            if token.variable { format!("[{text}]") } else { text.to_owned() }
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_digit_makes_its_whole_token_variable() {
        assert_eq!(
            cut("block blk_-12 of size 67108864 from /10.0.0.1"),
            "block [blk_-12] of size [67108864] from [/10.0.0.1]"
        );
    }

    #[test]
    fn dots_separate_at_ends_and_in_leaders() {
        assert_eq!(cut("done. enabled......0 a.b, main.py: x.."), "done enabled [0] a.b main.py x");
        assert_eq!(
            cut("interrupt....................................................................on"),
            "interrupt on"
        );
    }

    #[test]
    fn punctuation_separates() {
        assert_eq!(cut(r#"{"key": true, 'x'=(y)} ok!"#), "key true x y ok");
    }

    #[test]
    fn a_query_belongs_to_its_path() {
        assert_eq!(cut("GET /api/x?name=foo&q=(bar) HTTP/1.1"), "GET [/api/x?name=foo&q=(bar)] [HTTP/1.1]");
        assert_eq!(cut("why? name=foo"), "why? name foo");
    }

    #[test]
    fn groups_of_addresses_go_together() {
        assert_eq!(cut("bssid 64:6c:b2:ed:fe:cd up"), "bssid [64] [6c] [b2] [ed] [fe] [cd] up");
        assert_eq!(
            cut("addr fe:80::c6b3:fecd, bad:thing, add:5"),
            "addr [fe] [80] [c6b3] [fecd] bad thing [add] [5]"
        );
    }

    #[test]
    fn a_token_of_64_bytes_is_variable_and_one_of_63_is_not() {
        let (short, long) = ("x".repeat(63), "y".repeat(64));
        assert_eq!(cut(&format!("a {short} b {long} c")), format!("a {short} b [{long}] c"));
        assert_eq!(cut(&long), format!("[{long}]"));
    }

    #[test]
    fn tokens_do_not_depend_on_where_blocks_end() {
        for shift in 0..130 {
            let message = format!("{}failed: user bob from 10.0.0.1 port 22.", "- ".repeat(shift));
            let expected = format!("{}failed user bob from [10.0.0.1] port [22]", "- ".repeat(shift));
            assert_eq!(cut(&message), expected);
        }
    }
}
