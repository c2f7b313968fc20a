//! `asctime [LEVEL] name - msg` and everything else that writes fields in brackets: nginx, Apache, MySQL, PostgreSQL,
//! gunicorn, structlog, log4j with its thread first.

use crate::logs::format::bytes::{
    bracket_group, digits, drop_blanks, is_exception_name, is_module, is_name, is_number, skip_blanks,
    split_once, token,
};
use crate::logs::format::dated::{behind_level as words_behind_level, is_origin, logger_and_message};
use crate::logs::format::level;
use crate::logs::{FormatId, Line};

/// How many bracket groups may stand before the message.
const MAX_GROUPS: usize = 6;

/// Reads groups off the front until the level was found, then what stands behind it.
pub(in crate::logs::format) fn read<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.message = rest;
    let mut ahead = rest;
    let mut thread: &[u8] = b"";
    for _ in 0..MAX_GROUPS {
        let Some((inside, more)) = bracket_group(ahead) else { break };
        if let Some((logger, found, word)) = level_in(inside) {
            (line.level, line.level_raw, line.logger) = (Some(found), word, logger);
            let padded = inside.last() == Some(&b' ') && word[0].is_ascii_lowercase();
            line.format = if padded { FormatId::StructlogConsole } else { FormatId::PythonBracket };
            return behind_level(line, more);
        }
        if thread.is_empty() {
            thread = drop_blanks(skip_blanks(inside));
        }
        ahead = skip_blanks(more);
    }
    unbracketed_level(line, thread, ahead);
}

/// `error`, `info     `, `core:error`, `mpm_prefork:notice`.
fn level_in(inside: &[u8]) -> Option<(&[u8], crate::model::Level, &[u8])> {
    if let Some((found, word)) = level::of_field(inside) {
        return Some((b"", found, word));
    }
    let (module, word) = split_once(inside, b":")?;
    let (found, word) = level::of_field(word).filter(|_| is_name(module))?;
    Some((module, found, word))
}

/// `[main] INFO  a.b.C - msg`, `[123] LOG:  msg`, `[123] user@db ERROR:  msg`.
fn unbracketed_level<'a>(line: &mut Line<'a>, thread: &'a [u8], rest: &'a [u8]) {
    if let Some((found, word, behind)) = level::leading(rest) {
        (line.level, line.level_raw) = (Some(found), word);
        line.format = FormatId::Log4j;
        if is_postgres(thread, behind) {
            return postgres(line, behind);
        }
        words_behind_level(line, behind);
    } else if is_number(thread) || thread.contains(&b'-') {
        // PostgreSQL's own lines: `DETAIL:`, `STATEMENT:`, or the user and database before the level.
        let (user, behind) = token(rest);
        let behind = skip_blanks(behind);
        let words = if user.contains(&b'@') { behind } else { rest };
        match level::leading(words) {
            Some((found, word, behind)) if is_postgres(thread, behind) => {
                (line.level, line.level_raw) = (Some(found), word);
                postgres(line, behind);
            }
            _ if is_postgres_detail(words) => postgres_detail(line, words),
            _ => super::name_unleveled(line),
        }
    } else {
        super::name_unleveled(line);
    }
    if line.logger.is_empty()
        && line.level.is_some()
        && line.format != FormatId::Postgres
        && is_module(thread)
    {
        line.logger = thread;
    }
}

/// PostgreSQL puts its process in brackets and two blanks behind the level's colon.
fn is_postgres(process: &[u8], behind_level: &[u8]) -> bool {
    let (pid, rest) = digits(process);
    !pid.is_empty() && (rest.is_empty() || rest.starts_with(b"-")) && behind_level.starts_with(b":  ")
}

fn postgres<'a>(line: &mut Line<'a>, behind: &'a [u8]) {
    line.format = FormatId::Postgres;
    line.message = skip_blanks(&behind[1..]);
}

fn is_postgres_detail(rest: &[u8]) -> bool {
    [&b"DETAIL:  "[..], b"HINT:  ", b"CONTEXT:  ", b"STATEMENT:  ", b"QUERY:  ", b"LOCATION:  "]
        .iter()
        .any(|word| rest.starts_with(word))
}

fn postgres_detail<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.format = FormatId::Postgres;
    line.message = rest;
}

/// Reads what stands behind a level in brackets.
pub(in crate::logs::format) fn behind_level<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let rest = skip_blanks(rest);
    line.message = rest;
    match rest {
        [b'[', ..] => groups_behind_level(line, rest),
        [b'-', b' ', more @ ..] => line.message = skip_blanks(more),
        [b':', more @ ..] => line.message = skip_blanks(more),
        [first, ..] if first.is_ascii_digit() && nginx(line, rest) => {}
        _ if line.format == FormatId::StructlogConsole => structlog_logger(line),
        _ => python_name(line, rest),
    }
}

/// `name - msg` and `name: msg`; a capitalised word before a colon opens the message instead.
fn python_name<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let (word, behind) = token(rest);
    if let Some(name) = word.strip_suffix(b":") {
        if is_module(name) && !is_exception_name(name) && !behind.is_empty() {
            (line.logger, line.message) = (name, skip_blanks(behind));
        } else if is_origin(name) {
            (line.origin, line.message) = (name, skip_blanks(behind));
        }
    } else if let Some(message) = skip_blanks(behind).strip_prefix(b"- ")
        && is_name(word)
    {
        (line.logger, line.message) = (word, skip_blanks(message));
    }
}

/// nginx: `[error] 12#12: *3 msg`.
fn nginx<'a>(line: &mut Line<'a>, rest: &'a [u8]) -> bool {
    let (process, more) = digits(rest);
    let Some(more) = more.strip_prefix(b"#") else { return false };
    let (thread, more) = digits(more);
    let Some(message) = more.strip_prefix(b": ") else { return false };
    if process.is_empty() || thread.is_empty() {
        return false;
    }
    line.format = FormatId::NginxError;
    line.message = message;
    if let Some(connection) = message.strip_prefix(b"*") {
        let (number, behind) = digits(connection);
        if !number.is_empty() && behind.starts_with(b" ") {
            line.message = &behind[1..];
        }
    }
    true
}

/// Groups behind the level: MySQL's code and subsystem, Apache's pid, a module's name, a place in the source.
fn groups_behind_level<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let mut ahead = rest;
    for _ in 0..MAX_GROUPS {
        let Some((inside, more)) = bracket_group(ahead) else { break };
        if inside.starts_with(b"MY-") {
            line.format = FormatId::Mysql;
        } else if is_origin(inside) {
            line.origin = inside;
        } else if line.logger.is_empty() && is_plain_name(inside) {
            line.logger = drop_blanks(skip_blanks(inside));
        } else if !(inside.starts_with(b"pid ") || is_number(inside)) {
            break;
        }
        ahead = skip_blanks(more);
    }
    line.message = match ahead {
        [b'-' | b':', b' ', more @ ..] => skip_blanks(more),
        _ => ahead,
    };
    if line.logger.is_empty() && line.message.len() == ahead.len() {
        python_name(line, ahead);
    }
}

/// A group that names a component: letters and `._-`, no digits, so that ids stay in the message.
fn is_plain_name(inside: &[u8]) -> bool {
    let name = drop_blanks(skip_blanks(inside));
    is_name(name) && !name.iter().any(u8::is_ascii_digit)
}

/// `event text                    [logger] key=value`: the logger stands in brackets of its own behind the event.
fn structlog_logger(line: &mut Line<'_>) {
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'[', &line.message[from..]) {
        let at = from + found;
        from = at + 1;
        let Some((inside, _)) = bracket_group(&line.message[at..]).filter(|_| at > 0) else { continue };
        if line.message[at - 1] == b' ' && is_module(inside) {
            line.logger = inside;
            return;
        }
        if from > 200 {
            return;
        }
    }
}

/// Reads what stands behind a bracketed time: `[time] [12] [INFO] msg`, `[time] ERROR msg`, `[time] app.ERROR: msg`.
pub(in crate::logs::format) fn behind_bracketed_stamp<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.message = skip_blanks(rest);
    match line.message {
        [b'[', ..] => read(line, line.message),
        [b'-', b' ', more @ ..] => super::dashes::read(line, skip_blanks(more)),
        text => {
            if let Some((found, word, behind)) = level::leading(text) {
                (line.level, line.level_raw) = (Some(found), word);
                line.format = FormatId::Bracketed;
                words_behind_level(line, behind);
            } else {
                monolog(line, text);
            }
        }
    }
    if line.level.is_none() {
        line.format = FormatId::Bracketed;
    }
}

/// `channel.ERROR: msg`.
fn monolog<'a>(line: &mut Line<'a>, text: &'a [u8]) {
    let (word, behind) = token(text);
    let Some((channel, name)) = word.strip_suffix(b":").and_then(|word| split_once(word, b".")) else {
        return;
    };
    if let Some((found, word)) = level::of_field(name).filter(|_| is_name(channel)) {
        (line.level, line.level_raw, line.logger) = (Some(found), word, channel);
        line.message = skip_blanks(behind);
    }
}

/// `[time LEVEL  target] msg`, `[10:00:00 INF] msg`, `[time: LEVEL/Process] msg`.
pub(in crate::logs::format) fn inside_bracket<'a>(
    line: &mut Line<'a>,
    inside: &'a [u8],
    rest: &'a [u8],
) -> bool {
    let celery = inside.starts_with(b": ");
    let fields = skip_blanks(inside.strip_prefix(b":").unwrap_or(inside));
    let len = fields.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let Some((found, word)) = level::of_field(&fields[..len]) else { return false };
    (line.level, line.level_raw) = (Some(found), word);
    let target = &fields[len..];
    line.message = skip_blanks(rest);
    if celery {
        line.format = FormatId::Celery;
        line.logger = target.strip_prefix(b"/").unwrap_or(target);
        return true;
    }
    line.format = FormatId::Bracketed;
    let target = skip_blanks(target);
    if is_origin(target) {
        line.origin = target;
    } else if is_name(target) {
        line.logger = target;
    }
    if line.logger.is_empty() {
        logger_and_message(line, line.message);
    }
    true
}
