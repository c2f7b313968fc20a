//! The framing of an envelope.
//!
//! ```text
//! envelope := header '\n' (item-header '\n' payload '\n')*      the last newline may be missing
//! payload  := `length` bytes, where the item's header says so; else everything to the next newline
//! ```

use serde::Deserialize;

/// Items of one envelope that are looked at.
pub const MAX_ITEMS: usize = 1000;
const MAX_HEADER: usize = 64 << 10;

/// An envelope, its payloads borrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'b> {
    pub event_id: Option<String>,
    /// The DSN that a tunnel or a native client put in.
    pub dsn: Option<String>,
    pub items: Vec<Item<'b>>,
    /// Items beyond [`MAX_ITEMS`].
    pub beyond: u64,
    /// The bytes ended within an item, or what stood where an item was due was none.
    pub is_broken: bool,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'b> {
    /// `event`, `session`, …
    pub kind: String,
    pub payload: &'b [u8],
}

/// Why something is no envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("missing envelope header")]
    NoHeader,
    #[error("invalid envelope header")]
    BadHeader,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    event_id: Option<serde_json::Value>,
    #[serde(default)]
    dsn: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct ItemHeader {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    length: Option<u64>,
}

impl<'b> Envelope<'b> {
    /// Reads the frame; what is wrong with single items is told, and the others are kept.
    ///
    /// # Errors
    /// When it does not begin with an envelope's header.
    pub fn read(bytes: &'b [u8]) -> Result<Self, EnvelopeError> {
        let (line, mut rest) = line(bytes);
        if line.iter().all(u8::is_ascii_whitespace) {
            return Err(EnvelopeError::NoHeader);
        }
        if !line.trim_ascii_start().starts_with(b"{") {
            return Err(EnvelopeError::BadHeader);
        }
        let header: Header = serde_json::from_slice(line.get(..MAX_HEADER).unwrap_or(line))
            .map_err(|_| EnvelopeError::BadHeader)?;
        let text = |value: Option<serde_json::Value>| value.and_then(|v| v.as_str().map(str::to_owned));
        let mut envelope =
            Envelope { event_id: text(header.event_id), dsn: text(header.dsn), ..Envelope::default() };
        while !rest.is_empty() {
            let (line, behind) = self::line(rest);
            if line.iter().all(u8::is_ascii_whitespace) {
                rest = behind;
                continue;
            }
            let Some(header) = read_item(line) else {
                envelope.is_broken = true;
                break;
            };
            let (payload, next, whole) = payload(behind, header.length);
            envelope.is_broken |= !whole;
            rest = next;
            if envelope.items.len() < MAX_ITEMS {
                envelope.items.push(Item { kind: header.kind.unwrap_or_default(), payload });
            } else {
                envelope.beyond += 1;
            }
        }
        Ok(envelope)
    }
}

fn read_item(line: &[u8]) -> Option<ItemHeader> {
    if line.len() > MAX_HEADER || !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(line).ok()
}

/// A line without its newline, and what stands behind it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\n', bytes) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

/// A payload, what stands behind it, and whether it is as long as it should be.
fn payload(bytes: &[u8], length: Option<u64>) -> (&[u8], &[u8], bool) {
    let Some(length) = length else {
        let (payload, rest) = line(bytes);
        return (payload, rest, true);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    match bytes.get(length..) {
        Some([]) => (bytes, &[], true),
        Some([b'\n', rest @ ..]) => (&bytes[..length], rest, true),
        // A wrong length: the line is the best guess, and what follows is found again.
        Some(_) | None => {
            let (payload, rest) = line(bytes);
            (payload, rest, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> (Vec<(String, usize)>, bool) {
        let envelope = Envelope::read(text.as_bytes()).unwrap();
        (envelope.items.iter().map(|i| (i.kind.clone(), i.payload.len())).collect(), envelope.is_broken)
    }

    #[test]
    fn items_with_and_without_length_are_read() {
        let items =
            |list: &[(&str, usize)]| list.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect::<Vec<_>>();
        for (text, expected) in [
            ("{}\n{\"type\":\"event\"}\n{\"a\":1}", items(&[("event", 7)])),
            ("{}\n{\"type\":\"event\",\"length\":7,\"x\":[1]}\n{\"a\":1}\n", items(&[("event", 7)])),
            (
                "{}\n{\"type\":\"attachment\",\"length\":3}\na\nb\n{\"type\":\"event\"}\n{}\n",
                items(&[("attachment", 3), ("event", 2)]),
            ),
            (
                "{}\n{\"type\":\"x\",\"length\":0}\n\n{\"type\":\"y\",\"length\":0}\n",
                items(&[("x", 0), ("y", 0)]),
            ),
            ("{}\n\n{\"type\":\"event\"}\n{}\r", items(&[("event", 3)])),
            ("{}", items(&[])),
            ("{}\n", items(&[])),
        ] {
            assert_eq!(kinds(text), (expected, false), "{text:?}");
        }
    }

    #[test]
    fn wrong_lengths_and_torn_ends_are_told_and_cost_no_more_than_they_must() {
        let (found, broken) =
            kinds("{}\n{\"type\":\"event\",\"length\":1073741824}\n{\"a\":1}\n{\"type\":\"session\"}\n{}\n");
        assert!(broken && found.len() == 2, "{found:?}");
        assert!(kinds("{}\n{\"type\":\"event\",\"length\":2}\n{\"a\":1}\n").1);
        assert!(kinds("{}\n{\"type\":\"ev").1);
    }

    #[test]
    fn what_is_no_envelope_is_an_error() {
        assert_eq!(Envelope::read(b""), Err(EnvelopeError::NoHeader));
        assert_eq!(Envelope::read(b"hello\n"), Err(EnvelopeError::BadHeader));
        assert_eq!(Envelope::read(b"[]\n"), Err(EnvelopeError::BadHeader));
    }

    #[test]
    fn items_beyond_the_limit_are_counted() {
        let text = format!("{{}}\n{}", "{\"type\":\"session\"}\n{}\n".repeat(10_000));
        let envelope = Envelope::read(text.as_bytes()).unwrap();
        assert_eq!((envelope.items.len(), envelope.beyond), (MAX_ITEMS, 9_000));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            Envelope::read(&bytes).map(|_| ()).unwrap_or(());
            let framed = [b"{}\n{\"type\":\"event\",\"length\":5}\n".as_slice(), &bytes].concat();
            Envelope::read(&framed).unwrap();
        }
    }
}
