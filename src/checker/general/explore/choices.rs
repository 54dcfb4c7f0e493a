//! The steps that a configuration can be left by.

use std::hash::Hash;

use stateright::semantics::SequentialSpec;

use super::{
    super::{
        foresight::{Effect, Foresight},
        outlook::Outlook,
        timeline::Class,
    },
    Choice, Configuration, Explorer, Frame, Step, Untried,
};

impl<S, F> Explorer<'_, S, F>
where
    F: Foresight<S>,
    S: SequentialSpec + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    /// The next configuration to visit from `frame`, and whether something is taken early to get there; its operation is in the
    /// order.
    pub(super) fn next(&mut self, frame: &mut Frame) -> Option<(Configuration, bool)> {
        loop {
            let choice = match &mut frame.untried {
                Untried::All => {
                    frame.untried = Untried::Direct;
                    if !self.is_hidden(&frame.configuration, frame.configuration.at) {
                        continue;
                    }
                    Choice::Hide
                }
                Untried::Direct => {
                    frame.untried = Untried::Others;
                    Choice::Direct
                }
                Untried::Others => {
                    frame.untried = Untried::These(self.choices(&frame.configuration));
                    continue;
                }
                Untried::These(choices) => choices.pop()?,
            };
            if let Some(next) = self.take(frame, choice) {
                let early = matches!(choice, Choice::Completed(_) | Choice::Maybe(_))
                    && self.effect(&frame.configuration, choice) != Effect::Any;
                return Some((next, early));
            }
        }
    }

    /// Rules 2 and 4: one operation of each class, other than that of the operation that returns now.
    fn choices(&mut self, configuration: &Configuration) -> Vec<Choice> {
        self.open.seek(&self.timeline, configuration.at as usize);
        let mut ranks: Vec<u32> = self
            .open
            .iter()
            .filter(|&rank| !configuration.done.contains(self.timeline.slot[rank as usize]))
            .collect();
        // What may be hidden is not interchangeable with what may not.
        let kind = |&rank: &u32| (self.timeline.class[rank as usize], self.is_hidden(configuration, rank));
        ranks.sort_unstable_by_key(|rank| (kind(rank), *rank));
        ranks.dedup_by_key(|rank| kind(rank));
        ranks.sort_unstable();
        let now = self.timeline.returned[configuration.at as usize];
        let maybe = |place: usize| {
            let waiting = self.timeline.maybes[place].1.get(configuration.taken[place] as usize);
            waiting.is_some_and(|&(invoked, _)| invoked <= now)
        };
        let maybes = (0..self.timeline.maybes.len()).filter(|&place| maybe(place));
        let mut choices: Vec<Choice> = maybes.map(|place| Choice::Maybe(place as u32)).collect();
        let others = ranks.into_iter().filter(|&rank| rank != configuration.at).rev();
        choices.extend(others.map(Choice::Completed));
        choices
    }

    fn class(&self, from: &Configuration, choice: Choice) -> Class {
        match choice {
            Choice::Hide | Choice::Direct => self.timeline.class[from.at as usize],
            Choice::Completed(rank) => self.timeline.class[rank as usize],
            Choice::Maybe(place) => self.timeline.maybes[place as usize].0,
        }
    }

    fn effect(&self, from: &Configuration, choice: Choice) -> Effect {
        self.effects[self.class(from, choice) as usize]
    }

    /// The configuration after one step from `frame`, if the specification accepts it and it is worth a look.
    fn take(&mut self, frame: &Frame, choice: Choice) -> Option<Configuration> {
        let from = &frame.configuration;
        let index = match choice {
            Choice::Hide => {
                let mut next = from.clone();
                next.at += 1;
                self.order.push(Step::Hidden(self.timeline.index[from.at as usize]));
                return Some(next);
            }
            Choice::Direct => self.timeline.index[from.at as usize],
            Choice::Completed(rank) => self.timeline.index[rank as usize],
            Choice::Maybe(place) => {
                let (_, list) = &self.timeline.maybes[place as usize];
                list[from.taken[place as usize] as usize].1
            }
        };
        let class = self.class(from, choice);
        let effect = self.effects[class as usize];
        let resets = effect == Effect::Resets;
        if resets && frame.unseen {
            return None;
        }
        let state = self
            .states
            .step(from.state, class, self.timeline.example[class as usize])?;
        self.open.seek(&self.timeline, from.at as usize);
        let mut next = from.clone();
        match choice {
            Choice::Completed(rank) => next.done.insert(self.timeline.slot[rank as usize]),
            Choice::Maybe(_) if state == from.state && !(resets && self.could_hide(from)) => return None,
            Choice::Maybe(place) => next.taken[place as usize] += 1,
            Choice::Hide | Choice::Direct => next.done.insert(self.timeline.slot[from.at as usize]),
        }
        next.state = state;
        if resets {
            next.hidden = self.timeline.invoked[from.at as usize];
        }
        if effect == Effect::Blind
            && choice != Choice::Direct
            && self.struggling
            && self.outlook(&next, true) == Outlook::Unseen
        {
            self.used = None;
            return None;
        }
        self.order
            .push(if resets { Step::Reset(index) } else { Step::Taken(index) });
        Some(next)
    }
}
