//! Bytes of a log as text in JSON, and back: what is no UTF-8, and the backslash, stand there as `\\xNN`.
//!
//! For fields: `#[serde(with = "escaped")]`.

use std::fmt::Write;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes bytes as text.
///
/// # Errors
/// What the serializer says.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\\' { text.push_str("\\x5c") } else { text.push(c) }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("a string takes all that is written to it");
        }
    }
    serializer.serialize_str(&text)
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// When an escape is not whole, or the deserializer says so.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[u8]>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).ok_or_else(|| D::Error::custom("a text ends within an escape"))?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(D::Error::custom)?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] Box<[u8]>);

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>) {
            let json = serde_json::to_string(&Holder(bytes.clone().into())).unwrap();
            prop_assert_eq!(&*serde_json::from_str::<Holder>(&json).unwrap().0, &bytes[..]);
        }
    }

    #[test]
    fn half_an_escape_is_an_error() {
        for text in [r#""a\\x""#, r#""\\xf""#, r#""\\xzz""#] {
            assert!(serde_json::from_str::<Holder>(text).is_err(), "{text}");
        }
    }
}
