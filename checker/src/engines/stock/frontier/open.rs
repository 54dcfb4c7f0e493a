//! What is open at the present response, by what it needs and does.

use super::{
    bounds::Bound,
    configuration::{Configuration, Slots},
    paths::Paths,
    role::{Change, Role},
};
use crate::engines::stock::view::{Seen, What};

/// An open operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) returned: u64,
    pub(super) index: u32,
    pub(super) slot: u16,
    pub(super) bound: Bound,
}

/// Open operations that change the level alike and say nothing, the one that returns first in front; behind them the
/// indeterminate ones, by invocation.
#[derive(Clone, Debug)]
pub(super) struct Move<const WORDS: usize> {
    pub(super) change: Change,
    pub(super) slots: Slots<WORDS>,
    pub(super) members: Vec<Member>,
    /// Every indeterminate one invoked so far.
    pub(super) maybes: Vec<u32>,
}

/// Open operations that change the level alike from the same level, the one that returns first in front.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub(super) at: u64,
    pub(super) change: Change,
    pub(super) members: Vec<Member>,
}

/// Open operations that saw the same.
#[derive(Clone, Debug)]
pub(super) struct Observer<const WORDS: usize> {
    pub(super) lowest: u64,
    pub(super) highest: u64,
    pub(super) slots: Slots<WORDS>,
    pub(super) members: Vec<Member>,
}

/// Everything open.
#[derive(Clone, Debug)]
pub(super) struct Open<const WORDS: usize> {
    pub(super) moves: Vec<Move<WORDS>>,
    pub(super) fixed: Vec<Fixed>,
    pub(super) observers: Vec<Observer<WORDS>>,
    pub(super) fixed_slots: Slots<WORDS>,
    pub(super) observer_slots: Slots<WORDS>,
    /// Those that no level explains: the walk ends with the first response to one of them.
    impossible: Vec<u32>,
    free: Vec<u16>,
}

impl<const WORDS: usize> Open<WORDS> {
    /// Most operations open at once.
    pub(super) const SLOTS: usize = 64 * WORDS;

    pub(super) fn new() -> Self {
        Self {
            moves: Vec::new(),
            fixed: Vec::new(),
            observers: Vec::new(),
            fixed_slots: Slots::NONE,
            observer_slots: Slots::NONE,
            impossible: Vec::new(),
            free: (0..Self::SLOTS as u16).rev().collect(),
        }
    }

    /// Is there no room for one more?
    pub(super) const fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    /// The same with room for more.
    pub(super) fn wider<const MORE: usize>(self) -> Open<MORE> {
        let mut free: Vec<u16> = (Self::SLOTS as u16..Open::<MORE>::SLOTS as u16).rev().collect();
        free.extend(self.free);
        Open {
            moves: self
                .moves
                .into_iter()
                .map(|kind| Move {
                    change: kind.change,
                    slots: kind.slots.wider(),
                    members: kind.members,
                    maybes: kind.maybes,
                })
                .collect(),
            fixed: self.fixed,
            observers: self
                .observers
                .into_iter()
                .map(|kind| Observer {
                    lowest: kind.lowest,
                    highest: kind.highest,
                    slots: kind.slots.wider(),
                    members: kind.members,
                })
                .collect(),
            fixed_slots: self.fixed_slots.wider(),
            observer_slots: self.observer_slots.wider(),
            impossible: self.impossible,
            free,
        }
    }

    /// The indices of what is open and has not taken effect in `configuration`.
    pub(super) fn pending(&self, configuration: &Configuration<WORDS>) -> Vec<u32> {
        let mut pending = self.impossible.clone();
        let members = (self.moves.iter().map(|kind| &kind.members))
            .chain(self.fixed.iter().map(|kind| &kind.members))
            .chain(self.observers.iter().map(|kind| &kind.members));
        for member in members.flatten() {
            if !configuration.done.contains(member.slot) {
                pending.push(member.index);
            }
        }
        pending
    }

    /// The indices of what is indeterminate and has not taken effect in `configuration`, by what it does.
    pub(super) fn lost(&self, configuration: &Configuration<WORDS>) -> Vec<(Change, Vec<u32>)> {
        let lost = self.moves.iter().enumerate().map(|(kind, moves)| {
            let taken = configuration.taken.get(kind).copied().unwrap_or(0) as usize;
            (moves.change, moves.maybes[taken..].to_vec())
        });
        lost.collect()
    }

    /// Which of the moves makes this change; one is made where there is none.
    fn move_of(&mut self, change: Change) -> usize {
        self.moves
            .iter()
            .position(|kind| kind.change == change)
            .unwrap_or_else(|| {
                self.moves.push(Move {
                    change,
                    slots: Slots::NONE,
                    members: Vec::new(),
                    maybes: Vec::new(),
                });
                self.moves.len() - 1
            })
    }

    /// `seen` is invoked. There are never more open at once than [`Self::SLOTS`].
    pub(super) fn enter(&mut self, seen: &Seen, bound: Bound) {
        let role = Role::of(seen.what);
        if let (What::MaybeBuy { .. } | What::MaybeRestock { .. }, Role::Move(change)) = (seen.what, role) {
            let kind = self.move_of(change);
            self.moves[kind].maybes.push(seen.index);
            return;
        }
        let slot = self.free.pop().expect("the slots suffice for all that is open at once");
        let member = Member {
            returned: seen.returned,
            index: seen.index,
            slot,
            bound,
        };
        let members = match role {
            Role::Move(change) => {
                let kind = self.move_of(change);
                self.moves[kind].slots.insert(slot);
                &mut self.moves[kind].members
            }
            Role::Fixed { at, change } => {
                self.fixed_slots.insert(slot);
                let found = self
                    .fixed
                    .iter()
                    .position(|kind| kind.at == at && kind.change == change);
                let kind = found.unwrap_or_else(|| {
                    self.fixed.push(Fixed {
                        at,
                        change,
                        members: Vec::new(),
                    });
                    self.fixed.len() - 1
                });
                &mut self.fixed[kind].members
            }
            Role::Observer { lowest, highest } => {
                self.observer_slots.insert(slot);
                let alike = |kind: &Observer<WORDS>| (kind.lowest, kind.highest) == (lowest, highest);
                let kind = self.observers.iter().position(alike).unwrap_or_else(|| {
                    self.observers.push(Observer {
                        lowest,
                        highest,
                        slots: Slots::NONE,
                        members: Vec::new(),
                    });
                    self.observers.len() - 1
                });
                self.observers[kind].slots.insert(slot);
                &mut self.observers[kind].members
            }
            Role::Impossible => {
                self.impossible.push(seen.index);
                self.free.push(slot);
                return;
            }
        };
        let place = members.partition_point(|other| (other.returned, other.index) < (member.returned, member.index));
        members.insert(place, member);
    }

    /// The slot of an open operation.
    pub(super) fn slot(&self, role: Role, index: u32) -> u16 {
        let members = match role {
            Role::Move(change) => self
                .moves
                .iter()
                .find(|kind| kind.change == change)
                .map(|kind| &kind.members),
            Role::Fixed { at, change } => {
                let kind = self.fixed.iter().find(|kind| kind.at == at && kind.change == change);
                kind.map(|kind| &kind.members)
            }
            Role::Observer { lowest, highest } => {
                let kind = self
                    .observers
                    .iter()
                    .find(|kind| (kind.lowest, kind.highest) == (lowest, highest));
                kind.map(|kind| &kind.members)
            }
            Role::Impossible => None,
        };
        let member = members.into_iter().flatten().find(|member| member.index == index);
        member.expect("an operation that returns is open").slot
    }

    /// The operation has returned.
    pub(super) fn leave(&mut self, role: Role, index: u32) {
        let slot = self.slot(role, index);
        self.free.push(slot);
        let others = |member: &Member| member.index != index;
        match role {
            Role::Move(change) => {
                let kind = self.move_of(change);
                self.moves[kind].slots.remove(slot);
                self.moves[kind].members.retain(others);
            }
            Role::Fixed { .. } => {
                self.fixed_slots.remove(slot);
                for kind in &mut self.fixed {
                    kind.members.retain(others);
                }
                self.fixed.retain(|kind| !kind.members.is_empty());
            }
            Role::Observer { .. } => {
                self.observer_slots.remove(slot);
                for kind in &mut self.observers {
                    if kind.slots.contains(slot) {
                        kind.slots.remove(slot);
                        kind.members.retain(others);
                    }
                }
                self.observers.retain(|kind| !kind.members.is_empty());
            }
            Role::Impossible => {}
        }
    }

    /// Every observer that the level suits is done: it is open, and it changes nothing.
    pub(super) fn observe(&self, configuration: &mut Configuration<WORDS>, paths: &mut Paths) {
        if self.observer_slots.within(&configuration.done) {
            return;
        }
        for kind in &self.observers {
            let level = configuration.level;
            if kind.lowest <= level && level <= kind.highest && !kind.slots.within(&configuration.done) {
                for member in &kind.members {
                    if !configuration.done.contains(member.slot) {
                        configuration.done.insert(member.slot);
                        configuration.last = paths.push(configuration.last, member.index);
                    }
                }
            }
        }
    }

    /// How many of a move are left to `configuration`.
    pub(super) fn left(&self, kind: usize, configuration: &Configuration<WORDS>) -> u64 {
        let kinds = &self.moves[kind];
        let open = kinds.slots.len() - configuration.done.and(&kinds.slots).len();
        let taken = configuration.taken.get(kind).copied().unwrap_or(0);
        u64::from(open) + kinds.maybes.len() as u64 - u64::from(taken)
    }

    /// So many of a move take effect: the open ones that return first, and then the next indeterminate ones. There must be
    /// as many left, and the level must allow them.
    ///
    /// Where an open operation says that it made just this change from just this level, and returns no later, it goes in
    /// place of the move: see [`dominance`](super::dominance).
    pub(super) fn make(&self, kind: usize, count: u64, configuration: &mut Configuration<WORDS>, paths: &mut Paths) {
        let kinds = &self.moves[kind];
        let before = configuration.done;
        let mut open = kinds
            .members
            .iter()
            .filter(|member| !before.contains(member.slot))
            .peekable();
        for _ in 0..count {
            let returns = open.peek().map_or(u64::MAX, |member| member.returned);
            let told = self.next_fixed(configuration, kinds.change);
            let index = if let Some(member) = told.filter(|told| told.returned <= returns).or_else(|| open.next()) {
                configuration.done.insert(member.slot);
                member.index
            } else {
                if configuration.taken.len() <= kind {
                    configuration.taken.resize(kind + 1, 0);
                }
                let next = configuration.taken[kind];
                configuration.taken[kind] += 1;
                kinds.maybes[next as usize]
            };
            configuration.last = paths.push(configuration.last, index);
            let made = configuration.apply(kinds.change);
            debug_assert!(made, "the level must allow the move");
            self.observe(configuration, paths);
        }
    }

    /// Of those that say they made this change from the present level, the one that returns first.
    fn next_fixed(&self, configuration: &Configuration<WORDS>, change: Change) -> Option<&Member> {
        let alike = |kind: &&Fixed| kind.at == configuration.level && kind.change == change;
        let members = &self.fixed.iter().find(alike)?.members;
        members.iter().find(|member| !configuration.done.contains(member.slot))
    }

    /// Can every open operation that asks for a level still find it? See [`bounds`](super::bounds).
    pub(super) fn has_future(&self, configuration: &Configuration<WORDS>) -> bool {
        let (done, level, gone) = (&configuration.done, configuration.level, configuration.gone);
        let allowed = |members: &[Member]| allowed(members, done, level, gone);
        self.fixed_have_future(done, level, gone)
            && self.observers.iter().all(|kind| allowed(&kind.members))
            && self
                .moves
                .iter()
                .filter(|kind| kind.change.down)
                .all(|kind| allowed(&kind.members))
    }

    /// Those of them that say which level they left.
    pub(super) fn fixed_have_future(&self, done: &Slots<WORDS>, level: u64, gone: u64) -> bool {
        self.fixed.iter().all(|kind| allowed(&kind.members, done, level, gone))
    }
}

/// Can the open ones of these, which ask alike, still find what they ask for? The bound of the one that returns first is the
/// strictest.
fn allowed<const WORDS: usize>(members: &[Member], done: &Slots<WORDS>, level: u64, gone: u64) -> bool {
    let first = members.iter().find(|member| !done.contains(member.slot));
    first.is_none_or(|first| first.bound.allows(level, gone))
}
