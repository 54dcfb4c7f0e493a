//! A part of the history, put before the engine for whole ones.

use rustc_hash::FxHashSet;

use super::{
    super::{
        act::{Act, Followed},
        names::{Name, Names},
    },
    entry::Entry,
    supply::{Supply, Used, Wanted},
};
use crate::{
    engines::{Limits, Verdict, Violation, general::check::decide_foreseeing},
    history::{Operation, Response},
};

/// Where an operation of a window comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Entry(Entry),
    Lost(Act<Name>),
}

pub(super) struct Window<S: Followed> {
    initial: S,
    operations: Vec<Operation<S::Op, S::Ret>>,
    pub(super) sources: Vec<Source>,
    /// Somebody was told what nobody wrote.
    is_wrong: bool,
}

/// What windows are made from.
#[derive(Clone, Copy)]
pub(super) struct Material<'a> {
    pub(super) names: &'a Names,
    pub(super) supply: &'a Supply,
    /// What is answered later counts as open.
    pub(super) upto: u64,
    /// Does anybody append?
    pub(super) appends: bool,
}

impl Material<'_> {
    /// Of what is `state` at first and where so much of the supply is used up. It may have fewer orders than there are, but only
    /// such as there are.
    pub(super) fn narrow<S: Followed>(&self, state: Name, entries: &[Entry], used: &Used) -> Window<S> {
        let wanted = if self.appends {
            self.supply.for_key(Some(state), entries, self.names)
        } else {
            self.supply.for_register(entries)
        };
        self.window(state, entries, &wanted, used)
    }

    /// The same with every order that there is, and perhaps more.
    pub(super) fn wide<S: Followed>(&self, state: Name, entries: &[Entry], used: &Used) -> Window<S> {
        if self.appends {
            let wanted = self.supply.for_key(None, entries, self.names);
            return self.window(state, entries, &wanted, used);
        }
        let wanted = self.supply.for_register(entries);
        if wanted.more {
            // Nobody misses anything.
            let misses = |entry: &&Entry| !matches!(entry.act, Act::Misses(_));
            let entries: Vec<Entry> = entries.iter().filter(misses).copied().collect();
            let wanted = self.supply.for_register(&entries);
            return self.window(state, &entries, &wanted, used);
        }
        self.window(state, entries, &wanted, used)
    }

    /// Was somebody told a value, or found one, that nobody can have left there?
    fn is_unwritten(&self, state: Name, entries: &[Entry]) -> bool {
        let left = entries.iter().filter_map(|entry| match entry.act {
            Act::Resets(name) | Act::Changes(_, name) => Some(name),
            _ => None,
        });
        let left: FxHashSet<Name> = left.chain([state]).collect();
        entries.iter().any(|entry| match entry.act {
            Act::Sees(name) | Act::Changes(name, _) if entry.is_answered(self.upto) => {
                !left.contains(&name) && !self.supply.leaves(name)
            }
            _ => false,
        })
    }

    fn window<S: Followed>(&self, state: Name, entries: &[Entry], wanted: &Wanted, used: &Used) -> Window<S> {
        let mut window = Window {
            initial: S::with(self.names.text(state).to_string()),
            operations: Vec::with_capacity(entries.len()),
            sources: Vec::with_capacity(entries.len()),
            is_wrong: !self.appends && self.is_unwritten(state, entries),
        };
        for (&place, &most) in &wanted.kinds {
            let (act, invoked) = self.supply.kind(place);
            let unused = invoked
                .iter()
                .skip(used.get(&act).copied().unwrap_or_default())
                .take(most);
            for &invoked in unused.take_while(|&&invoked| invoked <= self.upto) {
                window.push(self.names, invoked, None, act, Source::Lost(act));
            }
        }
        for entry in entries {
            let answered = entry.is_answered(self.upto);
            if answered || !entry.only_answers() {
                let returns = entry.returns.filter(|_| answered);
                window.push(self.names, entry.invoked, returns, entry.act, Source::Entry(*entry));
            }
        }
        window
    }
}

impl<S: Followed> Window<S> {
    fn push(&mut self, names: &Names, invoked: u64, returns: Option<u64>, act: Act<Name>, source: Source) {
        let Some((op, ret)) = S::doing(act.map(|name| names.text(name).to_string())) else {
            return;
        };
        self.operations.push(Operation {
            process: 0,
            invoked,
            op,
            response: returns.map(|at| Response { at, ret }),
        });
        self.sources.push(source);
    }

    pub(super) fn judge(&self, limits: &Limits) -> Verdict {
        if self.is_wrong {
            return Verdict::Violation(Violation { certain_at: None });
        }
        decide_foreseeing(&self.initial, &self.operations, limits)
    }
}
