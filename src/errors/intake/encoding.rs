//! Takes the packing off a request's body, and no more of it than is allowed: a bomb is found while it unfolds.

use std::io::{self, Read};

use super::inflate::{Wrapping, inflate};

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    /// zlib by the standard, bare deflate by the habit of some.
    Deflate,
    Brotli,
    Zstd,
}

/// Why a body could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the body is more than {0} bytes unpacked")]
    TooLarge(usize),
    #[error("the body is not what Content-Encoding says: {0}")]
    Broken(io::Error),
}

impl Encoding {
    /// Reads the header; what is not known is taken as it is.
    pub fn of_header(header: &str) -> Self {
        match header.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => Self::Identity,
        }
    }
}

/// Unpacks a body of at most `max` bytes.
///
/// # Errors
/// When it is larger, or damaged.
pub fn decode(body: Vec<u8>, encoding: Encoding, max: usize) -> Result<Vec<u8>, DecodeError> {
    match encoding {
        Encoding::Identity if body.len() > max => Err(DecodeError::TooLarge(max)),
        Encoding::Identity => Ok(body),
        Encoding::Gzip => inflate(&body, Wrapping::Gzip, max),
        Encoding::Deflate if is_zlib(&body) => inflate(&body, Wrapping::Zlib, max),
        Encoding::Deflate => inflate(&body, Wrapping::Bare, max),
        Encoding::Brotli => {
            bounded(brotli_decompressor::Decompressor::new(body.as_slice(), 4096), body.len(), max)
        }
        Encoding::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(body.as_slice()).map_err(DecodeError::Broken)?;
            // A window of 8 MiB is the most that an encoder uses by itself.
            decoder.window_log_max(23).map_err(DecodeError::Broken)?;
            bounded(decoder, body.len(), max)
        }
    }
}

/// Takes off a packing that no header tells: base64 of zlib, as old clients send to the store endpoint.
pub(super) fn decode_untold(body: Vec<u8>, max: usize) -> Result<Vec<u8>, DecodeError> {
    let text: Vec<u8> = body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    match data_encoding::BASE64.decode(&text) {
        Ok(packed) => inflate(&packed, Wrapping::Zlib, max),
        Err(_) => Ok(body),
    }
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [cmf, flags, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)).is_multiple_of(31))
}

fn bounded(reader: impl Read, packed: usize, max: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity((packed * 4).clamp(4096, 256 << 10));
    reader.take(max as u64 + 1).read_to_end(&mut out).map_err(DecodeError::Broken)?;
    if out.len() > max { Err(DecodeError::TooLarge(max)) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const MAX: usize = 1 << 20;

    fn packed(text: &[u8]) -> Vec<(Encoding, Vec<u8>)> {
        let level = flate2::Compression::best();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), level);
        for encoder in [&mut gzip as &mut dyn Write, &mut zlib, &mut bare] {
            encoder.write_all(text).unwrap();
        }
        vec![
            (Encoding::Identity, text.to_vec()),
            (Encoding::Gzip, gzip.finish().unwrap()),
            (Encoding::Deflate, zlib.finish().unwrap()),
            (Encoding::Deflate, bare.finish().unwrap()),
            (Encoding::Zstd, zstd::encode_all(text, 3).unwrap()),
        ]
    }

    #[test]
    fn every_encoding_gives_the_text_back() {
        for (encoding, body) in packed(b"{\"message\": \"hello\"}") {
            assert_eq!(decode(body, encoding, MAX).unwrap(), b"{\"message\": \"hello\"}", "{encoding:?}");
        }
        // `hello` by a real encoder.
        let brotli = vec![0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
        assert_eq!(decode(brotli, Encoding::Brotli, MAX).unwrap(), b"hello");
    }

    #[test]
    fn bombs_end_at_the_limit_in_every_encoding() {
        for (encoding, body) in packed(&vec![b'x'; MAX * 4]) {
            assert!(matches!(decode(body, encoding, MAX), Err(DecodeError::TooLarge(MAX))), "{encoding:?}");
        }
    }

    #[test]
    fn damage_is_an_error() {
        for (encoding, mut body) in packed(b"some text that is long enough to be packed").into_iter().skip(1)
        {
            body.truncate(body.len() / 2);
            assert!(decode(body, encoding, MAX).is_err(), "{encoding:?}");
            assert!(decode(b"\xff\xff\xff\xff".to_vec(), encoding, MAX).is_err(), "{encoding:?}");
        }
    }

    #[test]
    fn headers_are_read_as_they_come() {
        for (header, encoding) in
            [(" GZIP", Encoding::Gzip), ("br", Encoding::Brotli), ("snappy", Encoding::Identity)]
        {
            assert_eq!(Encoding::of_header(header), encoding);
        }
    }
}
