//! Time as the corpus sees it: it only moves forward, and a second is formatted once.

/// 2026-03-02 00:00:00 UTC, a Monday.
const START_SECONDS: u64 = 1_772_409_600;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The clock of one log.
#[derive(Debug)]
pub(crate) struct Clock {
    seconds: u64,
    micros: u32,
    /// `2026-03-02 00:00:00`
    text: [u8; 19],
    /// Year, month, day, weekday of the current day.
    date: (u32, u32, u32, usize),
    day: u64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let mut clock = Self {
            seconds: START_SECONDS,
            micros: 0,
            text: *b"0000-00-00 00:00:00",
            date: (0, 0, 0, 0),
            day: u64::MAX,
        };
        clock.write_second();
        clock
    }

    /// Moves on.
    pub(crate) fn advance(&mut self, micros: u64) {
        let total = u64::from(self.micros) + micros;
        self.micros = (total % 1_000_000) as u32;
        if total >= 1_000_000 {
            self.seconds += total / 1_000_000;
            self.write_second();
        }
    }

    /// `2026-03-02 00:00:00`
    pub(crate) fn second(&self) -> &[u8; 19] {
        &self.text
    }

    /// `00:00:00`
    pub(crate) fn time_of_day(&self) -> &[u8] {
        &self.text[11..]
    }

    /// `,123`, with the separator that is asked for.
    pub(crate) fn millis(&self, separator: u8) -> [u8; 4] {
        let ms = self.micros / 1_000;
        [separator, digit(ms / 100), digit(ms / 10), digit(ms)]
    }

    /// `2026-03-02T00:00:00.123456Z`
    pub(crate) fn iso(&self) -> [u8; 27] {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        text[..10].copy_from_slice(&self.text[..10]);
        text[11..19].copy_from_slice(&self.text[11..]);
        let mut rest = self.micros;
        for at in (20..26).rev() {
            text[at] = digit(rest);
            rest /= 10;
        }
        text
    }

    /// `02/Mar/2026:00:00:00 +0000`, as nginx writes it.
    pub(crate) fn common(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text[8..10]);
        out.push(b'/');
        out.extend_from_slice(MONTHS[self.date.1 as usize - 1].as_bytes());
        out.push(b'/');
        out.extend_from_slice(&self.text[..4]);
        out.push(b':');
        out.extend_from_slice(self.time_of_day());
        out.extend_from_slice(b" +0000");
    }

    /// `Mon Mar  2 00:00:00 UTC 2026`, as `date` prints it.
    pub(crate) fn shell(&self, out: &mut Vec<u8>) {
        let (_, month, day, weekday) = self.date;
        out.extend_from_slice(DAYS[weekday].as_bytes());
        out.push(b' ');
        out.extend_from_slice(MONTHS[month as usize - 1].as_bytes());
        out.push(b' ');
        out.push(if day < 10 { b' ' } else { digit(day / 10) });
        out.push(digit(day));
        out.push(b' ');
        out.extend_from_slice(self.time_of_day());
        out.extend_from_slice(b" UTC ");
        out.extend_from_slice(&self.text[..4]);
    }

    fn write_second(&mut self) {
        let day = self.seconds / 86_400;
        if day != self.day {
            self.day = day;
            self.date = civil(day);
            let (year, month, of_month, _) = self.date;
            for (at, value) in [(0, year / 100), (2, year), (5, month), (8, of_month)] {
                two_digits(&mut self.text[at..], value);
            }
        }
        let of_day = (self.seconds % 86_400) as u32;
        for (at, value) in [(11, of_day / 3_600), (14, of_day / 60 % 60), (17, of_day % 60)] {
            two_digits(&mut self.text[at..], value);
        }
    }
}

fn digit(value: u32) -> u8 {
    b'0' + (value % 10) as u8
}

fn two_digits(out: &mut [u8], value: u32) {
    out[0] = digit(value / 10);
    out[1] = digit(value);
}

/// Year, month, day and weekday (Monday first) of a day since 1970; Howard Hinnant's algorithm for dates after 0000-03-01.
fn civil(day: u64) -> (u32, u32, u32, usize) {
    let shifted = day + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year as u32, month as u32, of_month as u32, ((day + 3) % 7) as usize)
}
