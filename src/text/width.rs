//! Widths in terminal columns, where a letter may take none, one or two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub fn of(text: &str) -> usize {
    text.width()
}

/// Shortens a text to at most `columns`, with `…` where something was cut.
pub fn fit(text: &str, columns: usize) -> String {
    if of(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Breaks a text at spaces into lines of at most `columns`; a longer word is cut.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let mut word = word.to_owned();
        let wide = of(&word);
        let line = lines.last_mut().expect("never empty");
        if used > 0 && used + 1 + wide <= columns {
            line.push(' ');
            line.push_str(&word);
            used += 1 + wide;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
        }
        while of(&word) > columns {
            let cut = cut_at(&word, columns);
            let tail = word.split_off(cut);
            *lines.last_mut().expect("never empty") = std::mem::replace(&mut word, tail);
            lines.push(String::new());
        }
        used = of(&word);
        *lines.last_mut().expect("never empty") = word;
    }
    lines
}

/// Byte index at which the first `columns` end; never 0 for a text that is not empty, so that wrapping ends.
fn cut_at(word: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns && at > 0 {
            return at;
        }
    }
    word.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 3), "abc");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_letter(text in "[a-z日 ]{0,60}", columns in 2usize..20) {
            let joined: String = wrap(&text, columns).concat();
            prop_assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        }
    }
}
