//! Text with variables: `Truck {truck} at {pct} %` is compiled once and written with fresh values each time.

use super::rng::Rng;

/// What stands between braces.
#[derive(Clone, Copy, Debug)]
enum Variable {
    Truck,
    Number,
    Small,
    Percent,
    Ip,
    Port,
    Uuid,
    Address,
    Date,
    Days,
    Millis,
    User,
}

impl Variable {
    fn named(name: &str) -> Self {
        match name {
            "truck" => Self::Truck,
            "n" => Self::Number,
            "small" => Self::Small,
            "pct" => Self::Percent,
            "ip" => Self::Ip,
            "port" => Self::Port,
            "uuid" => Self::Uuid,
            "addr" => Self::Address,
            "date" => Self::Date,
            "days" => Self::Days,
            "ms" => Self::Millis,
            "user" => Self::User,
            other => panic!("no variable `{other}`"),
        }
    }
}

#[derive(Clone, Debug)]
enum Part {
    Text(Box<[u8]>),
    Variable(Variable),
}

/// Bytes with variables in them.
#[derive(Clone, Debug)]
pub(crate) struct Phrase(Box<[Part]>);

const PREFIXES: [&str; 8] = ["DO", "RY", "JB", "MR", "CO", "SG", "VD", "LC"];
const USERS: [&str; 8] = ["alice", "bruno", "carmen", "diego", "elena", "felix", "gloria", "hugo"];

impl Phrase {
    /// Compiles; a brace that is not followed by a lower-case word and its closing brace is text.
    pub(crate) fn new(source: &str) -> Self {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(open) = rest.find('{') {
            let inside = &rest[open + 1..];
            let close = inside.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(inside.len());
            text.push_str(&rest[..open]);
            if close > 0 && inside[close..].starts_with('}') {
                parts.push(Part::Text(std::mem::take(&mut text).into_bytes().into_boxed_slice()));
                parts.push(Part::Variable(Variable::named(&inside[..close])));
                rest = &inside[close + 1..];
            } else {
                text.push('{');
                rest = inside;
            }
        }
        text.push_str(rest);
        parts.push(Part::Text(text.into_bytes().into_boxed_slice()));
        Self(parts.into_boxed_slice())
    }

    pub(crate) fn write(&self, rng: &mut Rng, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Variable(variable) => write_value(*variable, rng, out),
            }
        }
    }
}

fn write_value(variable: Variable, rng: &mut Rng, out: &mut Vec<u8>) {
    match variable {
        Variable::Truck => {
            out.extend_from_slice(rng.pick(&PREFIXES).as_bytes());
            decimal(1_000 + rng.below(40) * 37, out);
        }
        Variable::Number => decimal(10 + rng.below(90_000), out),
        Variable::Small => decimal(2 + rng.below(30), out),
        Variable::Percent => {
            decimal(rng.below(100), out);
            out.extend_from_slice(&[b'.', b'0' + rng.below(10) as u8]);
        }
        Variable::Ip => {
            out.extend_from_slice(b"10.0.");
            decimal(rng.below(4), out);
            out.push(b'.');
            decimal(1 + rng.below(250), out);
        }
        Variable::Port => decimal(32_768 + rng.below(28_000), out),
        Variable::Uuid => uuid(rng, out),
        Variable::Address => {
            out.extend_from_slice(b"0x7f");
            hex(rng.next(), 10, out);
        }
        Variable::Date => {
            out.extend_from_slice(b"2026-0");
            out.extend_from_slice(&[b'1' + rng.below(3) as u8, b'-', b'1', b'0' + rng.below(10) as u8]);
        }
        Variable::Days => decimal(*rng.pick(&[1, 7, 14, 30]), out),
        Variable::Millis => {
            decimal(1 + rng.below(900), out);
            out.extend_from_slice(&[b'.', b'0' + rng.below(10) as u8, b'0' + rng.below(10) as u8]);
        }
        Variable::User => out.extend_from_slice(rng.pick(&USERS).as_bytes()),
    }
}

/// Writes a number as decimal digits.
pub(crate) fn decimal(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes the lowest `digits` hexadecimal digits.
pub(crate) fn hex(value: u64, digits: u32, out: &mut Vec<u8>) {
    out.extend((0..digits).rev().map(|at| b"0123456789abcdef"[(value >> (4 * at)) as usize & 15]));
}

fn uuid(rng: &mut Rng, out: &mut Vec<u8>) {
    let (high, low) = (rng.next(), rng.next());
    hex(high, 8, out);
    out.push(b'-');
    hex(high >> 32, 4, out);
    out.extend_from_slice(b"-4");
    hex(high >> 48, 3, out);
    out.extend_from_slice(b"-a");
    hex(low, 3, out);
    out.push(b'-');
    hex(low >> 12, 12, out);
}
