//! Where the last lines of a file begin, found from its end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

const BLOCK: u64 = 64 << 10;

/// The offset at which the last `lines` lines begin, and how many there are where the file has fewer.
///
/// A last line without its newline counts.
pub(super) fn last_lines(file: &File, len: u64, lines: u64) -> io::Result<(u64, u64)> {
    if lines == 0 || len == 0 {
        return Ok((len, 0));
    }
    let mut block = vec![0; BLOCK as usize];
    let mut found = 0;
    let mut end = len;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let bytes = &mut block[..(end - start) as usize];
        file.read_exact_at(bytes, start)?;
        for at in memchr::memrchr_iter(b'\n', bytes) {
            let line_start = start + at as u64 + 1;
            // The newline that ends the last line begins no other.
            if line_start == len {
                continue;
            }
            found += 1;
            if found == lines {
                return Ok((line_start, lines));
            }
        }
        end = start;
    }
    Ok((0, found + 1))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn last(text: &str, lines: u64) -> (u64, u64) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        last_lines(&file, text.len() as u64, lines).unwrap()
    }

    #[test]
    fn lines_are_counted_from_the_end() {
        assert_eq!(last("a\nb\nc\n", 2), (2, 2));
        assert_eq!(last("a\nb\nc", 2), (2, 2));
        assert_eq!(last("a\nb\nc\n", 3), (0, 3));
        assert_eq!(last("a\nb\nc\n", 9), (0, 3));
        assert_eq!(last("a\n\n\n", 2), (2, 2));
        assert_eq!(last("", 5), (0, 0));
        assert_eq!(last("a\n", 0), (2, 0));
    }

    #[test]
    fn blocks_join_seamlessly() {
        let line = "x".repeat(99) + "\n";
        let text = line.repeat(5_000);
        assert_eq!(last(&text, 4_000), (100_000, 4_000));
        let long = "y".repeat(300_000);
        assert_eq!(last(&format!("first\n{long}\nlast\n"), 2), (6, 2));
    }
}
