//! What is to become of a configuration, for specifications with foresight.

use oversell_spec::SequentialSpec;
use smallvec::SmallVec;

use super::{
    configuration::Configuration,
    foresight::{Effect, Searched},
    states::{StateId, States},
    timeline::{Class, Open, Prefix, Timeline},
};
use crate::engines::budget::Budget;

/// How many of the operations that are invoked next are looked at for answers that have become impossible.
const SOON: usize = 6;

/// Of more classes, what the specification said is not remembered: the table would cost more than it saves.
const MOST_CLASSES: usize = 128;

/// What can be said of a configuration without a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Nothing.
    Fine,
    /// No answer will see the present state, nor what blind operations make of it, before a reset.
    Unseen,
    /// The answer of this completed operation can no longer be given.
    InVain(u32),
}

/// What the search knows; `open` stands at the response of the configuration that is looked at.
pub(super) struct Map<'a, S: SequentialSpec> {
    pub(super) history: Prefix<'a, S>,
    pub(super) timeline: &'a Timeline,
    pub(super) effects: &'a [Effect],
    pub(super) open: &'a Open,
    pub(super) states: &'a States<'a, S>,
}

/// Answers of the specification that were asked for before, by class: 0 where it was not asked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Is the answer of a class refused in a state?
    refused: Vec<u8>,
    /// Does a class bring the answer of another?
    brings: Vec<u8>,
}

/// What is remembered at this place, found out where it is not yet.
fn remembered(table: &mut Vec<u8>, place: usize, find_out: impl FnOnce() -> bool) -> bool {
    if table.len() <= place {
        table.resize(place + 1, 0);
    }
    if table[place] == 0 {
        table[place] = 1 + u8::from(find_out());
    }
    table[place] == 2
}

/// Completed operations that have not taken effect and may do so soon.
struct Pending<'a> {
    /// Those that are open.
    open: SmallVec<[u32; 16]>,
    /// Those invoked from here on.
    coming: &'a [u32],
}

impl Pending<'_> {
    /// Those of them that may take effect before so many of the coming invocations are made.
    fn within(&self, coming: usize) -> impl Iterator<Item = u32> {
        let coming = &self.coming[..coming.min(self.coming.len())];
        self.open.iter().chain(coming).copied()
    }
}

impl<S: Searched> Map<'_, S> {
    /// The outlook of a configuration. [`Outlook::Unseen`] is only looked for when asked to be thorough.
    pub(super) fn outlook(
        &self,
        asked: &mut Asked,
        configuration: &Configuration,
        thorough: bool,
        budget: &mut Budget,
    ) -> Outlook {
        let now = self.timeline.invoked[configuration.at as usize] as usize;
        let pending = Pending {
            open: self.open.without(&configuration.done).collect(),
            coming: &self.timeline.invocations[now..],
        };
        // How many of those invocations are made before this operation returns.
        let coming = |rank: u32| (self.timeline.invoked[rank as usize] as usize).saturating_sub(now);
        let state = configuration.state;
        let mut first: Option<u32> = None;
        for rank in pending.within(SOON) {
            // Where there is nothing left, the search ends with its next step.
            if budget.step().is_err() {
                return Outlook::Fine;
            }
            let class = self.class(rank);
            if self.effects[class as usize] != Effect::Any || !self.refused(asked, state, class) {
                continue;
            }
            let (mut brought, mut blindly) = (false, false);
            for by in pending.within(coming(rank)).filter(|&by| by != rank) {
                let by = self.class(by);
                if self.brings(asked, by, class) {
                    brought = true;
                    blindly |= self.effects[by as usize] == Effect::Blind;
                    if !thorough || blindly {
                        break;
                    }
                }
            }
            if !brought || thorough {
                for (place, (by, list)) in self.timeline.maybes.iter().enumerate() {
                    let next = list.get(self.timeline.taken(&configuration.taken, place));
                    if next.is_some_and(|&(invoked, _)| invoked <= self.timeline.returned[rank as usize])
                        && self.brings(asked, *by, class)
                    {
                        brought = true;
                        blindly |= self.effects[*by as usize] == Effect::Blind;
                    }
                }
            }
            if !brought {
                return Outlook::InVain(rank);
            }
            if thorough && blindly {
                return Outlook::Fine;
            }
            first = Some(first.map_or(rank, |other| other.min(rank)));
        }
        let Some(first) = first.filter(|_| thorough) else {
            return Outlook::Fine;
        };
        // Whatever could see the state before the first of these answers: none may accept it.
        let mut completed = pending.within(coming(first));
        let mut maybes = self.timeline.maybes.iter();
        let unseen = completed.all(|rank| {
            let class = self.class(rank);
            self.effects[class as usize] != Effect::Any || self.refused(asked, state, class)
        }) && maybes.all(|&(class, _)| {
            if self.effects[class as usize] != Effect::Any {
                return true;
            }
            self.states.rely_on(class);
            self.states.is_harmless(class)
        });
        if unseen { Outlook::Unseen } else { Outlook::Fine }
    }

    fn class(&self, rank: u32) -> Class {
        self.timeline.class[rank as usize]
    }

    /// Is the answer of this class refused, now and until something brings it?
    fn refused(&self, asked: &mut Asked, state: StateId, class: Class) -> bool {
        let answer = self.timeline.example[class as usize];
        let find_out = || {
            let ret = self.history.ret(answer);
            ret.is_some_and(|ret| !self.states.get(state).may_lead_to(self.history.op(answer), ret))
        };
        match self.place(state as usize, class) {
            Some(place) => remembered(&mut asked.refused, place, find_out),
            None => find_out(),
        }
    }

    /// Could an operation of the class `by` bring the answer of another class?
    fn brings(&self, asked: &mut Asked, by: Class, class: Class) -> bool {
        let (by_example, answer) = (
            self.timeline.example[by as usize],
            self.timeline.example[class as usize],
        );
        let find_out = || {
            let ret = self.history.ret(answer);
            ret.is_some_and(|ret| S::brings(self.history.op(by_example), self.history.op(answer), ret))
        };
        match self.place(by as usize, class) {
            Some(place) => remembered(&mut asked.brings, place, find_out),
            None => find_out(),
        }
    }

    /// Where the answer about a class and something else is remembered.
    fn place(&self, row: usize, class: Class) -> Option<usize> {
        let classes = self.timeline.example.len();
        (classes <= MOST_CLASSES && row < 1 << 16).then_some(row * classes + class as usize)
    }
}
