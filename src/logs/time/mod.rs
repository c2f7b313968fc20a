//! Written times to microseconds since 1970 (UTC), also where the year, the day or the zone is missing.
//!
//! Three steps, so that segments of one file can be read side by side:
//!
//! 1. [`FileTime`] is made once for each file, from its first and last bytes and its mtime: zone, the year to assume.
//! 2. Each segment has a [`Clock`] of its own that is asked for every record in turn and answers with an [`At`]: a known
//!    time, or one that hangs on what stood before the segment.
//! 3. The clocks' [`Stretch`]es are joined in the order of the file; what hung in the air gets its place.

mod civil;
mod clock;
mod cursor;
mod epoch;
mod file;
mod names;
mod timeline;
mod written;
mod zone;

use crate::logs::{Stamp, StampLayout};

pub use clock::{Clock, Stretch};
pub use file::{FileTime, ZoneChoice};
pub use timeline::{Anchor, Ending, Placement, Timeline};
pub use zone::Zone;

pub(crate) use epoch::read_epoch;
pub(crate) use names::is_english_month;
pub(crate) use written::{read, read_glog};

/// When a record was written, as far as its segment can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Microseconds since 1970, UTC. `inferred` where the line bears no time and took its neighbour's.
    Known { us: i64, inferred: bool },
    /// The segment bore only times of day so far: microseconds since midnight of the segment's first such day.
    Relative { us: i64, inferred: bool },
    /// The segment bore no time at all so far: the time of the last record before the segment, else of the first after.
    Carried,
}

/// A written time as far as its text alone tells.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Microseconds since 1970.
    Us(i64),
    /// A calendar time; year, day or zone may be missing.
    Written(written::Written),
}

/// Reads a stamp; `None` if its text is no time of its layout.
fn moment(stamp: &Stamp<'_>) -> Option<Moment> {
    let written = match stamp.layout {
        StampLayout::None => return None,
        StampLayout::Epoch => return read_epoch(stamp.text).map(Moment::Us),
        StampLayout::GlogMonthDay => read_glog(stamp.text)?,
        _ => read(stamp.text)?,
    };
    Some(Moment::Written(written))
}
