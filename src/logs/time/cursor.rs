//! A place in a text that only moves forward; every step says whether it could be made.

/// Reads numbers, letters and single bytes off a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    second_at: usize,
}

impl<'a> Cursor<'a> {
    /// Stands before the first byte.
    #[inline]
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, second_at: 0 }
    }

    /// Notes that two digits of seconds stand `ahead` places from here.
    pub(crate) fn mark_seconds(&mut self, ahead: usize) {
        self.second_at = self.at + ahead;
    }

    /// Where the seconds were noted to stand; 0 if nowhere.
    pub(crate) fn second_at(&self) -> usize {
        self.second_at
    }

    /// How many bytes were taken.
    #[inline]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    #[inline]
    pub(crate) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// The byte just taken.
    pub(crate) fn behind(&self) -> Option<u8> {
        self.at.checked_sub(1).and_then(|at| self.text.get(at)).copied()
    }

    /// The byte `ahead` places behind the digits that stand here.
    #[inline]
    pub(crate) fn peek_after_digits(&self, ahead: usize) -> Option<u8> {
        self.peek_at(self.digits_from_here() + ahead)
    }

    /// How many digits stand here, at most 10.
    #[inline]
    pub(crate) fn digits_from_here(&self) -> usize {
        self.rest().iter().take(10).take_while(|b| b.is_ascii_digit()).count()
    }

    /// Moves on, at most to the end.
    #[inline]
    pub(crate) fn bump(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len());
    }

    /// Takes the byte if it stands here.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let stands = self.peek() == Some(byte);
        self.at += usize::from(stands);
        stands
    }

    /// Takes one of the bytes and says which.
    #[inline]
    pub(crate) fn eat_any(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|b| bytes.contains(b))?;
        self.at += 1;
        Some(byte)
    }

    /// Takes a number of `least` to `most` digits; more digits than that are none.
    #[inline]
    pub(crate) fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let (mut value, mut digits) = (0_u32, 0);
        while let Some(byte) = self.peek_at(digits).filter(u8::is_ascii_digit) {
            digits += 1;
            if digits > most {
                return None;
            }
            value = value * 10 + u32::from(byte - b'0');
        }
        if digits < least {
            return None;
        }
        self.at += digits;
        Some(value)
    }

    /// Takes the digits behind a decimal mark as microseconds; digits beyond the sixth are dropped.
    #[inline]
    pub(crate) fn fraction(&mut self) -> Option<u32> {
        let (mut value, mut digits) = (0_u32, 0);
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit) {
            if digits < 6 {
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            self.at += 1;
        }
        (digits > 0).then(|| value * 10_u32.pow(6 - digits))
    }

    /// Takes `+02`, `+0200` or `+02:00` as seconds east of UTC.
    pub(crate) fn offset(&mut self) -> Option<i32> {
        let sign = match self.peek()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut ahead = Self { at: self.at + 1, ..*self };
        let (hours, minutes) = match ahead.digits_from_here() {
            4 => ahead.number(4, 4).map(|n| (n / 100, n % 100))?,
            2 => {
                let hours = ahead.number(2, 2)?;
                let colon = ahead.peek() == Some(b':') && ahead.peek_after_colon_digits() == 2;
                let minutes = if colon && ahead.eat(b':') { ahead.number(2, 2)? } else { 0 };
                (hours, minutes)
            }
            _ => return None,
        };
        if hours > 15 || minutes > 59 {
            return None;
        }
        self.at = ahead.at;
        Some(sign * (hours * 3600 + minutes * 60).cast_signed())
    }

    fn peek_after_colon_digits(&self) -> usize {
        self.text
            .get(self.at + 1..)
            .unwrap_or_default()
            .iter()
            .take(3)
            .take_while(|b| b.is_ascii_digit())
            .count()
    }

    /// The letters that stand here (bytes beyond ASCII count), at most 12; nothing is taken.
    pub(crate) fn letters(&self) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().take(12).take_while(|b| b.is_ascii_alphabetic() || !b.is_ascii()).count();
        &rest[..len]
    }
}
