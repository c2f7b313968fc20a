//! The back end for every machine: a table of classes and 64-bit words, without vector instructions.

use super::classes::{Classes, is_delimiter, is_path};
use super::{BLOCK, Vector};

/// Plain 64-bit words.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

const DELIMITER: u8 = 1;
const DIGIT: u8 = 2;
const DOT: u8 = 4;
const COLON: u8 = 8;
const PATH: u8 = 16;

/// The classes of each byte, a bit each.
static TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = if is_delimiter(b) { DELIMITER } else { 0 }
            | if b.is_ascii_digit() { DIGIT } else { 0 }
            | if b == b'.' { DOT } else { 0 }
            | if b == b':' { COLON } else { 0 }
            | if is_path(b) { PATH } else { 0 };
        byte += 1;
    }
    table
};

/// Gathers bit `bit` of each of eight bytes into the low eight bits.
fn gather(classes: u64, bit: u8) -> u64 {
    let lanes = (classes >> bit.trailing_zeros()) & 0x0101_0101_0101_0101;
    lanes.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

impl Vector for Portable {
    fn eq(self, block: &[u8; BLOCK], needle: u8) -> u64 {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let pattern = u64::from(needle) * 0x0101_0101_0101_0101;
        let mut mask = 0;
        for (i, word) in block.chunks_exact(8).enumerate() {
            let word = u64::from_le_bytes(word.try_into().expect("chunks of eight bytes")) ^ pattern;
            // The high bit of each zero byte, exactly: no carry crosses a lane.
            let zero = !(((word & LOW) + LOW) | word | LOW);
            mask |= gather(zero, 0x80) << (i * 8);
        }
        mask
    }

    fn classify(self, block: &[u8; BLOCK]) -> Classes {
        let mut found = Classes::default();
        for (i, word) in block.chunks_exact(8).enumerate() {
            let mut classes = [0; 8];
            for (class, &byte) in classes.iter_mut().zip(word) {
                *class = TABLE[usize::from(byte)];
            }
            let classes = u64::from_le_bytes(classes);
            found.delimiter |= gather(classes, DELIMITER) << (i * 8);
            found.digit |= gather(classes, DIGIT) << (i * 8);
            found.dot |= gather(classes, DOT) << (i * 8);
            found.colon |= gather(classes, COLON) << (i * 8);
            found.path |= gather(classes, PATH) << (i * 8);
        }
        found
    }

    fn extract(self, value: u64, mask: u64) -> u64 {
        let mut rest = mask;
        let mut gathered = 0;
        let mut place = 0;
        while rest != 0 {
            gathered |= ((value >> rest.trailing_zeros()) & 1) << place;
            place += 1;
            rest &= rest - 1;
        }
        gathered
    }

    fn deposit(self, value: u64, mask: u64) -> u64 {
        let mut rest = mask;
        let mut spread = 0;
        let mut place = 0;
        while rest != 0 {
            spread |= ((value >> place) & 1) << rest.trailing_zeros();
            place += 1;
            rest &= rest - 1;
        }
        spread
    }
}

#[cfg(test)]
mod tests {
    use super::Portable;
    use crate::platform::simd::{BLOCK, Vector};

    #[test]
    fn equal_bytes_are_found_one_by_one() {
        let mut block = [b'x'; BLOCK];
        for at in [0, 7, 8, 31, 63] {
            block[at] = b'\n';
        }
        block[9] = b'\n' ^ 0x80;
        block[10] = b'\n' + 1;
        assert_eq!(Portable.eq(&block, b'\n'), 1 | 1 << 7 | 1 << 8 | 1 << 31 | 1 << 63);
    }

    #[test]
    fn extract_and_deposit_are_each_others_mirror() {
        let mask = 0x8421_0f00_0000_00ff;
        assert_eq!(Portable.extract(Portable.deposit(0b1010_1100, mask), mask), 0b1010_1100);
        assert_eq!(Portable.deposit(0b11, 0b1001_0000), 0b1001_0000);
    }
}
