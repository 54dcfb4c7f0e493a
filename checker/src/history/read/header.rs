//! The first line.

use serde::Deserialize;
use serde_json::{Map, value::Value as Json};

use super::{
    diagnose::{self, Fields},
    error::{Excerpt, Problem},
    line::Value,
    vocabulary::Vocabulary,
};
use crate::{
    history::{FORMAT, Header, Initial, LIMIT, Spec, VERSION},
    of_spec,
};

/// Reads the header and checks all that can be checked without events.
pub(super) fn parse(line: &[u8]) -> Result<Header, Problem> {
    let text = diagnose::text(line)?;
    let fields = match diagnose::fields(text) {
        Ok(fields) => fields,
        Err(_) if !text.trim_start().starts_with("{\"") => return Err(no_header(text)),
        Err(problem) => return Err(problem),
    };
    let Some(format) = fields.get("format") else {
        return Err(if fields.get("process").is_some() || fields.get("type").is_some() {
            no_header(text)
        } else {
            lacks("format", "\"oversell-history\"")
        });
    };
    if format != format!("\"{FORMAT}\"") {
        return Err(found("format", format, "\"oversell-history\""));
    }
    let version = fields.get("version").ok_or(lacks("version", "1"))?;
    if version.parse() != Ok(VERSION) {
        return Err(match version.parse::<u64>() {
            Ok(_) => Problem::Version {
                found: Excerpt::new(version),
            },
            Err(_) => found("version", version, "1"),
        });
    }
    let name = fields
        .get("spec")
        .ok_or(lacks("spec", "\"stock\", \"register\" or \"kv\""))?;
    let Some(spec) = Spec::ALL.into_iter().find(|spec| name == format!("\"{spec}\"")) else {
        return Err(Problem::Spec {
            found: Excerpt::new(name),
        });
    };
    let spec = match fields.get(LIMIT) {
        Some(limit) if spec == Spec::Stock && limit != "null" => {
            if !limit.parse::<u64>().is_ok_and(|limit| limit > 0) {
                return Err(found(
                    LIMIT,
                    limit,
                    "units that one buyer may have: an integer from 1 to 18446744073709551615",
                ));
            }
            Spec::Sales
        }
        _ => spec,
    };
    let initial = of_spec!(spec, S => initial::<S>(&fields))?;
    Ok(Header {
        spec,
        initial,
        metadata: metadata(&fields)?,
    })
}

fn initial<V: Vocabulary>(fields: &Fields<'_>) -> Result<Initial, Problem> {
    let raw = fields.get("initial").ok_or(lacks("initial", V::INITIAL))?;
    match parse_json(raw)? {
        Value::Object(values) => {
            let raw = diagnose::fields(raw)?;
            let mut initial = Map::new();
            for (key, value) in values {
                let value = value.into_json();
                if of::<V>(&value).is_none() {
                    return Err(Problem::Initial {
                        found: Excerpt::new(raw.get(&key).unwrap_or_default()),
                        key: key.into_owned(),
                        expected: V::INITIAL,
                    });
                }
                initial.insert(key.into_owned(), value);
            }
            Ok(Initial::Each(initial))
        }
        value => {
            let value = value.into_json();
            match of::<V>(&value) {
                Some(_) => Ok(Initial::Every(value)),
                None => Err(found("initial", raw, V::INITIAL)),
            }
        }
    }
}

/// The initial value that a header's JSON gives.
pub(super) fn of<V: Vocabulary>(initial: &Json) -> Option<V::Initial> {
    V::initial(Value::deserialize(initial).ok()?)
}

fn metadata(fields: &Fields<'_>) -> Result<Map<String, Json>, Problem> {
    let others = fields
        .iter()
        .filter(|(name, _)| !["format", "version", "spec", "initial"].contains(name));
    others
        .map(|(name, raw)| Ok((name.to_owned(), parse_json(raw)?.into_json())))
        .collect()
}

fn parse_json(raw: &str) -> Result<Value<'_>, Problem> {
    serde_json::from_str(raw).map_err(|error| diagnose::not_json(raw, &error))
}

fn no_header(text: &str) -> Problem {
    Problem::NoHeader {
        found: Excerpt::new(text),
    }
}

const fn lacks(field: &'static str, expected: &'static str) -> Problem {
    Problem::HeaderLacks { field, expected }
}

fn found(field: &'static str, found: &str, expected: &'static str) -> Problem {
    Problem::Header {
        field,
        found: Excerpt::new(found),
        expected,
    }
}
