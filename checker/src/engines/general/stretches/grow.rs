//! All that a past can become when an operation returns that has not taken effect in it.

use std::rc::Rc;

use smallvec::SmallVec;

use super::{
    automaton::Kind,
    level::{Candidate, Level, Move, fits, representative, representatives, resets},
    past::{Bound, End, LAST, Past},
    search::Search,
    trail::Step,
};
use crate::engines::{
    Limit,
    general::{foresight::Searched, states::StateId},
};

/// Which stretch a chain of steps lengthens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch {
    Present,
    /// By its place among the ends.
    Over(usize),
}

impl<S: Searched> Search<'_, S> {
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
                        let begun = self.begin(level, past, Candidate::Completed(now), inserted)?;
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

    /// Rules 2 and 9, for an operation that is no reset.
    fn lengthen(&mut self, level: &Level, past: &Past, into: &mut Vec<Past>) -> Result<(), Limit> {
        for (place, end) in past.ends.iter().enumerate() {
            if fits(self.timeline, level.at, end.bound) {
                self.walk(level, past, Stretch::Over(place), &mut Route::default(), into)?;
            }
        }
        for &visit in &past.visits {
            if fits(self.timeline, level.at, visit.bound) && self.leads_to_now(level, visit.state)? {
                let mut past = past.clone();
                past.ends.push(visit);
                let mut route = Route::round(visit.state);
                self.walk(level, &past, Stretch::Over(past.ends.len() - 1), &mut route, into)?;
            }
        }
        for (inserted, bound) in [(false, level.now()), (true, past.began)] {
            if !fits(self.timeline, level.at, bound) {
                continue;
            }
            for reset in resets(self.timeline, past, &level.resets_by_class, &self.maybe_resets, bound) {
                if let Some((past, stretch)) = self.begin(level, past, reset, inserted)? {
                    self.arrive(level, past, stretch, &mut Route::default(), into)?;
                }
            }
        }
        self.walk(level, past, Stretch::Present, &mut Route::default(), into)
    }

    /// A new stretch, inserted before the present one or in its place. `None` when nothing can come of it.
    fn begin(
        &mut self,
        level: &Level,
        past: &Past,
        reset: Candidate,
        inserted: bool,
    ) -> Result<Option<(Past, Stretch)>, Limit> {
        self.budget.step()?;
        let Some(to) = self.automaton.step(past.state, self.class(reset)) else {
            return Ok(None);
        };
        if reset != Candidate::Completed(level.at) && (self.automaton.is_unseen(to) || !self.leads_to_now(level, to)?) {
            return Ok(None);
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
                before: LAST,
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
        Ok(Some((past, place)))
    }

    /// A chain has come to another state.
    fn arrive(
        &mut self,
        level: &Level,
        past: Past,
        stretch: Stretch,
        route: &mut Route,
        into: &mut Vec<Past>,
    ) -> Result<(), Limit> {
        if !past.done.contains(self.timeline.slot[level.at as usize]) {
            return self.walk(level, &past, stretch, route, into);
        }
        match (route.home, stretch) {
            (Some(home), Stretch::Over(place)) => {
                let mut back = Route::round(home);
                self.return_home(level, past, place, &mut back, into)
            }
            _ => {
                into.push(past);
                self.budget.spend()
            }
        }
    }

    /// Every chain of steps that lengthens `stretch` so that the operation that returns now takes effect.
    fn walk(
        &mut self,
        level: &Level,
        past: &Past,
        stretch: Stretch,
        route: &mut Route,
        into: &mut Vec<Past>,
    ) -> Result<(), Limit> {
        self.budget.spend()?;
        let End { state, bound, .. } = end(level, past, stretch);
        let now = Candidate::Completed(level.at);
        let class = self.class(now);
        if self.automaton.kind(class) != Kind::Observer
            && let Some(to) = self.automaton.step(state, class)
        {
            let past = self.add(level, past.clone(), stretch, now, to);
            self.arrive(level, past, stretch, route, into)?;
        }
        route.states.push(state);
        for (next, to) in self.moves(level, past, state, bound)? {
            if next != now && self.leads_to_now(level, to)? && self.is_new(to, route) {
                let past = self.add(level, past.clone(), stretch, next, to);
                self.arrive(level, past, stretch, route, into)?;
            }
        }
        route.states.pop();
        Ok(())
    }

    /// What leads on from a state, and may have been invoked by then.
    fn moves(
        &mut self,
        level: &Level,
        past: &Past,
        state: StateId,
        bound: Bound,
    ) -> Result<SmallVec<[(Candidate, StateId); 8]>, Limit> {
        let mut found = SmallVec::new();
        for next in &*self.all_moves(level, state)? {
            match next {
                Move::Completed(to, ranks) => {
                    let ranks = representatives(self.timeline, past, ranks, bound);
                    found.extend(ranks.into_iter().map(|rank| (Candidate::Completed(rank), *to)));
                }
                &Move::Maybe(to, place) => {
                    let next = representative(self.timeline, past, place, bound);
                    found.extend(next.map(|next| (next, to)));
                }
            }
        }
        Ok(found)
    }

    /// What leads on from a state, to be seen.
    fn all_moves(&mut self, level: &Level, state: StateId) -> Result<Rc<[Move]>, Limit> {
        if let Some(known) = self.moves.get(&state) {
            return Ok(known.clone());
        }
        let mut found = Vec::new();
        for ranks in &level.others_by_class {
            self.budget.step()?;
            let to = self.automaton.step(state, self.timeline.class[ranks[0] as usize]);
            found.extend(to.map(|to| Move::Completed(to, ranks.clone())));
        }
        for &place in &self.maybe_others {
            self.budget.step()?;
            let to = self.automaton.step(state, self.timeline.maybes[place as usize].0);
            found.extend(to.map(|to| Move::Maybe(to, place)));
        }
        found.retain(|next| {
            let (Move::Completed(to, _) | Move::Maybe(to, _)) = *next;
            to != state
        });
        let found: Rc<[Move]> = found.into();
        self.moves.insert(state, found.clone());
        Ok(found)
    }

    /// Do operations that are open lead from here to where the answer of the one that returns now can be given?
    fn leads_to_now(&mut self, level: &Level, state: StateId) -> Result<bool, Limit> {
        if !self.loops {
            return Ok(true);
        }
        if let Some(&known) = self.leads.get(&state) {
            return Ok(known);
        }
        let class = self.timeline.class[level.at as usize];
        let mut found: SmallVec<[StateId; 16]> = SmallVec::from_elem(state, 1);
        let mut next = 0;
        while let Some(&from) = found.get(next) {
            next += 1;
            if self.automaton.step(from, class).is_some() || self.leads.get(&from) == Some(&true) {
                self.leads.insert(state, true);
                return Ok(true);
            }
            for next in &*self.all_moves(level, from)? {
                let (Move::Completed(to, _) | Move::Maybe(to, _)) = *next;
                if !found.contains(&to) {
                    found.push(to);
                }
            }
        }
        self.leads.extend(found.into_iter().map(|state| (state, false)));
        Ok(false)
    }

    /// Do operations that are open lead from this state to itself, through others?
    fn comes_back(&mut self, level: &Level, state: StateId) -> Result<bool, Limit> {
        if let Some(&known) = self.round.get(&state) {
            return Ok(known);
        }
        let mut found: SmallVec<[StateId; 16]> = SmallVec::from_elem(state, 1);
        let mut next = 0;
        let mut back = false;
        while !back && let Some(&from) = found.get(next) {
            next += 1;
            for next in &*self.all_moves(level, from)? {
                let (Move::Completed(to, _) | Move::Maybe(to, _)) = *next;
                back |= to == state;
                if !found.contains(&to) {
                    found.push(to);
                }
            }
        }
        self.round.insert(state, back);
        Ok(back)
    }

    /// Is this somewhere new for the chain (rule 9), and is the chain not too long?
    fn is_new(&mut self, to: StateId, route: &Route) -> bool {
        if self.automaton.is_unseen(to) || (self.loops && route.states.contains(&to)) {
            return false;
        }
        if route.states.len() as u32 > self.longest {
            self.cut = true;
            return false;
        }
        true
    }

    /// Every chain of steps that makes what was added at this place a loop.
    fn return_home(
        &mut self,
        level: &Level,
        mut past: Past,
        place: usize,
        route: &mut Route,
        into: &mut Vec<Past>,
    ) -> Result<(), Limit> {
        self.budget.spend()?;
        let End { state, bound, .. } = past.ends[place];
        if route.home == Some(state) {
            past.ends.remove(place);
            into.push(past);
            return Ok(());
        }
        route.states.push(state);
        for (next, to) in self.moves(level, &past, state, bound)? {
            if self.is_new(to, route) {
                let past = self.add(level, past.clone(), Stretch::Over(place), next, to);
                self.return_home(level, past, place, route, into)?;
            }
        }
        route.states.pop();
        Ok(())
    }

    /// A step at the end of a stretch, or of a loop.
    fn add(&mut self, level: &Level, mut past: Past, stretch: Stretch, candidate: Candidate, to: StateId) -> Past {
        let index = self.mark(&mut past, candidate);
        let end = end(level, &past, stretch);
        match stretch {
            Stretch::Present => past.state = to,
            Stretch::Over(place) => past.ends[place].state = to,
        }
        if self.loops && to != end.state {
            past.leave(End {
                before: index as u32,
                ..end
            });
        }
        past.last = self.trail.push(past.last, step(&end, index));
        self.observe(level, &mut past, stretch);
        past
    }

    /// Rule 5, where a stretch has just come to.
    fn observe(&mut self, level: &Level, past: &mut Past, stretch: Stretch) {
        let end = end(level, past, stretch);
        for &rank in &level.observers {
            if !past.done.contains(self.timeline.slot[rank as usize])
                && fits(self.timeline, rank, end.bound)
                && self
                    .automaton
                    .step(end.state, self.timeline.class[rank as usize])
                    .is_some()
            {
                self.see(past, &end, rank);
            }
        }
    }

    /// An operation that only observes takes effect at this place.
    pub(super) fn see(&mut self, past: &mut Past, end: &End, rank: u32) {
        past.done.insert(self.timeline.slot[rank as usize]);
        past.last = self
            .trail
            .push(past.last, step(end, self.timeline.index[rank as usize]));
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
    pub(super) fn tidy(&mut self, level: &Level, past: &mut Past) -> Result<(), Limit> {
        for end in std::mem::take(&mut past.ends) {
            if self.leads_on(level, past, &end)? {
                past.ends.push(end);
            }
        }
        past.ends.sort_unstable();
        for visit in std::mem::take(&mut past.visits) {
            let stands = visit.state == past.state || past.ends.iter().any(|end| end.stands_in_for(&visit));
            if !stands && self.leads_on(level, past, &visit)? && self.comes_back(level, visit.state)? {
                past.visits.push(visit);
            }
        }
        Ok(())
    }

    /// Can something be added at this place?
    fn leads_on(&mut self, level: &Level, past: &Past, end: &End) -> Result<bool, Limit> {
        let moves = self.all_moves(level, end.state)?;
        let leads_on = moves.iter().any(|next| match next {
            Move::Completed(to, ranks) => {
                let blind = self.automaton.kind(self.timeline.class[ranks[0] as usize]) == Kind::Blind;
                !(blind && self.automaton.is_unseen(*to))
                    && ranks.iter().any(|&rank| {
                        !past.done.contains(self.timeline.slot[rank as usize]) && fits(self.timeline, rank, end.bound)
                    })
            }
            &Move::Maybe(to, place) => {
                let blind = self.automaton.kind(self.timeline.maybes[place as usize].0) == Kind::Blind;
                !(blind && self.automaton.is_unseen(to))
                    && representative(self.timeline, past, place, end.bound).is_some()
            }
        });
        Ok(leads_on)
    }
}

/// What a chain has been to since it began.
#[derive(Default)]
struct Route {
    states: SmallVec<[StateId; 16]>,
    /// It is to come back to where it began.
    home: Option<StateId>,
}

impl Route {
    fn round(home: StateId) -> Self {
        Self {
            states: SmallVec::new(),
            home: Some(home),
        }
    }
}

/// What is added at such a place.
const fn step(end: &End, index: usize) -> Step {
    match end.before {
        LAST => Step::Lengthens(end.number, index),
        before => Step::Before(before, index),
    }
}

/// Where a stretch has come to, and what fits into it.
fn end(level: &Level, past: &Past, stretch: Stretch) -> End {
    match stretch {
        Stretch::Present => End {
            state: past.state,
            bound: level.now(),
            number: past.present,
            before: LAST,
        },
        Stretch::Over(place) => past.ends[place],
    }
}
