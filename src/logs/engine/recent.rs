//! Where the last hours of a log begin, found from its end: little is read of a file of many gigabytes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::logs::engine::part::stretch_of;
use crate::logs::engine::plan::border;
use crate::logs::{FileTime, Stretch, Timeline, ZoneChoice};

/// Bytes at the end of a file that are looked at first.
const FIRST_LOOK: u64 = 64 << 10;
/// Bytes at the beginning of a tail that are looked at for its first time.
const SECTION: u64 = 16 << 10;
/// Bytes at the end of a file that are looked at for its zone.
const ZONE_TAIL: u64 = 32 << 10;

/// A tail of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Where it begins.
    pub start: u64,
    /// Whether all that was written since then stands in it.
    pub is_covered: bool,
    /// It holds lines, and none of them bears a time.
    pub is_timeless: bool,
}

/// Finds the shortest tail of a file that holds all that was written since `since`, of at most `most` bytes; `modified`
/// is the file's own time, both in microseconds since 1970.
///
/// # Errors
/// When the file cannot be read.
pub fn recent(
    file: &File,
    len: u64,
    (since, modified): (i64, i64),
    zone: ZoneChoice,
    most: u64,
) -> io::Result<Reach> {
    let mut tail = vec![0; usize::try_from(len.min(ZONE_TAIL)).unwrap_or(0)];
    let got = file.read_at(&mut tail, len - len.min(ZONE_TAIL))?;
    let times = FileTime::sniff(zone, &tail[..got], modified);
    let mut look = FIRST_LOOK.min(most);
    loop {
        let start = border(file, len.saturating_sub(look), len)?;
        let first = first_time(times, file, start, len)?;
        let is_covered = start == 0 || first.is_some_and(|first| first < since);
        if is_covered || look >= most {
            return Ok(Reach { start, is_covered, is_timeless: start < len && first.is_none() });
        }
        look = (look * 4).min(most);
    }
}

/// The first time in a tail.
fn first_time(times: FileTime, file: &File, start: u64, len: u64) -> io::Result<Option<i64>> {
    let near = stretch_of(times, file, start, len.min(start + SECTION))?;
    if let Some(first) = near.first_known.filter(|_| near.first_relative.is_none()) {
        return Ok(Some(first));
    }
    let whole: Stretch = stretch_of(times, file, start, len)?;
    let mut line = Timeline::new(times);
    line.push(&whole);
    Ok(line.finish().first_us)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::fs::{self, File};

    use super::{Reach, recent};
    use crate::logs::{Zone, ZoneChoice};

    /// 2026-03-02T00:00:00Z.
    const DAY_US: i64 = 1_772_409_600_000_000;

    fn reach(text: &str, since_s: i64, most: u64) -> Reach {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, text).unwrap();
        let file = File::open(path).unwrap();
        let (since, modified) = (DAY_US + since_s * 1_000_000, DAY_US + 86_399_000_000);
        recent(&file, text.len() as u64, (since, modified), ZoneChoice::Given(Zone::Fixed(0)), most).unwrap()
    }

    fn log(line: impl Fn(u32) -> String) -> String {
        (0..86_400).fold(String::new(), |mut text, second| {
            writeln!(text, "{}", line(second)).unwrap();
            text
        })
    }

    fn clock(second: u32) -> String {
        format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
    }

    #[test]
    fn the_last_hour_is_found_from_the_end() {
        for text in [
            log(|second| format!("2026-03-02 {} [INFO] app - did {second} things", clock(second))),
            log(|second| format!("{} INFO app did {second} things", clock(second))),
        ] {
            let reach = reach(&text, 82_800, 1 << 30);
            assert!(reach.is_covered && !reach.is_timeless, "{reach:?}");
            let tail = text.len() as u64 - reach.start;
            assert!((100_000..1_100_000).contains(&tail), "{tail} of {}", text.len());
        }
    }

    #[test]
    fn a_log_that_is_too_chatty_is_not_covered() {
        let text = log(|second| format!("2026-03-02 {} [INFO] app - did {second} things", clock(second)));
        let reach = reach(&text, 0, 100_000);
        assert!(!reach.is_covered && text.len() as u64 - reach.start <= 100_000, "{reach:?}");
    }

    #[test]
    fn a_log_without_times_says_so() {
        let text = log(|second| format!("INFO:app:did {second} things"));
        let reach = reach(&text, 0, 100_000);
        assert!(reach.is_timeless && !reach.is_covered, "{reach:?}");
    }
}
