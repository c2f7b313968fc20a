//! Ids that are ids beyond doubt, folded before a path is looked up: a backend with a million trucks has few paths then.
//!
//! Only what [`crate::logs::http::segment::mask`] folds to `{id}` or `{uuid}` whatever its company is touched here, so that routes come
//! out as if every path had been kept; and nothing in the first part of a path, where pages and versions stand.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::logs::http::segment::is_uuid;
use crate::platform::simd::{BLOCK, Isa, Kernel, Vector};

/// What is put in the place of an id.
const FOLDED: &[u8] = b"{id}";
const FOLDED_UUID: &[u8] = b"{uuid}";
/// Longest part that is judged here.
const MAX_ID: usize = 19;

/// Parts of declared routes that look like ids and are none: `2024` in `/reports/2024/summary`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredNames(Arc<BTreeSet<Box<[u8]>>>);

impl DeclaredNames {
    /// Takes the names out of the literal parts of routes.
    pub(super) fn of<'p>(parts: impl Iterator<Item = &'p str>) -> Self {
        let like_ids = parts.filter(|part| is_plain_id(part.as_bytes()));
        Self(Arc::new(like_ids.map(|part| part.as_bytes().into()).collect()))
    }

    #[inline]
    fn contains(&self, part: &[u8]) -> bool {
        !self.0.is_empty() && self.0.contains(part)
    }
}

/// Room for a path with its ids folded.
pub(super) const ROOM: usize = 128;

/// The path with its plain ids folded, as far as they stand in its first 64 bytes.
#[inline]
pub(super) fn fold_ids<'p>(
    isa: Isa,
    path: &'p [u8],
    names: &DeclaredNames,
    room: &'p mut [u8; ROOM],
) -> &'p [u8] {
    let mut block = [0; BLOCK];
    let near = path.len().min(BLOCK);
    block[..near].copy_from_slice(&path[..near]);
    let (digits, slashes) = isa.run(Marks { block: &block, near });
    let first_part = slashes & slashes.wrapping_sub(1);
    if first_part == 0 || digits >> first_part.trailing_zeros() == 0 {
        return path;
    }
    replaced(path, digits & (!0 << first_part.trailing_zeros()), slashes, names, room).unwrap_or(path)
}

/// Where digits and slashes stand.
struct Marks<'a> {
    block: &'a [u8; BLOCK],
    near: usize,
}

impl Kernel for Marks<'_> {
    type Output = (u64, u64);

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> (u64, u64) {
        let valid = if self.near >= BLOCK { !0 } else { (1 << self.near) - 1 };
        (vector.classify(self.block).digit & valid, vector.eq(self.block, b'/') & valid)
    }
}

/// Writes the path with the ids folded that `digits` lead to; `None` if there is none, or no room.
fn replaced<'p>(
    path: &[u8],
    mut digits: u64,
    slashes: u64,
    names: &DeclaredNames,
    room: &'p mut [u8; ROOM],
) -> Option<&'p [u8]> {
    let (mut written, mut copied) = (0, 0);
    while digits != 0 {
        let at = digits.trailing_zeros();
        let start = (slashes & ((1 << at) - 1)).checked_ilog2().map_or(0, |slash| slash as usize + 1);
        let behind = slashes & (!0 << at);
        let end = if behind == 0 { end_behind(path) } else { behind.trailing_zeros() as usize };
        digits &= if end >= BLOCK { 0 } else { !0 << end };
        let part = &path[start..end];
        if let Some(folded) = folded(part).filter(|_| !names.contains(part)) {
            for piece in [&path[copied..start], folded] {
                room.get_mut(written..written + piece.len())?.copy_from_slice(piece);
                written += piece.len();
            }
            copied = end;
        }
    }
    if copied == 0 {
        return None;
    }
    let rest = &path[copied..];
    room.get_mut(written..written + rest.len())?.copy_from_slice(rest);
    Some(&room[..written + rest.len()])
}

/// Where a part ends that reaches beyond the first block.
fn end_behind(path: &[u8]) -> usize {
    let near = path.len().min(BLOCK);
    memchr::memchr(b'/', &path[near..]).map_or(path.len(), |slash| near + slash)
}

/// What stands for a part with a digit, if that is an id whatever stands around it.
fn folded(part: &[u8]) -> Option<&'static [u8]> {
    if is_plain_id(part) { Some(FOLDED) } else { is_uuid(part).then_some(FOLDED_UUID) }
}

/// Whether a part with a digit is an id whatever stands around it.
fn is_plain_id(part: &[u8]) -> bool {
    let (mut digits, mut upper) = (0, 0);
    for byte in part {
        if !byte.is_ascii_alphanumeric() {
            return false;
        }
        digits += usize::from(byte.is_ascii_digit());
        upper += usize::from(byte.is_ascii_uppercase());
    }
    let date = part.len() >= 8 && (part.starts_with(b"19") || part.starts_with(b"20"));
    let version = part.len() <= 3 && matches!(part.first(), Some(b'v' | b'V'));
    part.len() <= MAX_ID && !date && (digits == part.len() || (upper > 0 && !version) || digits >= 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{DeclaredNames, ROOM, fold_ids};
    use crate::logs::http::segment::mask_path;
    use crate::platform::simd::Isa;

    fn folded(path: &str) -> String {
        let mut room = [0; ROOM];
        let names = DeclaredNames::of(["2024", "summary"].into_iter());
        String::from_utf8_lossy(fold_ids(Isa::detect(), path.as_bytes(), &names, &mut room)).into_owned()
    }

    #[test]
    fn plain_ids_are_folded_and_nothing_else() {
        for (path, expected) in [
            ("/trucks/DO9693/mpg", "/trucks/{id}/mpg"),
            ("/api/v2/sensors/69265/latest", "/api/v2/sensors/{id}/latest"),
            ("/x/12/y/RY8", "/x/{id}/y/{id}"),
            ("/export/1747b37b-50b2-4e21-a4a6-ada528dd3608", "/export/{uuid}"),
            (
                "/fuelAnalytics/api/v2/alerts/9d3f04f8-ee48-4336-a46f-524096bfabee/ack",
                "/fuelAnalytics/api/v2/alerts/{uuid}/ack",
            ),
            ("/404", "/404"),
            ("/12/x", "/12/x"),
            ("/report/2025-12-28.csv", "/report/2025-12-28.csv"),
            ("/day/20251228", "/day/20251228"),
            ("/auth/oauth2/token", "/auth/oauth2/token"),
            ("/reports/2024/7", "/reports/2024/{id}"),
            ("", ""),
            ("*", "*"),
        ] {
            assert_eq!(folded(path), expected, "{path}");
        }
    }

    #[test]
    fn long_paths_are_folded_at_their_beginning() {
        let long = format!("/api/7/{}/8", "x".repeat(90));
        assert_eq!(folded(&long), format!("/api/{{id}}/{}/8", "x".repeat(90)));
        let longer = format!("/api/7/{}", "x".repeat(200));
        assert_eq!(folded(&longer), longer);
    }

    proptest! {
        #[test]
        fn masking_gives_the_same_afterwards(
            path in "(/([a-zA-Z0-9.v-]{0,9}|[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12,13})){0,8}"
        ) {
            // A declared name stays, whatever it looks like.
            let path = path.replace("2024", "2025");
            prop_assert_eq!(mask_path(folded(&path).as_bytes()), mask_path(path.as_bytes()));
        }
    }
}
