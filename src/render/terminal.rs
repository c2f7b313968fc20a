//! Layout for a terminal: wide, narrow, coloured or not.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets};

use crate::model::Severity;
use crate::render::plot;
use crate::render::{Align, Block, Cell, Document, Role, Table, Text};
use crate::text::{sanitize, width};

/// Below this many columns a table is shown as a list of records.
const STACKED_BELOW: usize = 60;
const INDENT: usize = 2;
/// Columns in which a sentence can be read, beside names that are not broken.
const READABLE: usize = 24;

/// Which characters may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    Unicode,
    /// For `LANG=C` and dumb terminals.
    Ascii,
}

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub struct TerminalStyle {
    /// Columns.
    pub width: usize,
    pub color: bool,
    pub glyphs: Glyphs,
}

/// Lays a document out for a terminal. Ends with a newline; contains escapes only where `color` is set.
pub fn terminal(document: &Document, style: &TerminalStyle) -> String {
    let mut page = Page { out: String::new(), style };
    for (index, block) in document.blocks.iter().enumerate() {
        if index > 0 {
            page.gap(&document.blocks[index - 1], block);
        }
        page.block(block);
    }
    let out = page.out;
    if style.glyphs == Glyphs::Ascii { to_ascii(&out) } else { out }
}

struct Page<'a> {
    out: String,
    style: &'a TerminalStyle,
}

impl Page<'_> {
    fn gap(&mut self, before: &Block, after: &Block) {
        let tight = matches!(
            (before, after),
            (Block::Heading(_), _)
                | (Block::Command { .. }, Block::Command { .. })
                | (Block::Paragraph(_), Block::Paragraph(_) | Block::Verbatim(_))
                | (Block::List(_), Block::Verbatim(_))
        );
        if !tight {
            self.out.push('\n');
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Headline { severity, text } => self.headline(*severity, text),
            Block::Heading(text) => {
                let title = self.paint(Role::Strong, text);
                self.line(0, &title);
            }
            Block::Paragraph(text) => self.wrapped(0, "", text),
            Block::List(items) => items.iter().for_each(|item| self.wrapped(INDENT, "• ", item)),
            Block::Table(table) => self.table(table),
            Block::Verbatim(lines) => {
                for line in lines {
                    let line = self.paint(Role::Dim, line);
                    self.line(INDENT * 2, &line);
                }
            }
            Block::Command { text, command } => self.command(text, command),
            Block::Plot(chart) => {
                for line in plot::terminal(chart, self.style.width) {
                    let painted = self.text(&line);
                    self.line(INDENT, &painted);
                }
            }
        }
    }

    fn headline(&mut self, severity: Severity, text: &Text) {
        let mark = self.paint(Role::Severity(severity), severity.mark());
        let room = self.style.width.saturating_sub(2).max(16);
        for (index, line) in wrap_spans(text, room).iter().enumerate() {
            let painted = self.text(line);
            let lead = if index == 0 { mark.as_str() } else { " " };
            self.line(0, &format!("{lead} {painted}"));
        }
    }

    /// A command is never broken over lines: it is there to be copied.
    fn command(&mut self, text: &str, command: &str) {
        self.wrapped(INDENT, "→ ", &Text::from(text));
        let painted = self.paint(Role::Command, command);
        self.line(INDENT * 3, &painted);
    }

    fn wrapped(&mut self, indent: usize, mark: &str, text: &Text) {
        let room = self.style.width.saturating_sub(indent + width::of(mark)).max(16);
        let mut first = true;
        for line in wrap_spans(text, room) {
            let lead = if first { mark.to_owned() } else { " ".repeat(width::of(mark)) };
            first = false;
            let painted = self.text(&line);
            self.line(indent, &format!("{lead}{painted}"));
        }
    }

    fn table(&mut self, table: &Table) {
        let shown = shown_columns(table, self.style.width);
        if self.style.width < STACKED_BELOW || !has_room(table, &shown, self.style.width) {
            return self.stacked(table);
        }
        let mut grid = comfy_table::Table::new();
        grid.load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.style.width.saturating_sub(INDENT)).unwrap_or(u16::MAX));
        grid.set_header(shown.iter().map(|&i| self.paint(Role::Dim, &table.columns[i].title)));
        for row in &table.rows {
            grid.add_row(shown.iter().map(|&i| self.text(&cell(table, row, i, &shown))));
        }
        for (at, &i) in shown.iter().enumerate() {
            let Some(column) = grid.column_mut(at) else { continue };
            column.set_padding((0, 2));
            if table.columns[i].align == Align::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if table.columns[i].is_whole {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for line in grid.lines() {
            self.line(INDENT, line.trim_end());
        }
    }

    /// One record a paragraph: the first two cells on a line, each other cell on lines of its own.
    fn stacked(&mut self, table: &Table) {
        for row in &table.rows {
            let head = row.iter().take(2).map(|cell| self.text(cell)).collect::<Vec<_>>().join(" ");
            self.line(0, &head);
            let shown: Vec<usize> =
                (0..table.columns.len()).filter(|&i| i < 2 || table.columns[i].told_in.is_none()).collect();
            let cells = shown.iter().filter(|&&i| i >= 2).map(|&i| cell(table, row, i, &shown));
            for cell in cells.filter(|cell| !cell.to_plain().is_empty()) {
                self.wrapped(INDENT, "", &cell);
            }
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        writeln!(self.out, "{:indent$}{}", "", text).expect("writing to a string");
    }

    fn text(&self, text: &Text) -> String {
        text.0.iter().map(|span| self.paint(span.role, &span.text)).collect()
    }

    fn paint(&self, role: Role, text: &str) -> String {
        let clean = sanitize::line(text);
        let style = appearance(role);
        if !self.style.color || style == Style::new() || clean.is_empty() {
            return clean.into_owned();
        }
        format!("{style}{clean}{style:#}")
    }
}

fn appearance(role: Role) -> Style {
    match role {
        Role::Plain => Style::new(),
        Role::Strong => Style::new().bold(),
        Role::Dim => Style::new().dimmed(),
        Role::Command => AnsiColor::Cyan.on_default(),
        Role::Severity(Severity::Ok) => AnsiColor::Green.on_default(),
        Role::Severity(Severity::Unknown) => AnsiColor::Magenta.on_default(),
        Role::Severity(Severity::Warning) => AnsiColor::Yellow.on_default(),
        Role::Severity(Severity::Critical) => AnsiColor::Red.on_default().bold(),
    }
}

/// The widest cell of a column, with the gap behind it.
fn natural_width(table: &Table, i: usize) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.get(i)).map(|cell| width::of(&cell.to_plain()));
    cells.chain([width::of(&table.columns[i].title)]).max().unwrap_or(0) + 2
}

/// A cell, behind those of columns that are left out and told in it.
fn cell(table: &Table, row: &[Cell], i: usize, shown: &[usize]) -> Text {
    let told = |&other: &usize| table.columns[other].told_in == Some(i) && !shown.contains(&other);
    let told = (0..table.columns.len()).filter(told).filter_map(|other| row.get(other));
    let mut text = Text::new();
    for other in told.filter(|cell| !cell.to_plain().is_empty()) {
        text.0.extend(other.0.clone());
        text = text.plain(": ");
    }
    text.0.extend(row.get(i).cloned().unwrap_or_default().0);
    text
}

/// Whether the columns that are never broken leave enough to the others.
fn has_room(table: &Table, shown: &[usize], columns: usize) -> bool {
    let of = |&i: &usize| {
        let width = natural_width(table, i);
        if table.columns[i].is_whole { width } else { width.min(READABLE) }
    };
    let has_whole = shown.iter().any(|&i| table.columns[i].is_whole);
    !has_whole || INDENT + shown.iter().map(of).sum::<usize>() <= columns
}

/// Leaves droppable columns out, the most droppable first, until what stays has room to be read.
fn shown_columns(table: &Table, columns: usize) -> Vec<usize> {
    let natural = |i: usize| natural_width(table, i).min(50);
    let is_empty =
        |i: usize| table.rows.iter().all(|row| row.get(i).is_none_or(|cell| cell.to_plain().is_empty()));
    // Without a word to say, such a column only takes room from the others.
    let is_idle = |&i: &usize| table.columns[i].told_in.is_some() && is_empty(i);
    let mut shown: Vec<usize> = (0..table.columns.len()).filter(|i| !is_idle(i)).collect();
    while shown.iter().map(|&i| natural(i)).sum::<usize>() > columns {
        let Some(at) = (0..shown.len())
            .filter(|&at| table.columns[shown[at]].drop_order > 0)
            .max_by_key(|&at| table.columns[shown[at]].drop_order)
        else {
            break;
        };
        shown.remove(at);
    }
    shown
}

/// Breaks a line of spans at spaces; each piece keeps its role.
fn wrap_spans(text: &Text, columns: usize) -> Vec<Text> {
    let mut lines = vec![Text::new()];
    let mut used = 0;
    for span in &text.0 {
        for (index, word) in span.text.split(' ').enumerate() {
            let gap = usize::from(index > 0);
            let wide = width::of(word);
            if used > 0 && used + gap + wide > columns {
                lines.push(Text::new());
                used = 0;
            } else if gap == 1 {
                push(&mut lines, " ", span.role);
                used += 1;
            }
            push(&mut lines, word, span.role);
            used += wide;
        }
    }
    lines
}

fn push(lines: &mut [Text], piece: &str, role: Role) {
    if let Some(line) = lines.last_mut().filter(|_| !piece.is_empty()) {
        *line = std::mem::take(line).and(role, piece);
    }
}

pub(super) fn to_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '✔' => out.push('+'),
            '▲' => out.push('!'),
            '✖' => out.push('x'),
            '→' => out.push_str("->"),
            '•' | '·' => out.push('*'),
            '…' => out.push_str("..."),
            '–' | '—' => out.push('-'),
            '≤' => out.push_str("<="),
            '≥' => out.push_str(">="),
            '×' => out.push('x'),
            '└' => out.push('`'),
            '▁' | '▂' => out.push('.'),
            '▃' | '▄' => out.push('o'),
            '▅' | '▆' | '▇' | '█' => out.push('#'),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Column;

    fn sample() -> Document {
        let mut document = Document::new("t");
        document.push(Block::Headline { severity: Severity::Critical, text: Text::of(Role::Strong, "down") });
        document.push(Block::Table(Table {
            columns: vec![Column::new("a"), Column::new("b"), Column::new("ms").right().droppable(1)],
            rows: vec![vec!["x\x1b]0;evil\x07".into(), "one two".into(), "12".into()]],
        }));
        document
            .push(Block::Command { text: "look".into(), command: "fuelops health --target backend".into() });
        document
    }

    fn plain(columns: usize) -> String {
        terminal(&sample(), &TerminalStyle { width: columns, color: false, glyphs: Glyphs::Unicode })
    }

    #[test]
    fn hostile_cells_are_escaped_and_no_colour_means_no_escape() {
        let shown = plain(100);
        assert!(!shown.contains('\x1b'), "{shown:?}");
        assert!(shown.contains("\\x1b]0;evil\\x07"));
    }

    #[test]
    fn narrow_terminals_get_records_instead_of_columns() {
        for line in plain(40).lines().filter(|l| !l.contains("fuelops")) {
            assert!(width::of(line) <= 40, "{line:?}");
        }
    }

    #[test]
    fn column_without_room_is_told_in_another_and_names_stay_whole() {
        let columns = vec![
            Column::new("check").whole(),
            Column::new("cause").droppable(1).told_in(2),
            Column::new("what was seen"),
        ];
        let seen = "nobody listens on port 8000, and somebody should";
        let rows = vec![vec!["service.backend.process".into(), "process-down".into(), seen.into()]];
        let mut document = Document::new("t");
        document.push(Block::Table(Table { columns, rows }));
        for width in [30, 40, 60, 80, 100, 160] {
            let style = TerminalStyle { width, color: false, glyphs: Glyphs::Unicode };
            let shown = terminal(&document, &style);
            assert!(shown.contains("service.backend.process"), "{width}:\n{shown}");
            assert!(shown.contains("process-down"), "{width}:\n{shown}");
            assert_eq!(
                shown.contains("process-down: nobody"),
                (50..100).contains(&width),
                "{width}:\n{shown}"
            );
        }
    }

    #[test]
    fn commands_are_never_broken() {
        assert!(plain(20).contains("fuelops health --target backend\n"));
    }

    #[test]
    fn ascii_terminals_get_ascii() {
        let shown = terminal(&sample(), &TerminalStyle { width: 80, color: false, glyphs: Glyphs::Ascii });
        assert!(shown.is_ascii(), "{shown}");
    }
}
