//! JSON values as texts that are equal when the values are.

use super::line::Value;

/// A number that has no exact meaning: an integer beyond 64 bits, or so large a float that it may have been one.
#[derive(Debug)]
pub(super) struct Inexact;

/// From here on a float may have been an integer that did not fit.
const EXACT: f64 = 9_223_372_036_854_775_808.0;

impl Value<'_> {
    /// The value without white space, with the fields of objects sorted by name.
    ///
    /// Two values have the same text exactly when they are the same JSON value, `1` and `1.0` being different.
    pub(super) fn canonical(self) -> Result<String, Inexact> {
        // As most values are.
        if let Self::Integer(value) = self {
            return Ok(value.to_string());
        }
        if !self.is_exact() {
            return Err(Inexact);
        }
        let mut json = self.into_json();
        json.sort_all_objects();
        Ok(json.to_string())
    }

    /// How many lists and objects are nested in one another.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Object(fields) => 1 + fields.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Self::Answer(_) => 1,
            _ => 0,
        }
    }

    fn is_exact(&self) -> bool {
        match self {
            Self::Float(value) => value.abs() < EXACT,
            Self::List(items) => items.iter().all(Self::is_exact),
            Self::Object(fields) => fields.iter().all(|(_, value)| value.is_exact()),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn equal_values_have_equal_texts() {
        for (given, expected) in [
            (
                r#"{ "b" : [ 1, 2.50 ], "a" : "\u00e9\n" }"#,
                r#"{"a":"é\n","b":[1,2.5]}"#,
            ),
            (
                r#"{"unit":"x","outcome":"bought"}"#,
                r#"{"outcome":"bought","unit":"x"}"#,
            ),
            (r#"{"remaining":1}"#, r#"{"remaining":1}"#),
            ("1", "1"),
            ("1.0", "1.0"),
            ("1e0", "1.0"),
            ("-0", "-0.0"),
            ("18446744073709551615", "18446744073709551615"),
            ("[null,true,false]", "[null,true,false]"),
        ] {
            let value: Value<'_> = serde_json::from_str(given).unwrap();
            assert_eq!(value.canonical().unwrap(), expected, "{given}");
        }
    }

    #[test]
    fn refuses_numbers_that_would_be_rounded() {
        for given in ["18446744073709551616", "-9223372036854775809", "[1e300]"] {
            let value: Value<'_> = serde_json::from_str(given).unwrap();
            assert!(value.canonical().is_err(), "{given}");
        }
    }

    #[test]
    fn refuses_an_object_that_has_a_field_twice() {
        for given in [
            r#"{"a":1,"a":2}"#,
            r#"{"outcome":"bought","outcome":"bought"}"#,
            r#"{"outcome":"bought","remaining":1,"remaining":1}"#,
        ] {
            let error = serde_json::from_str::<Value<'_>>(given).unwrap_err().to_string();
            assert!(error.starts_with("duplicate field `"), "{error}");
        }
    }
}
