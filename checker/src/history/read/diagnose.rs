//! Says what is wrong with a line that could not be parsed. Slow and thorough: it runs once a file, at most.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    error::{Excerpt, Problem},
    line::{F, Kind, Process, Time, Value},
    vocabulary::Vocabulary,
};
use crate::history::{Command, commands::Text};

/// The fields of an object, with their values as they stand in the line.
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl Fields<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|&(other, _)| other == name).map(|(_, raw)| raw)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, raw)| (&**name, raw.get()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    if fields.iter().any(|(other, _)| *other == name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(FieldsVisitor)
    }
}

/// The line as text.
pub(super) fn text(line: &[u8]) -> Result<&str, Problem> {
    if line.contains(&0) {
        return Err(Problem::Binary);
    }
    std::str::from_utf8(line).map_err(|error| Problem::NotUtf8 {
        column: error.valid_up_to() + 1,
    })
}

/// The fields of the object that the line is.
pub(super) fn fields(text: &str) -> Result<Fields<'_>, Problem> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
    if !raw.get().starts_with('{') {
        return Err(Problem::NotAnObject {
            found: Excerpt::new(raw.get()),
        });
    }
    serde_json::from_str(text).map_err(|error| not_json(text, &error))
}

/// A syntax error, or a field that is there twice.
pub(super) fn not_json(text: &str, error: &serde_json::Error) -> Problem {
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(reason, _)| reason);
    let twice = reason
        .strip_prefix("duplicate field `")
        .and_then(|name| name.strip_suffix('`'));
    twice.map_or_else(
        || Problem::NotJson {
            found: Excerpt::new(text),
            reason: reason.to_owned(),
            column: error.column(),
        },
        |field| Problem::Duplicate {
            field: field.to_owned(),
        },
    )
}

/// What is wrong with an event that cannot be parsed.
pub(super) fn event<V: Vocabulary>(line: &[u8]) -> Problem {
    let fields = match text(line).and_then(fields) {
        Ok(fields) => fields,
        Err(problem) => return problem,
    };
    if fields.get("format").is_some() {
        return Problem::SecondHeader;
    }
    let checks = [
        check::<Time>(&fields, "time", TIME, false),
        check::<Process<'_>>(&fields, "process", "a client: an integer of 64 bits, or a name", true),
        check::<Kind>(&fields, "type", r#""invoke", "ok", "fail" or "info""#, true),
        check::<String>(&fields, "f", V::OPERATIONS, true),
        known_f::<V>(&fields),
    ];
    if let Some(problem) = checks.into_iter().find_map(Result::err) {
        return problem;
    }
    for (name, raw) in fields.iter() {
        let error = match name {
            "commands" => serde_json::from_str::<Option<Vec<Command<'_>>>>(raw).err(),
            _ => serde_json::from_str::<Value<'_>>(raw).err(),
        };
        if let Some(error) = error {
            return match not_json(raw, &error) {
                Problem::NotJson { .. } if name == "commands" => Problem::Field {
                    field: "commands",
                    found: Excerpt::new(raw),
                    expected: r#"a list of commands such as {"sent":12,"received":34,"command":"GET stock","reply":"1"}"#,
                },
                problem => problem,
            };
        }
    }
    // Every field alone is right, so the object as a whole is not.
    let raw = String::from_utf8_lossy(line);
    match serde_json::from_str::<super::line::Line<'_>>(&raw) {
        Err(error) => not_json(&raw, &error),
        Ok(_) => Problem::NotAnObject {
            found: Excerpt::new(&raw),
        },
    }
}

/// A field that is not what its specification expects.
pub(super) fn field(line: &[u8], field: &'static str, expected: &'static str) -> Problem {
    let fields = text(line).and_then(fields);
    match fields.as_ref().ok().and_then(|fields| fields.get(field)) {
        None => Problem::Lacks { field, expected },
        Some(raw) => Problem::Field {
            field,
            found: Excerpt::new(raw),
            expected,
        },
    }
}

/// A time that means "never" here.
pub(super) fn last_instant() -> Problem {
    Problem::Field {
        field: "time",
        found: Excerpt::new(&u64::MAX.to_string()),
        expected: TIME,
    }
}

const TIME: &str = "nanoseconds: an integer from 0 to 18446744073709551614";

fn known_f<V: Vocabulary>(fields: &Fields<'_>) -> Result<(), Problem> {
    let raw = fields.get("f").unwrap_or_default();
    match serde_json::from_str::<F>(raw) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::UnknownF {
            found: Excerpt::new(raw.trim_matches('"')),
            spec: V::SPEC,
            expected: V::OPERATIONS,
        }),
    }
}

fn check<'a, T: Deserialize<'a>>(
    fields: &'a Fields<'_>,
    field: &'static str,
    expected: &'static str,
    required: bool,
) -> Result<(), Problem> {
    match fields.get(field) {
        None if required => Err(Problem::Lacks { field, expected }),
        Some(raw) if serde_json::from_str::<T>(raw).is_err() => Err(Problem::Field {
            field,
            found: Excerpt::new(raw),
            expected,
        }),
        _ => Ok(()),
    }
}
