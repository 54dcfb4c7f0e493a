//! The steps that a configuration can be left by.

use super::{
    super::{
        configuration::Configuration,
        foresight::{Effect, Searched},
        outlook::Outlook,
        timeline::Class,
    },
    explorer::{Choice, Explorer, Frame, Step, Untried},
};

impl<S: Searched> Explorer<'_, S> {
    /// The next configuration to visit from `frame`, and whether something is taken early to get there; its operation is in the
    /// order.
    pub(super) fn next(&mut self, frame: &mut Frame) -> Option<(Configuration, bool)> {
        loop {
            let choice = match &mut frame.untried {
                Untried::All => {
                    frame.untried = Untried::Direct;
                    let configuration = &self.visited[frame.number];
                    if !configuration.may_hide(&self.timeline, &self.effects, configuration.at) {
                        continue;
                    }
                    Choice::Hide
                }
                Untried::Direct => {
                    frame.untried = Untried::Others;
                    Choice::Direct
                }
                Untried::Others => {
                    frame.untried = Untried::From(self.choices.len());
                    self.list_choices(frame.number);
                    continue;
                }
                &mut Untried::From(start) if self.choices.len() == start => return None,
                Untried::From(_) => self.choices.pop()?,
            };
            if let Some(next) = self.take(frame, choice) {
                let early = matches!(choice, Choice::Completed(_) | Choice::Maybe(_))
                    && self.effect(&self.visited[frame.number], choice) != Effect::Any;
                return Some((next, early));
            }
        }
    }

    /// Rules 2 and 4: one operation of each class, other than that of the operation that returns now. Those after which its answer
    /// fits are the best; then come those that return first, and indeterminate ones last.
    fn list_choices(&mut self, number: usize) {
        let configuration = &self.visited[number];
        let start = self.choices.len();
        self.open.seek(&self.timeline, configuration.at as usize);
        let now = self.timeline.returned[configuration.at as usize];
        for (place, (_, list)) in self.timeline.maybes.iter().enumerate() {
            let waiting = list.get(self.timeline.taken(&configuration.taken, place));
            if waiting.is_some_and(|&(invoked, _)| invoked <= now) {
                self.choices.push(Choice::Maybe(place as u32));
            }
        }
        self.ranks.clear();
        self.ranks.extend(self.open.without(&configuration.done));
        self.ranks.sort_unstable();
        self.listings += 1;
        let (listed, listings) = (&mut self.listed, self.listings);
        // What may be hidden is not interchangeable with what may not.
        let (timeline, effects) = (&self.timeline, &self.effects);
        self.ranks.retain(|&rank| {
            let class = timeline.class[rank as usize] as usize;
            let is_hidden = configuration.may_hide(timeline, effects, rank);
            std::mem::replace(&mut listed[class][usize::from(is_hidden)], listings) != listings
        });
        let others = self.ranks.iter().filter(|&&rank| rank != configuration.at).rev();
        self.choices.extend(others.map(|&rank| Choice::Completed(rank)));

        let (state, now) = (configuration.state, self.timeline.class[configuration.at as usize]);
        if self.states.step(state, now).is_some() {
            return;
        }
        let mut kept = start;
        self.fitting.clear();
        for place in start..self.choices.len() {
            let choice = self.choices[place];
            let class = self.class(&self.visited[number], choice);
            match self.states.step(state, class) {
                None => {}
                Some(to) if self.states.step(to, now).is_some() => self.fitting.push(choice),
                Some(_) => {
                    self.choices[kept] = choice;
                    kept += 1;
                }
            }
        }
        self.choices.truncate(kept);
        self.choices.append(&mut self.fitting);
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
        let from = &self.visited[frame.number];
        if choice == Choice::Hide {
            let mut next = from.clone();
            next.at += 1;
            self.order.push(Step::Hidden(self.timeline.index[from.at as usize]));
            return Some(next);
        }
        let class = self.class(from, choice);
        let effect = self.effects[class as usize];
        let resets = effect == Effect::Resets;
        if resets && frame.unseen {
            return None;
        }
        let state = self.states.step(from.state, class)?;
        let mut next;
        let index = match choice {
            Choice::Hide | Choice::Direct | Choice::Completed(_) => {
                let rank = if let Choice::Completed(rank) = choice {
                    rank
                } else {
                    from.at
                };
                next = from.clone();
                next.done.insert(self.timeline.slot[rank as usize]);
                self.timeline.index[rank as usize]
            }
            Choice::Maybe(place) => {
                if state == from.state {
                    self.open.seek(&self.timeline, from.at as usize);
                    if !(resets && self.could_hide(from)) {
                        return None;
                    }
                }
                next = from.clone();
                let place = place as usize;
                let taken = self.timeline.taken(&from.taken, place);
                next.taken.insert(self.timeline.maybe_bits[place] + taken as u32);
                self.timeline.maybes[place].1[taken].1
            }
        };
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
