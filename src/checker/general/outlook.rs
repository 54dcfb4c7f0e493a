//! What is to become of a configuration, for specifications with foresight.

use std::hash::Hash;

use stateright::semantics::SequentialSpec;

use super::{
    explore::Configuration,
    foresight::{Effect, Foresight},
    states::States,
    timeline::{Open, Prefix, Timeline},
};

/// How many of the operations that are invoked next are looked at for answers that have become impossible.
const SOON: usize = 16;

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

impl<S: SequentialSpec + Clone + PartialEq + Hash> Map<'_, S> {
    /// The outlook of a configuration. [`Outlook::Unseen`] is only looked for when asked to be thorough.
    pub(super) fn outlook<F: Foresight<S>>(&self, configuration: &Configuration, thorough: bool) -> Outlook {
        let now = self.timeline.invoked[configuration.at as usize] as usize;
        let mut first: Option<u32> = None;
        for rank in self.pending(configuration, (now + SOON).min(self.timeline.len())) {
            if self.effect(rank) != Effect::Any || !self.refused::<F>(configuration, rank) {
                continue;
            }
            let mut bringers = self.bringers::<F>(configuration, rank);
            let Some(bringer) = bringers.next() else {
                return Outlook::InVain(rank);
            };
            if thorough && (bringer == Effect::Blind || bringers.any(|effect| effect == Effect::Blind)) {
                return Outlook::Fine;
            }
            first = Some(first.map_or(rank, |other| other.min(rank)));
        }
        let Some(first) = first.filter(|_| thorough) else {
            return Outlook::Fine;
        };
        // Whatever could see the state before the first of these answers: none may accept it.
        let mut completed = self.pending(configuration, self.timeline.invoked[first as usize] as usize);
        let mut maybes = self.timeline.maybes.iter();
        let unseen = completed.all(|rank| self.effect(rank) != Effect::Any || self.refused::<F>(configuration, rank))
            && maybes.all(|&(class, _)| {
                let question = self.timeline.question[class as usize];
                self.effects[class as usize] != Effect::Any || self.states.is_harmless(question)
            });
        if unseen { Outlook::Unseen } else { Outlook::Fine }
    }

    fn effect(&self, rank: u32) -> Effect {
        self.effects[self.timeline.class[rank as usize] as usize]
    }

    /// Completed operations that have not taken effect and may do so before this number of invocations has been made.
    fn pending(&self, configuration: &Configuration, upto: usize) -> impl Iterator<Item = u32> {
        let now = self.timeline.invoked[configuration.at as usize] as usize;
        let coming = self.timeline.invocations[now..upto.max(now)].iter().copied();
        let open = self.open.iter();
        open.filter(|&rank| !configuration.done.contains(self.timeline.slot[rank as usize]))
            .chain(coming)
    }

    /// Is the answer of this operation refused, now and until something brings it?
    fn refused<F: Foresight<S>>(&self, configuration: &Configuration, rank: u32) -> bool {
        let index = self.timeline.index[rank as usize];
        let state = self.states.get(configuration.state);
        let ret = self.history.ret(index);
        ret.is_some_and(|ret| !F::may_lead_to(state, self.history.op(index), ret))
    }

    /// What could bring this answer in time: the effects of those operations.
    fn bringers<F: Foresight<S>>(&self, configuration: &Configuration, rank: u32) -> impl Iterator<Item = Effect> {
        let answer = self.timeline.index[rank as usize];
        let returned = self.timeline.returned[rank as usize];
        let ret = self.history.ret(answer);
        let brings =
            move |by: usize| ret.is_some_and(|ret| F::brings(self.history.op(by), self.history.op(answer), ret));
        let completed = self
            .pending(configuration, self.timeline.invoked[rank as usize] as usize)
            .filter(move |&by| by != rank && brings(self.timeline.index[by as usize]))
            .map(|by| self.effect(by));
        let maybes = self.timeline.maybes.iter().enumerate();
        let maybe = maybes.filter_map(move |(place, (class, list))| {
            let &(invoked, index) = list.get(configuration.taken[place] as usize)?;
            (invoked <= returned && brings(index)).then(|| self.effects[*class as usize])
        });
        completed.chain(maybe)
    }
}
