//! Time zones by their names, such as `America/Bogota`, as the system's database has them. None is built in: the rules are as
//! new as the system's, and the program stays small.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Where systems keep their zones.
const FOLDERS: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/var/db/timezone/zoneinfo", "/etc/zoneinfo"];
/// Bytes of a zone; the longest ones have about 4,000.
const MAX_BYTES: u64 = 256 << 10;
const MAX_NAME: usize = 64;
/// Rules change less often than once in so many seconds.
const APART: i64 = 86_400;

/// Zones that were asked for; there are some hundreds.
static KNOWN: Mutex<BTreeMap<String, NamedZone>> = Mutex::new(BTreeMap::new());

/// A zone of the system's database; it is kept until the program ends.
#[derive(Clone, Copy)]
pub struct NamedZone(&'static Entry);

struct Entry {
    name: String,
    rules: tz::TimeZone,
}

/// There is no such zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownZone {
    #[error("no such zone is in the system's database")]
    Unknown,
    #[error("this system has no zones; install tzdata, or write an offset such as -05:00")]
    NoDatabase,
}

impl NamedZone {
    /// Finds a zone by its name in the database of the IANA.
    ///
    /// # Errors
    /// When there is none, or what bears its name is not understood.
    pub fn find(name: &str) -> Result<Self, UnknownZone> {
        if !may_be_a_name(name) {
            return Err(UnknownZone::Unknown);
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = known.get(name) {
            return Ok(*zone);
        }
        let bytes = FOLDERS.iter().find_map(|folder| read(&Path::new(folder).join(name)).ok());
        let rules = bytes.and_then(|bytes| tz::TimeZone::from_tz_data(&bytes).ok());
        let rules = rules.ok_or_else(|| match FOLDERS.iter().any(|folder| Path::new(folder).is_dir()) {
            true => UnknownZone::Unknown,
            false => UnknownZone::NoDatabase,
        })?;
        let zone = Self(Box::leak(Box::new(Entry { name: name.to_owned(), rules })));
        known.insert(name.to_owned(), zone);
        Ok(zone)
    }

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Seconds east of UTC at a moment, in seconds since 1970.
    pub fn offset_at(self, moment: i64) -> i32 {
        self.0.rules.find_local_time_type(moment).map_or(0, tz::LocalTimeType::ut_offset)
    }

    /// Seconds east of UTC at a wall clock time, given in seconds as if it were UTC: none in an hour that never was, the
    /// earlier one first in an hour that stands twice.
    pub fn offsets_at_wall(self, wall: i64) -> (Option<i32>, Option<i32>) {
        let holds = |offset: &i32| self.offset_at(wall.saturating_sub(i64::from(*offset))) == *offset;
        let before = self.offset_at(wall.saturating_sub(APART));
        let after = self.offset_at(wall.saturating_add(APART));
        let (first, second) = (Some(before).filter(holds), Some(after).filter(holds));
        match first {
            Some(_) => (first, second.filter(|_| second != first)),
            None => (second, None),
        }
    }
}

/// Names have no way out of the folder.
fn may_be_a_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    name.len() <= MAX_NAME && name.split('/').all(is_part)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl PartialEq for NamedZone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for NamedZone {}

impl std::hash::Hash for NamedZone {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for NamedZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zone that a system without a database has not.
    fn zone(name: &str) -> Option<NamedZone> {
        match NamedZone::find(name) {
            Err(UnknownZone::NoDatabase) => None,
            found => Some(found.unwrap()),
        }
    }

    #[test]
    fn summer_time_has_an_hour_that_never_was_and_one_that_stands_twice() {
        let Some(zone) = zone("Europe/Berlin") else { return };
        // 2026-03-29 and 2026-10-25, at 01:30, 02:30 and 03:30.
        let spring = [1_774_747_800, 1_774_751_400, 1_774_755_000].map(|wall| zone.offsets_at_wall(wall));
        assert_eq!(spring, [(Some(3_600), None), (None, None), (Some(7_200), None)]);
        let autumn = [1_792_891_800, 1_792_895_400, 1_792_899_000].map(|wall| zone.offsets_at_wall(wall));
        assert_eq!(autumn, [(Some(7_200), None), (Some(7_200), Some(3_600)), (Some(3_600), None)]);
        assert_eq!(zone.offset_at(4_118_000_000), 7_200, "rules go on behind the table: July 2100");
    }

    #[test]
    fn no_name_leads_out_of_the_database() {
        for name in
            ["", "/etc/passwd", "../../../etc/passwd", "Europe/../UTC", "Europe//Berlin", ".", "Europe"]
        {
            assert!(NamedZone::find(name).is_err(), "{name}");
        }
        assert!(NamedZone::find("Atlantis/Capital").is_err() && NamedZone::find("zone.tab").is_err());
    }

    #[test]
    fn times_beyond_any_calendar_do_no_harm() {
        let Some(zone) = zone("America/Bogota") else { return };
        for wall in [i64::MIN, i64::MAX, 0] {
            assert!(zone.offsets_at_wall(wall).0.unwrap_or(0).abs() < 86_400);
        }
        assert_eq!((zone.name(), zone.offset_at(1_772_445_600)), ("America/Bogota", -18_000));
    }
}
