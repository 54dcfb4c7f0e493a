//! What is open at the present response, by what it needs and does.

use super::{
    bounds::Bound,
    configuration::{Configuration, Slots},
    paths::Paths,
    rest::Settled,
    role::{Change, Role},
};
use crate::engines::stock::view::Seen;

/// An open operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) returned: u64,
    pub(super) index: u32,
    pub(super) slot: u16,
    pub(super) bound: Bound,
}

/// Open operations that are alike, the one that returns first in front.
#[derive(Clone, Debug)]
pub(super) struct Group<K, const WORDS: usize> {
    pub(super) kind: K,
    pub(super) slots: Slots<WORDS>,
    pub(super) members: Vec<Member>,
}

/// They change the level from just this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) at: u64,
    pub(super) change: Change,
}

/// They saw a level in this range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Observer {
    pub(super) lowest: u64,
    pub(super) highest: u64,
}

impl<K: Copy + PartialEq, const WORDS: usize> Group<K, WORDS> {
    /// The place of those of a kind; it is made where there is none.
    fn place(groups: &mut Vec<Self>, kind: K) -> usize {
        groups.iter().position(|group| group.kind == kind).unwrap_or_else(|| {
            groups.push(Self {
                kind,
                slots: Slots::NONE,
                members: Vec::new(),
            });
            groups.len() - 1
        })
    }

    fn enter(groups: &mut Vec<Self>, kind: K, member: Member) {
        let place = Self::place(groups, kind);
        let Self { slots, members, .. } = &mut groups[place];
        slots.insert(member.slot);
        let place = members.partition_point(|other| (other.returned, other.index) < (member.returned, member.index));
        members.insert(place, member);
    }

    /// The slot of the operation of this index, which is of a kind.
    fn slot(groups: &[Self], kind: K, index: u32) -> Option<u16> {
        let group = groups.iter().find(|group| group.kind == kind)?;
        let member = group.members.iter().find(|member| member.index == index)?;
        Some(member.slot)
    }

    fn leave(groups: &mut [Self], slot: u16) {
        for group in groups.iter_mut().filter(|group| group.slots.contains(slot)) {
            group.slots.remove(slot);
            group.members.retain(|member| member.slot != slot);
        }
    }

    fn wider<const MORE: usize>(self) -> Group<K, MORE> {
        Group {
            kind: self.kind,
            slots: self.slots.wider(),
            members: self.members,
        }
    }
}

/// Everything open.
#[derive(Clone, Debug)]
pub(super) struct Open<const WORDS: usize> {
    /// What changes the level and says nothing about it. A move keeps its place.
    pub(super) moves: Vec<Group<Change, WORDS>>,
    /// Every indeterminate operation invoked so far, by the place of its move.
    maybes: Vec<Vec<u32>>,
    pub(super) fixed: Vec<Group<Fixed, WORDS>>,
    pub(super) observers: Vec<Group<Observer, WORDS>>,
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
            maybes: Vec::new(),
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
            moves: self.moves.into_iter().map(Group::wider).collect(),
            maybes: self.maybes,
            fixed: self.fixed.into_iter().map(Group::wider).collect(),
            observers: self.observers.into_iter().map(Group::wider).collect(),
            fixed_slots: self.fixed_slots.wider(),
            observer_slots: self.observer_slots.wider(),
            impossible: self.impossible,
            free,
        }
    }

    /// This past, where it is the only one.
    pub(super) fn settled(&self, past: &Configuration<WORDS>) -> Settled {
        let mut open = self.impossible.clone();
        let members = (self.moves.iter().map(|group| &group.members))
            .chain(self.fixed.iter().map(|group| &group.members))
            .chain(self.observers.iter().map(|group| &group.members));
        let pending = members.flatten().filter(|member| !past.done.contains(member.slot));
        open.extend(pending.map(|member| member.index));
        let maybes = self.moves.iter().zip(&self.maybes).enumerate();
        let lost = maybes.map(|(kind, (moves, maybes))| (moves.kind, maybes[past.taken(kind) as usize..].to_vec()));
        Settled {
            level: past.level,
            open,
            lost: lost.collect(),
        }
    }

    /// Which of the moves makes this change; one is made where there is none.
    fn move_of(&mut self, change: Change) -> usize {
        let kind = Group::place(&mut self.moves, change);
        self.maybes.resize(self.moves.len(), Vec::new());
        kind
    }

    /// `seen` is invoked. There are never more open at once than [`Self::SLOTS`].
    pub(super) fn enter(&mut self, seen: &Seen, bound: Bound) {
        let role = Role::of(seen.what);
        if role == Role::Impossible {
            self.impossible.push(seen.index);
            return;
        }
        if let Role::Move(change) = role {
            let kind = self.move_of(change);
            if seen.is_indeterminate() {
                self.maybes[kind].push(seen.index);
                return;
            }
        }
        let slot = self.free.pop().expect("the slots suffice for all that is open at once");
        let member = Member {
            returned: seen.returned,
            index: seen.index,
            slot,
            bound,
        };
        match role {
            Role::Move(change) => Group::enter(&mut self.moves, change, member),
            Role::Fixed { at, change } => {
                self.fixed_slots.insert(slot);
                Group::enter(&mut self.fixed, Fixed { at, change }, member);
            }
            Role::Observer { lowest, highest } => {
                self.observer_slots.insert(slot);
                Group::enter(&mut self.observers, Observer { lowest, highest }, member);
            }
            Role::Impossible => {}
        }
    }

    /// The slot of an open operation.
    pub(super) fn slot(&self, role: Role, index: u32) -> u16 {
        let slot = match role {
            Role::Move(change) => Group::slot(&self.moves, change, index),
            Role::Fixed { at, change } => Group::slot(&self.fixed, Fixed { at, change }, index),
            Role::Observer { lowest, highest } => Group::slot(&self.observers, Observer { lowest, highest }, index),
            Role::Impossible => None,
        };
        slot.expect("an operation that returns is open")
    }

    /// The operation in this slot has returned.
    pub(super) fn leave(&mut self, role: Role, slot: u16) {
        self.free.push(slot);
        match role {
            Role::Move(_) => Group::leave(&mut self.moves, slot),
            Role::Fixed { .. } => {
                self.fixed_slots.remove(slot);
                Group::leave(&mut self.fixed, slot);
                self.fixed.retain(|group| !group.members.is_empty());
            }
            Role::Observer { .. } => {
                self.observer_slots.remove(slot);
                Group::leave(&mut self.observers, slot);
                self.observers.retain(|group| !group.members.is_empty());
            }
            Role::Impossible => {}
        }
    }

    /// Every observer that the level suits is done: it is open, and it changes nothing.
    pub(super) fn observe(&self, configuration: &mut Configuration<WORDS>, paths: &mut Paths) {
        if self.observer_slots.within(&configuration.done) {
            return;
        }
        for group in &self.observers {
            let Observer { lowest, highest } = group.kind;
            if (lowest..=highest).contains(&configuration.level) && !group.slots.within(&configuration.done) {
                for member in &group.members {
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
        let slots = &self.moves[kind].slots;
        let open = slots.len() - configuration.done.and(slots).len();
        u64::from(open) + self.maybes[kind].len() as u64 - u64::from(configuration.taken(kind))
    }

    /// So many of a move take effect: the open ones that return first, and then the next indeterminate ones. There must be
    /// as many left, and the level must allow them.
    ///
    /// Where an open operation says that it made just this change from just this level, and returns no later, it goes in
    /// place of the move: see [`dominance`](super::dominance).
    pub(super) fn make(&self, kind: usize, count: u64, configuration: &mut Configuration<WORDS>, paths: &mut Paths) {
        let moves = &self.moves[kind];
        let before = configuration.done;
        let mut open = moves
            .members
            .iter()
            .filter(|member| !before.contains(member.slot))
            .peekable();
        for _ in 0..count {
            let returns = open.peek().map_or(u64::MAX, |member| member.returned);
            let told = self.next_fixed(configuration, moves.kind);
            let index = if let Some(member) = told.filter(|told| told.returned <= returns).or_else(|| open.next()) {
                configuration.done.insert(member.slot);
                member.index
            } else {
                if configuration.taken.len() <= kind {
                    configuration.taken.resize(kind + 1, 0);
                }
                let next = configuration.taken[kind];
                configuration.taken[kind] += 1;
                self.maybes[kind][next as usize]
            };
            configuration.last = paths.push(configuration.last, index);
            let made = configuration.apply(moves.kind);
            debug_assert!(made, "the level must allow the move");
            self.observe(configuration, paths);
        }
    }

    /// Of those that say they made this change from the present level, the one that returns first.
    fn next_fixed(&self, configuration: &Configuration<WORDS>, change: Change) -> Option<&Member> {
        let at = configuration.level;
        let members = &self
            .fixed
            .iter()
            .find(|group| group.kind == Fixed { at, change })?
            .members;
        members.iter().find(|member| !configuration.done.contains(member.slot))
    }

    /// Can every open operation that asks for a level still find it? See [`bounds`](super::bounds).
    pub(super) fn has_future(&self, configuration: &Configuration<WORDS>) -> bool {
        let (done, level, gone) = (&configuration.done, configuration.level, configuration.gone);
        let allowed = |members: &[Member]| allowed(members, done, level, gone);
        self.fixed_have_future(done, level, gone)
            && self.observers.iter().all(|group| allowed(&group.members))
            && self
                .moves
                .iter()
                .filter(|moves| moves.kind.down)
                .all(|moves| allowed(&moves.members))
    }

    /// Those of them that say which level they left.
    pub(super) fn fixed_have_future(&self, done: &Slots<WORDS>, level: u64, gone: u64) -> bool {
        self.fixed
            .iter()
            .all(|group| allowed(&group.members, done, level, gone))
    }
}

/// Can the open ones of these, which ask alike, still find what they ask for? The bound of the one that returns first is the
/// strictest.
fn allowed<const WORDS: usize>(members: &[Member], done: &Slots<WORDS>, level: u64, gone: u64) -> bool {
    let first = members.iter().find(|member| !done.contains(member.slot));
    first.is_none_or(|first| first.bound.allows(level, gone))
}
