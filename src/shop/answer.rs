//! What an answer of a shop means: rules that somebody wrote, or that a rehearsal found.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::filter::Filter;

/// What a purchase came back with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// A reply, as JSON.
    Reply(Value),
    /// An error of the server, in its own words.
    Error(String),
}

/// As it is shown: `1`, `nil`, `"text"`, `[1,2]`, `error: NONE left`.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(Value::Null) => f.write_str("nil"),
            Self::Reply(value) => write!(f, "{value}"),
            Self::Error(text) => write!(f, "error: {text}"),
        }
    }
}

/// What a customer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Bought,
    SoldOut,
    /// This buyer has had theirs.
    Already,
    /// Either of the two.
    Refused,
}

impl Kind {
    /// Its name in shop files and histories.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::SoldOut => "sold-out",
            Self::Already => "already",
            Self::Refused => "refused",
        }
    }

    /// As a sentence has it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::SoldOut => "sold out",
            Self::Already => "already had",
            Self::Refused => "refused (sold out, or already had)",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where in an answer something stands: field by field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Path(pub(crate) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Index(usize),
    Field(String),
}

impl Path {
    pub(crate) fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Index(index) => value.get(index),
            Step::Field(field) => value.get(field),
        })
    }
}

/// As a filter names it: `.`, `.[0]`, `.status`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) if place == 0 => write!(f, ".[{index}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Field(field) => write!(f, ".{field}")?,
            }
        }
        Ok(())
    }
}

/// What an answer must be.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Exactly this; of numbers, also as text.
    Is(Value),
    /// A number, of which the counter says what is left or was there: at least this.
    AtLeast(i64),
    /// A number below this.
    Below(i64),
    /// A number that counts what was sold: at most this many beyond the units put on sale.
    BeyondAtMost(i64),
    /// The same, more.
    BeyondMore(i64),
    /// A text that is like this one where its numbers are others.
    Like(String),
    /// A text, a list or an object, whatever it holds.
    Sort(Sort),
    /// What a filter says yes to.
    Filter(Arc<Filter>),
}

/// What sort of value something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sort {
    Nil,
    Bool,
    Number,
    Text,
    Empty,
    List,
    Object,
}

impl Sort {
    pub(crate) const fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nil,
            Value::Bool(_) => Self::Bool,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(list) if list.is_empty() => Self::Empty,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Empty => "an empty list",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// One rule: which answers mean what.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) matches: Matches,
    pub(crate) means: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Matches {
    /// A reply that at this place is so.
    Reply(Path, Test),
    /// An error that begins so.
    Error(String),
    /// An error that begins with these words.
    Words(String),
}

impl Matches {
    pub(crate) fn matches(&self, answer: &Answer, stock: u64) -> bool {
        match (self, answer) {
            (Self::Error(begin), Answer::Error(text)) => text.starts_with(begin.as_str()),
            (Self::Words(begin), Answer::Error(text)) => {
                let rest = text.strip_prefix(begin.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            }
            (Self::Reply(path, test), Answer::Reply(value)) => {
                path.of(value).is_some_and(|value| test.accepts(value, stock))
            }
            _ => false,
        }
    }
}

/// As a reader of the shop file would write or say it.
impl fmt::Display for Matches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(begin) | Self::Words(begin) => write!(f, "an error {begin}"),
            Self::Reply(path, Test::Filter(filter)) if path.0.is_empty() => write!(f, "{filter}"),
            Self::Reply(path, test) if path.0.is_empty() => write!(f, "{test}"),
            Self::Reply(path, Test::Is(value)) => write!(f, "{path} = {value}"),
            Self::Reply(path, test) => write!(f, "{path}: {test}"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(Value::Null) => f.write_str("nil"),
            Self::Is(value) => write!(f, "{value}"),
            Self::AtLeast(least) => write!(f, "{least} or more"),
            Self::Below(limit) => write!(f, "below {limit}"),
            Self::BeyondAtMost(0) => f.write_str("at most the units put on sale"),
            Self::BeyondAtMost(most) => write!(f, "at most {most} beyond the units put on sale"),
            Self::BeyondMore(0) => f.write_str("more than the units put on sale"),
            Self::BeyondMore(most) => write!(f, "more than {most} beyond the units put on sale"),
            Self::Like(text) => write!(f, "like {text:?}"),
            Self::Sort(sort) => f.write_str(sort.name()),
            Self::Filter(filter) => write!(f, "{filter}"),
        }
    }
}

/// The number that a value is, or says in digits.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A text with each of its numbers blanked.
pub(crate) fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.chars() {
        if !letter.is_ascii_digit() {
            shape.push(letter);
        } else if !shape.ends_with('#') {
            shape.push('#');
        }
    }
    shape
}

impl Test {
    fn accepts(&self, value: &Value, stock: u64) -> bool {
        let beyond = || Some(i128::from(number(value)?) - i128::from(stock));
        match self {
            Self::Is(wanted) => value == wanted || number(value).is_some_and(|number| wanted.as_i64() == Some(number)),
            Self::AtLeast(least) => number(value).is_some_and(|number| number >= *least),
            Self::Below(limit) => number(value).is_some_and(|number| number < *limit),
            Self::BeyondAtMost(most) => beyond().is_some_and(|beyond| beyond <= i128::from(*most)),
            Self::BeyondMore(most) => beyond().is_some_and(|beyond| beyond > i128::from(*most)),
            Self::Like(text) => value.as_str().is_some_and(|value| shape(value) == *text),
            Self::Sort(sort) => Sort::of(value) == *sort,
            Self::Filter(filter) => filter.says_yes(value),
        }
    }
}
