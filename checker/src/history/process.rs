//! Who acts: a number. A name is kept with the names of the history, and a number stands for it.

use std::{borrow::Cow, collections::HashMap};

use serde_json::Value;

use super::{History, Texts, visible};
use crate::each;

/// The first number that stands for a name. All of them are exact as floating-point numbers, too, as JavaScript has them.
const FIRST: i64 = 1 << 52;

/// The process with this name.
pub(super) fn named(name: &str, names: &mut Texts) -> i64 {
    FIRST + i64::from(names.intern(name))
}

/// Does this number stand for a name, or would it be taken for one that does?
pub(super) fn stands_for_a_name(process: i64) -> bool {
    (FIRST..=FIRST + i64::from(u32::MAX)).contains(&process)
}

/// The name of a process that has one.
#[must_use]
pub fn name(process: i64, names: &Texts) -> Option<&str> {
    let id = process.checked_sub(FIRST).and_then(|id| u32::try_from(id).ok())?;
    names.get(id)
}

/// A process as people are told of it: its number, or its name.
#[must_use]
pub fn in_words(process: i64, names: &Texts) -> Cow<'_, str> {
    name(process, names).map_or_else(|| process.to_string().into(), visible)
}

/// A process as files have it.
#[must_use]
pub fn to_json(process: i64, names: &Texts) -> Value {
    match name(process, names) {
        // A number that would be taken for one that stands for a name is kept as a name.
        Some(name) => whole(name).map_or_else(|| name.into(), Value::from),
        None => process.into(),
    }
}

/// The integer that a text is.
pub(super) fn whole(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The same history with numbers only, for formats that know no names: each name has one that no other process has.
#[cfg_attr(
    not(feature = "interchange"),
    expect(dead_code, reason = "the other formats are read and written only with them")
)]
pub(crate) fn numbered(history: &History) -> Cow<'_, History> {
    let mut next = 0;
    let mut names = false;
    each!(&history.body, keys => for operation in keys.iter().flat_map(|key| key.operations.iter().chain(&key.failed)) {
        if name(operation.process, &history.units).is_some() {
            names = true;
        } else {
            next = next.max(operation.process.saturating_add(1));
        }
    });
    if !names {
        return Cow::Borrowed(history);
    }
    let mut history = history.clone();
    let mut numbers: HashMap<i64, i64> = HashMap::new();
    let units = &history.units;
    each!(&mut history.body, keys => for operation in keys.iter_mut().flat_map(|key| key.operations.iter_mut().chain(&mut key.failed)) {
        if name(operation.process, units).is_some() {
            let count = numbers.len() as i64;
            operation.process = *numbers.entry(operation.process).or_insert(next + count);
        }
    });
    Cow::Owned(history)
}
