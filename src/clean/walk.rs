//! Fills an inventory: folders are walked by handle, from the tops down, each listed once.
//!
//! Links are never followed and mounts never entered, except a disk of its own that a pattern spells out. What is closed (repositories,
//! database folders) is noted and not looked into. What cannot be read is noted and the rest goes on.

use std::collections::HashSet;
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use crate::platform::files::{
    Buffer, Entry, FileId, FileKind, Folder, Found, Look, begins_database, is_sqlite_journal,
};

use super::guard::{self, Bar, DATABASE, Markers};
use super::inventory::{Disk, FolderId, FolderNode, Inventory, Item, ItemId, ItemKind};
use super::pattern::{Patterns, State};
use super::pid_file;
use super::reach;
use super::tops::Top;

/// Deeper folders are left alone: one handle a level is held.
const MAX_DEPTH: usize = 512;
/// More files than this wait for the next run.
const MAX_ITEMS: usize = 5_000_000;
const STICKY: u32 = 0o1000;

/// What the walk has to know of rules and of the caller.
#[derive(Debug)]
pub(super) struct Scope {
    /// By rule: whether it takes folders as a whole.
    pub(super) takes_folders: Vec<bool>,
    /// By rule: whether the age that counts is that of the file and not of what is in it.
    pub(super) wants_birth: Vec<bool>,
    /// Protected files and folders.
    pub(super) spared: HashSet<FileId>,
    /// Wildcards stay out of these.
    pub(super) private: HashSet<FileId>,
    pub(super) caller: u32,
}

/// Walks one top.
pub(super) fn walk(top: &Top, scope: &Scope, out: &mut Inventory) {
    let folder = match Folder::open(&top.path) {
        Ok(folder) => folder,
        // Nothing there, nothing to clean.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return out.fault(top.path.clone(), &error),
    };
    let Ok(name) = CString::new(top.path.as_os_str().as_bytes()) else { return };
    let mut walk = Walk {
        patterns: &top.patterns,
        scope,
        out,
        buffer: Buffer::default(),
        frames: Vec::new(),
        rules: Vec::new(),
    };
    walk.descend(folder, &Below { name, states: top.patterns.start().into(), item: None, is_spelled: true });
    while let Some(frame) = walk.frames.last_mut() {
        match frame.below.pop() {
            Some(below) => walk.enter(&below),
            None => walk.leave(),
        }
    }
}

struct Walk<'a> {
    patterns: &'a Patterns,
    scope: &'a Scope,
    out: &'a mut Inventory,
    buffer: Buffer,
    /// From the top to the folder at hand.
    frames: Vec<Frame>,
    /// Room for the rules that one name meets.
    rules: Vec<u16>,
}

/// A folder on the way down.
struct Frame {
    folder: Folder,
    node: FolderId,
    below: Vec<Below>,
    /// Set where this folder may go as a whole.
    item: Option<ItemId>,
    own: Look,
}

/// A folder still to be entered.
struct Below {
    name: CString,
    states: Rc<[State]>,
    item: Option<ItemId>,
    is_spelled: bool,
}

/// The folder that is being listed.
struct Here<'a> {
    folder: &'a Folder,
    node: FolderId,
    states: &'a [State],
    whole: Option<ItemId>,
    below: Vec<Below>,
    markers: Markers,
    /// Names beside which a journal of SQLite may lie.
    journaled: HashSet<Vec<u8>>,
}

impl Walk<'_> {
    fn enter(&mut self, below: &Below) {
        let Some(frame) = self.frames.last() else { return };
        match reach::enter(&frame.folder, &below.name, below.is_spelled) {
            Ok(Entry::Folder(_)) if self.frames.len() >= MAX_DEPTH => {
                self.close(below, "lies deeper than 512 folders", "folders that are too deep");
            }
            Ok(Entry::Folder(folder)) => self.descend(folder, below),
            Ok(Entry::Link) => self.close(below, &Bar::Special(FileKind::Link).to_string(), "a link"),
            Ok(Entry::Mount) => self.close(below, &Bar::Mount.to_string(), "a mounted file system"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                self.out.fault(self.path_of(&below.name), &error);
                self.bar(below.item.or(self.whole()), "a folder that cannot be read");
            }
        }
    }

    /// Lists a folder and notes what matches in it.
    fn descend(&mut self, folder: Folder, below: &Below) {
        let own = match folder.look_at_self() {
            Ok(own) => own,
            Err(error) => return self.out.fault(self.path_of(&below.name), &error),
        };
        if self.scope.spared.contains(&own.id) {
            return self.close(below, &Bar::Spared.to_string(), "what is protected");
        }
        if self.scope.private.contains(&own.id) && !below.is_spelled {
            return self.bar(below.item.or(self.whole()), "the state of fuelops");
        }
        let whole = below.item.or(self.whole());
        if self.scope.caller != 0 && own.uid != self.scope.caller {
            self.bar(whole, "a folder of another user");
        }
        let node = self.add_node(&folder, &own, below, whole);
        if let Some(item) = below.item {
            let item = &mut self.out.items[item as usize];
            item.inode = own.id.inode;
            item.allocated += own.allocated;
        }
        let mark = self.out.items.len();
        let mut here = Here {
            folder: &folder,
            node,
            states: &below.states,
            whole,
            below: Vec::new(),
            markers: Markers::default(),
            journaled: HashSet::new(),
        };
        if let Err(error) = self.list(&mut here) {
            self.out.fault(self.out.folder_path(node), &error);
            self.bar(whole, "a folder that cannot be read");
        }
        self.bar_torn(&here, mark);
        let Here { below: subfolders, markers, .. } = here;
        if let Some(what) = markers.closed() {
            self.out.forget(mark);
            return self.close(below, what, what);
        }
        self.frames.push(Frame { folder, node, below: subfolders, item: below.item, own });
    }

    fn add_node(&mut self, folder: &Folder, own: &Look, below: &Below, whole: Option<ItemId>) -> FolderId {
        let parent = self.frames.last().map(|frame| frame.node);
        let device = own.id.device;
        let disk = self.out.disks.iter().position(|disk| disk.device == device).unwrap_or_else(|| {
            let path = self.path_of(&below.name);
            self.out.disks.push(Disk { device, path, space: folder.space().unwrap_or_default() });
            self.out.disks.len() - 1
        });
        let disk = u16::try_from(disk).unwrap_or(u16::MAX);
        let node = FolderNode { parent, name: 0, id: own.id, disk, is_spelled: below.is_spelled, whole };
        self.out.add_folder(node, &below.name)
    }

    fn list(&mut self, here: &mut Here<'_>) -> io::Result<()> {
        if here.whole.is_none()
            && let Some(names) = self.patterns.only_names(here.states)
        {
            for name in names {
                let Ok(name) = CString::new(name) else { continue };
                self.meet(here, Found { name: &name, kind: FileKind::Other })?;
                let base = guard::companion_of(name.to_bytes()).unwrap_or(name.to_bytes());
                here.journaled.insert(base.to_vec());
            }
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let listed = here.folder.list(&mut buffer, &mut |found| self.meet(here, found));
        self.buffer = buffer;
        listed
    }

    fn meet(&mut self, here: &mut Here<'_>, found: Found<'_>) -> io::Result<()> {
        let name = found.name.to_bytes();
        here.markers.note(name);
        here.journaled.extend(guard::companion_of(name).map(<[u8]>::to_vec));
        if found.kind == FileKind::Folder {
            self.meet_folder(here, found.name);
            return Ok(());
        }
        self.rules.clear();
        self.patterns.files(here.states, name, &mut self.rules);
        if found.kind != FileKind::Other && self.rules.is_empty() && here.whole.is_none() {
            return Ok(());
        }
        match here.folder.look(found.name) {
            Ok(look) if look.kind == FileKind::Folder => self.meet_folder(here, found.name),
            Ok(look) => self.meet_file(here, found.name, &look),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.out.fault(self.out.folder_path(here.node).join(os(found.name)), &error),
        }
        Ok(())
    }

    fn meet_file(&mut self, here: &Here<'_>, name: &CStr, look: &Look) {
        let bar = self.bar_of(here.folder, name, look);
        if let Some(whole) = here.whole {
            self.out.add_to_whole(whole, look);
            if let Some(what) = bar.as_ref().and_then(Bar::holds) {
                self.bar(Some(whole), what);
            }
        }
        if self.rules.is_empty() {
            return;
        }
        if self.out.items.len() >= MAX_ITEMS {
            self.out.overflow += 1;
            return;
        }
        let wants_birth = self.rules.iter().any(|rule| self.scope.wants_birth[usize::from(*rule)]);
        let Some(set) = self.out.set(&self.rules) else {
            self.out.overflow += 1;
            return;
        };
        let id = self.out.add_item(
            Item {
                folder: here.node,
                name: 0,
                size: look.size,
                allocated: look.allocated,
                modified: look.modified,
                changed: look.changed,
                inode: look.id.inode,
                set,
                kind: ItemKind::File,
            },
            name,
        );
        if let Some(bar) = bar {
            self.out.bars.insert(id, bar);
        }
        if wants_birth {
            self.out.details.entry(id).or_default().born = began(here.folder, name, look);
        }
    }

    /// Keeps databases that somebody was writing to when they were left: only with their journal beside them are they
    /// whole, whatever they look like by themselves.
    fn bar_torn(&mut self, here: &Here<'_>, mark: usize) {
        let torn: HashSet<&[u8]> = here
            .journaled
            .iter()
            .map(Vec::as_slice)
            .filter(|base| guard::journals(base).any(|journal| begins_journal(here.folder, journal)))
            .collect();
        if torn.is_empty() {
            return;
        }
        self.bar(here.whole, DATABASE);
        for id in mark..self.out.items.len() {
            let item = &self.out.items[id];
            let name = self.out.name(item).to_bytes();
            let is_torn = torn.contains(guard::companion_of(name).unwrap_or(name));
            if is_torn && item.kind == ItemKind::File {
                self.out.bars.insert(u32::try_from(id).unwrap_or(u32::MAX), Bar::Database);
            }
        }
    }

    fn meet_folder(&mut self, here: &mut Here<'_>, name: &CStr) {
        self.rules.clear();
        let bytes = name.to_bytes();
        let states = self.patterns.folder(here.states, bytes, &mut self.rules);
        self.rules.retain(|rule| self.scope.takes_folders[usize::from(*rule)]);
        if states.is_empty() && self.rules.is_empty() && here.whole.is_none() {
            return;
        }
        if let Some(what) = guard::closed(bytes) {
            self.bar(here.whole, what);
            let path = self.out.folder_path(here.node).join(os(name));
            return self.out.closed.push((path, what.to_owned()));
        }
        let set = if self.rules.is_empty() { None } else { self.out.set(&self.rules) };
        let item = set.map(|set| self.out.add_item(Item::folder(here.node, set), name));
        let is_spelled = self.patterns.spells(here.states, bytes);
        here.below.push(Below { name: name.to_owned(), states: states.into(), item, is_spelled });
    }

    /// Why a file may not be taken, by what can be seen without opening it.
    fn bar_of(&self, folder: &Folder, name: &CStr, look: &Look) -> Option<Bar> {
        if look.is_mount {
            return Some(Bar::Mount);
        }
        if look.kind != FileKind::File {
            return Some(Bar::Special(look.kind));
        }
        if self.scope.spared.contains(&look.id) {
            return Some(Bar::Spared);
        }
        if look.is_locked {
            return Some(Bar::Locked);
        }
        if look.mode & STICKY != 0 {
            return Some(Bar::Sticky);
        }
        if look.links > 1 {
            return Some(Bar::Linked(look.links));
        }
        if self.scope.caller != 0 && look.uid != self.scope.caller {
            return Some(Bar::Foreign);
        }
        let bytes = name.to_bytes();
        if guard::is_repository(bytes) {
            return Some(Bar::Repository);
        }
        if guard::is_database(bytes)
            || (guard::has_whole_pages(look.size) && is_database(folder, name))
            || guard::companion_of(bytes).is_some_and(|base| lies_beside_database(folder, base))
        {
            return Some(Bar::Database);
        }
        if pid_file::is_meant(bytes, look.size) {
            return pid_file::live_pid(folder, name).map(Bar::LivePid);
        }
        None
    }

    /// Goes back up; what a folder holds counts for the folder around it as well.
    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let Some(item) = frame.item else { return };
        self.out.finish_whole(item, &frame.own, self.whole());
    }

    /// The innermost folder around here that may go as a whole.
    fn whole(&self) -> Option<ItemId> {
        self.frames.last().and_then(|frame| self.out.folder(frame.node).whole)
    }

    /// Notes that a folder was not looked into.
    fn close(&mut self, below: &Below, why: &str, what: &'static str) {
        self.bar(below.item.or(self.whole()), what);
        if below.item.is_none() {
            self.out.closed.push((self.path_of(&below.name), why.to_owned()));
        }
    }

    /// Keeps a folder from going as a whole.
    fn bar(&mut self, whole: Option<ItemId>, what: &'static str) {
        if let Some(whole) = whole {
            self.out.bars.insert(whole, Bar::Holds(what));
        }
    }

    fn path_of(&self, name: &CStr) -> PathBuf {
        self.frames.last().map_or_else(PathBuf::new, |frame| self.out.folder_path(frame.node)).join(os(name))
    }
}

fn os(name: &CStr) -> &OsStr {
    OsStr::from_bytes(name.to_bytes())
}

/// When a log began: when it was made, or when its predecessor was put aside, which renaming leaves as a change time.
fn began(folder: &Folder, name: &CStr, look: &Look) -> Option<i64> {
    let aside = [".1", ".1.zst", ".1.gz"].iter().filter_map(|ending| {
        let name = CString::new([name.to_bytes(), ending.as_bytes()].concat()).ok()?;
        folder.look(&name).ok().map(|look| look.changed)
    });
    look.born.into_iter().chain(aside).max()
}

fn is_database(folder: &Folder, name: &CStr) -> bool {
    folder.start(name).is_some_and(|start| begins_database(&start))
}

/// Whether the file of this name, beside which another lies, is a database: without its journal it may be none any more.
fn lies_beside_database(folder: &Folder, base: &[u8]) -> bool {
    CString::new(base).is_ok_and(|base| is_database(folder, &base))
}

fn begins_journal(folder: &Folder, name: Vec<u8>) -> bool {
    CString::new(name).is_ok_and(|name| folder.open_file(&name).is_ok_and(|file| is_sqlite_journal(&file)))
}
