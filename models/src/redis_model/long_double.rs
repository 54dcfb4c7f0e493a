//! The numbers of `INCRBYFLOAT`: `long double` on x86, with 64 bits of mantissa, as far as stock and prices need them.

use std::{
    cmp::Ordering,
    num::{IntErrorKind, ParseIntError},
};

use super::fail::Fail;

/// Digits behind the point that are written.
const DECIMALS: u32 = 17;
/// Digits behind the point that are read.
const MOST_DECIMALS: u32 = 19;

/// Is it below zero; and `mantissa · 2^exponent`, the mantissa with its highest bit set unless it is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LongDouble(bool, u64, i32);

/// The exponent of infinity.
const INFINITE: i32 = i32::MAX;

fn beyond() -> Fail {
    Fail::unmodelled("adds floats below 2^63 with up to 19 digits behind the point only")
}

/// Half up, and to the even one if it is exactly half; `sticky` when there is something behind the bits.
fn round(bits: u128, sticky: bool, exponent: i32) -> (u64, i32) {
    let drop = (128 - bits.leading_zeros()).saturating_sub(64);
    let kept = bits >> drop;
    let (rest, half) = (bits & ((1 << drop) - 1), if drop == 0 { 1 } else { 1 << (drop - 1) });
    let up = match (drop, rest.cmp(&half)) {
        // Whoever has no bits to drop has rounded.
        (0, _) | (_, Ordering::Less) => false,
        (_, Ordering::Greater) => true,
        (_, Ordering::Equal) => sticky || kept & 1 == 1,
    };
    normal(kept + u128::from(up), exponent + drop.cast_signed())
}

/// At most one bit more than fits.
fn normal(bits: u128, exponent: i32) -> (u64, i32) {
    match u64::try_from(bits) {
        Ok(0) => (0, 0),
        Ok(bits) => (
            bits << bits.leading_zeros(),
            exponent - bits.leading_zeros().cast_signed(),
        ),
        Err(_) => (u64::try_from(bits >> 1).unwrap_or(u64::MAX), exponent + 1),
    }
}

impl LongDouble {
    /// As `strtold` reads it when nothing follows; `None` for what is not a number.
    pub(super) fn parse(text: &[u8]) -> Result<Option<Self>, Fail> {
        let signed = usize::from(matches!(text.first(), Some(b'+' | b'-')));
        let negative = text.first() == Some(&b'-');
        let rest = text[signed..].to_ascii_lowercase();
        if rest == b"inf" || rest == b"infinity" {
            return Ok(Some(Self(negative, 0, INFINITE)));
        }
        let Some((decimal, fraction, power)) = split(&rest) else {
            return match rest.starts_with(b"0x") {
                true => Err(Fail::unmodelled("does not read hexadecimal floats")),
                false => Ok(None),
            };
        };
        let zeros = decimal.iter().rev().take_while(|digit| **digit == b'0').count();
        let digits = &decimal[..decimal.len() - zeros];
        if digits.is_empty() {
            return Ok(Some(Self(negative, 0, 0)));
        }
        let scale = fraction as i128 - i128::from(power) - zeros as i128;
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse::<u128>().ok());
        let number = number.ok_or_else(beyond)?;
        let (mantissa, exponent) = match u32::try_from(scale) {
            Ok(scale) if scale <= MOST_DECIMALS => divide(number, 10_u128.pow(scale)),
            Ok(_) => return Err(beyond()),
            Err(_) => {
                let power = u32::try_from(-scale).ok().and_then(|scale| 10_u128.checked_pow(scale));
                let number = power.and_then(|power| number.checked_mul(power)).ok_or_else(beyond)?;
                round(number, false, 0)
            }
        };
        Self(negative, mantissa, exponent).checked().map(Some)
    }

    /// The sum.
    pub(super) fn plus(self, other: Self) -> Result<Self, Fail> {
        let (Self(one_below, one, first), Self(two_below, two, second)) = (self, other);
        if self.is_infinite() || other.is_infinite() {
            return Err(Fail::text("ERR increment would produce NaN or Infinity"));
        }
        if one == 0 && two == 0 {
            return Ok(Self(one_below && two_below, 0, 0));
        }
        if one == 0 || (two != 0 && first < second) {
            return other.plus(self);
        }
        if two == 0 {
            return Ok(self);
        }
        // 62 bits more than fit; of what lies behind them only matters whether it is something.
        let apart = (first - second).unsigned_abs();
        let near = apart.min(62);
        let (large, small) = (i128::from(one) << near, i128::from(two));
        let small = match apart - near {
            0 => small,
            far @ 1..=63 => (small >> far) | i128::from(small & ((1 << far) - 1) != 0),
            _ => i128::from(small != 0),
        };
        let sign = |below: bool| if below { -1 } else { 1 };
        let sum = large * sign(one_below) + small * sign(two_below);
        let (mantissa, exponent) = round(sum.unsigned_abs(), false, first - near.cast_signed());
        Self(sum < 0, mantissa, exponent).checked()
    }

    pub(super) const fn is_infinite(self) -> bool {
        self.2 == INFINITE
    }

    /// Is it below 2^63?
    fn checked(self) -> Result<Self, Fail> {
        match self {
            Self(_, 1.., 0..) => Err(beyond()),
            fits => Ok(fits),
        }
    }

    /// As `%.17Lf` writes one that is finite, without zeros at the end.
    pub(super) fn text(self) -> Vec<u8> {
        let Self(negative, mantissa, exponent) = self;
        let unit = 10_u128.pow(DECIMALS);
        let (exact, shift) = (u128::from(mantissa) * unit, exponent.unsigned_abs());
        let scaled = match shift {
            0 => exact,
            1..=127 => {
                let (whole, rest, half) = (exact >> shift, exact & ((1 << shift) - 1), 1_u128 << (shift - 1));
                whole + u128::from(rest > half || (rest == half && whole & 1 == 1))
            }
            _ => 0,
        };
        let fraction = format!("{:017}", scaled % unit);
        let text = format!("{}.{fraction}", scaled / unit);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        let sign = if negative && text != "0" { "-" } else { "" };
        format!("{sign}{text}").into_bytes()
    }
}

/// Digits without their point, how many of them stand behind it, and the power of ten that follows, as far as it fits.
fn split(text: &[u8]) -> Option<(Vec<u8>, usize, i64)> {
    let (mantissa, power) = match text.iter().position(|byte| *byte == b'e') {
        None => (text, 0),
        Some(at) => {
            let power = std::str::from_utf8(&text[at + 1..]).ok()?;
            if !power.bytes().skip(1).all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            let fitted = |error: ParseIntError| match error.kind() {
                IntErrorKind::PosOverflow => Some(i64::MAX),
                IntErrorKind::NegOverflow => Some(i64::MIN),
                _ => None,
            };
            (&text[..at], power.parse().map_or_else(fitted, Some)?)
        }
    };
    let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
        None => (mantissa, &[][..]),
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
    };
    let digits = [whole, fraction].concat();
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some((digits, fraction.len(), power))
}

/// A quotient with 64 bits. The divisor is below 2^64.
fn divide(number: u128, by: u128) -> (u64, i32) {
    let zeros = number.leading_zeros();
    let (quotient, rest) = ((number << zeros) / by, (number << zeros) % by);
    let exponent = -zeros.cast_signed();
    if quotient >> 64 == 0 {
        // 64 bits already: what is left decides.
        let up = match (2 * rest).cmp(&by) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => quotient & 1 == 1,
        };
        return normal(quotient + u128::from(up), exponent);
    }
    round(quotient, rest != 0, exponent)
}
