//! `time LEVEL …`: log4j and its many kin, oslo.log, logcat, MySQL, Rust's `tracing`, Go's `log`.

use crate::logs::format::bytes::{
    bracket_group, digits, drop_blanks, is_exception_name, is_module, is_name, is_number, skip_blanks,
    split_once, token,
};
use crate::logs::format::{level, syslog};
use crate::logs::{FormatId, Line, StampLayout};

/// Reads what stands behind `time ` where it begins with a letter.
pub(super) fn read<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    if let Some((found, word, behind)) = level::leading(rest) {
        (line.level, line.level_raw) = (Some(found), word);
        line.format = name_leveled(line, behind);
        return behind_level(line, behind);
    }
    if syslog::host_and_tag(line, rest) {
        return;
    }
    let (first, behind) = token(rest);
    if let Some(origin) = first.strip_suffix(b":").filter(|place| super::is_origin(place)) {
        line.format = FormatId::GoLog;
        (line.origin, line.message) = (origin, skip_blanks(behind));
        return;
    }
    // `time name LEVEL msg`: one name may stand before the level.
    let second = skip_blanks(behind);
    if let Some((found, word, behind)) = level::leading(second)
        && is_module(first)
        && !word.iter().any(u8::is_ascii_lowercase)
    {
        (line.level, line.level_raw, line.logger) = (Some(found), word, first);
        line.message = skip_blanks(behind.strip_prefix(b":").unwrap_or(behind));
        return;
    }
    super::name_unleveled(line);
}

/// The usual writer of `time LEVEL`.
fn name_leveled(line: &Line<'_>, behind: &[u8]) -> FormatId {
    let stamp = line.stamp;
    match stamp.layout {
        StampLayout::TimeOnly => FormatId::Console,
        StampLayout::ShortYear => FormatId::Spark,
        StampLayout::YearFirst if stamp.text.ends_with(b"Z") && stamp.text[10] == b'T' => {
            if behind.starts_with(b" ") { FormatId::RustTracing } else { FormatId::Other }
        }
        StampLayout::WeekdayFirst | StampLayout::DayMonthYear => FormatId::DateEcho,
        _ => FormatId::Log4j,
    }
}

/// Reads what stands behind a level without brackets.
pub(in crate::logs::format) fn behind_level<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    if let [b':', more @ ..] = rest {
        line.message = skip_blanks(more);
        // `INFO:name:msg`, without blanks between.
        if let Some((name, message)) = split_once(more, b":").filter(|(name, _)| is_module(name)) {
            (line.logger, line.message) = (name, skip_blanks(message));
        }
        return;
    }
    let rest = skip_blanks(rest);
    line.message = rest;
    match rest {
        [b'[', ..] => thread_group(line, rest),
        [b'-' | b':', b' ', more @ ..] => line.message = skip_blanks(more),
        [b'|', more @ ..] => super::bars::spaced(line, more),
        [b'(', ..] => line.message = behind_parenthesis(rest),
        [first, ..] if first.is_ascii_digit() => spring(line, rest),
        _ => logger_and_message(line, rest),
    }
}

/// `[main] a.b.C: msg`: the group is the thread; `[a.b.C] msg`, `[a.b] (thread 1) msg`: the group is the logger.
fn thread_group<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let Some((inside, behind)) = bracket_group(rest) else { return };
    let behind = skip_blanks(behind);
    line.message = behind;
    if behind.starts_with(b"[") && is_thread_or_id(inside) {
        return thread_group(line, behind);
    }
    logger_and_message(line, behind);
    if !line.logger.is_empty() {
        return;
    }
    let (method, message) = token(behind);
    if is_name(method) && method.iter().filter(|b| **b == b'.').count() >= 3 && !method.ends_with(b".") {
        // Tomcat: `[main] org.apache.catalina.startup.Catalina.start Server startup`.
        (line.logger, line.message) = (method, skip_blanks(message));
        return;
    }
    if super::is_origin(inside) {
        line.origin = inside;
    } else if is_name(inside) && !inside.iter().any(u8::is_ascii_digit) {
        line.logger = inside;
        line.message = behind_parenthesis(behind);
    } else if !is_number(inside) {
        line.message = rest;
    }
    if let [b'-' | b':', b' ', more @ ..] = line.message {
        line.message = skip_blanks(more);
    }
}

/// A first group is no logger if another follows: threads, requests, pids.
fn is_thread_or_id(inside: &[u8]) -> bool {
    is_number(inside) || inside.contains(&b'-') || inside.contains(&b' ') || is_name(inside)
}

/// Drops `(thread name) ` where it stands.
fn behind_parenthesis(rest: &[u8]) -> &[u8] {
    let close = rest.iter().take(80).position(|b| *b == b')');
    match close {
        Some(at) if rest.starts_with(b"(") => skip_blanks(&rest[at + 1..]),
        _ => rest,
    }
}

/// Spring Boot: `12345 --- [  main] c.e.App  : msg`; other numbers stay in the message.
fn spring<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let (_, behind) = digits(rest);
    let Some(behind) = behind.strip_prefix(b" --- ") else { return };
    let mut ahead = behind;
    while let Some((_, more)) = bracket_group(ahead) {
        ahead = skip_blanks(more);
    }
    line.message = ahead;
    logger_and_message(line, ahead);
}

/// `name: msg`, `name - msg`, `name  : msg`, `name [req-1] msg`; leaves the message whole where no name stands.
pub(in crate::logs::format) fn logger_and_message<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let (word, behind) = token(rest);
    if let Some(name) = word.strip_suffix(b":") {
        if is_name(name) && !is_exception_name(name) {
            (line.logger, line.message) = (name, skip_blanks(behind));
        } else if super::is_origin(name) {
            (line.origin, line.message) = (name, skip_blanks(behind));
        }
        return;
    }
    if behind.is_empty() || !is_name(word) {
        return;
    }
    match skip_blanks(behind) {
        [b'-' | b':', b' ', more @ ..] => (line.logger, line.message) = (word, skip_blanks(more)),
        [b'-' | b':'] => (line.logger, line.message) = (word, b""),
        text @ [b'[', ..] if word.contains(&b'.') => oslo(line, word, text),
        _ => {}
    }
}

/// OpenStack: `nova.api [req-… user project] msg`, `nova.compute [-] msg`.
fn oslo<'a>(line: &mut Line<'a>, name: &'a [u8], rest: &'a [u8]) {
    let Some((inside, behind)) = bracket_group(rest) else { return };
    if inside == b"-" || inside.starts_with(b"req-") || inside.starts_with(b"None") {
        (line.logger, line.message, line.format) = (name, skip_blanks(behind), FormatId::Openstack);
        line.correlation = token(inside).0;
        if line.correlation == b"-" {
            line.correlation = b"";
        }
    }
}

/// Behind `time ` a number: a process before the level, logcat's two numbers, MySQL's thread.
pub(super) fn behind_number<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    super::name_unleveled(line);
    let (_, behind) = digits(rest);
    let after = skip_blanks(behind);
    if after.len() == behind.len() {
        return;
    }
    match after {
        [first, ..] if first.is_ascii_digit() => logcat(line, after),
        [b'[', ..] => {
            if let Some((inside, more)) = bracket_group(after)
                && let Some((found, word)) = level::of_field(inside)
            {
                (line.level, line.level_raw) = (Some(found), word);
                super::brackets::behind_level(line, more);
                line.format = FormatId::Mysql;
            }
        }
        _ => {
            let Some((found, word, more)) = level::leading(after) else { return };
            (line.level, line.level_raw) = (Some(found), word);
            line.format = if line.stamp.layout == StampLayout::PackedYearFirst {
                FormatId::Hdfs
            } else {
                FormatId::Log4j
            };
            behind_level(line, more);
        }
    }
}

/// logcat: `1702  2395 D WindowManager: msg`, the first number already taken.
fn logcat<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let (_, behind) = digits(rest);
    let [letter, b' ', tail @ ..] = skip_blanks(behind) else { return };
    let Some(found) = level::of_letter(*letter).filter(|_| behind.starts_with(b" ")) else { return };
    (line.level, line.level_raw) = (Some(found), &skip_blanks(behind)[..1]);
    line.format = FormatId::Logcat;
    line.message = skip_blanks(tail);
    // The tag may hold blanks and be padded before its colon.
    if let Some((tag, message)) = split_once(tail, b": ") {
        (line.logger, line.message) = (drop_blanks(skip_blanks(tag)), message);
    } else if let Some(tag) = tail.strip_suffix(b":") {
        (line.logger, line.message) = (drop_blanks(skip_blanks(tag)), b"");
    }
}
