//! Patterns of `KEYS` and `SCAN … MATCH` (`stringmatchlen` in `src/util.c`).

/// Does the text fit the pattern?
pub(super) fn matches(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // Where the last `*` stood, and what it might take one byte more of.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        let fits = match (pattern, text) {
            ([], []) => return true,
            ([b'*', rest @ ..], _) => {
                star = Some((rest, text));
                pattern = rest;
                continue;
            }
            ([b'?', rest @ ..], [_, ..]) => Some(rest),
            ([b'[', rest @ ..], [byte, ..]) => class(rest, *byte),
            ([b'\\', byte, rest @ ..] | [byte, rest @ ..], [first, ..]) => (byte == first).then_some(rest),
            _ => None,
        };
        match (fits, star) {
            (Some(rest), _) => (pattern, text) = (rest, &text[1..]),
            (None, Some((rest, [_, behind @ ..]))) => {
                star = Some((rest, behind));
                (pattern, text) = (rest, behind);
            }
            (None, _) => return false,
        }
    }
}

/// What follows a class of characters, of which the bracket has been read, if the byte is in it.
fn class(mut pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let not = pattern.first() == Some(&b'^');
    if not {
        pattern = &pattern[1..];
    }
    let mut found = false;
    loop {
        pattern = match pattern {
            [b'\\', one, rest @ ..] => {
                found |= *one == byte;
                rest
            }
            [b']', rest @ ..] => return (found != not).then_some(rest),
            [first, b'-', last, rest @ ..] => {
                found |= (*first.min(last)..=*first.max(last)).contains(&byte);
                rest
            }
            [one, rest @ ..] => {
                found |= *one == byte;
                rest
            }
            [] => return (found != not).then_some(pattern),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn as_servers_match() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("stock:*", "stock:1", true),
            ("s?ock", "stock", true),
            ("*a*b", "xaxxbab", true),
            ("*a*b", "xaxxbac", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[c-a]x", "bx", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a", "ab", false),
            ("ab", "a", false),
            ("[ab", "a", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
    }
}
