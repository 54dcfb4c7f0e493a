//! jq filters over answers.

use std::fmt;

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Val, read};
use serde_json::Value;

/// Bytes of a filter, at most: parsers go as deep as it is nested.
const LONGEST: usize = 1000;

/// Words that define something, that may go on for ever, that end the program, or that ask for more input.
const NO: [&str; 21] = [
    "def",
    "reduce",
    "foreach",
    "label",
    "import",
    "include",
    "range",
    "repeat",
    "recurse",
    "until",
    "while",
    "limit",
    "skip",
    "nth",
    "combinations",
    "walk",
    "halt",
    "halt_error",
    "input",
    "inputs",
    "debug",
];

/// The first such word, outside of texts and names of fields.
fn loops(text: &str) -> Option<&str> {
    // Texts may have filters in them.
    if text.contains("\\(") {
        return Some("\\(");
    }
    let mut is_text = false;
    let mut word = 0;
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut before = ' ';
    // Where a comment ends is left open: behind one nothing is taken for a text.
    let mut is_commented = false;
    for (place, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        // A text that is repeated takes any memory there is.
        if letter == '*' && !is_text {
            return Some("*");
        }
        if is_of_word(letter) {
            if !is_of_word(before) {
                word = place;
            }
        } else if is_of_word(before) && !is_text && !text[..word].ends_with('.') && NO.contains(&&text[word..place]) {
            return Some(&text[word..place]);
        }
        is_commented |= letter == '#' && !is_text;
        if letter == '"' && before != '\\' && !is_commented {
            is_text = !is_text;
        }
        // One that is escaped itself escapes nothing.
        before = if before == '\\' && letter == '\\' { ' ' } else { letter };
    }
    None
}

/// A filter that was compiled.
pub(crate) struct Filter {
    text: String,
    compiled: jaq_core::Filter<data::JustLut<Val>>,
}

impl Filter {
    /// # Errors
    /// In words, where it is no filter.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!(
                "found a filter of {} bytes, expected at most {LONGEST}",
                text.len()
            ));
        }
        if let Some(word) = loops(text) {
            return Err(format!(
                "found `{word}` in `{text}`, expected a filter without definitions and loops, such as `.[0] == 1`"
            ));
        }
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let wrong = || format!("found `{text}`, expected a jq filter such as `.[0] == 1`");
        let modules = Loader::new(defs)
            .load(&arena, File { code: text, path: () })
            .map_err(|_| wrong())?;
        let compiled = Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
            match errors.first().and_then(|(_, errors)| errors.first()) {
                Some((name, _)) => format!("{}: `{name}` is not known there", wrong()),
                None => wrong(),
            }
        })?;
        Ok(Self {
            text: text.to_string(),
            compiled,
        })
    }

    /// What comes first of it. `None`: nothing, or an error.
    pub(crate) fn first(&self, value: &Value) -> Option<Value> {
        let input = read::parse_single(value.to_string().as_bytes()).ok()?;
        let ctx = Ctx::<data::JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        let first = self.compiled.id.run((ctx, input)).map(unwrap_valr).next()?.ok()?;
        serde_json::from_str(&first.to_string()).ok()
    }

    pub(crate) fn says_yes(&self, value: &Value) -> bool {
        self.first(value) == Some(Value::Bool(true))
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

/// As it was written.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_comes_to_an_end() {
        for endless in [
            "def f: f; f",
            "[range(1e9)]",
            "until(false;.)",
            "last(repeat(1))",
            "halt",
            "halt_error(0)",
            r#""\([range(1e9)])""#,
            r#". == "\\" or (def f: f; f)"#,
            ". # \"\n | def f: f; f",
        ] {
            assert!(
                Filter::parse(endless)
                    .unwrap_err()
                    .contains("without definitions and loops"),
                "{endless}"
            );
        }
        assert!(Filter::parse(&"(".repeat(20_000)).unwrap_err().contains("at most 1000"));
        // Names of fields and texts may be such words.
        let yes = Filter::parse(r#".limit == "def" and .range == 1"#).unwrap();
        assert!(yes.says_yes(&serde_json::json!({"limit": "def", "range": 1})));
        assert!(!Filter::parse(r#". == "\" def \\""#).unwrap().says_yes(&1.into()));
    }
}
