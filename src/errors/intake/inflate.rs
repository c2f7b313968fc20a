//! Unpacks deflate in its three wrappings with what each thread makes once: its window is larger than most bodies are.

use std::cell::RefCell;
use std::io;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::encoding::DecodeError;

/// What stands around the deflated bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    Gzip,
    Zlib,
    Bare,
}

thread_local! {
    static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Unpacks a body of at most `max` bytes; what is more is found while it unfolds.
///
/// # Errors
/// When it is larger, or damaged.
pub(super) fn inflate(packed: &[u8], wrapping: Wrapping, max: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity((packed.len() * 4).clamp(4096, 256 << 10));
    INFLATER.with_borrow_mut(|inflater| match wrapping {
        Wrapping::Gzip => members(inflater, packed, &mut out, max),
        Wrapping::Zlib | Wrapping::Bare => {
            inflater.reset(wrapping == Wrapping::Zlib);
            unfold(inflater, packed, &mut out, max).map(drop)
        }
    })?;
    Ok(out)
}

/// A gzip file is one member or several, each with its own header and check sum.
fn members(
    inflater: &mut Decompress,
    packed: &[u8],
    out: &mut Vec<u8>,
    max: usize,
) -> Result<(), DecodeError> {
    let mut rest = packed;
    loop {
        rest = behind_header(rest).ok_or_else(|| broken("no gzip header"))?;
        let begin = out.len();
        inflater.reset(false);
        rest = unfold(inflater, rest, out, max)?;
        let Some((trailer, next)) = rest.split_first_chunk::<8>() else {
            return Err(broken("it ends too soon"));
        };
        let mut sum = Crc::new();
        sum.update(&out[begin..]);
        let [a, b, c, d, length @ ..] = *trailer;
        if sum.sum() != u32::from_le_bytes([a, b, c, d]) || sum.amount() != u32::from_le_bytes(length) {
            return Err(broken("its check sum is wrong"));
        }
        if next.is_empty() {
            return Ok(());
        }
        rest = next;
    }
}

/// Unfolds one stream and returns what stands behind it.
fn unfold<'p>(
    inflater: &mut Decompress,
    packed: &'p [u8],
    out: &mut Vec<u8>,
    max: usize,
) -> Result<&'p [u8], DecodeError> {
    let mut used = 0;
    loop {
        // One byte more than allowed tells that there is more.
        out.reserve((max + 1 - out.len()).min(4096.max(out.len())));
        let (before, length) = (inflater.total_in(), out.len());
        let status = inflater
            .decompress_vec(&packed[used..], out, FlushDecompress::None)
            .map_err(|error| DecodeError::Broken(error.into()))?;
        let taken = usize::try_from(inflater.total_in() - before).unwrap_or(0);
        used += taken;
        if out.len() > max {
            return Err(DecodeError::TooLarge(max));
        }
        match status {
            Status::StreamEnd => return Ok(&packed[used..]),
            _ if taken == 0 && out.len() == length => return Err(broken("it ends too soon")),
            Status::Ok | Status::BufError => {}
        }
    }
}

/// What stands behind the header of a gzip member; none where there is no such header.
fn behind_header(bytes: &[u8]) -> Option<&[u8]> {
    const HAS_SUM: u8 = 2;
    const HAS_EXTRA: u8 = 4;
    const HAS_NAME: u8 = 8;
    const HAS_COMMENT: u8 = 16;
    let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, rest @ ..] = bytes else { return None };
    let mut rest = rest;
    if flags & HAS_EXTRA != 0 {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            rest = &rest[memchr::memchr(0, rest)? + 1..];
        }
    }
    if flags & HAS_SUM != 0 { rest.get(2..) } else { Some(rest) }
}

fn broken(why: &str) -> DecodeError {
    DecodeError::Broken(io::Error::new(io::ErrorKind::InvalidData, why))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1 << 20;

    fn member(text: &[u8]) -> Vec<u8> {
        let builder = GzBuilder::new().filename("a").comment("b").extra(vec![7; 300]);
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_and_what_their_headers_hold_are_read() {
        let both = [member(b"one "), member(&b"two".repeat(5000))].concat();
        let out = inflate(&both, Wrapping::Gzip, MAX).unwrap();
        assert_eq!(out, [b"one ".as_slice(), &b"two".repeat(5000)].concat());
    }

    #[test]
    fn a_wrong_sum_a_torn_end_and_trailing_rubbish_are_damage() {
        let good = member(b"some text");
        let mut wrong = good.clone();
        *wrong.last_mut().unwrap() ^= 1;
        for bad in [wrong, [&good[..], b"rubbish"].concat(), Vec::new()] {
            assert!(matches!(inflate(&bad, Wrapping::Gzip, MAX), Err(DecodeError::Broken(_))));
        }
        for end in 0..good.len() {
            assert!(
                matches!(inflate(&good[..end], Wrapping::Gzip, MAX), Err(DecodeError::Broken(_))),
                "{end}"
            );
        }
    }

    #[test]
    fn the_limit_holds_to_the_byte() {
        let packed = member(&vec![b'x'; 10_000]);
        assert_eq!(inflate(&packed, Wrapping::Gzip, 10_000).unwrap().len(), 10_000);
        assert!(matches!(inflate(&packed, Wrapping::Gzip, 9_999), Err(DecodeError::TooLarge(9_999))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for wrapping in [Wrapping::Gzip, Wrapping::Zlib, Wrapping::Bare] {
                inflate(&bytes, wrapping, MAX).map(drop).unwrap_or(());
            }
            inflate(&[&[0x1f, 0x8b, 8][..], &bytes].concat(), Wrapping::Gzip, MAX).map(drop).unwrap_or(());
        }
    }
}
