//! The protocol of Redis: commands out, values in. Pure.

/// Values inside values that are read.
const MAX_DEPTH: usize = 6;
/// The longest line of a simple value.
const MAX_LINE: usize = 64 * 1024;
/// The longest string or list that is taken.
const MAX_LENGTH: usize = 8 * 1024 * 1024;

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) enum Value {
    Simple(String),
    Error(String),
    Number(i64),
    Text(Vec<u8>),
    List(Vec<Self>),
    Nil,
}

impl Value {
    /// As text, where it is text.
    pub(in crate::checks) fn text(&self) -> Option<String> {
        match self {
            Self::Simple(text) => Some(text.clone()),
            Self::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }
}

/// A command as it is sent.
pub(super) fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Reads a value off the front; `None` when there is more to come.
///
/// # Errors
/// When this is not the protocol of Redis.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Value, usize)>, &'static str> {
    read_at(bytes, 0, MAX_DEPTH)
}

fn read_at(bytes: &[u8], from: usize, depth: usize) -> Result<Option<(Value, usize)>, &'static str> {
    let Some(&kind) = bytes.get(from) else { return Ok(None) };
    if !b"+-:$*".contains(&kind) {
        return Err("answers in an unknown way");
    }
    let Some((line, next)) = line_at(bytes, from + 1)? else { return Ok(None) };
    let text = || String::from_utf8_lossy(line).into_owned();
    let value = match kind {
        b'+' => Value::Simple(text()),
        b'-' => Value::Error(text()),
        b':' => Value::Number(number(line)?),
        b'$' => return text_at(bytes, next, number(line)?),
        _ => return list_at(bytes, next, number(line)?, depth),
    };
    Ok(Some((value, next)))
}

fn text_at(bytes: &[u8], from: usize, length: i64) -> Result<Option<(Value, usize)>, &'static str> {
    let Some(length) = length_of(length)? else { return Ok(Some((Value::Nil, from))) };
    match bytes.get(from..from + length + 2) {
        Some(text) if text.ends_with(b"\r\n") => {
            Ok(Some((Value::Text(text[..length].to_vec()), from + length + 2)))
        }
        Some(_) => Err("ends a string where it should not"),
        None => Ok(None),
    }
}

fn list_at(
    bytes: &[u8],
    mut from: usize,
    length: i64,
    depth: usize,
) -> Result<Option<(Value, usize)>, &'static str> {
    let Some(length) = length_of(length)? else { return Ok(Some((Value::Nil, from))) };
    if depth == 0 {
        return Err("answers with lists in lists without end");
    }
    let mut values = Vec::new();
    for _ in 0..length {
        let Some((value, next)) = read_at(bytes, from, depth - 1)? else { return Ok(None) };
        values.push(value);
        from = next;
    }
    Ok(Some((Value::List(values), from)))
}

/// -1 is the length of what is not there.
fn length_of(length: i64) -> Result<Option<usize>, &'static str> {
    match usize::try_from(length) {
        Ok(length) if length <= MAX_LENGTH => Ok(Some(length)),
        Ok(_) => Err("answers with more than a probe will read"),
        Err(_) if length == -1 => Ok(None),
        Err(_) => Err("counts in an unknown way"),
    }
}

fn line_at(bytes: &[u8], from: usize) -> Result<Option<(&[u8], usize)>, &'static str> {
    let rest = &bytes[from..];
    match memchr::memchr(b'\n', &rest[..rest.len().min(MAX_LINE)]) {
        Some(end) => {
            let line = rest[..end].strip_suffix(b"\r").ok_or("ends a line in an unknown way")?;
            Ok(Some((line, from + end + 1)))
        }
        None if rest.len() >= MAX_LINE => Err("answers with a line without end"),
        None => Ok(None),
    }
}

fn number(line: &[u8]) -> Result<i64, &'static str> {
    let text = std::str::from_utf8(line).ok();
    text.and_then(|text| text.parse().ok()).ok_or("counts in an unknown way")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_read_whole_or_not_at_all() {
        let whole = b"*4\r\n+OK\r\n:-7\r\n$5\r\nhe\r\nl\r\n*-1\r\nrest";
        let list = Value::List(vec![
            Value::Simple("OK".into()),
            Value::Number(-7),
            Value::Text(b"he\r\nl".to_vec()),
            Value::Nil,
        ]);
        assert_eq!(read(whole), Ok(Some((list, whole.len() - 4))));
        for cut in 0..whole.len() - 4 {
            assert_eq!(read(&whole[..cut]), Ok(None), "{cut}");
        }
    }

    #[test]
    fn other_protocols_are_no_values() {
        for odd in [&b"HTTP/1.1 400\r\n"[..], b"$9999999999\r\n", b"*-2\r\n", b"+x\n", b":x\r\n"] {
            assert!(read(odd).is_err(), "{odd:?}");
        }
        assert!(read("*1\r\n".repeat(9).as_bytes()).is_err());
        assert_eq!(command(&[b"GET", b"a"]), b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in "[+$*:\\-0-9\r\nab]{0,60}") {
            if let Ok(Some((_, used))) = read(bytes.as_bytes()) {
                prop_assert!(used <= bytes.len());
            }
        }
    }
}
