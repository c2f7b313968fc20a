//! Escaping for HTML and Markdown, after [`sanitize`] has made the text harmless to terminals.

use crate::text::sanitize;

/// Escapes text for an HTML element or a quoted attribute.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in sanitize::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Escapes text for a line or a table cell of Markdown.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in sanitize::line(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Puts text between backticks, with a fence longer than any inside.
pub fn markdown_code(text: &str) -> String {
    let clean = sanitize::line(text);
    let longest = clean.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if clean.starts_with('`') || clean.ends_with('`') || clean.is_empty() { " " } else { "" };
    format!("{fence}{pad}{clean}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_entities_are_escaped() {
        assert_eq!(
            html(r#"<script>alert('&"')</script>"#),
            "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;"
        );
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_table() {
        assert_eq!(markdown("a|b `c` <img>"), r"a\|b \`c\` &lt;img&gt;");
        assert_eq!(markdown_code("a``b"), "```a``b```");
    }
}
