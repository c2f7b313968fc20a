//! "Did you mean": the nearest of the words that would have been right.

/// Finds the candidate that is most like `word`, if any is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&word, &c.to_lowercase()), c))
        .filter(|(likeness, c)| *likeness > 0.8 || strsim::damerau_levenshtein(&word, &c.to_lowercase()) == 1)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// Prints ` (did you mean "…"?)`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|c| format!(" (did you mean \"{c}\"?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_found() {
        let keys = ["period", "port", "pid_file", "health_url"];
        assert_eq!(nearest("perod", keys), Some("period"));
        assert_eq!(nearest("pidfile", keys), Some("pid_file"));
        assert_eq!(nearest("prot", keys), Some("port"));
        assert_eq!(nearest("colour", keys), None);
    }
}
