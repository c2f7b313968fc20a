//! Layout as Markdown (GitHub's dialect: tables).

use std::fmt::Write;

use crate::render::{Align, Block, Document, Plot, Role, Table, Text};
use crate::text::markup::{markdown as escape, markdown_code};
use crate::text::{human, sanitize};

/// Lays a document out as Markdown.
pub fn markdown(document: &Document) -> String {
    let mut out = format!("# {}\n", escape(&document.title));
    for block in &document.blocks {
        out.push('\n');
        write_block(&mut out, block);
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Headline { severity, text } => line(out, &format!("**{}** {}", severity.mark(), inline(text))),
        Block::Heading(text) => line(out, &format!("## {}", escape(text))),
        Block::Paragraph(text) => line(out, &inline(text)),
        Block::List(items) => items.iter().for_each(|item| line(out, &format!("- {}", inline(item)))),
        Block::Table(table) => write_table(out, table),
        Block::Verbatim(lines) => write_verbatim(out, lines),
        Block::Command { text, command } => {
            line(out, &format!("{}\n", escape(text)));
            write_verbatim(out, std::slice::from_ref(command));
        }
        Block::Plot(plot) => write_plot(out, plot),
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string");
}

fn inline(text: &Text) -> String {
    text.0
        .iter()
        .map(|span| match span.role {
            Role::Strong | Role::Severity(_) if !span.text.trim().is_empty() => {
                let inner = span.text.trim();
                let (lead, tail) = span.text.split_once(inner).unwrap_or(("", ""));
                format!("{lead}**{}**{tail}", escape(inner))
            }
            Role::Command => markdown_code(&span.text),
            _ => escape(&span.text),
        })
        .collect()
}

fn write_table(out: &mut String, table: &Table) {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    line(out, &row(table.columns.iter().map(|c| escape(&c.title)).collect()));
    let rule = |align| if align == Align::Right { "---:".to_owned() } else { "---".to_owned() };
    line(out, &row(table.columns.iter().map(|c| rule(c.align)).collect()));
    for cells in &table.rows {
        line(out, &row(cells.iter().map(inline).collect()));
    }
}

/// A fenced block whose fence is longer than any run of backticks inside.
fn write_verbatim(out: &mut String, lines: &[String]) {
    let clean: Vec<_> = lines.iter().map(|l| sanitize::line(l)).collect();
    let longest = clean.iter().flat_map(|l| l.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    line(out, &fence);
    clean.iter().for_each(|l| line(out, l));
    line(out, &fence);
}

fn write_plot(out: &mut String, plot: &Plot) {
    line(out, &format!("**{}** ({})\n", escape(&plot.title), escape(&plot.unit)));
    line(out, "| series | total | peak | at |\n| --- | ---: | ---: | --- |");
    for series in &plot.series {
        let peak = series.values.iter().copied().fold(0.0, f64::max);
        let at = series.values.iter().position(|v| (*v - peak).abs() < f64::EPSILON).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of records")]
        let whole = |v: f64| human::count(v.round() as u64);
        let label = plot.labels.get(at).map_or("", String::as_str);
        let total = series.values.iter().sum();
        line(
            out,
            &format!("| {} | {} | {} | {} |", escape(&series.name), whole(total), whole(peak), escape(label)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Column;

    #[test]
    fn hostile_cells_stay_in_their_cells() {
        let mut document = Document::new("a | b");
        document.push(Block::Table(Table {
            columns: vec![Column::new("x")],
            rows: vec![vec!["1 | 2 `<b>`\n# h".into()]],
        }));
        let out = markdown(&document);
        let row = out.lines().last().unwrap();
        assert_eq!(row.matches(" | ").count(), 0, "{row}");
        assert!(!out.contains("<b>"));
    }

    #[test]
    fn fences_are_longer_than_what_they_hold() {
        let mut document = Document::new("t");
        document.push(Block::Verbatim(vec!["````".into()]));
        assert!(markdown(&document).contains("\n`````\n````\n`````\n"));
    }
}
