//! A violation with all that is said about it, before it is drawn.

use oversell_checker::{
    counterexample::{
        Finding, Kind, Tell, Words,
        effects::{Place, Units},
        number, others_in_words, units,
    },
    history::CommandLog,
};

/// A violation to be shown.
#[derive(Debug)]
pub struct Explanation<'a, State, Op, Ret> {
    /// Whose violation it is: `naive (GET, then DECR)`.
    pub title: &'a str,
    /// What was found.
    pub finding: &'a Finding<State, Op, Ret>,
    /// Where its stock is kept, as far as commands tell.
    pub stock: Option<Place>,
    /// How many operations the whole history has.
    pub operations: usize,
    /// The commands within them, where they were recorded.
    pub commands: &'a CommandLog,
    /// Clock and names of the history.
    pub words: Words<'a>,
    /// What to write instead.
    pub fix: Option<&'a str>,
    /// Where the history was saved.
    pub saved: Option<&'a str>,
}

/// So many of them, in words.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// A start as the line under the title gives it.
pub trait Start: Units {
    /// `from stock 1`.
    fn from(&self) -> String;
}

impl Start for u64 {
    fn from(&self) -> String {
        format!("from stock {}", number(*self))
    }
}

impl Start for String {
    fn from(&self) -> String {
        format!("from {self:?}")
    }
}

impl<State: Start, Op: Tell<Ret = Ret>, Ret> Explanation<'_, State, Op, Ret> {
    /// How little of the history is needed: `the smallest part that shows it: 2 of 16 operations, from stock 1`.
    pub(super) fn part(&self) -> String {
        let counterexample = &self.finding.counterexample;
        format!(
            "the smallest part that shows it: {} of {}, {} ({}){}",
            number(counterexample.operations.len() as u64),
            counted(self.operations as u64, "operation"),
            counterexample.initial.from(),
            self.finding.origin,
            others_in_words(&counterexample.others),
        )
    }

    /// What else is wrong in the history.
    pub(super) fn also(&self) -> Option<String> {
        let others = self
            .finding
            .counts
            .iter()
            .filter(|(kind, _)| *kind != self.finding.kind);
        let parts: Vec<_> = others
            .map(|(kind, count)| match kind {
                Kind::Oversold => format!("{} too many sold", units(*count)),
                kind => format!("{} × {} ({kind})", number(*count), kind.in_words()),
            })
            .collect();
        (!parts.is_empty()).then(|| format!("in the same history: {}", parts.join(", ")))
    }
}
