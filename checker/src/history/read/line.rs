//! One line of a history file, as JSON: typed, but not yet held against a specification or the lines before it.
//!
//! The types say what a line may look like; serde's derive does the work, so any parser that serde knows can be used.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

use crate::history::{Command, commands::Text, process::whole, visible};

/// An event.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(default)]
    pub(super) time: Time,
    #[serde(borrow)]
    pub(super) process: Process<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) f: F,
    #[serde(borrow, default)]
    pub(super) key: Name<'a>,
    #[serde(borrow, default)]
    pub(super) value: Value<'a>,
    /// Who buys.
    #[serde(borrow, default)]
    pub(super) buyer: Name<'a>,
    /// On its way from serde_json; [`parse`] puts them elsewhere.
    #[serde(borrow, default)]
    pub(super) commands: Option<Box<[Command<'a>]>>,
}

/// A time in nanoseconds: an integer, or one as a text, as those have it whose numbers are not exact so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Time(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Null => Ok(Self(None)),
            value => match value.count() {
                Some(time) => Ok(Self(Some(time))),
                None => Err(de::Error::custom("no time")),
            },
        }
    }
}

/// Who acts: by number or by name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Process<'a> {
    Number(i64),
    Name(Cow<'a, str>),
}

impl fmt::Display for Process<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => visible(name).fmt(f),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Process<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Integer(number) => Ok(Self::Number(number)),
            // A number is the same client, however it is written.
            Value::Text(name) => Ok(whole(&name).map_or(Self::Name(name), Self::Number)),
            _ => Err(de::Error::custom("no process")),
        }
    }
}

/// A name: a text, or a number that is read as its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Name<'a> {
    #[default]
    None,
    Text(Cow<'a, str>),
    /// What is no name.
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::Null => Self::None,
            Value::Text(text) => Self::Text(text),
            Value::Integer(number) => Self::Text(number.to_string().into()),
            Value::Unsigned(number) => Self::Text(number.to_string().into()),
            _ => Self::Other,
        })
    }
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

/// The operation, of whatever specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum F {
    Buy,
    Read,
    Restock,
    Write,
    Cas,
    Get,
    Put,
    Append,
}

impl F {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Read => "read",
            Self::Restock => "restock",
            Self::Write => "write",
            Self::Cas => "cas",
            Self::Get => "get",
            Self::Put => "put",
            Self::Append => "append",
        }
    }
}

/// A value: the shapes that specifications use have a place of their own, everything else is kept as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Value<'a> {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    /// Beyond the largest `i64`.
    Unsigned(u64),
    /// A number with a fraction or an exponent, or beyond 64 bits.
    Float(f64),
    Text(Cow<'a, str>),
    /// An object with an `outcome` and only what else the answer to a buy may have.
    Answer(Answer<'a>),
    List(Vec<Self>),
    Object(Fields<'a>),
}

/// The fields of an object, in order.
pub(super) type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// What came of a buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Bought,
    SoldOut,
    Already,
    Refused,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Bought, Self::SoldOut, Self::Already, Self::Refused];

    const fn name(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::SoldOut => "sold-out",
            Self::Already => "already",
            Self::Refused => "refused",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// The answer to a buy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer<'a> {
    pub(super) outcome: Option<Outcome>,
    pub(super) remaining: Option<i64>,
    pub(super) unit: Option<Cow<'a, str>>,
}

impl<'a> Answer<'a> {
    /// Takes a field in if it is one of an answer's, and gives it back otherwise.
    fn take(&mut self, name: &str, value: Value<'a>) -> Option<Value<'a>> {
        match (name, value) {
            ("outcome", Value::Text(outcome)) if self.outcome.is_none() && Outcome::named(&outcome).is_some() => {
                self.outcome = Outcome::named(&outcome);
            }
            ("remaining", Value::Integer(remaining)) if self.remaining.is_none() => self.remaining = Some(remaining),
            ("unit", Value::Text(unit)) if self.unit.is_none() => self.unit = Some(unit),
            (_, value) => return Some(value),
        }
        None
    }

    /// What people write who do not have these types: fields that are null are absent, numbers may be texts, and units numbers.
    pub(super) fn loosely(fields: Fields<'a>) -> Option<Self> {
        let mut answer = Self::default();
        for (name, value) in fields {
            let value = match (&*name, value) {
                (_, Value::Null) => continue,
                ("remaining", value) => Value::Integer(value.integer()?),
                ("unit", Value::Integer(unit)) => Value::Text(unit.to_string().into()),
                ("unit", Value::Unsigned(unit)) => Value::Text(unit.to_string().into()),
                (_, value) => value,
            };
            if answer.take(&name, value).is_some() {
                return None;
            }
        }
        Some(answer)
    }

    pub(super) fn into_fields(self) -> Fields<'a> {
        let outcome = |outcome: Outcome| Value::Text(Cow::Borrowed(outcome.name()));
        let fields = [
            ("outcome", self.outcome.map(outcome)),
            ("remaining", self.remaining.map(Value::Integer)),
            ("unit", self.unit.map(Value::Text)),
        ];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((Cow::Borrowed(name), value?)));
        given.collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

impl Value<'_> {
    /// The number that this is, also as a text.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(*value).ok(),
            Self::Unsigned(value) => Some(*value),
            Self::Text(text) => text.parse().ok().filter(|value: &u64| value.to_string() == **text),
            _ => None,
        }
    }

    /// The integer that this is, also as a text.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Text(text) => whole(text),
            _ => None,
        }
    }

    /// The same as serde_json has it.
    pub(super) fn into_json(self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Unsigned(value) => value.into(),
            Self::Float(value) => value.into(),
            Self::Text(value) => value.into_owned().into(),
            Self::Answer(answer) => Self::Object(answer.into_fields()).into_json(),
            Self::List(items) => items.into_iter().map(Self::into_json).collect(),
            Self::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| (name.into_owned(), value.into_json()))
                .collect(),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Unsigned(value), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut answer = Answer::default();
        let mut fields: Option<Fields<'de>> = None;
        while let Some((Text(name), mut value)) = map.next_entry::<Text<'de>, Value<'de>>()? {
            if fields.is_none() {
                match answer.take(&name, value) {
                    None => continue,
                    Some(other) => value = other,
                }
            }
            let fields = fields.get_or_insert_with(|| std::mem::take(&mut answer).into_fields());
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(de::Error::custom(format_args!("duplicate field `{name}`")));
            }
            fields.push((name, value));
        }
        Ok(match fields {
            Some(fields) => Value::Object(fields),
            None if answer.outcome.is_some() => Value::Answer(answer),
            None => Value::Object(answer.into_fields()),
        })
    }
}
