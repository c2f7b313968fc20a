//! Where to go on in a log that was read before, whatever rotation did to it in the meantime.
//!
//! A file is known by its device and inode, and by its bytes: an imprint of its head and of the bytes before the place
//! that was reached. The bytes decide. An inode alone proves nothing, since file systems hand it out again.
//!
//! | what happened | what is seen | where reading goes on |
//! | --- | --- | --- |
//! | the file grew | same inode, same imprints | at the offset |
//! | renamed | same inode under another name | at the offset |
//! | compressed | new inode, same head when unpacked | at the offset, in unpacked bytes |
//! | copied and truncated | the copy has the imprints; the original is shorter or begins otherwise | copy: at the offset; original: at 0 |
//! | removed and recreated | no imprint fits | at 0 |

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::logs::input::source::Identity;
use crate::logs::scan::hash64;

/// Bytes of an imprint at most.
pub const IMPRINT_LEN: usize = 4 << 10;

/// What a stretch of bytes looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Imprint {
    pub len: u32,
    hash: u64,
}

impl Imprint {
    /// Takes the imprint of at most [`IMPRINT_LEN`] bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(IMPRINT_LEN)];
        Self { len: bytes.len() as u32, hash: hash64(bytes, 0) }
    }

    /// Whether the bytes begin with what was imprinted.
    fn begins(&self, bytes: &[u8]) -> bool {
        bytes.get(..self.len as usize).is_some_and(|bytes| Self::of(bytes) == *self)
    }
}

/// How far one log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub identity: Identity,
    /// The first bytes of the file, unpacked.
    pub head: Imprint,
    /// The bytes before the offset.
    pub tail: Imprint,
    /// Unpacked bytes read so far.
    pub offset: u64,
}

impl Progress {
    /// Notes how far a file was read. `head` holds its first bytes, `before` those that end at `offset`.
    pub fn new(identity: Identity, head: &[u8], before: &[u8], offset: u64) -> Self {
        let head = &head[..head.len().min(usize::try_from(offset).unwrap_or(usize::MAX))];
        let before = &before[before.len().saturating_sub(IMPRINT_LEN)..];
        Self { identity, head: Imprint::of(head), tail: Imprint::of(before), offset }
    }

    /// Bytes before the offset that [`decide`] asks for.
    pub fn tail_len(&self) -> usize {
        self.tail.len as usize
    }
}

/// A file as it is now.
pub trait Sight {
    fn identity(&self) -> Identity;
    /// Its first [`IMPRINT_LEN`] bytes, unpacked; fewer only where it has no more.
    fn head(&self) -> &[u8];
    /// Its length in unpacked bytes; `None` where only unpacking it would tell.
    fn unpacked_len(&self) -> Option<u64>;
    /// The `len` unpacked bytes that end at `offset`; `None` where there are not as many.
    fn before(&self, offset: u64, len: usize) -> Option<Vec<u8>>;
}

/// Where reading goes on in each file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// One offset for each file, in unpacked bytes; 0 for a file that was not read before.
    pub offsets: Vec<u64>,
    /// The place in the known list that each file answers to.
    pub places: Vec<Option<usize>>,
    /// Places in the known list that no file answers to: what they had not been read of is lost.
    pub lost: Vec<usize>,
}

/// Decides for all files together: each known place is taken up by one file at most.
pub fn decide(known: &[Progress], files: &[&dyn Sight]) -> Decision {
    let mut places = vec![None; files.len()];
    let mut is_taken = vec![false; known.len()];
    take_by_identity(known, files, &mut places, &mut is_taken);
    take_by_head(known, files, &mut places, &mut is_taken);
    let lost =
        is_taken.iter().enumerate().filter(|(_, is_taken)| !**is_taken).map(|(index, _)| index).collect();
    let offset = |place: Option<usize>| place.map_or(0, |index| known[index].offset);
    Decision { offsets: places.iter().copied().map(offset).collect(), places, lost }
}

/// Files that are still where they were, or were only renamed.
fn take_by_identity(
    known: &[Progress],
    files: &[&dyn Sight],
    places: &mut [Option<usize>],
    is_taken: &mut [bool],
) {
    let by_identity: BTreeMap<Identity, usize> =
        known.iter().enumerate().map(|(index, progress)| (progress.identity, index)).collect();
    for (file, place) in files.iter().zip(places) {
        let index = by_identity.get(&file.identity()).copied();
        *place = index.filter(|index| !is_taken[*index] && is_continued(&known[*index], *file));
        if let Some(index) = *place {
            is_taken[index] = true;
        }
    }
}

/// Files whose bytes moved elsewhere: compressed, or copied before the original was truncated.
fn take_by_head(
    known: &[Progress],
    files: &[&dyn Sight],
    places: &mut [Option<usize>],
    is_taken: &mut [bool],
) {
    let mut by_head: BTreeMap<Imprint, Vec<usize>> = BTreeMap::new();
    for (index, progress) in known.iter().enumerate().filter(|(index, _)| !is_taken[*index]) {
        by_head.entry(progress.head).or_default().push(index);
    }
    let lens: BTreeSet<u32> = by_head.keys().map(|head| head.len).collect();
    for (file, place) in files.iter().zip(places).filter(|(_, place)| place.is_none()) {
        let heads = lens.iter().rev().filter_map(|len| file.head().get(..*len as usize)).map(Imprint::of);
        let alike = heads.filter_map(|head| by_head.get(&head)).flatten().copied();
        *place = alike.into_iter().find(|index| !is_taken[*index] && is_continued(&known[*index], *file));
        if let Some(index) = *place {
            is_taken[index] = true;
        }
    }
}

/// Whether a file still holds what was read of it.
fn is_continued(progress: &Progress, file: &dyn Sight) -> bool {
    let head_len = u64::from(progress.head.len);
    let is_head_whole = head_len == IMPRINT_LEN as u64;
    match file.unpacked_len() {
        // Where less of the head is known than was read, it is that of another file.
        _ if head_len == 0 || head_len < progress.offset.min(IMPRINT_LEN as u64) => false,
        _ if !progress.head.begins(file.head()) => false,
        Some(len) if len < progress.offset => false,
        // To look at the tail of a compressed file, all of it would have to be unpacked; 4 KiB alike are proof enough.
        None if is_head_whole => true,
        _ => file
            .before(progress.offset, progress.tail_len())
            .is_some_and(|before| Imprint::of(&before) == progress.tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct File(u64, Vec<u8>);

    impl Sight for File {
        fn identity(&self) -> Identity {
            Identity { device: 1, inode: self.0 }
        }

        fn head(&self) -> &[u8] {
            &self.1[..self.1.len().min(IMPRINT_LEN)]
        }

        fn unpacked_len(&self) -> Option<u64> {
            Some(self.1.len() as u64)
        }

        fn before(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
            self.1.get(offset as usize - len..offset as usize).map(<[u8]>::to_vec)
        }
    }

    fn text(name: &str, bytes: usize) -> Vec<u8> {
        (0..).flat_map(|n| format!("{name} {n}\n").into_bytes()).take(bytes).collect()
    }

    fn read(file: &File) -> Progress {
        Progress::new(file.identity(), &file.1, &file.1, file.1.len() as u64)
    }

    fn offsets(known: &[Progress], files: &[&dyn Sight]) -> Vec<u64> {
        decide(known, files).offsets
    }

    #[test]
    fn grown_and_renamed_files_go_on() {
        let known = [read(&File(1, text("a", 9_000)))];
        assert_eq!(offsets(&known, &[&File(1, text("a", 20_000))]), [9_000]);
        assert_eq!(offsets(&known, &[&File(2, text("new", 50)), &File(1, text("a", 9_000))]), [0, 9_000]);
    }

    #[test]
    fn truncated_copy_goes_on_and_original_begins_anew() {
        let known = [read(&File(1, text("a", 9_000)))];
        let (copy, original) = (File(2, text("a", 9_500)), File(1, text("b", 30_000)));
        assert_eq!(offsets(&known, &[&copy, &original]), [9_000, 0]);
        let shorter = File(1, text("a", 5_000));
        assert_eq!(offsets(&known, &[&shorter]), [0]);
    }

    #[test]
    fn reused_inode_begins_anew_and_the_loss_is_told() {
        let known = [read(&File(1, text("a", 9_000)))];
        let decision = decide(&known, &[&File(1, text("z", 12_000))]);
        assert_eq!(decision, Decision { offsets: vec![0], places: vec![None], lost: vec![0] });
    }

    #[test]
    fn same_head_with_another_tail_is_another_log() {
        let known = [read(&File(1, text("a", 9_000)))];
        let mut other = text("a", 20_000);
        other[8_000..9_000].fill(b'x');
        assert_eq!(offsets(&known, &[&File(1, other)]), [0]);
    }

    #[test]
    fn short_files_are_known_by_all_they_hold() {
        let known = [read(&File(1, text("a", 40))), read(&File(2, text("b", 60)))];
        let files = [File(2, text("a", 100)), File(3, text("b", 100))];
        assert_eq!(offsets(&known, &[&files[0], &files[1]]), [40, 60]);
    }

    #[test]
    fn each_place_is_taken_once() {
        let known = [read(&File(1, text("a", 9_000)))];
        let twins = [File(2, text("a", 9_000)), File(3, text("a", 9_000))];
        assert_eq!(offsets(&known, &[&twins[0], &twins[1]]), [9_000, 0]);
    }

    #[test]
    fn place_behind_what_is_known_of_a_head_fits_no_file() {
        let file = File(1, text("a", 9_000));
        for head in [0, 100] {
            let known = [Progress::new(file.identity(), &file.1[..head], &file.1, 9_000)];
            assert_eq!(offsets(&known, &[&file]), [0]);
        }
    }

    #[test]
    fn file_that_was_empty_begins_at_its_beginning() {
        let known = [read(&File(1, Vec::new()))];
        assert_eq!(offsets(&known, &[&File(1, text("a", 100))]), [0]);
    }
}
