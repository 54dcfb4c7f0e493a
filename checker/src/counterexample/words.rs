//! Numbers, names and times as sentences give them.

use oversell_spec::stock::Unit;

pub use crate::history::number;
use crate::history::{Clock, Texts};

/// What a sentence needs to know of the whole history.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// What times are.
    pub clock: Clock,
    /// The names of the units.
    pub units: &'a Texts,
}

impl Words<'_> {
    /// The name of a unit.
    #[must_use]
    pub fn unit(&self, unit: Unit) -> String {
        self.units
            .get(unit.0)
            .map_or_else(|| format!("#{}", unit.0), str::to_string)
    }

    /// `at 12.420 ms`, or `at event 7` where there is no clock.
    #[must_use]
    pub fn at(&self, time: u64) -> String {
        match self.clock {
            Clock::Nanoseconds => format!("at {}", duration(time)),
            Clock::Lines => format!("at event {time}"),
        }
    }

    /// `12.403–12.420 ms`.
    #[must_use]
    pub fn between(&self, from: u64, to: u64) -> String {
        match self.clock {
            Clock::Nanoseconds => {
                let (first, last) = (duration(from), duration(to));
                // One unit for both, where it is the same.
                let unit = last.rfind(' ').map_or("", |at| &last[at..]);
                format!("{}–{last}", first.strip_suffix(unit).unwrap_or(&first))
            }
            Clock::Lines if from == to => self.at(from),
            Clock::Lines => format!("events {from}–{to}"),
        }
    }
}

/// A time in a unit in which neighbouring events of a run can be told apart.
pub(super) fn duration(nanoseconds: u64) -> String {
    if nanoseconds < 100_000 {
        format!("{nanoseconds} ns")
    } else {
        let microseconds = nanoseconds / 1_000;
        format!("{}.{:03} ms", number(microseconds / 1_000), microseconds % 1_000)
    }
}

/// `1 unit`, `3 units`.
#[must_use]
pub fn units(count: u64) -> String {
    if count == 1 {
        "1 unit".to_string()
    } else {
        format!("{} units", number(count))
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<_> = parts.collect();
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// With commas and a true minus.
#[must_use]
pub fn signed(level: i64) -> String {
    format!("{}{}", if level < 0 { "−" } else { "" }, number(level.unsigned_abs()))
}

/// With a capital letter in front: it begins a sentence.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
