//! The walk from configuration to configuration.

use super::{
    super::{
        configuration::Configuration,
        foresight::{Effect, Searched},
        outlook::Outlook,
        window::Window,
    },
    explorer::{Explorer, Frame, Step, Stuck, Untried},
};
use crate::engines::{Limit, Verdict, Violation, Witness, budget::let_go};

/// How many configurations a search with foresight may visit, and how many more for each response that it got past.
const PATIENCE: (u64, u64) = (256, 1);

impl<S: Searched> Explorer<'_, S> {
    /// The verdict, and for a violation where the search got stuck.
    ///
    /// With foresight it gives up early, undecided: then there is another way to go on (`stretches`).
    pub(in crate::engines::general) fn run(mut self) -> (Verdict, Stuck) {
        let mut stack: Vec<Frame> = Vec::new();
        let start = Configuration {
            at: 0,
            state: 0,
            hidden: 0,
            done: Window::default(),
            taken: Window::default(),
        };
        let mut entered = start.clone();
        let mut early = false;
        let mut before = 0;
        loop {
            if std::mem::take(&mut self.states.surprised) {
                stack.clear();
                self.choices.clear();
                self.visited.clear();
                self.order.clear();
                (self.stuck, self.used) = (Stuck::default(), Some(0));
                (before, early) = (0, false);
                entered.clone_from(&start);
            }
            let seen = self.order.len();
            if let Err(limit) = self.settle(&mut entered) {
                return self.undecided(limit);
            }
            if entered.at as usize == self.timeline.len() {
                return (Verdict::Linearizable(witness(self.order)), self.stuck);
            }
            let new = self.is_hopeful(&entered).then(|| self.visited.insert_full(entered));
            if let Some((number, true)) = new {
                if let Err(limit) = self.budget.spend() {
                    return self.undecided(limit);
                }
                let visited = self.budget.visited();
                if self.foresees && visited > PATIENCE.0 + PATIENCE.1 * self.stuck.at as u64 {
                    return (Verdict::Undecided(Limit::Configurations(visited)), self.stuck);
                }
                stack.push(Frame {
                    number,
                    untried: Untried::All,
                    order: self.order.len(),
                    unseen: early && self.order.len() == seen,
                });
            } else {
                self.order.truncate(before);
            }
            (entered, early) = loop {
                let Some(frame) = stack.last_mut() else {
                    if self.states.surprised {
                        break (start.clone(), false);
                    }
                    return (Verdict::Violation(Violation { certain_at: None }), self.where_stuck());
                };
                self.order.truncate(frame.order);
                before = frame.order;
                match self.next(frame) {
                    Some(next) => break next,
                    None => {
                        stack.pop();
                    }
                }
            };
        }
    }

    fn undecided(self, limit: Limit) -> (Verdict, Stuck) {
        let stuck = self.stuck;
        let_go(limit, self);
        (Verdict::Undecided(limit), stuck)
    }

    /// Rule 3, and passing the responses of what has taken effect.
    fn settle(&mut self, configuration: &mut Configuration) -> Result<(), Limit> {
        while (configuration.at as usize) < self.timeline.len() {
            self.budget.step()?;
            self.open.seek(&self.timeline, configuration.at as usize);
            let mut hidden = 0;
            for place in 0..self.open.words() {
                for bit in self.open.left(&configuration.done, place) {
                    let rank = self.open.rank(place, bit);
                    let class = self.timeline.class[rank as usize];
                    // A reset is more than what it changes: it hides (rule 6).
                    if self.states.is_harmless(class)
                        && self.effects[class as usize] != Effect::Resets
                        && self.states.step(configuration.state, class) == Some(configuration.state)
                    {
                        self.states.rely_on(class);
                        configuration.done.insert(place as u32 * 64 + bit);
                        self.order.push(Step::Taken(self.timeline.index[rank as usize]));
                    } else if configuration.may_hide(&self.timeline, &self.effects, rank) {
                        hidden = hidden.max(self.timeline.position[rank as usize] + 1);
                    }
                }
            }
            configuration.hidden = hidden;
            let slot = self.timeline.slot[configuration.at as usize];
            if !configuration.done.contains(slot) {
                return Ok(());
            }
            configuration.done.remove(slot);
            configuration.at += 1;
        }
        Ok(())
    }

    /// Rule 5.
    fn is_hopeful(&mut self, configuration: &Configuration) -> bool {
        let at = configuration.at as usize;
        self.got(at, at);
        if !self.is_struggling() {
            return true;
        }
        match self.outlook(configuration, false) {
            Outlook::InVain(rank) => {
                self.got(at, rank as usize);
                self.used = self.used.map(|used| used.max(rank as usize));
                false
            }
            _ => true,
        }
    }

    fn got(&mut self, at: usize, for_want_of: usize) {
        let certain = false;
        self.stuck = self.stuck.max(Stuck {
            at,
            for_want_of,
            certain,
        });
    }

    /// Where the search got stuck, and when that is certain, or else the last of the answers that were then in vain.
    ///
    /// What the search knew, and the prefix up to some response does not say, are answers that came later. It was right to turn back
    /// for those no later than the last for which it did. And an order of that prefix, in which operations that are then open
    /// have taken effect, is one with their answers as well if each of them changes nothing where its answer is refused: those are
    /// left out. The search would have found it.
    fn where_stuck(&mut self) -> Stuck {
        let stuck = self.stuck;
        if let Some(last) = self.used.map(|used| used.max(stuck.at))
            && self.open_after(last).all(|index| {
                let ret = self.history.ret(index);
                ret.is_none_or(|ret| S::is_idle_where_refused(self.history.op(index), ret))
            })
        {
            return Stuck {
                at: stuck.at,
                for_want_of: last,
                certain: true,
            };
        }
        let visited = std::mem::take(&mut self.visited);
        for configuration in visited.iter().filter(|visited| visited.at as usize == stuck.at) {
            if let Outlook::InVain(rank) = self.outlook(configuration, false) {
                self.got(stuck.at, rank as usize);
            }
        }
        self.stuck
    }

    /// Completed operations that were open when this response came.
    fn open_after(&self, at: usize) -> impl Iterator<Item = usize> {
        let invoked = self.timeline.invoked.get(at).map_or(0, |&invoked| invoked as usize);
        let ranks = self.timeline.invocations[..invoked].iter();
        ranks
            .filter(move |&&rank| rank as usize > at)
            .map(|&rank| self.timeline.index[rank as usize])
    }
}

/// The order, with what was hidden in its place.
fn witness(steps: Vec<Step>) -> Witness {
    let mut order = Vec::with_capacity(steps.len());
    // The last reset, and what came after it.
    let mut recent = Vec::new();
    for step in steps {
        match step {
            Step::Taken(index) => recent.push(index),
            Step::Reset(index) => {
                order.append(&mut recent);
                recent.push(index);
            }
            Step::Hidden(index) => order.push(index),
        }
    }
    order.append(&mut recent);
    Witness(order)
}
