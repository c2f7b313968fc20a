//! Level words: what loggers of all kinds call their levels.
//!
//! A word may be *sure* (nobody opens a sentence with `WARN`) or *plain* (`note`, `log`, `fail` are words first); the
//! layouts decide where a plain word may stand for a level.

use super::bytes::{class, drop_blanks, pack, pack_front, run, skip_blanks};
use crate::model::Level;

/// How surely a word is meant as a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// Means a level wherever it opens the text.
    Sure,
    /// Means a level only where a layout expects one.
    Plain,
}

/// The level that a word names, in any case; `None` for other words.
#[inline]
pub(crate) fn of_word(word: &[u8]) -> Option<(Level, Sense)> {
    of_front(word, word.len())
}

/// The level that the first `len` bytes of a text name.
#[inline]
pub(crate) fn of_front(text: &[u8], len: usize) -> Option<(Level, Sense)> {
    use Level::{Critical, Debug, Error, Info, Trace, Warning};
    use Sense::{Plain, Sure};
    const fn key(word: &str) -> u64 {
        pack(word.as_bytes())
    }
    if !(2..=13).contains(&len) || !text[0].is_ascii_alphabetic() {
        return None;
    }
    if len > 8 {
        return of_long_word(&text[..len]);
    }
    const TRACE: u64 = key("trace");
    const TRC: u64 = key("trc");
    const VERBOSE: u64 = key("verbose");
    const FINEST: u64 = key("finest");
    const FINER: u64 = key("finer");
    const FINE: u64 = key("fine");
    const DEBUG: u64 = key("debug");
    const DBG: u64 = key("dbg");
    const DEBG: u64 = key("debg");
    const CONFIG: u64 = key("config");
    const INFO: u64 = key("info");
    const INF: u64 = key("inf");
    const NOTICE: u64 = key("notice");
    const NOTE: u64 = key("note");
    const LOG: u64 = key("log");
    const SUCCESS: u64 = key("success");
    const SYSTEM: u64 = key("system");
    const WARN: u64 = key("warn");
    const WARNING: u64 = key("warning");
    const WRN: u64 = key("wrn");
    const ERROR: u64 = key("error");
    const ERR: u64 = key("err");
    const EROR: u64 = key("eror");
    const SEVERE: u64 = key("severe");
    const FAILURE: u64 = key("failure");
    const FAIL: u64 = key("fail");
    const CRITICAL: u64 = key("critical");
    const CRIT: u64 = key("crit");
    const CRT: u64 = key("crt");
    const FATAL: u64 = key("fatal");
    const FTL: u64 = key("ftl");
    const PANIC: u64 = key("panic");
    const ALERT: u64 = key("alert");
    const EMERG: u64 = key("emerg");
    let found = match pack_front(text, len) {
        INFO | INF | NOTICE => (Info, Sure),
        WARN | WARNING | WRN => (Warning, Sure),
        ERROR | ERR | EROR | SEVERE => (Error, Sure),
        DEBUG | DBG | DEBG => (Debug, Sure),
        CRITICAL | CRIT | CRT | FATAL | FTL | EMERG => (Critical, Sure),
        TRACE | TRC | FINEST | FINER => (Trace, Sure),
        PANIC | ALERT => (Critical, Plain),
        VERBOSE => (Trace, Plain),
        FINE | CONFIG => (Debug, Plain),
        NOTE | LOG | SUCCESS | SYSTEM => (Info, Plain),
        FAILURE | FAIL => (Error, Plain),
        // PostgreSQL's DEBUG1 to DEBUG5.
        packed if len == 6 && packed & 0xff_ffff_ffff == DEBUG && (b'1'..=b'5').contains(&text[5]) => {
            (Debug, Sure)
        }
        _ => return None,
    };
    Some(found)
}

fn of_long_word(word: &[u8]) -> Option<(Level, Sense)> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is("emergency") {
        Some((Level::Critical, Sense::Sure))
    } else if is("information") || is("informational") {
        Some((Level::Info, Sense::Plain))
    } else if is("exception") {
        Some((Level::Error, Sense::Plain))
    } else {
        None
    }
}

/// The level word that opens a text, where it stands as a level and not as the first word of a sentence.
///
/// Capitals are enough for a sure word; other spellings need a mark behind them (`error:`, `info  `, `Warn|`).
#[inline]
pub(crate) fn leading(text: &[u8]) -> Option<(Level, &[u8], &[u8])> {
    let len = run(&text[..text.len().min(14)], class::LETTER | class::DIGIT);
    let (level, sense) = of_front(text, len)?;
    let (word, rest) = text.split_at(len);
    let capitals = !word.iter().any(u8::is_ascii_lowercase);
    let marked = match rest {
        [] | [b':' | b'|' | b'\t' | b',', ..] => true,
        [b' ', second, ..] => matches!(second, b' ' | b'[' | b'|' | b':' | b'\t'),
        [b' '] => true,
        _ => return None,
    };
    let stands = match sense {
        Sense::Sure => capitals || marked || matches!(level, Level::Info | Level::Debug | Level::Trace),
        Sense::Plain => capitals && marked,
    };
    stands.then_some((level, word, rest))
}

/// The level that a whole field names (`ERROR`, `info     `); blanks around it do not count.
#[inline]
pub(crate) fn of_field(field: &[u8]) -> Option<(Level, &[u8])> {
    let word = drop_blanks(skip_blanks(field));
    of_word(word).map(|(level, _)| (level, word))
}

/// The level of a single letter, as logcat, glog, Ruby's logger and Tornado write it.
pub(crate) fn of_letter(letter: u8) -> Option<Level> {
    Some(match letter {
        b'T' | b'V' => Level::Trace,
        b'D' => Level::Debug,
        b'I' | b'N' => Level::Info,
        b'W' => Level::Warning,
        b'E' => Level::Error,
        b'F' | b'C' | b'A' | b'S' => Level::Critical,
        _ => return None,
    })
}

/// The level of a syslog severity, 0 (emergency) to 7 (debug).
pub(crate) fn of_syslog(severity: u64) -> Option<Level> {
    Some(match severity {
        0..=2 => Level::Critical,
        3 => Level::Error,
        4 => Level::Warning,
        5 | 6 => Level::Info,
        7 => Level::Debug,
        _ => return None,
    })
}

/// The level of a number as pino and bunyan write it: 10 trace to 60 fatal; below 8 it is a syslog severity (GELF).
pub(crate) fn of_pino(number: u64) -> Option<Level> {
    Some(match number {
        0..=7 => return of_syslog(number),
        8..=14 => Level::Trace,
        15..=24 => Level::Debug,
        25..=34 => Level::Info,
        35..=44 => Level::Warning,
        45..=54 => Level::Error,
        55..=100 => Level::Critical,
        _ => return None,
    })
}

/// The level of Python's `levelno`: 10 debug to 50 critical.
pub(crate) fn of_levelno(number: u64) -> Option<Level> {
    Some(match number {
        1..=9 => Level::Trace,
        10..=19 => Level::Debug,
        20..=29 => Level::Info,
        30..=39 => Level::Warning,
        40..=49 => Level::Error,
        50..=100 => Level::Critical,
        _ => return None,
    })
}

/// The level of an OpenTelemetry `SeverityNumber`, 1 to 24.
pub(crate) fn of_opentelemetry(number: u64) -> Option<Level> {
    Some(match number {
        1..=4 => Level::Trace,
        5..=8 => Level::Debug,
        9..=12 => Level::Info,
        13..=16 => Level::Warning,
        17..=20 => Level::Error,
        21..=24 => Level::Critical,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_kinds_of_loggers_are_known_in_any_case() {
        for (words, level) in [
            ("trace TRC finest verbose", Level::Trace),
            ("DEBUG dbg Debug DEBUG3 fine", Level::Debug),
            ("INFO inf Info notice Note LOG information success", Level::Info),
            ("WARN warning Wrn", Level::Warning),
            ("ERROR err error SEVERE failure exception", Level::Error),
            ("CRITICAL crit fatal FTL panic alert emerg EMERGENCY", Level::Critical),
        ] {
            for word in words.split(' ') {
                assert_eq!(of_word(word.as_bytes()).map(|found| found.0), Some(level), "{word}");
            }
        }
        for word in ["", "i", "erro", "errors", "INFOS", "debug9", "informationals", "\u{e9}rror"] {
            assert_eq!(of_word(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn numbers_mean_what_their_library_means() {
        assert_eq!(of_pino(30), Some(Level::Info));
        assert_eq!(of_levelno(30), Some(Level::Warning));
        assert_eq!(of_syslog(3), Some(Level::Error));
        assert_eq!(of_pino(3), Some(Level::Error));
        assert_eq!(of_opentelemetry(17), Some(Level::Error));
        assert_eq!(of_pino(7_000), None);
    }
}
