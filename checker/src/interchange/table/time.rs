//! Times of a table: ISO 8601, or numbers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How times are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Nanoseconds that a number counts. Without it, times are ISO 8601.
    pub unit: Option<u64>,
    /// Times without a zone are UTC.
    pub utc: bool,
}

const SECOND: u64 = 1_000_000_000;

type Expected = &'static str;

const ISO: Expected =
    "a time such as 2024-05-01T10:00:00.001Z or 2024-05-01 12:00:00+02:00; say with --time-unit what a number counts";
const NUMBER: Expected = "a number in the unit of --time-unit, since 1970 at the earliest";
const NO_ZONE: Expected =
    "a time with its zone, such as 2024-05-01T10:00:00.001Z; if all times are UTC, say so with --utc";

impl Times {
    /// The first and the last nanosecond since 1970 that are written like this: what is asked may have begun at the first, and an answer
    /// may have come at the last, so that no order is known which the digits do not tell.
    pub(super) fn read(self, text: &str) -> Result<(u64, u64), Expected> {
        let (start, length) = match self.unit {
            Some(unit) => number(text, unit).ok_or(NUMBER)?,
            None => self.iso(text)?,
        };
        // The last of all means never.
        let end = start.checked_add(length - 1).filter(|&end| end < u64::MAX);
        Ok((start, end.ok_or(ISO)?))
    }

    fn iso(self, text: &str) -> Result<(u64, u64), Expected> {
        if !text.is_ascii() || text.len() < 19 {
            return Err(ISO);
        }
        let (day, rest) = text.split_at(10);
        let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(ISO)?;
        let end = rest.find(|byte: char| !(byte.is_ascii_digit() || ":.,".contains(byte)));
        let (clock, zone) = rest.split_at(end.unwrap_or(rest.len()));
        let offset = match zone.trim() {
            "" if self.utc => 0,
            "" => return Err(NO_ZONE),
            "Z" | "z" | "UTC" => 0,
            offset => minutes(offset).ok_or(ISO)?,
        };
        let (seconds, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
        if seconds.len() != 8 {
            return Err(ISO);
        }
        let time = humantime::parse_rfc3339(&format!("{day}T{seconds}Z")).map_err(|_| ISO)?;
        let time = time.duration_since(UNIX_EPOCH).map_err(|_| ISO)?.as_secs();
        let time = time.checked_add_signed(-60 * offset).ok_or(ISO)?;
        number(&format!("{time}.{fraction}"), SECOND).ok_or(ISO)
    }
}

/// `+02:00`, `-0530` or `+02`, in minutes.
fn minutes(offset: &str) -> Option<i64> {
    let (sign, digits) = offset.split_at_checked(1)?;
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    match sign {
        "+" => Some(minutes),
        "-" => Some(-minutes),
        _ => None,
    }
}

/// A number of units as nanoseconds, and how many of these its last digit counts.
fn number(text: &str, unit: u64) -> Option<(u64, u64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let mut time = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut length = unit;
    for digit in fraction.bytes() {
        // Digits beyond nanoseconds tell no more.
        if length % 10 != 0 {
            break;
        }
        length /= 10;
        time = time.checked_add(length * u64::from(digit - b'0'))?;
    }
    Some((time, length))
}

/// As ISO 8601.
pub(super) fn written(time: u64) -> String {
    let time: SystemTime = UNIX_EPOCH + Duration::from_nanos(time);
    humantime::format_rfc3339_nanos(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: u64 = 1_714_557_600 * SECOND;

    #[test]
    fn times_are_as_long_as_their_last_digit() {
        let iso = |text: &str| Times::default().read(text).unwrap();
        for (text, from, length) in [
            ("2024-05-01T10:00:00Z", 0, SECOND),
            ("2024-05-01 12:00:00+02:00", 0, SECOND),
            ("2024-05-01T04:30:00.5-0530", SECOND / 2, SECOND / 10),
            ("2024-05-01T10:00:00,001+00", 1_000_000, 1_000_000),
            ("2024-05-01 10:00:00.123456 UTC", 123_456_000, 1_000),
            ("2024-05-01T10:00:00.123456789123z", 123_456_789, 1),
        ] {
            assert_eq!(iso(text), (TEN + from, TEN + from + length - 1), "{text}");
        }
        let milliseconds = Times {
            unit: Some(1_000_000),
            utc: false,
        };
        assert_eq!(
            milliseconds.read("1714557600001"),
            Ok((TEN + 1_000_000, TEN + 1_999_999))
        );
        assert_eq!(
            milliseconds.read("1714557600001.5"),
            Ok((TEN + 1_500_000, TEN + 1_599_999))
        );
        assert_eq!(written(TEN), "2024-05-01T10:00:00.000000000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let utc = Times { unit: None, utc: true };
        assert_eq!(Times::default().read("2024-05-01T10:00:00"), Err(NO_ZONE));
        assert_eq!(utc.read("2024-05-01T10:00:00"), Ok((TEN, TEN + SECOND - 1)));
        for text in [
            "",
            "1714557600",
            "2024-05-01",
            "2024-05-01T10:00Z",
            "2024-13-01T10:00:00Z",
            "1969-12-31T23:59:59Z",
            "2024-05-01T10:00:00+2",
            "2024-05-01T10:00:00.1.2Z",
            "2024-05-01T10:00:00 Europe/Berlin",
            "é024-05-01T10:00:00Z",
        ] {
            assert_eq!(utc.read(text), Err(ISO), "{text}");
        }
        let seconds = Times {
            unit: Some(SECOND),
            utc: false,
        };
        for text in ["", "-1", "1e9", ".5", "99999999999999", "2024-05-01T10:00:00Z"] {
            assert!(seconds.read(text).is_err(), "{text}");
        }
    }
}
