//! EDN as the reader of forms takes it: not nested without end, and with no escapes but those it knows.

use std::borrow::Cow;

/// How deep brackets may be nested. The reader calls itself for each, so there has to be an end. Histories need about five, but what
/// is written from a history file must be readable: a value is nested no more than 100 deep there, and here stands in a list of two, a
/// `[key value]`, a map, and a vector around all.
pub(super) const DEEPEST: usize = 104;

/// The first bracket that is nested too deep, as the number of bytes before it; or the first of too many tags one after
/// the other without a bracket, as each may be a tag of the next.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut tags) = (0_usize, 0_usize);
    let mut within = Within::Code;
    for (at, byte) in text.bytes().enumerate() {
        let was = within;
        within = within.after(byte);
        if was != Within::Code {
            continue;
        }
        match byte {
            b'[' | b'(' | b'{' => (depth, tags) = (depth + 1, 0),
            b']' | b')' | b'}' => (depth, tags) = (depth.saturating_sub(1), 0),
            b'#' => tags += 1,
            _ => {}
        }
        if depth > DEEPEST || tags > DEEPEST {
            return Some(at);
        }
    }
    None
}

/// The text with `\b`, `\f` and `\uNNNN` in strings written as what they stand for. What is no such escape stays, for the
/// reader to refuse.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !["\\b", "\\f", "\\u"].iter().any(|escape| text.contains(escape)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut within = Within::Code;
    let mut copied = 0;
    let mut skip = 0;
    for (at, byte) in text.bytes().enumerate() {
        let was = within;
        within = within.after(byte);
        if at < skip || was != Within::Escape {
            continue;
        }
        // `at` is behind the backslash.
        if let Some((character, length)) = escape(&text[at..]) {
            plain.push_str(&text[copied..at - 1]);
            match character {
                // These would end the string, or change the lines.
                '"' | '\\' => plain.extend(['\\', character]),
                '\n' => plain.push_str("\\n"),
                '\r' => plain.push_str("\\r"),
                other => plain.push(other),
            }
            copied = at + length;
            skip = copied;
        }
    }
    plain.push_str(&text[copied..]);
    Cow::Owned(plain)
}

/// What an escape stands for, and how many bytes it takes behind the backslash.
fn escape(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()
    };
    match text.as_bytes().first()? {
        b'b' => Some(('\u{8}', 1)),
        b'f' => Some(('\u{c}', 1)),
        b'u' => {
            let first = unit(text)?;
            if let Some(character) = char::from_u32(first.into()) {
                return Some((character, 5));
            }
            // Characters beyond 16 bits are two escapes.
            let second = unit(text.get(5..)?.strip_prefix('\\')?)?;
            let character = char::decode_utf16([first, second]).next()?.ok()?;
            Some((character, 11))
        }
        _ => None,
    }
}

/// What a byte stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    /// Behind the backslash of a character such as `\(`.
    Character,
    Comment,
    String,
    /// Behind the backslash in a string.
    Escape,
}

impl Within {
    /// What the byte after this one stands in.
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Code, b'"') | (Self::Escape, _) => Self::String,
            (Self::Code, b';') => Self::Comment,
            (Self::Code, b'\\') => Self::Character,
            (Self::String, b'\\') => Self::Escape,
            (Self::Comment, b'\n') | (Self::String, b'"') | (Self::Character, _) => Self::Code,
            (within, _) => within,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_what_they_stand_for() {
        for (text, plain) in [
            (
                r#"["a\u0041\b\f" \u "\n\\u0041"]"#,
                "[\"aA\u{8}\u{c}\" \\u \"\\n\\\\u0041\"]",
            ),
            (r#""\u0022 \u005c \u000a \ud83d\ude00""#, "\"\\\" \\\\ \\n 😀\""),
            // Half a character, too few digits, and no string: all stay.
            (r#""\ud83d" "\u12" ; \u0041"#, r#""\ud83d" "\u12" ; \u0041"#),
        ] {
            assert_eq!(unescaped(text), plain, "{text}");
        }
    }

    #[test]
    fn only_brackets_of_the_code_are_counted() {
        let deep = "[".repeat(DEEPEST + 1);
        assert_eq!(too_deep(&deep), Some(DEEPEST));
        assert_eq!(too_deep(&deep[1..]), None);
        assert_eq!(too_deep(&"[]".repeat(1_000)), None);
        assert_eq!(too_deep(&format!("\"{deep}\\\"{deep}\" ;{deep}\n[]")), None);
        assert_eq!(too_deep(&"\\[ ".repeat(1_000)), None);
        assert_eq!(too_deep(&"#a{} ".repeat(1_000)), None);
        assert_eq!(too_deep(&"#a ".repeat(1_000)), Some(3 * DEEPEST));
    }
}
