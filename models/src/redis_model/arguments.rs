//! Reading numbers and options, exactly as strictly as a server does.

use super::{clock::Clock, fail::Fail, score::number};

/// Keys and other arguments of a script.
pub(super) type KeysAndOthers<'a> = (&'a [Vec<u8>], &'a [Vec<u8>]);

/// An integer in its one canonical form: no sign but `-`, no leading zeros, no spaces (`string2ll` in `src/util.c`).
pub(super) fn canonical_integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        [b'0'] => return (text.len() == 1).then_some(0),
        [b'1'..=b'9', rest @ ..] if rest.len() < 19 && rest.iter().all(u8::is_ascii_digit) => {}
        _ => return None,
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// An integer argument or value.
pub(super) fn integer(text: &[u8]) -> Result<i64, Fail> {
    canonical_integer(text).ok_or(Fail::NOT_AN_INTEGER)
}

/// Is this argument the option `name` (given in upper case)?
pub(super) fn is(argument: &[u8], name: &str) -> bool {
    argument.eq_ignore_ascii_case(name.as_bytes())
}

/// A count of things: `LPOP key count`.
pub(super) fn positive(text: &[u8]) -> Result<usize, Fail> {
    let number = canonical_integer(text).and_then(|number| usize::try_from(number).ok());
    number.ok_or(Fail::NOT_POSITIVE)
}

/// A number within `range`, or the error of this text.
pub(super) fn within(text: &[u8], range: std::ops::RangeInclusive<i64>, error: &'static str) -> Result<i64, Fail> {
    let number = canonical_integer(text).filter(|number| range.contains(number));
    number.ok_or(Fail::text(error))
}

/// A count of at least `least` things, or the error of this text.
pub(super) fn at_least(least: i64, text: &[u8], error: &'static str) -> Result<usize, Fail> {
    let number = within(text, least..=i64::MAX, error)?;
    usize::try_from(number).map_err(|_| Fail::text(error))
}

/// A number whose negative is one, too.
pub(super) fn symmetric(text: &[u8]) -> Result<i64, Fail> {
    let error = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
    integer(text).and_then(|_| within(text, -i64::MAX..=i64::MAX, error))
}

/// How long to wait, in milliseconds; 0 for ever.
pub(super) fn milliseconds(text: &[u8]) -> Result<i64, Fail> {
    let asked = canonical_integer(text).ok_or(Fail::text("ERR timeout is not an integer or out of range"))?;
    patience(asked)
}

/// How long to wait, in seconds; 0 for ever.
pub(super) fn seconds(text: &[u8]) -> Result<i64, Fail> {
    let asked = number(text).filter(|seconds| !seconds.is_nan());
    let asked = 1_000.0 * asked.ok_or(Fail::text("ERR timeout is not a float or out of range"))?;
    #[allow(clippy::cast_possible_truncation, reason = "what is cut off is out of range")]
    patience(asked.ceil() as i64)
}

fn patience(milliseconds: i64) -> Result<i64, Fail> {
    match milliseconds {
        ..0 => Err(Fail::text("ERR timeout is negative")),
        0..=LONGEST => Ok(milliseconds),
        _ => Err(Fail::text("ERR timeout is out of range")),
    }
}

/// What may follow a command that empties something: `SYNC` or `ASYNC`. Otherwise it is refused so.
pub(super) fn flush_mode(rest: &[Vec<u8>], refusal: Fail) -> Result<(), Fail> {
    match rest {
        [] => Ok(()),
        [mode] if is(mode, "SYNC") || is(mode, "ASYNC") => Ok(()),
        _ => Err(refusal),
    }
}

/// `first..=last` of `length` elements, counted from the end when negative, as a range of indices that exist.
pub(super) fn range(first: i64, last: i64, length: usize) -> std::ops::Range<usize> {
    let size = i64::try_from(length).unwrap_or(i64::MAX);
    let from_start = |index: i64| {
        if index < 0 {
            index.saturating_add(size).max(0)
        } else {
            index
        }
    };
    let last_index = if last < 0 {
        last.saturating_add(size)
    } else {
        last.min(size - 1)
    };
    let (first, end) = (from_start(first).min(size), last_index.saturating_add(1).max(0));
    let (first, end) = (usize::try_from(first).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    first..end.max(first)
}

/// How a time to live is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Milliseconds.
    unit: i64,
    /// The time when it is over.
    at: bool,
}

impl Span {
    pub(super) const SECONDS: Self = Self::new(1_000, false);
    pub(super) const MILLISECONDS: Self = Self::new(1, false);
    pub(super) const AT_SECONDS: Self = Self::new(1_000, true);
    pub(super) const AT_MILLISECONDS: Self = Self::new(1, true);

    const fn new(unit: i64, at: bool) -> Self {
        Self { unit, at }
    }

    /// The option that asks so.
    pub(super) fn named(option: &[u8]) -> Option<Self> {
        Some(match option.to_ascii_uppercase().as_slice() {
            b"EX" => Self::SECONDS,
            b"PX" => Self::MILLISECONDS,
            b"EXAT" => Self::AT_SECONDS,
            b"PXAT" => Self::AT_MILLISECONDS,
            _ => return None,
        })
    }

    /// A time to live in milliseconds, not more than 0 when it is over. `command` is for the error.
    pub(super) fn any(self, text: &[u8], clock: Clock, command: &str) -> Result<i64, Fail> {
        let invalid = || Fail::owned(format!("ERR invalid expire time in '{command}' command"));
        let asked = integer(text)?.checked_mul(self.unit);
        if self.at {
            return Ok(asked.ok_or_else(invalid)?.saturating_sub(clock.milliseconds()));
        }
        asked.filter(|lifetime| *lifetime <= LONGEST).ok_or_else(invalid)
    }

    /// The same where what is asked for must be more than 0.
    pub(super) fn positive(self, text: &[u8], clock: Clock, command: &str) -> Result<i64, Fail> {
        if integer(text)? <= 0 {
            return Err(Fail::owned(format!("ERR invalid expire time in '{command}' command")));
        }
        self.any(text, clock, command)
    }
}

/// A server adds the time of day, in milliseconds since 1970, and must not overflow. Any day up to the year 2100 will
/// do.
const LONGEST: i64 = i64::MAX - 4_102_444_800_000;
