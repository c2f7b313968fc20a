//! Names for what varies: `<num>`, `<ip>`, `<uuid>`, `<path>` and so on, told by the values themselves.

/// Whether a value looks like one of a kind.
type Looks = fn(&str) -> bool;

/// What a value is, by its looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Placeholder {
    Number,
    Ip,
    Uuid,
    Hex,
    Mac,
    Url,
    Email,
    Path,
    Duration,
    Size,
    Time,
    Date,
    Host,
    /// Letters and digits mixed: the number of a truck, a block, a job.
    Id,
    Any,
}

impl Placeholder {
    /// What stands in a template.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Number => "<num>",
            Self::Ip => "<ip>",
            Self::Uuid => "<uuid>",
            Self::Hex => "<hex>",
            Self::Mac => "<mac>",
            Self::Url => "<url>",
            Self::Email => "<email>",
            Self::Path => "<path>",
            Self::Duration => "<dur>",
            Self::Size => "<size>",
            Self::Time => "<time>",
            Self::Date => "<date>",
            Self::Host => "<host>",
            Self::Id => "<id>",
            Self::Any => "<*>",
        }
    }

    /// The name for a place that holds values of two kinds.
    pub(super) fn join(self, other: Self) -> Self {
        use Placeholder::{Any, Hex, Id, Number};
        match (self, other) {
            (a, b) if a == b => a,
            // Many an identifier or hexadecimal number happens to have no letters.
            (Number, Hex) | (Hex, Number) => Hex,
            (Number | Hex | Id, Number | Hex | Id) => Id,
            _ => Any,
        }
    }

    /// Tells what a token is.
    pub(super) fn of(token: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(token) else { return Self::Any };
        let shapes: [(Looks, Self); 12] = [
            (is_number, Self::Number),
            (is_ip, Self::Ip),
            (is_uuid, Self::Uuid),
            (is_duration, Self::Duration),
            (is_size, Self::Size),
            (is_date, Self::Date),
            (is_url, Self::Url),
            (is_path, Self::Path),
            (is_email, Self::Email),
            (is_hex, Self::Hex),
            (is_host, Self::Host),
            (is_id, Self::Id),
        ];
        shapes.iter().find(|(fits, _)| fits(text)).map_or(Self::Any, |&(_, shape)| shape)
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+', '#']).unwrap_or(text);
    let text = text.strip_suffix('%').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole) && digits(part)
}

fn is_ip(text: &str) -> bool {
    let text = text.strip_prefix('/').unwrap_or(text);
    let address = text.split_once('/').filter(|(_, bits)| digits(bits)).map_or(text, |(address, _)| address);
    address.split('.').count() == 4 && address.split('.').all(|part| digits(part) && part.len() <= 3)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A number with one of some units directly behind it.
fn has_unit(text: &str, units: &[&str]) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_alphabetic());
    is_number(number) && units.contains(&text[number.len()..].to_ascii_lowercase().as_str())
}

fn is_duration(text: &str) -> bool {
    has_unit(text, &["ns", "us", "µs", "ms", "s", "sec", "secs", "min", "mins", "m", "h", "hr", "hrs", "d"])
}

fn is_size(text: &str) -> bool {
    has_unit(text, &["b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "bytes"])
}

fn is_date(text: &str) -> bool {
    let day = text.split(['T', '.']).next().unwrap_or(text);
    let parts: Vec<&str> = day.split(['-', '/']).collect();
    matches!(parts[..], [year, month, day] if parts.iter().all(|part| digits(part))
        && (year.len() == 4 && month.len() <= 2 && day.len() <= 2 || day.len() == 4 && month.len() <= 2 && year.len() <= 2))
}

fn is_url(text: &str) -> bool {
    text.starts_with("//") && text.len() > 2
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') || text.matches('/').count() >= 2 || text.rfind('\\').is_some_and(|at| at > 0)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

fn is_hex(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let bare = digits.unwrap_or(text);
    let long_enough = digits.is_some() && !bare.is_empty() || bare.len() >= 6;
    long_enough && bare.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_host(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or("");
    text.matches('.').count() >= 2
        && text.split('.').all(part)
        && last.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_id(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.#+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::Placeholder;

    #[test]
    fn values_are_told_by_their_looks() {
        let cases = [
            ("12", "<num>"),
            ("-0.5", "<num>"),
            ("94.8%", "<num>"),
            ("10.0.0.1", "<ip>"),
            ("/10.0.0.1", "<ip>"),
            ("10.0.0.0/8", "<ip>"),
            ("72c02cc5-da81-4eac-a9a7-79406a6fae1b", "<uuid>"),
            ("60.8ms", "<dur>"),
            ("22s", "<dur>"),
            ("16MiB", "<size>"),
            ("2026-03-17", "<date>"),
            ("17/03/2026", "<date>"),
            ("//example.org/x", "<url>"),
            ("/api/trucks/7", "<path>"),
            ("C\\Windows", "<path>"),
            ("me@example.org", "<email>"),
            ("0x7fed806eb5d", "<hex>"),
            ("a81fd3", "<hex>"),
            ("proxy.cse.example.org", "<host>"),
            ("DO9693", "<id>"),
            ("blk_-123", "<id>"),
            ("a=b", "<*>"),
        ];
        for (value, expected) in cases {
            assert_eq!(Placeholder::of(value.as_bytes()).text(), expected, "{value}");
        }
    }

    #[test]
    fn mixed_values_get_the_wider_name() {
        assert_eq!(Placeholder::Number.join(Placeholder::Id), Placeholder::Id);
        assert_eq!(Placeholder::Ip.join(Placeholder::Path), Placeholder::Any);
    }
}
