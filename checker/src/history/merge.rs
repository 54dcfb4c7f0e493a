//! One history of what several recorders wrote down, each with a clock of its own.

use std::fmt::Display;

use hashbrown::{HashMap, HashSet};
use indexmap::{IndexMap, map::Entry};
use oversell_spec::sales::Buyer;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    Clock, Header, History, Initial, KeyHistory, Operation, Part, Spec, Texts, Vocabulary, process, the_key, visible,
};
use crate::{each, of_spec};

/// Histories that are not parts of one run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each says what it and its fields are")]
pub enum MergeError {
    #[error("no history to merge, expected at least one")]
    Nothing,
    #[error(
        "{} has no times, expected nanoseconds in every file: without them nothing relates one file to another",
        visible(file)
    )]
    NoTimes { file: String },
    #[error(
        "{} is about a {found}, {} about a {expected}; expected files of one run",
        visible(file),
        visible(first)
    )]
    Spec {
        file: String,
        first: String,
        found: Spec,
        expected: Spec,
    },
    #[error(
        "{} and {} do not agree on the initial value of {}: found {} and {}; expected files of one run, which say the same",
        visible(file),
        visible(first),
        key.as_deref().map_or("every key".to_owned(), the_key),
        visible(found),
        visible(expected)
    )]
    Initial {
        file: String,
        first: String,
        /// `None`: every key.
        key: Option<String>,
        found: String,
        expected: String,
    },
    #[error(
        "the restocks of key \"{}\" in all files exceed 64 bits together; expected them to stay within",
        visible(key)
    )]
    Overflow { key: String },
    #[error(
        "the process numbers of {} are too large to be told apart from those of the other files",
        visible(file)
    )]
    Processes { file: String },
}

/// Puts the files of several recorders of one run together. Each comes with its name.
///
/// Processes are kept apart: when a file uses a number that an earlier one uses, a round number is added to all of its
/// process numbers. Times are taken as they are: see [`History::widen`] for clocks that do not agree. The header keeps
/// what all files agree on, and `merged` names them.
///
/// # Errors
/// When they cannot be of one run.
pub fn merge(files: Vec<(String, History)>) -> Result<History, MergeError> {
    let Some((first, one)) = files.first() else {
        return Err(MergeError::Nothing);
    };
    let (first, spec) = (first.clone(), one.header.spec);
    for (file, history) in &files {
        if history.clock == Clock::Lines && history.operations() > 0 {
            return Err(MergeError::NoTimes { file: file.clone() });
        }
        if history.header.spec != spec {
            return Err(MergeError::Spec {
                file: file.clone(),
                first,
                found: history.header.spec,
                expected: spec,
            });
        }
    }
    let header = headers(&files)?;
    let mut merged = of_spec!(Each spec, S => Merged::<S>::default());
    let mut processes = Processes::default();
    let mut units = Texts::new();
    for (file, history) in files {
        // Every header has been found to name this specification.
        each!((&mut merged, history.body), S: (merged, mut keys) => {
            for key in &mut keys {
                S::rename_units(&mut key.operations, &history.units, &mut units);
                for (_, Buyer(name)) in &mut key.buyers {
                    *name = units.intern(history.units.get(*name).unwrap_or_default());
                }
            }
            processes.rename(&file, &mut keys, &history.units, &mut units);
            processes.renumber(&file, &mut keys)?;
            merged.add(&file, &first, keys)?;
        });
    }
    Ok(History {
        header,
        clock: Clock::Nanoseconds,
        body: each!(Each merged, S: merged => merged.finish()?),
        units,
    })
}

/// What all headers agree on.
fn headers(files: &[(String, History)]) -> Result<Header, MergeError> {
    let (first, one) = &files[0];
    let mut header = one.header.clone();
    for (file, history) in &files[1..] {
        let other = &history.header;
        header
            .metadata
            .retain(|name, value| other.metadata.get(name) == Some(value));
        match (&mut header.initial, &other.initial) {
            (Initial::Each(values), Initial::Each(others)) => {
                for (key, other) in others {
                    let value = values.entry(key).or_insert_with(|| other.clone());
                    if value != other {
                        return Err(disagree(file, first, Some(key), other, value));
                    }
                }
            }
            (Initial::Every(value), Initial::Every(other)) if value == other => {}
            (Initial::Every(value), Initial::Every(other)) => {
                return Err(disagree(file, first, None, other, value));
            }
            // One value for all keys says the same as a value for each, where all of these are that one.
            (Initial::Every(value), Initial::Each(values)) => {
                if let Some((key, other)) = another(values, value) {
                    return Err(disagree(file, first, Some(key), other, value));
                }
            }
            (Initial::Each(values), Initial::Every(other)) => {
                if let Some((key, value)) = another(values, other) {
                    return Err(disagree(file, first, Some(key), other, value));
                }
                header.initial = Initial::Every(other.clone());
            }
        }
    }
    if files.len() > 1 {
        let names: Vec<Value> = files.iter().map(|(file, _)| file.as_str().into()).collect();
        let mut metadata = Map::from_iter([("merged".to_owned(), names.into())]);
        metadata.append(&mut header.metadata);
        header.metadata = metadata;
    }
    Ok(header)
}

/// A key that does not begin with this value.
fn another<'a>(values: &'a Map<String, Value>, value: &Value) -> Option<(&'a String, &'a Value)> {
    values.iter().find(|(_, other)| *other != value)
}

fn disagree(file: &str, first: &str, key: Option<&str>, found: impl Display, expected: impl Display) -> MergeError {
    MergeError::Initial {
        file: file.to_owned(),
        first: first.to_owned(),
        key: key.map(str::to_owned),
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

/// The processes that files use.
#[derive(Default)]
struct Processes {
    used: HashSet<i64>,
}

impl Processes {
    /// A name that an earlier file has as well gets the file's name behind it.
    fn rename<Op, Ret, I>(&self, file: &str, keys: &mut [KeyHistory<Op, Ret, I>], from: &Texts, to: &mut Texts) {
        let mut renamed = HashMap::new();
        for operation in keys.iter_mut().flat_map(|key| &mut key.operations) {
            let Some(name) = process::name(operation.process, from) else {
                continue;
            };
            operation.process = *renamed.entry(operation.process).or_insert_with(|| {
                let same = process::named(name, to);
                if self.used.contains(&same) {
                    process::named(&format!("{name} ({file})"), to)
                } else {
                    same
                }
            });
        }
    }

    fn renumber<Op, Ret, I>(&mut self, file: &str, keys: &mut [KeyHistory<Op, Ret, I>]) -> Result<(), MergeError> {
        let error = || MergeError::Processes { file: file.to_owned() };
        let numbers = || {
            keys.iter()
                .flat_map(|key| &key.operations)
                .map(|operation| operation.process)
                .filter(|&process| !process::stands_for_a_name(process))
        };
        let shift = if numbers().any(|process| self.used.contains(&process)) {
            let largest = self
                .used
                .iter()
                .copied()
                .filter(|&process| !process::stands_for_a_name(process))
                .chain(numbers())
                .map(i64::unsigned_abs)
                .max()
                .unwrap_or(0);
            let round = (0..=18)
                .map(|digits| 10_i64.pow(digits))
                .find(|&round| round.unsigned_abs() > largest * 2);
            round.ok_or_else(error)?
        } else {
            0
        };
        for operation in keys.iter_mut().flat_map(|key| &mut key.operations) {
            if !process::stands_for_a_name(operation.process) {
                operation.process = operation.process.checked_add(shift).ok_or_else(error)?;
            }
            self.used.insert(operation.process);
        }
        Ok(())
    }
}

/// The initial value and the parts of each key, in order of first appearance.
struct Merged<V: Vocabulary>(IndexMap<String, (V::Initial, Parts<V>)>);

type Parts<V> = Vec<Part<<V as Vocabulary>::Op, <V as Vocabulary>::Ret>>;
type Keys<V> = Vec<KeyHistory<<V as Vocabulary>::Op, <V as Vocabulary>::Ret, <V as Vocabulary>::Initial>>;

impl<V: Vocabulary> Default for Merged<V> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<V: Vocabulary> Merged<V> {
    fn add(&mut self, file: &str, first: &str, keys: Keys<V>) -> Result<(), MergeError> {
        for key in keys {
            let part = Part {
                operations: key.operations,
                commands: key.commands,
                unknown: key.unknown,
                buyers: key.buyers,
                failed: key.failed,
            };
            match self.0.entry(key.key) {
                Entry::Occupied(known) if known.get().0 != key.initial => {
                    return Err(disagree(file, first, Some(known.key()), key.initial, &known.get().0));
                }
                Entry::Occupied(mut known) => known.get_mut().1.push(part),
                Entry::Vacant(new) => {
                    new.insert((key.initial, vec![part]));
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Keys<V>, MergeError> {
        let joined = self.0.into_iter();
        let joined = joined.map(|(key, (initial, parts))| KeyHistory::from_parts(key, initial, parts));
        let mut keys: Vec<_> = joined.collect();
        keys.sort_by_key(|key| key.operations.first().map(|operation| operation.invoked));
        keys.iter().try_for_each(within_64_bits::<V>)?;
        Ok(keys)
    }
}

/// What every reader guarantees, and checkers rely on.
fn within_64_bits<V: Vocabulary>(key: &KeyHistory<V::Op, V::Ret, V::Initial>) -> Result<(), MergeError> {
    let mut added = key.operations.iter().map(|operation| V::added(&operation.op));
    let sum = added.try_fold(V::level(&key.initial), u64::checked_add);
    sum.map(drop)
        .ok_or_else(|| MergeError::Overflow { key: key.key.clone() })
}

impl History {
    /// Widens every interval at both ends, for clocks that may be wrong by as much: `by` nanoseconds. Two recorders'
    /// clocks then may differ by twice that.
    ///
    /// An operation precedes another in the wider history only if it did so in true time. So a violation of the wider
    /// history is real; and as less order is known, a pass says less. The times of commands stay as they were recorded.
    ///
    /// A beginning never comes before 0. That loses nothing: no operation ends before 0, so none precedes one that
    /// begins there, just as none would precede one that begins earlier still.
    pub fn widen(&mut self, by: u64) {
        each!(&mut self.body, keys => keys.iter_mut().for_each(|key| widen(&mut key.operations, by)));
    }
}

/// Keeps the order of invocations, by which operations are sorted.
fn widen<Op, Ret>(operations: &mut [Operation<Op, Ret>], by: u64) {
    for operation in operations {
        operation.invoked = operation.invoked.saturating_sub(by);
        if let Some(response) = &mut operation.response {
            // The last instant means "never".
            response.at = response.at.saturating_add(by).min(u64::MAX - 1);
        }
    }
}
