//! Leave-one-out wildcarding: signatures that differ in one word become one pattern where that word varies.
//!
//! For each word of each signature, the signatures that agree in all other words are looked at together. The word varies
//! if the place holds many different words, or if something variable already stands there in one of them. All places are
//! judged on the same state, then all are changed, until nothing changes: the result depends on the set of signatures
//! alone. Sorting keeps it at O(words · log signatures) and one place at a time in memory.

use hashbrown::HashTable;

use crate::logs::scan::mix64;

/// What stands for a word: equal numbers are equal words.
pub(super) type WordId = u64;

/// Stands for a variable word.
pub(super) const VARIABLE: WordId = 0;

/// Different words that make a place variable.
const DISTINCT: usize = 12;
/// The same behind a word that announces a value.
const DISTINCT_AFTER_CUE: usize = 4;
/// The same where nearly every record has another word, and the rest of the message is long enough to tell.
const DISTINCT_ONCE_EACH: usize = 5;
/// Other constant words that [`DISTINCT_ONCE_EACH`] asks for.
const WORDS_ONCE_EACH: usize = 4;
/// Other constant words that two messages must share to be compared at all.
const WORDS: usize = 2;
/// Rounds after which an unfinished state is taken as it is.
const ROUNDS: usize = 4;

/// A signature's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// [`VARIABLE`] for variable words.
    pub(super) words: Vec<WordId>,
    /// Sentences of different groups are never compared.
    pub(super) group: u32,
    /// Records.
    pub(super) count: u64,
}

/// Sentences that agree, with runs of variable words taken as one.
struct Cluster {
    group: u32,
    words: Vec<WordId>,
    /// Words that are not variable.
    constant: usize,
    /// Sum of the hashes of all words in their places, and of all that clusters must share to be compared.
    sum: u64,
    count: u64,
    members: Vec<u32>,
}

impl Cluster {
    fn new(group: u32, words: Vec<WordId>) -> Self {
        let base = mix64(u64::from(group), words.len() as u64);
        let sum = words
            .iter()
            .enumerate()
            .map(|(place, &word)| in_place(word, place))
            .fold(base, u64::wrapping_add);
        let constant = words.iter().filter(|&&word| word != VARIABLE).count();
        Self { group, words, constant, sum, count: 0, members: Vec::new() }
    }

    /// The hash of everything but the word at a place, where enough is left to compare.
    fn around(&self, place: usize) -> Option<u64> {
        let word = *self.words.get(place)?;
        let others = self.constant - usize::from(word != VARIABLE);
        (others >= WORDS).then(|| self.sum.wrapping_sub(in_place(word, place)))
    }
}

/// The hash of a word in its place.
fn in_place(word: WordId, place: usize) -> u64 {
    mix64(word, place as u64)
}

/// Makes words variable in place, until sentences of one pattern agree but for runs of variable words. `announces` tells
/// of a word's number whether a value usually follows it.
pub(super) fn generalise(sentences: &mut [Sentence], announces: impl Fn(WordId) -> bool) {
    for _ in 0..ROUNDS {
        let clusters = clusters(sentences);
        let changes = varying(&clusters, &announces);
        if changes.is_empty() {
            return;
        }
        for (cluster, place) in changes {
            for &member in &clusters[cluster as usize].members {
                make_variable(&mut sentences[member as usize].words, place as usize);
            }
        }
    }
}

/// The words with runs of variable ones taken as one.
fn collapsed(words: &[WordId]) -> Vec<WordId> {
    let mut collapsed = words.to_vec();
    collapsed.dedup_by(|next, kept| *next == VARIABLE && *kept == VARIABLE);
    collapsed
}

fn clusters(sentences: &[Sentence]) -> Vec<Cluster> {
    let mut index: HashTable<u32> = HashTable::new();
    let mut clusters: Vec<Cluster> = Vec::new();
    for (number, sentence) in sentences.iter().enumerate() {
        let new = Cluster::new(sentence.group, collapsed(&sentence.words));
        let same = |&at: &u32| {
            let known = &clusters[at as usize];
            known.group == new.group && known.words == new.words
        };
        let at = match index.find(new.sum, same) {
            Some(&at) => at as usize,
            None => {
                let at = clusters.len();
                index.insert_unique(new.sum, at as u32, |&at| clusters[at as usize].sum);
                clusters.push(new);
                at
            }
        };
        clusters[at].count += sentence.count;
        clusters[at].members.push(number as u32);
    }
    clusters
}

/// A word in its place, with a hash of everything around it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Occurrence {
    context: u64,
    word: WordId,
    cluster: u32,
}

/// Clusters and the places in them that vary.
fn varying(clusters: &[Cluster], announces: &impl Fn(WordId) -> bool) -> Vec<(u32, u32)> {
    let longest = clusters.iter().map(|cluster| cluster.words.len()).max().unwrap_or(0);
    let mut changes = Vec::new();
    let mut occurrences = Vec::new();
    for place in 0..longest {
        occurrences.clear();
        for (number, cluster) in clusters.iter().enumerate() {
            if let Some(context) = cluster.around(place) {
                occurrences.push(Occurrence { context, word: cluster.words[place], cluster: number as u32 });
            }
        }
        occurrences.sort_unstable();
        for alike in occurrences.chunk_by(|a, b| a.context == b.context) {
            if alike.len() > 1 && place_varies(clusters, alike, place, announces) {
                let constant = alike.iter().filter(|occurrence| occurrence.word != VARIABLE);
                changes.extend(constant.map(|occurrence| (occurrence.cluster, place as u32)));
            }
        }
    }
    // Places are numbered as they were before the round: the last ones first keeps the numbers right.
    changes.sort_unstable_by(|a, b| b.cmp(a));
    changes
}

fn place_varies(
    clusters: &[Cluster],
    alike: &[Occurrence],
    place: usize,
    announces: &impl Fn(WordId) -> bool,
) -> bool {
    if alike[0].word == VARIABLE {
        return true;
    }
    let example = &clusters[alike[0].cluster as usize];
    let others = example.constant - 1;
    if place > 0 && announces(example.words[place - 1]) && alike.len() >= DISTINCT_AFTER_CUE {
        return true;
    }
    let records: u64 = alike.iter().map(|occurrence| clusters[occurrence.cluster as usize].count).sum();
    let once_each = records * 4 <= alike.len() as u64 * 5;
    let enough =
        if place > 0 && once_each && others >= WORDS_ONCE_EACH { DISTINCT_ONCE_EACH } else { DISTINCT };
    alike.len() >= enough
}

/// Makes the word variable that stands at a place counted with runs of variable words as one.
fn make_variable(words: &mut [WordId], place: usize) {
    let mut at = 0;
    for i in 0..words.len() {
        if i > 0 && !(words[i] == VARIABLE && words[i - 1] == VARIABLE) {
            at += 1;
        }
        if at == place {
            words[i] = VARIABLE;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, prop_assert_eq, proptest};

    use super::{Sentence, VARIABLE, collapsed, generalise};

    const CUE: u64 = 9;

    fn run(sentences: &[(&[u64], u64)]) -> Vec<Vec<u64>> {
        let mut all: Vec<Sentence> = sentences
            .iter()
            .map(|&(words, count)| Sentence { words: words.to_vec(), group: 0, count })
            .collect();
        generalise(&mut all, |word| word == CUE);
        all.iter().map(|sentence| collapsed(&sentence.words)).collect()
    }

    #[test]
    fn many_different_words_make_a_place_variable() {
        let texts: Vec<[u64; 3]> = (100..112).map(|word| [1, word, 2]).collect();
        let all: Vec<(&[u64], u64)> = texts.iter().map(|text| (&text[..], 50)).collect();
        assert!(run(&all).iter().all(|words| words == &[1, VARIABLE, 2]));
        assert_eq!(run(&all[..11])[3], [1, 103, 2]);
    }

    #[test]
    fn few_words_do_behind_a_cue() {
        let texts: Vec<[u64; 4]> = (100..104).map(|word| [1, CUE, word, 2]).collect();
        let all: Vec<(&[u64], u64)> = texts.iter().map(|text| (&text[..], 50)).collect();
        assert_eq!(run(&all)[0], [1, CUE, VARIABLE, 2]);
        assert_eq!(run(&all[..3])[0], [1, CUE, 100, 2]);
    }

    #[test]
    fn few_words_do_where_each_stands_once() {
        let texts: Vec<[u64; 6]> = (100..105).map(|word| [1, 2, word, 3, 4, 5]).collect();
        let once: Vec<(&[u64], u64)> = texts.iter().map(|text| (&text[..], 1)).collect();
        let often: Vec<(&[u64], u64)> = texts.iter().map(|text| (&text[..], 9)).collect();
        assert_eq!(run(&once)[0], [1, 2, VARIABLE, 3, 4, 5]);
        assert_eq!(run(&often)[0], [1, 2, 100, 3, 4, 5]);
    }

    #[test]
    fn a_place_that_is_variable_elsewhere_is_variable() {
        assert_eq!(run(&[(&[1, 7, 2], 100), (&[1, VARIABLE, 2], 3)])[0], [1, VARIABLE, 2]);
    }

    #[test]
    fn opposites_stay_apart() {
        let texts: [(&[u64], u64); 2] = [(&[1, 2, 3, 4, 70], 5), (&[1, 2, 3, 4, 71], 5)];
        assert_eq!(run(&texts), [[1, 2, 3, 4, 70], [1, 2, 3, 4, 71]]);
    }

    #[test]
    fn two_places_may_vary() {
        let mut all: Vec<Vec<u64>> = (100..115).map(|word| vec![1, word, 2, 3, 50]).collect();
        all.extend((200..215).map(|word| vec![1, 100, 2, 3, word]));
        let sentences: Vec<(&[u64], u64)> = all.iter().map(|words| (&words[..], 10)).collect();
        assert!(run(&sentences).iter().all(|words| words == &[1, VARIABLE, 2, 3, VARIABLE]));
    }

    proptest! {
        #[test]
        fn order_does_not_matter(
            (texts, shuffled) in proptest::collection::vec(proptest::collection::vec(0..6u64, 1..6), 1..200)
                .prop_flat_map(|texts| (Just(texts.clone()), Just(texts).prop_shuffle())),
        ) {
            let result = |texts: &[Vec<u64>]| {
                let sentences: Vec<(&[u64], u64)> = texts.iter().map(|words| (&words[..], 1)).collect();
                let mut pairs: Vec<_> = texts.iter().cloned().zip(run(&sentences)).collect();
                pairs.sort();
                pairs
            };
            prop_assert_eq!(result(&texts), result(&shuffled));
        }
    }
}
