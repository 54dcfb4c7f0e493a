//! Scores of sorted sets.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use super::fail::Fail;

/// A score: any number but NaN, infinities included. There is one zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score(f64);

impl Score {
    /// `None` for what is not a number.
    pub(super) fn new(number: f64) -> Option<Self> {
        // Adding zero turns the negative zero into the positive one.
        (!number.is_nan()).then_some(Self(number + 0.0))
    }

    pub(super) const fn get(self) -> f64 {
        self.0
    }

    pub(super) fn parse(text: &[u8], error: &Fail) -> Result<Self, Fail> {
        number(text).and_then(Self::new).ok_or_else(|| error.clone())
    }

    /// As a reply has it.
    pub(super) fn text(self) -> Vec<u8> {
        float_text(self.0).into_bytes()
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Score {}
impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}
impl Hash for Score {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A number as `strtod` reads it, without its hexadecimal forms.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The shortest digits that mean this number; an exponent where `%.17g` has one.
pub(super) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_string();
    }
    // Without an exponent where it is infinite.
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent >= 17 => format!("{digits}e+{exponent:02}"),
        Ok(exponent) if exponent < -4 => format!("{digits}e-{:02}", exponent.unsigned_abs()),
        _ => number.to_string(),
    }
}
