//! Layout as one self-contained HTML page: no script, no font, no request to anywhere.

use std::fmt::Write;

use crate::render::plot;
use crate::render::{Align, Block, Document, Role, Table, Text};
use crate::text::markup::html as escape;
use crate::text::width;

/// Characters of a cell that stays on one line: a time, a name, a place in a log.
const SHORT: usize = 28;
const STYLE: &str = include_str!("page.css");

/// Lays a document out as a page that opens offline.
pub fn html(document: &Document) -> String {
    let title = escape(&document.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    for block in &document.blocks {
        write_block(&mut out, block);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn write_block(out: &mut String, block: &Block) {
    let written = match block {
        Block::Headline { severity, text } => {
            let class = plot::class(Role::Severity(*severity));
            writeln!(out, "<p class=\"headline {class}\"><b>{}</b> {}</p>", severity.mark(), inline(text))
        }
        Block::Heading(text) => writeln!(out, "<h2>{}</h2>", escape(text)),
        Block::Paragraph(text) => writeln!(out, "<p>{}</p>", inline(text)),
        Block::List(items) => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
            writeln!(out, "<ul>\n{items}</ul>")
        }
        Block::Table(table) => {
            write_table(out, table);
            Ok(())
        }
        Block::Verbatim(lines) => {
            let lines: Vec<String> = lines.iter().map(|l| escape(l)).collect();
            writeln!(out, "<pre>{}</pre>", lines.join("\n"))
        }
        Block::Command { text, command } => {
            writeln!(
                out,
                "<div class=\"next\"><p>{}</p><pre class=\"command\">{}</pre></div>",
                escape(text),
                escape(command)
            )
        }
        Block::Plot(chart) => {
            out.push_str(&plot::svg(chart));
            Ok(())
        }
    };
    written.expect("writing to a string");
}

fn inline(text: &Text) -> String {
    text.0
        .iter()
        .map(|span| match span.role {
            Role::Plain => escape(&span.text),
            Role::Command => format!("<code>{}</code>", escape(&span.text)),
            role => format!("<span class=\"{}\">{}</span>", plot::class(role), escape(&span.text)),
        })
        .collect()
}

fn write_table(out: &mut String, table: &Table) {
    let class = |align| if align == Align::Right { " class=\"right\"" } else { "" };
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    for column in &table.columns {
        write!(out, "<th{}>{}</th>", class(column.align), escape(&column.title))
            .expect("writing to a string");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(&table.columns) {
            let class = match column.align {
                Align::Right => " class=\"right\"",
                _ if width::of(&cell.to_plain()) <= SHORT => " class=\"short\"",
                _ => "",
            };
            write!(out, "<td{class}>{}</td>", inline(cell)).expect("writing to a string");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Column;

    #[test]
    fn short_cells_stay_on_one_line_and_long_ones_may_be_broken() {
        let columns = vec![Column::new("when"), Column::new("what")];
        let rows = vec![vec!["2026-11-22 14:00".into(), "x".repeat(200).into()]];
        let mut document = Document::new("t");
        document.push(Block::Table(Table { columns, rows }));
        let page = html(&document);
        assert!(page.contains("<td class=\"short\">2026-11-22 14:00</td><td>xxx"), "{page}");
    }

    #[test]
    fn hostile_text_cannot_leave_its_element() {
        let mut document = Document::new("</title><script>x</script>");
        document.push(Block::Paragraph("<img src=x onerror=alert(1)>".into()));
        document.push(Block::Verbatim(vec!["</pre><script>".into()]));
        let page = html(&document);
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    }

    #[test]
    fn page_asks_nothing_of_the_network() {
        let page = html(&Document::new("t"));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
    }
}
