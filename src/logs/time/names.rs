//! Names of months, weekdays and zones as logs and `date` write them.

/// Month of a name's first three letters, 1 to 12: English, and what `date` writes in Spanish, German, French,
/// Portuguese and Italian where that differs. Other words give `None`.
pub(crate) fn month(name: &[u8]) -> Option<u32> {
    let first: [u8; 3] = name.get(..3)?.try_into().ok()?;
    Some(match &first.map(|b| b | 0x20) {
        b"jan" | b"ene" | b"gen" => 1,
        b"feb" | b"fev" => 2,
        b"mar" | b"mrz" => 3,
        b"apr" | b"abr" | b"avr" => 4,
        b"may" | b"mai" | b"mag" => 5,
        b"jun" | b"giu" => 6,
        b"jul" | b"lug" => 7,
        b"aug" | b"ago" => 8,
        b"sep" | b"set" => 9,
        b"oct" | b"okt" | b"out" | b"ott" => 10,
        b"nov" => 11,
        b"dec" | b"dic" | b"dez" => 12,
        _ => return None,
    })
}

/// Whether a word is an English month name, short or long; the only ones that open a syslog line.
pub(crate) fn is_english_month(name: &[u8]) -> bool {
    matches!(
        name.get(..3),
        Some(
            b"Jan"
                | b"Feb"
                | b"Mar"
                | b"Apr"
                | b"May"
                | b"Jun"
                | b"Jul"
                | b"Aug"
                | b"Sep"
                | b"Oct"
                | b"Nov"
                | b"Dec"
        )
    )
}

/// Whether a word of letters is a weekday: English, Spanish, German, French, Portuguese or Italian, short or long.
pub(crate) fn is_weekday(name: &[u8]) -> bool {
    const DAYS: &[&[u8]] = &[
        b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun", b"lun", b"mar", b"mie", b"jue", b"vie",
        b"sab", b"dom", b"mo", b"di", b"mi", b"do", b"fr", b"sa", b"so", b"mer", b"jeu", b"ven", b"sam",
        b"dim", b"seg", b"ter", b"qua", b"qui", b"sex", b"gio",
    ];
    const LONG: &[&[u8]] =
        &[b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];
    DAYS.iter().chain(LONG).any(|day| day.eq_ignore_ascii_case(name))
}

/// Seconds east of UTC of a zone's short name. Names that mean several zones take the one most written in logs.
pub(crate) fn zone_offset(name: &[u8]) -> Option<i32> {
    let hours = match name {
        b"Z" | b"z" | b"UTC" | b"GMT" | b"WET" => 0,
        b"BST" | b"CET" | b"WEST" => 1,
        b"CEST" | b"EET" | b"SAST" => 2,
        b"EEST" | b"MSK" => 3,
        b"IST" => return Some(5 * 3600 + 1800),
        b"SGT" | b"HKT" | b"AWST" => 8,
        b"JST" | b"KST" => 9,
        b"AEST" => 10,
        b"AEDT" => 11,
        b"NZST" => 12,
        b"NZDT" => 13,
        b"BRT" | b"ADT" => -3,
        b"EDT" | b"AST" => -4,
        b"EST" | b"CDT" => -5,
        b"CST" | b"MDT" => -6,
        b"MST" | b"PDT" => -7,
        b"PST" | b"AKDT" => -8,
        b"AKST" => -9,
        b"HST" => -10,
        _ => return None,
    };
    Some(hours * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_the_languages_date_speaks() {
        for (name, number) in [("Jan", 1), ("ene", 1), ("dic.", 12), ("August", 8), ("Okt", 10), ("avr.", 4)]
        {
            assert_eq!(month(name.as_bytes()), Some(number), "{name}");
        }
        assert_eq!(month(b"xyz"), None);
        assert_eq!(month(b"ju"), None);
    }

    #[test]
    fn weekdays_are_whole_words() {
        assert!(is_weekday(b"Mon") && is_weekday(b"dom") && is_weekday(b"Sunday"));
        assert!(!is_weekday(b"Monitor") && !is_weekday(b"") && !is_weekday(b"Satu"));
    }
}
