//! All that a past can become when an operation returns that has not taken effect in it.

use std::hash::Hash;

use super::{
    Search,
    automaton::Kind,
    level::{Candidate, Level, candidates, fits},
    past::{End, Past},
    trail::Step,
};
use crate::checker::{
    Limit,
    general::{foresight::Foresee, states::StateId},
};

/// Which stretch a chain of steps lengthens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch {
    Present,
    /// By its place among the ends.
    Over(usize),
}

impl<S> Search<'_, S>
where
    S: Foresee + Clone + PartialEq + Hash,
    S::Op: PartialEq + Hash,
    S::Ret: PartialEq + Hash,
{
    pub(super) fn grow(&mut self, level: &Level, past: &Past, into: &mut Vec<Past>) -> Result<(), Limit> {
        let now = level.at;
        let class = self.timeline.class[now as usize];
        let may_hide = fits(self.timeline, now, past.began);
        match self.automaton.kind(class) {
            Kind::Reset => {
                let to = self.automaton.step(past.state, class);
                let unseen = to.is_some_and(|to| self.automaton.is_unseen(to));
                if may_hide && unseen {
                    into.push(self.hide(past, now));
                } else {
                    for inserted in [true, false].into_iter().filter(|inserted| may_hide || !inserted) {
                        let begun = self.begin(level, past, Candidate::Completed(now), inserted);
                        into.extend(begun.map(|(past, _)| past));
                    }
                }
            }
            kind => {
                if kind == Kind::Blind && may_hide {
                    into.push(self.hide(past, now));
                }
                self.lengthen(level, past, into)?;
            }
        }
        self.budget.spend()
    }

    fn hide(&mut self, past: &Past, rank: u32) -> Past {
        let mut past = past.clone();
        past.done.insert(self.timeline.slot[rank as usize]);
        let step = Step::Hides(self.timeline.index[rank as usize]);
        past.last = self.trail.push(past.last, step);
        past
    }

    /// Rule 2, for an operation that is no reset.
    fn lengthen(&mut self, level: &Level, past: &Past, into: &mut Vec<Past>) -> Result<(), Limit> {
        for (place, end) in past.ends.iter().enumerate() {
            if fits(self.timeline, level.at, end.bound) {
                self.walk(level, past, Stretch::Over(place), 0, into)?;
            }
        }
        for (inserted, bound) in [(false, level.now()), (true, past.began)] {
            if !fits(self.timeline, level.at, bound) {
                continue;
            }
            for &reset in &candidates(self.timeline, past, &level.resets, &self.maybe_resets, bound) {
                if let Some((past, stretch)) = self.begin(level, past, reset, inserted) {
                    self.arrive(level, past, stretch, 0, into)?;
                }
            }
        }
        self.walk(level, past, Stretch::Present, 0, into)
    }

    /// A new stretch, inserted before the present one or in its place. `None` when nothing can come of it.
    fn begin(&mut self, level: &Level, past: &Past, reset: Candidate, inserted: bool) -> Option<(Past, Stretch)> {
        let to = self.automaton.step(past.state, self.class(reset))?;
        if self.automaton.is_unseen(to) && reset != Candidate::Completed(level.at) {
            return None;
        }
        let mut past = past.clone();
        let index = self.mark(&mut past, reset);
        let step = if inserted {
            Step::Inserts(index)
        } else {
            Step::Begins(index)
        };
        past.last = self.trail.push(past.last, step);
        let number = past.stretches;
        past.stretches += 1;
        let place = if inserted {
            past.ends.push(End {
                state: to,
                bound: past.began,
                number,
            });
            Stretch::Over(past.ends.len() - 1)
        } else {
            past.ends.push(end(level, &past, Stretch::Present));
            past.state = to;
            past.present = number;
            past.began = level.now();
            Stretch::Present
        };
        self.observe(level, &mut past, place);
        Some((past, place))
    }

    /// A chain has come to another state, with so many steps.
    fn arrive(
        &mut self,
        level: &Level,
        past: Past,
        stretch: Stretch,
        steps: u32,
        into: &mut Vec<Past>,
    ) -> Result<(), Limit> {
        if past.done.contains(self.timeline.slot[level.at as usize]) {
            into.push(past);
            self.budget.spend()
        } else {
            self.walk(level, &past, stretch, steps, into)
        }
    }

    /// Every chain of steps that lengthens `stretch` so that the operation that returns now takes effect. It has `steps` so far.
    fn walk(
        &mut self,
        level: &Level,
        past: &Past,
        stretch: Stretch,
        steps: u32,
        into: &mut Vec<Past>,
    ) -> Result<(), Limit> {
        self.budget.spend()?;
        let End { state, bound, .. } = end(level, past, stretch);
        let now = Candidate::Completed(level.at);
        let class = self.class(now);
        if self.automaton.kind(class) != Kind::Observer
            && let Some(to) = self.automaton.step(state, class)
        {
            into.push(self.add(level, past.clone(), stretch, now, to));
        }
        for &next in &candidates(self.timeline, past, &level.others, &self.maybe_others, bound) {
            let to = self.automaton.step(state, self.class(next));
            if let Some(to) = to.filter(|&to| next != now && to != state && !self.automaton.is_unseen(to)) {
                if steps == self.longest {
                    self.cut = true;
                    return Ok(());
                }
                let past = self.add(level, past.clone(), stretch, next, to);
                self.arrive(level, past, stretch, steps + 1, into)?;
            }
        }
        Ok(())
    }

    /// A step at the end of a stretch.
    fn add(&mut self, level: &Level, mut past: Past, stretch: Stretch, candidate: Candidate, to: StateId) -> Past {
        let index = self.mark(&mut past, candidate);
        match stretch {
            Stretch::Present => past.state = to,
            Stretch::Over(place) => past.ends[place].state = to,
        }
        let number = end(level, &past, stretch).number;
        past.last = self.trail.push(past.last, Step::Lengthens(number, index));
        self.observe(level, &mut past, stretch);
        past
    }

    /// Rule 5, where a stretch has just come to.
    fn observe(&mut self, level: &Level, past: &mut Past, stretch: Stretch) {
        let End { state, bound, number } = end(level, past, stretch);
        for &rank in &level.observers {
            if !past.done.contains(self.timeline.slot[rank as usize])
                && fits(self.timeline, rank, bound)
                && self.automaton.step(state, self.timeline.class[rank as usize]).is_some()
            {
                self.see(past, number, rank);
            }
        }
    }

    /// An operation that only observes takes effect at the end of the stretch of this number.
    pub(super) fn see(&mut self, past: &mut Past, number: u32, rank: u32) {
        past.done.insert(self.timeline.slot[rank as usize]);
        let step = Step::Lengthens(number, self.timeline.index[rank as usize]);
        past.last = self.trail.push(past.last, step);
    }

    /// It has taken effect; its index in the history.
    fn mark(&self, past: &mut Past, candidate: Candidate) -> usize {
        match candidate {
            Candidate::Completed(rank) => {
                past.done.insert(self.timeline.slot[rank as usize]);
                self.timeline.index[rank as usize]
            }
            Candidate::Maybe { place, number } => {
                past.taken.insert(place, number);
                self.timeline.maybes[place as usize].1[number as usize].1
            }
        }
    }

    fn class(&self, candidate: Candidate) -> u32 {
        match candidate {
            Candidate::Completed(rank) => self.timeline.class[rank as usize],
            Candidate::Maybe { place, .. } => self.timeline.maybes[place as usize].0,
        }
    }

    /// Drops the ends that nothing can be added to.
    pub(super) fn tidy(&mut self, level: &Level, past: &mut Past) {
        let mut ends = std::mem::take(&mut past.ends);
        ends.retain(|end| {
            let next = candidates(self.timeline, past, &level.others, &self.maybe_others, end.bound);
            next.iter().any(|&next| {
                let class = self.class(next);
                let blind = self.automaton.kind(class) == Kind::Blind;
                let to = self.automaton.step(end.state, class);
                to.is_some_and(|to| !(blind && self.automaton.is_unseen(to)))
            })
        });
        past.ends = ends;
        past.sort_ends();
    }
}

/// Where a stretch has come to, and what fits into it.
fn end(level: &Level, past: &Past, stretch: Stretch) -> End {
    match stretch {
        Stretch::Present => End {
            state: past.state,
            bound: level.now(),
            number: past.present,
        },
        Stretch::Over(place) => past.ends[place],
    }
}
