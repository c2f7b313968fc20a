//! Compression of files in batches: packed and decoded again, made durable, named, and only then the sources go.
//!
//! At every moment the content stands whole on the disk under at least one name: the source is removed after its
//! successor has been decoded, flushed and renamed, and the folder flushed too. What a killed run leaves behind is a
//! hidden temporary file, which a later run removes, or both files, of which the next run removes the source once it has
//! compared them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, CString};
use std::fs::{File, FileTimes, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, fchown};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, UNIX_EPOCH};

use crate::clean::inventory::{Inventory, Item};
use crate::clean::pack::{Job, pack};
use crate::clean::reach::Reach;
use crate::clean::steps::Step;
use crate::platform::files::{Claim, Folder, Look, claim, is_database, look_at};
use crate::store::decompress;

use super::delete::{Care, is_same};
use super::fate::{CHANGED, DATABASE, Fate, OPENED, UNSURE};

/// What compressed files are called after their source.
const ENDING: &[u8] = b".zst";
/// One batch: so many files, or so many bytes of sources.
const BATCH_FILES: usize = 128;
const BATCH_BYTES: u64 = 256 * 1024 * 1024;
/// What is left free for others while compressing.
const SPARE: u64 = 1024 * 1024;
/// Bytes compared at once.
const PIECE: usize = 64 * 1024;
const SETTABLE: u32 = 0o777;

/// How many of the steps from here on are done together.
pub(super) fn batch(inventory: &Inventory, steps: &[Step]) -> usize {
    let mut bytes = 0_u64;
    let fits = |step: &&Step| {
        bytes = bytes.saturating_add(inventory.item(step.item).size);
        bytes <= BATCH_BYTES
    };
    steps.iter().take(BATCH_FILES).take_while(fits).count().max(1)
}

/// Compresses the files of some steps; the answers are in their order.
pub(super) fn files(
    inventory: &Inventory,
    reach: &mut Reach<'_>,
    items: &[(&Item, Care)],
    stop: &AtomicBool,
) -> Vec<Fate> {
    let mut room = Room::default();
    let begun = items.iter().map(|(item, care)| {
        let name = inventory.name(item);
        let folder = reach.folder(item.folder)?;
        let free = room.of(inventory.disk(item.folder), folder)?;
        let expected = inventory.ratios.packed(item.size);
        begin(folder, name, item, *care, free, expected)
    });
    let begun = begun.map(|begun| begun.unwrap_or_else(|error| Err(Fate::from_error(&error)))).collect();
    let mut batch = Batch { stages: begun };
    batch.write(stop);
    // The first flush takes most of the data of the others along.
    batch.advance(reach, |work, _| work.dress().and_then(|()| work.target.sync_all()).map(|()| None));
    batch.advance(reach, |work, folder| work.name_target(folder));
    batch.sync_folders(reach);
    batch.advance(reach, |work, folder| work.remove_source(folder).map(Some));
    batch.stages.into_iter().map(|stage| stage.err().unwrap_or_default()).collect()
}

/// Files that go through each stage together; a file whose step has ended is its fate.
struct Batch<'a> {
    stages: Vec<Result<Work<'a>, Fate>>,
}

impl Batch<'_> {
    /// Packs all files side by side.
    fn write(&mut self, stop: &AtomicBool) {
        let packed = pack(&self.stages.iter().flatten().map(Work::job).collect::<Vec<_>>(), stop);
        let works = self.stages.iter_mut().flatten();
        for (work, packed) in works.zip(packed) {
            work.fault = packed.err();
        }
    }

    /// Takes each file a stage further; a stage that gives a fate, or fails, is the file's last.
    fn advance(
        &mut self,
        reach: &mut Reach<'_>,
        stage: impl Fn(&mut Work<'_>, &Folder) -> io::Result<Option<Fate>>,
    ) {
        for slot in &mut self.stages {
            let Ok(work) = slot else { continue };
            let ended = match (work.fault.take(), reach.folder(work.item.folder)) {
                (Some(error), Ok(folder)) => work.give_up(folder, Err(error)),
                (None, Ok(folder)) => match stage(work, folder) {
                    Ok(None) => continue,
                    Ok(Some(fate)) => work.give_up(folder, Ok(fate)),
                    Err(error) => work.give_up(folder, Err(error)),
                },
                (_, Err(error)) => Fate::from_error(&error),
            };
            *slot = Err(ended);
        }
    }

    fn sync_folders(&mut self, reach: &mut Reach<'_>) {
        let mut synced = HashMap::new();
        for work in self.stages.iter_mut().flatten() {
            let sync = || reach.folder(work.item.folder).and_then(Folder::sync).map_err(|e| e.to_string());
            let ended: &Result<(), String> = synced.entry(work.item.folder).or_insert_with(sync);
            work.fault = ended.as_ref().err().map(|error| io::Error::other(error.clone()));
        }
    }
}

/// Free bytes by disk, less what this batch is going to take.
#[derive(Default)]
struct Room {
    free: HashMap<usize, u64>,
}

impl Room {
    fn of(&mut self, disk: usize, folder: &Folder) -> io::Result<&mut u64> {
        match self.free.entry(disk) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => Ok(unknown.insert(folder.space()?.available_bytes)),
        }
    }
}

/// A file on its way.
struct Work<'a> {
    item: &'a Item,
    name: &'a CStr,
    care: Care,
    source: File,
    look: Look,
    target: File,
    temporary: CString,
    wanted: CString,
    /// What went wrong where no answer could be given.
    fault: Option<io::Error>,
}

/// Opens a source and its successor; the inner error is a step that has ended already.
fn begin<'a>(
    folder: &Folder,
    name: &'a CStr,
    item: &'a Item,
    care: Care,
    free: &mut u64,
    expected: u64,
) -> io::Result<Result<Work<'a>, Fate>> {
    let source = folder.open_file(name)?;
    let look = look_at(&source)?;
    if !is_same(&look, item) || look.links != 1 {
        return Ok(Err(Fate::left(CHANGED)));
    }
    if is_database(&source) {
        return Ok(Err(Fate::left(DATABASE)));
    }
    if let Some(why) = held(&source, care) {
        return Ok(Err(Fate::left(why)));
    }
    let wanted = CString::new([name.to_bytes(), ENDING].concat())?;
    match folder.look(&wanted) {
        Ok(_) => return complete(folder, name, &source, &look, &wanted).map(Err),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if expected.saturating_add(SPARE) > *free {
        return Err(io::Error::new(io::ErrorKind::StorageFull, "too little room to compress it"));
    }
    *free -= expected;
    let temporary = CString::new(format!(".fuelops-{:x}-{}.tmp", look.id.inode, std::process::id()))?;
    let target = folder.create_file(&temporary)?;
    Ok(Ok(Work { item, name, care, source, look, target, temporary, wanted, fault: None }))
}

impl Work<'_> {
    fn job(&self) -> Job<'_> {
        Job { source: &self.source, size: self.look.size, target: &self.target }
    }

    /// Ends a file's way. What cannot be removed now is removed by a later run.
    fn give_up(&self, folder: &Folder, ended: io::Result<Fate>) -> Fate {
        folder.remove_file(&self.temporary).unwrap_or(());
        Fate::of(ended)
    }

    /// Owner, permissions and time of the source. Who may not give a file away gives the others no rights to it.
    fn dress(&self) -> io::Result<()> {
        let is_given = fchown(&self.target, Some(self.look.uid), Some(self.look.gid)).is_ok();
        let mode = self.look.mode & if is_given { SETTABLE } else { 0o700 };
        self.target.set_permissions(Permissions::from_mode(mode))?;
        let modified = u64::try_from(self.look.modified).unwrap_or(0);
        self.target.set_times(FileTimes::new().set_modified(UNIX_EPOCH + Duration::from_nanos(modified)))
    }

    /// Gives the successor its name, if the source is still what was compressed.
    fn name_target(&mut self, folder: &Folder) -> io::Result<Option<Fate>> {
        if !is_same(&look_at(&self.source)?, self.item) {
            return Ok(Some(Fate::left(CHANGED)));
        }
        if let Some(why) = held(&self.source, self.care) {
            return Ok(Some(Fate::left(why)));
        }
        match folder.rename_new(&self.temporary, &self.wanted) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Some(Fate::left(CHANGED))),
            Err(error) => Err(error),
        }
    }

    fn remove_source(&self, folder: &Folder) -> io::Result<Fate> {
        let taken = look_at(&self.target)?.allocated;
        remove_source(folder, self.name, &self.source, &self.look, taken)
    }
}

/// Removes a source whose successor is safe.
fn remove_source(folder: &Folder, name: &CStr, source: &File, look: &Look, taken: u64) -> io::Result<Fate> {
    let lease = claim(source);
    let now = folder.look(name)?;
    if matches!(lease, Claim::Held) || (now.id, now.changed, now.size) != (look.id, look.changed, look.size) {
        return Ok(Fate::left("was written to while it was compressed: both files are there"));
    }
    folder.remove_file(name)?;
    Ok(Fate::done(look.allocated.saturating_sub(taken)))
}

fn held(source: &File, care: Care) -> Option<&'static str> {
    match claim(source) {
        Claim::Sole(lease) if lease.is_wanted() => Some(OPENED),
        Claim::Held => Some(OPENED),
        Claim::Unknown if !care.is_known_closed => Some(UNSURE),
        Claim::Sole(_) | Claim::Unknown => None,
    }
}

/// The wanted name is taken. A run that was killed at the very end leaves just that: then only the source has to go.
fn complete(folder: &Folder, name: &CStr, source: &File, look: &Look, wanted: &CStr) -> io::Result<Fate> {
    let packed = folder.open_file(wanted)?;
    if !decodes_to(&packed, source).unwrap_or(false) {
        let wanted = wanted.to_string_lossy();
        return Ok(Fate::left(format!("{wanted} is there already and holds something else")));
    }
    packed.sync_all()?;
    folder.sync()?;
    remove_source(folder, name, source, look, 0)
}

fn decodes_to(packed: &File, source: &File) -> io::Result<bool> {
    let mut decoder = decompress(packed)?;
    let mut source = source;
    let (mut ours, mut theirs) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let read = fill(&mut source, &mut ours)?;
        if fill(&mut decoder, &mut theirs)? != read || ours[..read] != theirs[..read] {
            return Ok(false);
        }
        if read == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or the stream ends.
fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
