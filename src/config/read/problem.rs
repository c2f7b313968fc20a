//! What is wrong in a config file, and where.

use std::fmt;

/// One thing that is wrong, with its cure in the message where there is one.
///
/// Printed, it reads `12:1: [service.backend] unknown key "perod" (did you mean "period"?)`; the name of the file
/// belongs before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Such as `service.backend`; empty at the top of the file.
    pub section: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.section.is_empty() {
            write!(f, "[{}] ", self.section)?;
        }
        f.write_str(&self.message)
    }
}

/// Finds lines and columns of byte offsets.
#[derive(Debug)]
pub(in crate::config) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(in crate::config) fn new(text: &'a str) -> Self {
        let starts =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column, both from 1.
    pub(in crate::config) fn locate(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = self.text.get(self.starts[line - 1]..offset).unwrap_or_default();
        (line, before.chars().filter(|c| *c != '\u{feff}').count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let lines = Lines::new("a = 1\nß = 2\n");
        assert_eq!(lines.locate(0), (1, 1));
        assert_eq!(lines.locate(6), (2, 1));
        assert_eq!(lines.locate(9), (2, 3));
        assert_eq!(lines.locate(999), (3, 1));
        assert_eq!(Lines::new("").locate(0), (1, 1));
    }
}
