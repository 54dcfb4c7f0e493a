//! Reading numbers and options, exactly as strictly as a server does.

use super::fail::Fail;

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
