//! When two reasons are the same one, told with other figures. Pure.

use std::sync::LazyLock;

use regex::Regex;

/// A number with the unit in which it was measured; a bare one, such as a status or a port, says what it is about.
static MEASURE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?:\b[0-9][0-9.,]*\s?(?:(?:ms|s|m|h|d|B|[KMGT]iB)\b|%)\s*)+";
    Regex::new(pattern).expect("the pattern is constant")
});

/// Whether two reasons are one but for what was measured: "no answer within 980 ms" is no other than "within 1.2 s".
pub(super) fn is_same(one: &str, other: &str) -> bool {
    MEASURE.replace_all(one, "#") == MEASURE.replace_all(other, "#")
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn measures_make_no_other_reason_and_numbers_without_a_unit_do() {
        assert!(is_same("no answer within 980 ms", "no answer within 1.2 s"));
        assert!(is_same("down for 1m 30s: 93.5 % of 23.5 GiB used", "down for 2m: 93.6 % of 23.5 GiB used"));
        assert!(!is_same("answers 500, not 200-299, in 7 ms", "answers 404, not 200-299, in 7 ms"));
        assert!(!is_same("pid 7 has ended", "pid 8 has ended"));
    }
}
