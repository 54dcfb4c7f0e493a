//! Numbers as C writes and reads them.

/// As `%.*g` writes a number that is finite: so many significant digits, no zeros at the end, an exponent where it is
/// shorter.
pub(super) fn general(number: f64, digits: usize) -> String {
    let scientific = format!("{number:.*e}", digits.saturating_sub(1));
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match usize::try_from(exponent) {
        Ok(above) if above < digits => trim(&format!("{number:.*}", digits - 1 - above)),
        Err(_) if exponent >= -4 => {
            let below = exponent.unsigned_abs() as usize;
            trim(&format!("{number:.*}", digits - 1 + below))
        }
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign}{:02}", trim(mantissa), exponent.unsigned_abs())
        }
    }
}

/// What `strtod` reads at the beginning of a text, and how many bytes that are; nothing if there is no number.
pub(super) fn read(text: &[u8]) -> Option<(f64, usize)> {
    let signed = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let negative = text.first() == Some(&b'-');
    let rest = &text[signed..];
    let begins = |word: &[u8]| {
        rest.get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
    };
    let (number, length) = if begins(b"infinity") {
        (f64::INFINITY, 8)
    } else if begins(b"inf") {
        (f64::INFINITY, 3)
    } else if begins(b"nan") {
        (f64::NAN, 3 + payload(&rest[3..]))
    } else if let Some(found) = begins(b"0x").then(|| hexadecimal(&rest[2..])).flatten() {
        (found.0, 2 + found.1)
    } else {
        decimal(rest)?
    };
    Some((if negative { -number } else { number }, signed + length))
}

/// `(…)` behind `nan`.
fn payload(text: &[u8]) -> usize {
    let inner = text.get(1..).unwrap_or_default();
    let length = inner
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    match (text.first(), inner.get(length)) {
        (Some(b'('), Some(b')')) => length + 2,
        _ => 0,
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// An exponent behind this letter: its value, and how many bytes.
fn exponent(text: &[u8], letter: u8) -> (i64, usize) {
    let behind = match text {
        [first, rest @ ..] if first.eq_ignore_ascii_case(&letter) => rest,
        _ => return (0, 0),
    };
    let signed = usize::from(matches!(behind.first(), Some(b'+' | b'-')));
    let length = digits(&behind[signed..]);
    if length == 0 {
        return (0, 0);
    }
    let value = behind[signed..signed + length].iter().fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    (if behind[0] == b'-' { -value } else { value }, 1 + signed + length)
}

fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let whole = digits(text);
    let fraction = match text.get(whole) {
        Some(b'.') => digits(&text[whole + 1..]),
        _ => 0,
    };
    if whole + fraction == 0 {
        return None;
    }
    let point = usize::from(text.get(whole) == Some(&b'.'));
    let mantissa = whole + point + fraction;
    let length = mantissa + exponent(&text[mantissa..], b'e').1;
    Some((std::str::from_utf8(&text[..length]).ok()?.parse().ok()?, length))
}

/// What follows `0x`.
fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let (mut mantissa, mut scale, mut point, mut length, mut any) = (0_u128, 0_i64, false, 0, false);
    for byte in text {
        match (char::from(*byte).to_digit(16), point) {
            (Some(digit), _) => {
                // What no longer fits only has to be known not to be zero.
                if mantissa >> 120 == 0 {
                    mantissa = (mantissa << 4) | u128::from(digit);
                    scale -= if point { 4 } else { 0 };
                } else {
                    mantissa |= u128::from(digit != 0);
                    scale += if point { 0 } else { 4 };
                }
                any = true;
            }
            (None, false) if *byte == b'.' => point = true,
            _ => break,
        }
        length += 1;
    }
    if !any {
        return None;
    }
    let (power, behind) = exponent(&text[length..], b'p');
    #[allow(clippy::cast_precision_loss, reason = "rounded as C rounds it")]
    let number = mantissa as f64;
    let power = i32::try_from(scale.saturating_add(power).clamp(-5_000, 5_000)).unwrap_or(0);
    // In two steps: neither the number nor the power of two goes over before the other can bring it back.
    let half = power / 2;
    Some((number * 2_f64.powi(half) * 2_f64.powi(power - half), length + behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_printf_does() {
        for (number, text) in [
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (0.000_1, "0.0001"),
            (0.000_01, "1e-05"),
            (1.0 / 3.0, "0.33333333333333"),
            (9.999_999_999_999_999, "10"),
            (0.000_099_999_999_999_999_99, "0.0001"),
            (1.5e300, "1.5e+300"),
            (100.0, "100"),
        ] {
            assert_eq!(general(number, 14), text);
        }
        assert_eq!(general(123.0, 2), "1.2e+02");
    }

    #[test]
    fn reads_as_strtod_does() {
        for (text, number, length) in [
            ("12,", 12.0, 2),
            ("-.5e1x", -5.0, 5),
            ("1.e", 1.0, 2),
            ("1e+", 1.0, 1),
            ("0x1F]", 31.0, 4),
            ("0x.8p1", 1.0, 6),
            ("0xg", 0.0, 1),
            ("1e999", f64::INFINITY, 5),
            ("InFinIty", f64::INFINITY, 8),
        ] {
            assert_eq!(read(text.as_bytes()), Some((number, length)), "{text}");
        }
        assert_eq!(read(b"nan(x1),").map(|found| found.1), Some(7));
        assert_eq!(read(b"-"), None);
        assert_eq!(read(b"."), None);
    }
}
