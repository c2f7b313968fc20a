//! Syslog: RFC 3164 with and without priority, RFC 5424, and the ISO-dated lines of rsyslog and `journalctl -o short-iso`.
//!
//! The tag is what stands before the first `: `, its pid in brackets aside; macOS and vendors write tags of several words.

use crate::logs::format::bytes::{bracket_group, digits, drop_blanks, is_number, number, skip_blanks, token};
use crate::logs::format::{level, stamps};
use crate::logs::{FormatId, Line, Stamp, StampLayout};

/// The longest tag; what is longer before a colon is a sentence.
const MAX_TAG: usize = 64;
/// The most words that a tag has.
const MAX_TAG_WORDS: usize = 4;

/// Reads `<34>…` of either kind.
pub(super) fn read_priority<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (priority, rest) = digits(text.strip_prefix(b"<")?);
    let rest = rest.strip_prefix(b">")?;
    let priority = number(priority).filter(|p| *p <= 191)?;
    match rest {
        [b'1', b' ', more @ ..] => rfc5424(more, line)?,
        _ => match stamps::leading(rest) {
            Some((stamp, more)) => behind_month_day(stamp, more, line),
            None => {
                line.reset(FormatId::Syslog3164);
                tag(line, rest);
            }
        },
    }
    if line.level.is_none() {
        line.level = level::of_syslog(priority & 7);
        line.level_raw = &text[..text.len() - rest.len()];
    }
    Some(())
}

/// Reads `Oct 11 22:14:15 host tag[1]: msg`, the time already taken.
pub(super) fn behind_month_day<'a>(stamp: Stamp<'a>, rest: &'a [u8], line: &mut Line<'a>) {
    line.reset(FormatId::Syslog3164);
    line.stamp = stamp;
    host_then_tag(line, rest);
}

/// Takes the host off, then the tag. A colon behind the first word makes it the tag of a line without host.
fn host_then_tag<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let rest = skip_blanks(rest.strip_prefix(b":").unwrap_or(rest));
    let (host, behind) = token(rest);
    if host.ends_with(b":") || host.ends_with(b"]") {
        tag(line, rest);
    } else {
        tag(line, skip_blanks(behind));
    }
}

/// Behind an ISO time: `host tag[pid]: msg`. Without a pid the time must carry a written offset, else any sentence fits.
pub(super) fn host_and_tag<'a>(line: &mut Line<'a>, rest: &'a [u8]) -> bool {
    let stamp = line.stamp.text;
    if line.stamp.layout != StampLayout::YearFirst || stamp.get(10) != Some(&b'T') {
        return false;
    }
    let (host, behind) = token(rest);
    let behind = skip_blanks(behind);
    let (program, message) = token(behind);
    let Some(program) = program.strip_suffix(b":") else { return false };
    let pid_stands = program.ends_with(b"]") && program.contains(&b'[');
    let offset_stands = stamp.len() > 19 && stamp[19..].iter().any(|b| b"+-".contains(b));
    if host.ends_with(b":") || !(pid_stands || offset_stands) || !is_host(host) {
        return false;
    }
    line.format = FormatId::Syslog3164;
    line.logger = program.split(|b| *b == b'[').next().unwrap_or(program);
    line.message = skip_blanks(message);
    true
}

fn is_host(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(b))
}

/// `tag[pid]: msg`, `tag: msg`, `Some Tool[12]: msg`, `tag[12] (peer): msg`; without a tag all is message.
pub(super) fn tag<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.message = rest;
    let Some((head, message)) = split_tag(rest) else { return };
    let name = match memchr::memchr(b'[', head) {
        Some(at) if at > 0 => drop_blanks(&head[..at]),
        _ => head,
    };
    if name.is_empty() || name.len() > MAX_TAG || name.iter().filter(|b| **b == b' ').count() >= MAX_TAG_WORDS
    {
        return;
    }
    line.logger = name;
    line.message = skip_blanks(message);
}

/// Splits at the colon that ends the tag: the first one followed by a blank or the end of the line.
fn split_tag(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let window = &rest[..rest.len().min(2 * MAX_TAG)];
    let mut from = 0;
    while let Some(found) = memchr::memchr(b':', &window[from..]) {
        let at = from + found;
        if rest.get(at + 1).is_none_or(|b| *b == b' ') {
            return Some((&rest[..at], &rest[at + 1..]));
        }
        from = at + 1;
    }
    None
}

/// `2003-10-11T22:14:15.003Z host app 123 ID47 [sd] msg`, behind the version.
fn rfc5424<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    line.reset(FormatId::Syslog5424);
    let (written, rest) = token(text);
    if written != b"-" {
        let (stamp, behind) = stamps::leading(written)?;
        behind.is_empty().then_some(())?;
        line.stamp = stamp;
    }
    let mut fields: [&[u8]; 4] = [b""; 4];
    let mut ahead = rest;
    for field in &mut fields {
        ahead = ahead.strip_prefix(b" ")?;
        (*field, ahead) = token(ahead);
        (!field.is_empty()).then_some(())?;
    }
    let [_, app, _, _] = fields;
    line.logger = if app == b"-" { b"" } else { app };
    ahead = ahead.strip_prefix(b" ")?;
    ahead = match ahead.strip_prefix(b"-") {
        Some(behind) => behind,
        None => behind_structured_fields(ahead)?,
    };
    let message = ahead.strip_prefix(b" ").unwrap_or(ahead);
    line.message = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message);
    Some(())
}

/// Skips `[id a="b\]"][id2 …]`.
fn behind_structured_fields(text: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while text.get(at) == Some(&b'[') {
        let mut quoted = false;
        loop {
            at += 1;
            match text.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
        }
        at += 1;
    }
    (at > 0).then(|| &text[at..])
}

/// The kernel's ring buffer: `[    0.123456] msg`; the time counts from the boot and is left alone.
pub(super) fn read_kernel<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (inside, rest) = bracket_group(text)?;
    let (seconds, fraction) = digits(skip_blanks(inside));
    let fraction = fraction.strip_prefix(b".")?;
    (!seconds.is_empty() && fraction.len() == 6 && is_number(fraction)).then_some(())?;
    line.reset(FormatId::Other);
    line.message = skip_blanks(rest);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;

    #[test]
    fn tags_of_all_shapes_are_taken_off() {
        for (rest, logger, message) in [
            ("sshd[24200]: Invalid user x", "sshd", "Invalid user x"),
            ("kernel: usb 1-1: new device", "kernel", "usb 1-1: new device"),
            ("Microsoft Word[14463]: Cocoa error: x", "Microsoft Word", "Cocoa error: x"),
            ("syslogd 1.4.1: restart.", "syslogd 1.4.1", "restart."),
            (
                "com.apple.xpc.launchd[1] (com.apple.x): Service only ran",
                "com.apple.xpc.launchd",
                "Service only ran",
            ),
            ("last message repeated 2 times", "", "last message repeated 2 times"),
            ("su(pam_unix)[10583]: session opened", "su(pam_unix)", "session opened"),
            ("a sentence of many words here: x", "", "a sentence of many words here: x"),
        ] {
            let mut line = Line::plain(b"");
            tag(&mut line, rest.as_bytes());
            assert_eq!((line.logger, line.message), (logger.as_bytes(), message.as_bytes()), "{rest}");
        }
    }

    #[test]
    fn priority_gives_the_level() {
        let mut line = Line::plain(b"");
        read_priority(b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", &mut line).unwrap();
        assert_eq!((line.level, line.level_raw), (Some(Level::Critical), &b"<34>"[..]));
        assert_eq!((line.logger, line.message), (&b"su"[..], &b"'su root' failed"[..]));
        assert!(read_priority(b"<900>x", &mut line).is_none());
        assert!(read_priority(b"<b>bold</b>", &mut line).is_none());
    }

    #[test]
    fn rfc5424_keeps_brackets_in_its_fields() {
        let text = b"<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [a@1 k=\"v\\]]\"][b c=\"d\"] \xef\xbb\xbfAn event";
        let mut line = Line::plain(b"");
        read_priority(text, &mut line).unwrap();
        assert_eq!(
            (line.format, line.logger, line.message),
            (FormatId::Syslog5424, &b"app"[..], &b"An event"[..])
        );
        read_priority(b"<165>1 - - - - - - hello", &mut line).unwrap();
        assert_eq!((line.logger, line.message, line.stamp.text), (&b""[..], &b"hello"[..], &b""[..]));
    }
}
