//! The walk from response to response.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::{
    bounds::Bound,
    configuration::{Configuration, Slots},
    crossings::{Ahead, Lookout},
    dominance,
    jumps::{Jump, Step, jumps},
    open::{Fixed, Open},
    paths::{Paths, START},
    rest::Settled,
    role::{Change, Role},
};
use crate::engines::{Limit, budget::Budget, stock::view::Seen, stopped::Stopped};

/// Levels that somebody needs.
type Targets = SmallVec<[(u64, u64); 16]>;

#[derive(Clone)]
pub(super) struct Walk<'a, const WORDS: usize> {
    /// Most configurations kept; with fewer than there are, an order found is one, but none found means nothing.
    pub(super) width: usize,
    /// Some were not kept.
    pub(super) narrowed: bool,
    /// What is spent includes what was spent on steps taken back.
    pub(super) budget: Budget,
    /// What all operations ask for that are not invoked yet.
    later: Bound,
    /// And how they can get there, where the whole history is known: pasts from which they cannot are dropped.
    ahead: Option<Ahead<'a>>,
    pub(super) open: Open<WORDS>,
    frontier: Vec<Configuration<WORDS>>,
    paths: Paths,
    /// At the present response: configurations that are to be continued, each once, and those of them that still are, by place.
    waiting: Vec<usize>,
    seen: IndexSet<Configuration<WORDS>, FxBuildHasher>,
    reached: Vec<Configuration<WORDS>>,
}

/// The only past that was left at a response, and what was open.
pub(super) struct Settlement<const WORDS: usize> {
    past: Configuration<WORDS>,
    open: Open<WORDS>,
    /// How many operations had taken effect.
    order: usize,
    /// Some pasts had been dropped on the way: there may have been others.
    pub(super) narrowed: bool,
}

impl<const WORDS: usize> Settlement<WORDS> {
    pub(super) fn settled(&self) -> Settled {
        self.open.settled(&self.past)
    }
}

impl<'a, const WORDS: usize> Walk<'a, WORDS> {
    pub(super) fn new(initial: u64, width: usize, budget: Budget, paths: Paths, ahead: Option<Ahead<'a>>) -> Self {
        let start = Configuration {
            done: Slots::NONE,
            taken: SmallVec::new(),
            level: initial,
            gone: 0,
            last: START,
        };
        Self {
            width,
            narrowed: false,
            budget,
            later: Bound::NONE,
            ahead,
            open: Open::new(),
            frontier: vec![start],
            paths,
            waiting: Vec::new(),
            seen: IndexSet::default(),
            reached: Vec::new(),
        }
    }

    /// `seen` is invoked; `bound` is what it asks for.
    pub(super) fn invoke(&mut self, seen: &Seen, bound: Bound) {
        if let Some(ahead) = &mut self.ahead {
            ahead.count(seen, 1);
        }
        self.open.enter(seen, bound);
    }

    /// The operation `index` returns; `later` is what all operations ask for that are not invoked yet, as far as that
    /// is known.
    pub(super) fn respond(&mut self, role: Role, index: u32, later: Bound) -> Result<(), Stopped> {
        if role == Role::Impossible {
            return Err(Stopped::Refuted);
        }
        let slot = self.open.slot(role, index);
        self.later = later;
        self.seen.clear();
        for mut configuration in std::mem::take(&mut self.frontier) {
            self.budget.step()?;
            if !configuration.done.contains(slot) {
                self.open.observe(&mut configuration, &mut self.paths);
            }
            self.arrive(configuration, slot);
        }
        let stands = self.waiting.is_empty();
        while let Some(place) = self.waiting.pop() {
            if self.reached.len() / 4 >= self.width {
                self.narrowed = true;
                self.waiting.clear();
                break;
            }
            self.budget.spend()?;
            let configuration = self.seen[place].clone();
            self.proceed(&configuration, role, index, slot)?;
        }
        self.open.leave(role, slot);
        std::mem::swap(&mut self.frontier, &mut self.reached);
        // Where all had done it, they differ and compare as before.
        if !stands {
            dominance::prune(&mut self.frontier, &self.open, &mut self.budget)?;
            self.narrow();
        }
        match self.frontier.as_mut_slice() {
            [] => return Err(Stopped::Refuted),
            [only] => self.paths.settle(&mut only.last),
            several => self
                .paths
                .tidy(several.iter_mut().map(|configuration| &mut configuration.last)),
        }
        Ok(())
    }

    /// Where the walk can go back to, if that is here: one past is left.
    pub(super) fn settlement(&self) -> Option<Settlement<WORDS>> {
        match self.frontier.as_slice() {
            [only] => Some(Settlement {
                past: only.clone(),
                open: self.open.clone(),
                order: self.paths.settled()?,
                narrowed: self.narrowed,
            }),
            _ => None,
        }
    }

    /// Goes back to a place that it came by, with another width. What was invoked since is told one by one: see
    /// [`take_back`](Self::take_back).
    pub(super) fn go_back(&mut self, to: &Settlement<WORDS>, width: usize) {
        self.width = width;
        self.narrowed = to.narrowed;
        self.open = to.open.clone();
        self.frontier = vec![to.past.clone()];
        self.paths.go_back(to.order);
        self.waiting.clear();
        self.reached.clear();
    }

    /// `seen`, which was invoked since the place that the walk went back to, is not invoked yet.
    pub(super) fn take_back(&mut self, seen: &Seen) {
        if let Some(ahead) = &mut self.ahead {
            ahead.count(seen, -1);
        }
    }

    /// Keeps as many as may be kept, from those that made the fewest moves to those that made the most.
    fn narrow(&mut self) {
        let len = self.frontier.len();
        if len > self.width {
            self.narrowed = true;
            for place in 0..self.width {
                self.frontier.swap(place, place * len / self.width);
            }
            self.frontier.truncate(self.width);
        }
    }

    /// The only past there can have been, if there is only one: the level, and what has not taken effect.
    pub(super) fn settled(&self) -> Option<Settled> {
        match self.frontier.as_slice() {
            [only] => Some(self.open.settled(only)),
            _ => None,
        }
    }

    /// The same with room for more open operations; between two responses.
    pub(super) fn wider<const MORE: usize>(self) -> Walk<'a, MORE> {
        let frontier = self.frontier.into_iter().map(|past| Configuration {
            done: past.done.wider(),
            taken: past.taken,
            level: past.level,
            gone: past.gone,
            last: past.last,
        });
        Walk {
            width: self.width,
            narrowed: self.narrowed,
            budget: self.budget,
            later: self.later,
            ahead: self.ahead,
            open: self.open.wider(),
            frontier: frontier.collect(),
            paths: self.paths,
            waiting: Vec::new(),
            seen: IndexSet::default(),
            reached: Vec::new(),
        }
    }

    /// The order of what has taken effect.
    pub(super) fn finish(self) -> Vec<usize> {
        let last = self.frontier.first().map_or(START, |configuration| configuration.last);
        self.paths.finish(last)
    }

    /// Every next step of a configuration in which the operation that returns has not taken effect.
    fn proceed(&mut self, from: &Configuration<WORDS>, role: Role, index: u32, slot: u16) -> Result<(), Limit> {
        // The operation itself, where the level allows it.
        let itself = match role {
            Role::Move(change) => Some(change),
            Role::Fixed { at, change } if at == from.level => Some(change),
            _ => None,
        };
        let mut next = from.clone();
        if itself.is_some_and(|change| next.apply(change)) {
            next.done.insert(slot);
            next.last = self.paths.push(next.last, index);
            self.enter(from.level, next, slot);
        }
        // Others that stand at this level. Of those alike only the one that returns first.
        let alike = |change: Change| role == Role::Fixed { at: from.level, change };
        for place in 0..self.open.fixed.len() {
            let group = &self.open.fixed[place];
            let Fixed { at, change } = group.kind;
            if at != from.level || alike(change) {
                continue;
            }
            let first = group.members.iter().find(|member| !from.done.contains(member.slot));
            let Some(&first) = first else { continue };
            let mut next = from.clone();
            if next.apply(change) {
                next.done.insert(first.slot);
                next.last = self.paths.push(next.last, first.index);
                self.open.observe(&mut next, &mut self.paths);
                self.enter(from.level, next, slot);
            }
        }
        let mut steps = self.steps(from, role);
        if !steps.is_empty() {
            for (lowest, highest) in self.targets(from, role) {
                self.jump(from, &mut steps, slot, lowest, highest)?;
            }
        }
        Ok(())
    }

    /// The moves that are left to `from`, but for those like the operation that returns.
    fn steps(&self, from: &Configuration<WORDS>, role: Role) -> SmallVec<[Step; 8]> {
        let kinds = self.open.moves.iter().enumerate();
        let others = kinds.filter(|(_, moves)| role != Role::Move(moves.kind));
        let steps = others.map(|(kind, moves)| {
            let by = i128::from(moves.kind.quantity);
            Step {
                kind,
                by: if moves.kind.down { -by } else { by },
                left: self.open.left(kind, from),
            }
        });
        steps.filter(|step| step.left > 0).collect()
    }

    /// The levels that an operation in line needs and that `from` is not at.
    fn targets(&self, from: &Configuration<WORDS>, role: Role) -> Targets {
        let mut targets = Targets::new();
        let mut add = |lowest: u64, highest: u64| {
            let suits = (lowest..=highest).contains(&from.level);
            if !suits && !targets.contains(&(lowest, highest)) {
                targets.push((lowest, highest));
            }
        };
        if let Role::Move(Change { down: true, quantity }) = role {
            add(quantity, u64::MAX);
        }
        for group in &self.open.observers {
            if !group.slots.within(&from.done) {
                add(group.kind.lowest, group.kind.highest);
            }
        }
        for group in &self.open.fixed {
            if !group.slots.within(&from.done) {
                add(group.kind.at, group.kind.at);
            }
        }
        targets
    }

    /// Every minimal way to bring the level of `from` between `lowest` and `highest`.
    fn jump(
        &mut self,
        from: &Configuration<WORDS>,
        steps: &mut [Step],
        slot: u16,
        lowest: u64,
        highest: u64,
    ) -> Result<(), Limit> {
        let level = i128::from(from.level);
        let (lowest, highest) = (i128::from(lowest) - level, i128::from(highest) - level);
        let found = jumps(steps, lowest, highest, &mut self.budget)?;
        for jump in found {
            self.budget.step()?;
            // Most that leads nowhere is seen before it is made.
            let (level, gone) = self.after(from, &jump);
            if !self.later.allows(level, gone) || !self.open.fixed_have_future(&from.done, level, gone) {
                continue;
            }
            let mut next = from.clone();
            for down in [false, true] {
                for &(kind, count) in jump.iter().filter(|(kind, _)| self.open.moves[*kind].kind.down == down) {
                    self.open.make(kind, count, &mut next, &mut self.paths);
                }
            }
            self.enter(from.level, next, slot);
        }
        Ok(())
    }

    /// The level after these moves, and what is gone by then.
    fn after(&self, from: &Configuration<WORDS>, jump: &Jump) -> (u64, u64) {
        let (mut down, mut up) = (0, 0);
        for &(kind, count) in jump {
            let change = self.open.moves[kind].kind;
            *(if change.down { &mut down } else { &mut up }) += change.quantity * count;
        }
        (from.level + up - down, from.gone + down)
    }

    /// `next`, which comes from the level `from`, is to be continued, or has already got where it should, if it leads anywhere.
    fn enter(&mut self, from: u64, next: Configuration<WORDS>, slot: u16) {
        if !self.later.allows(next.level, next.gone) || !self.open.has_future(&next) {
            return;
        }
        if let Some(ahead) = &self.ahead {
            let (open, past) = (&self.open, &next);
            if !(Lookout { ahead, open, past }.has_future(from)) {
                return;
            }
        }
        self.arrive(next, slot);
    }

    /// It has got where it should, or is to be continued.
    fn arrive(&mut self, mut configuration: Configuration<WORDS>, slot: u16) {
        if configuration.done.contains(slot) {
            configuration.done.remove(slot);
            self.reached.push(configuration);
            return;
        }
        let (place, new) = self.seen.insert_full(configuration);
        if new {
            self.waiting.push(place);
        }
    }
}
