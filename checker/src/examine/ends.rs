//! What is known in the end of a history that was checked while it arrived.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::{
    engines::{Limit, Stretch, Watched},
    history::{Clock, Command, Header, History, Initial, Spec, StockHistory, Texts},
};

/// What is known of one key in the end.
pub(super) struct End {
    pub(super) key: String,
    pub(super) operations: u64,
    pub(super) watched: Watched,
    pub(super) commands: BTreeMap<u64, Vec<Command<'static>>>,
    pub(super) open: FxHashSet<u64>,
}

impl End {
    pub(super) const fn is_violation(&self) -> bool {
        matches!(self.watched, Watched::Violation(_))
    }
}

/// What came of it.
pub enum Seen {
    /// Every key is linearizable so far.
    Linearizable,
    /// A key is not: the history of that key, or of its end, that shows it. `None` when the violation spans more than is
    /// kept.
    Violation {
        /// The key.
        key: String,
        /// Operations of the key before those in `history`.
        before: u64,
        /// Operations in `history`, or on the key where there is none, to which nothing had come so far: neither an answer nor
        /// that they are lost.
        open: u64,
        /// What shows it.
        history: Option<Box<History>>,
    },
    /// No violation was found, but this key was not decided.
    Undecided {
        /// The key.
        key: String,
        /// The limit that was reached.
        limit: Limit,
    },
}

/// The keys that are not linearizable, as far as is known.
pub struct Ends {
    pub(super) keys: Vec<End>,
    pub(super) header: Header,
    pub(super) clock: Clock,
    pub(super) units: Texts,
}

impl Ends {
    /// Those that are violations, and their operations.
    pub fn violations(&self) -> impl Iterator<Item = (&str, u64)> {
        let violations = self.keys.iter().filter(|end| end.is_violation());
        violations.map(|end| (end.key.as_str(), end.operations))
    }

    /// What the history is about.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The first violation, or else the first key that was not decided, or else that all are linearizable.
    #[must_use]
    pub fn first(self) -> Seen {
        self.all().next().unwrap_or(Seen::Linearizable)
    }

    /// Every violation, or else every key that was not decided.
    pub fn all(mut self) -> impl Iterator<Item = Seen> {
        if self.keys.iter().any(End::is_violation) {
            self.keys.retain(End::is_violation);
        }
        let keys = std::mem::take(&mut self.keys);
        keys.into_iter().map(move |end| self.seen(end))
    }

    fn seen(&self, end: End) -> Seen {
        let End { key, watched, .. } = end;
        match watched {
            Watched::Linearizable => Seen::Linearizable,
            Watched::Undecided(limit) => Seen::Undecided { key, limit },
            Watched::Violation(stretches) => {
                let stretch = stretches.into_iter().next();
                let before = stretch.as_ref().and_then(|stretch| stretch.numbers.first().copied());
                let numbers = stretch.iter().flat_map(|stretch| &stretch.numbers);
                let open = match &stretch {
                    Some(_) => numbers.filter(|number| end.open.contains(number)).count(),
                    None => end.open.len(),
                };
                let history = stretch.map(|stretch| {
                    let shown = history(self.header.clone(), &key, stretch, &end.commands, self.units.clone());
                    Box::new(History {
                        clock: self.clock,
                        ..shown
                    })
                });
                Seen::Violation {
                    key,
                    before: before.unwrap_or(0),
                    open: open as u64,
                    history,
                }
            }
        }
    }
}

/// The stretch as a history of its own.
fn history(
    header: Header,
    key: &str,
    stretch: Stretch,
    commands: &BTreeMap<u64, Vec<Command<'static>>>,
    units: Texts,
) -> History {
    let mut body = StockHistory::new(key, stretch.initial);
    for (index, number) in stretch.numbers.iter().enumerate() {
        for command in commands.get(number).into_iter().flatten() {
            body.commands.push(index, command);
        }
    }
    body.operations = stretch.operations;
    let header = Header {
        spec: Spec::Stock,
        initial: Initial::Every(stretch.initial.into()),
        metadata: header.metadata,
    };
    History::stock(header, vec![body], units)
}
