//! All that is known of the answers of a shop.

use std::sync::Arc;

use serde_json::Value;

use super::{
    answer::{Answer, Kind, Path, Rule, number},
    filter::Filter,
};

/// What answers mean.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meaning {
    pub(crate) rules: Vec<Rule>,
    /// Where it stands what is left.
    pub(crate) remaining: Option<Where>,
    pub(crate) unit: Option<Arc<Filter>>,
}

/// Where in an answer something stands.
#[derive(Clone, Debug)]
pub(crate) enum Where {
    Path(Path),
    Filter(Arc<Filter>),
}

/// Why an answer means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// No rule fits.
    Unknown,
    /// Several do, and they differ.
    Several(Kind, Kind),
}

impl Meaning {
    /// What an answer means to a customer, when `stock` units were put on sale.
    pub(crate) fn of(&self, answer: &Answer, stock: u64) -> Result<Kind, Unclear> {
        let mut found: Option<Kind> = None;
        for rule in self.rules.iter().filter(|rule| rule.matches.matches(answer, stock)) {
            found = Some(match found {
                None => rule.means,
                Some(kind) if kind == rule.means => kind,
                // Some say the same for both.
                Some(Kind::SoldOut | Kind::Already | Kind::Refused) if rule.means != Kind::Bought => Kind::Refused,
                Some(kind) => return Err(Unclear::Several(kind, rule.means)),
            });
        }
        found.ok_or(Unclear::Unknown)
    }

    pub(crate) fn remaining(&self, answer: &Answer) -> Option<i64> {
        let Answer::Reply(value) = answer else { return None };
        match self.remaining.as_ref()? {
            Where::Path(path) => path.of(value).and_then(number),
            Where::Filter(filter) => filter.first(value).as_ref().and_then(number),
        }
    }

    pub(crate) fn unit(&self, answer: &Answer) -> Option<String> {
        let Answer::Reply(value) = answer else { return None };
        match self.unit.as_ref()?.first(value)? {
            Value::Null => None,
            Value::String(unit) => Some(unit),
            unit => Some(unit.to_string()),
        }
    }
}
