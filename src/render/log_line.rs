//! Raw log lines on a terminal: coloured by their level, unable to command it.

use anstyle::{AnsiColor, Style};

use crate::model::Level;
use crate::render::TerminalStyle;
use crate::text::{ansi, sanitize};

/// Writes the lines of one record, each behind the name of its log where there is one to say.
///
/// Colours of the log's own are taken out, what is left of a terminal command shows as text.
pub fn log_lines(
    text: &[u8],
    level: Option<Level>,
    name: Option<&str>,
    style: &TerminalStyle,
    out: &mut Vec<u8>,
) {
    let paint = if style.color { appearance(level) } else { Style::new() };
    let dim = if style.color { Style::new().dimmed() } else { Style::new() };
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let mut bare = Vec::with_capacity(line.len());
        ansi::strip(line.strip_suffix(b"\r").unwrap_or(line), &mut bare);
        let line = sanitize::bytes(&bare);
        if let Some(name) = name {
            out.extend_from_slice(format!("{dim}{} |{dim:#} ", sanitize::line(name)).as_bytes());
        }
        out.extend_from_slice(format!("{paint}{line}{paint:#}\n").as_bytes());
    }
}

fn appearance(level: Option<Level>) -> Style {
    match level {
        Some(Level::Critical) => AnsiColor::Red.on_default().bold(),
        Some(Level::Error) => AnsiColor::Red.on_default(),
        Some(Level::Warning) => AnsiColor::Yellow.on_default(),
        Some(Level::Debug | Level::Trace) => Style::new().dimmed(),
        Some(Level::Info) | None => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Glyphs;

    fn shown(text: &[u8], level: Option<Level>, name: Option<&str>, color: bool) -> String {
        let mut out = Vec::new();
        log_lines(text, level, name, &TerminalStyle { width: 80, color, glyphs: Glyphs::Unicode }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_line_of_a_record_has_its_colour_and_name() {
        let shown = shown(b"ERROR x\n  more\r\n", Some(Level::Error), Some("b.log"), true);
        assert_eq!(
            shown,
            "\x1b[2mb.log |\x1b[0m \x1b[31mERROR x\x1b[0m\n\x1b[2mb.log |\x1b[0m \x1b[31m  more\x1b[0m\n"
        );
    }

    #[test]
    fn nothing_in_a_line_commands_the_terminal() {
        let text = b"\x1b[32ma\x1b[0m\x1b]52;c;ZXZpbA==\x07b\xff\x1b[3\x9b\n";
        assert_eq!(shown(text, None, None, false), "ab\\xff[3\\x9b\n");
    }
}
