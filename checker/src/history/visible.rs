//! Names that others chose, as they may be printed.

use std::{borrow::Cow, path::Path};

/// The text without what a terminal would heed: line breaks, escape codes and marks of direction are written as in a string.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_heeded) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_heeded(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

/// The name of a file as it may be printed.
pub fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// The name of a file as a word of a command that can be copied.
pub fn quoted(name: impl AsRef<Path>) -> String {
    let name = name.as_ref().display().to_string();
    // Only what has a zero in it cannot be quoted, and no name has.
    let word = shlex::try_quote(&name).unwrap_or(Cow::Borrowed(&name));
    visible(&word).into_owned()
}

fn is_heeded(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_a_shell() {
        for (name, word) in [
            ("dir/h-1.jsonl.gz", "dir/h-1.jsonl.gz"),
            ("two words.jsonl", "'two words.jsonl'"),
            ("it's.jsonl", r#""it's.jsonl""#),
        ] {
            assert_eq!(quoted(name), word);
        }
    }

    #[test]
    fn what_a_terminal_heeds_is_written_as_in_a_string() {
        for (text, shown) in [
            ("sku-1 · größe \\n", "sku-1 · größe \\n"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\u{1b}[2J\u{9b}", r"\u{1b}[2J\u{9b}"),
            ("\u{202e}gnp", r"\u{202e}gnp"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
