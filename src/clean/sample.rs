//! What compression may be expected to save, told by samples: small files shrink less than large ones, so each class of
//! sizes has samples of its own, and of large files just such pieces are taken as compression makes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::store::{self, Framer};

use super::inventory::{Inventory, Item, ItemId, ItemKind};
use super::policy::{Act, Rule};
use super::reach::Reach;
use super::series;

/// Up to which size a class goes, and how many samples are taken in it. The last has no end.
const CLASSES: [(u64, usize); 4] = [(16 * 1024, 64), (128 * 1024, 32), (PIECE, 8), (u64::MAX, 6)];
/// What logs shrink to, of a thousand, where nothing could be sampled.
const USUAL_PERMILLE: u64 = 200;
/// Of large files such pieces are taken as compression makes.
const PIECE: u64 = store::PIECE as u64;
/// Disks give room in blocks.
const BLOCK: u64 = 4096;

/// What is left of a thousand bytes, by class of size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratios([u64; CLASSES.len()]);

impl Default for Ratios {
    fn default() -> Self {
        Self([USUAL_PERMILLE; CLASSES.len()])
    }
}

impl Ratios {
    /// What a file of this size is expected to take up once it is compressed.
    pub(super) fn packed(&self, size: u64) -> u64 {
        let permille = self.0[class(size)];
        (u128::from(size) * u128::from(permille)).div_ceil(1000).try_into().map_or(u64::MAX, blocks)
    }
}

fn blocks(bytes: u64) -> u64 {
    bytes.checked_next_multiple_of(BLOCK).unwrap_or(bytes)
}

fn class(size: u64) -> usize {
    CLASSES.iter().position(|(most, _)| size <= *most).unwrap_or(CLASSES.len() - 1)
}

/// Samples the files that compression is meant for.
pub(super) fn ratios(inventory: &Inventory, rules: &[Rule]) -> Ratios {
    let mut ratios = Ratios::default();
    let mut candidates: [Vec<ItemId>; CLASSES.len()] = Default::default();
    for (index, _) in (0..).zip(rules).filter(|(_, rule)| rule.act == Act::Compress) {
        let sets = inventory.sets_with(index);
        let meant = |item: &Item| sets[usize::from(item.set)] && is_compressible(inventory, item);
        for (id, item) in (0..).zip(&inventory.items).filter(|(_, item)| meant(item)) {
            candidates[class(item.size)].push(id);
        }
    }
    let mut reach = Reach::new(inventory);
    for ((ratio, files), (_, samples)) in ratios.0.iter_mut().zip(&candidates).zip(CLASSES) {
        if let Some(sampled) = ratio_of(inventory, &mut reach, files, samples) {
            *ratio = sampled;
        }
    }
    ratios
}

/// Takes samples that are spread over the files, and over the length of large ones.
fn ratio_of(inventory: &Inventory, reach: &mut Reach<'_>, files: &[ItemId], samples: usize) -> Option<u64> {
    let wanted = if files.iter().any(|id| inventory.item(*id).size > PIECE) { samples } else { files.len() };
    let wanted = wanted.min(samples);
    let mut framer = Framer::new().ok()?;
    let (mut before, mut after) = (0, 0);
    for n in 0..wanted {
        let item = inventory.item(files[n * files.len() / wanted]);
        let spare = item.size.saturating_sub(PIECE);
        let place = spare / wanted as u64 * n as u64;
        let opened = reach.folder(item.folder).and_then(|folder| folder.open_file(inventory.name(item)));
        if let Ok((raw, packed)) =
            opened.and_then(|file| sample(&mut framer, &file, place, item.size.min(PIECE)))
        {
            before += raw;
            after += packed;
        }
    }
    (before > 0).then(|| (after * 1000).div_ceil(before))
}

/// Whether there is anything to be gained.
pub(super) fn is_compressible(inventory: &Inventory, item: &Item) -> bool {
    item.kind == ItemKind::File && item.size > 0 && !series::is_compressed(inventory.name(item).to_bytes())
}

fn sample(framer: &mut Framer, file: &File, place: u64, length: u64) -> io::Result<(u64, u64)> {
    let mut raw = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = file.read_at(&mut raw, place)?;
    let mut packed = Vec::new();
    framer.frame(&raw[..read], &mut packed)?;
    Ok((read as u64, packed.len() as u64))
}
