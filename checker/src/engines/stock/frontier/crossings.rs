//! Pasts without a future, level by level: what has to be crossed, and what is left to cross it with.
//!
//! Between each level k and k + 1 lies a line. On its way the level crosses it down and up in turns, each time by one
//! operation. From a past above the line, up to the last operation that has returned by t: let d and u be the downs and
//! ups over the line that have not taken effect and return by t, and D and U those that are invoked by t. Only these
//! can come before that operation, so **u ≤ D** and **d − 1 ≤ U**; and where any operation that returns by t needs a level
//! below the line, 1 ≤ D. Below the line it is the other way round.
//!
//! What is missing of D or U can only be a change that says nothing about the level: it may go over any line, but one of
//! q units over no more than q of them. So at one line no more can be missing than there are such changes left, and at
//! all lines together no more than their units.
//!
//! An operation alters this only for the lines that it crosses; the others are as they were in the past before it.
//!
//! This is about answers that are still to come: a history that has no end yet has no such bounds.

use smallvec::SmallVec;

use super::{
    configuration::Configuration,
    open::{Fixed, Member, Observer, Open},
    role::{Change, Role},
};
use crate::engines::stock::{invocations::Invocations, view::Seen};

/// Where an operation crosses more lines than this, none is looked at.
const MOST_CROSSED: u64 = 8;

/// With more crossings of one line at hand than this, it is not looked at.
const MOST_AT_A_LINE: usize = 32;

/// With more lines than this between the levels that are needed, what is missing at all of them is not added up.
const MOST_BETWEEN: u64 = 1 << 10;

/// With more lines for each crossing than this, none is looked at.
const MOST_LINES: usize = 8;

/// What crosses which line in a history.
#[derive(Debug)]
pub(super) struct Crossings {
    /// The lowest line that is crossed.
    lowest: u64,
    /// For each line from there on, where it begins in `all`; and the end.
    starts: Vec<u32>,
    /// By line, then by invocation.
    all: Vec<Crossing>,
    /// The changes that say nothing, ups and downs.
    silent: [Vec<Silent>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crossing {
    /// The level below the line.
    line: u64,
    invoked: u64,
    returned: u64,
    down: bool,
}

/// A change that says nothing: when it is invoked, and the units of all up to it.
#[derive(Clone, Copy, Debug)]
struct Silent {
    invoked: u64,
    /// Wide enough for the sum of any history: what comes later is told by a difference, so it must not saturate.
    units: u128,
}

/// The lines that a change from a level crosses, each named by the level below it.
const fn lines(at: u64, change: Change) -> std::ops::Range<u64> {
    if change.down {
        at.saturating_sub(change.quantity)..at
    } else {
        at..at.saturating_add(change.quantity)
    }
}

impl Crossings {
    /// The crossings of a history; `None` where no operation says which level it left, or they are too far apart.
    pub(super) fn of(invocations: &Invocations<'_>) -> Option<Self> {
        let mut all = Vec::new();
        let mut silent = [Vec::new(), Vec::new()];
        for Seen {
            what,
            invoked,
            returned,
            ..
        } in invocations.iter()
        {
            match Role::of(what) {
                Role::Fixed { at, change } => {
                    if change.quantity > MOST_CROSSED {
                        return None;
                    }
                    all.extend(lines(at, change).map(|line| Crossing {
                        line,
                        invoked,
                        returned,
                        down: change.down,
                    }));
                }
                Role::Move(change) => {
                    let silent: &mut Vec<Silent> = &mut silent[usize::from(change.down)];
                    let before = silent.last().map_or(0, |last| last.units);
                    let units = before + u128::from(change.quantity);
                    silent.push(Silent { invoked, units });
                }
                Role::Observer { .. } | Role::Impossible => {}
            }
        }
        all.sort_unstable();
        let lowest = all.first()?.line;
        let lines = usize::try_from(all.last()?.line - lowest).ok()?.checked_add(1)?;
        if lines > all.len().saturating_mul(MOST_LINES) || u32::try_from(all.len()).is_err() {
            return None;
        }
        let mut starts = Vec::with_capacity(lines + 1);
        for (place, crossing) in all.iter().enumerate() {
            let line = (crossing.line - lowest) as usize;
            starts.resize(starts.len().max(line + 1), place as u32);
        }
        starts.push(all.len() as u32);
        Some(Self {
            lowest,
            starts,
            all,
            silent,
        })
    }
}

/// The crossings that are not invoked yet.
#[derive(Clone, Debug)]
pub(super) struct Ahead<'a> {
    crossings: &'a Crossings,
    /// For each line, the first of them.
    next: Vec<u32>,
    /// How many changes that say nothing are invoked, ups and downs.
    silent: [usize; 2],
}

impl<'a> Ahead<'a> {
    /// Nothing is invoked yet.
    pub(super) fn of(crossings: &'a Crossings) -> Self {
        Self {
            crossings,
            next: crossings.starts.clone(),
            silent: [0; 2],
        }
    }

    /// An operation is invoked, which is the next of the history: one more of what it is. Or it is not yet, after all: one less.
    pub(super) fn count(&mut self, seen: &Seen, more: i8) {
        match Role::of(seen.what) {
            Role::Fixed { at, change } => {
                for line in lines(at, change) {
                    let next = &mut self.next[(line - self.crossings.lowest) as usize];
                    *next = next.wrapping_add_signed(more.into());
                }
            }
            Role::Move(change) => {
                let silent = &mut self.silent[usize::from(change.down)];
                *silent = silent.wrapping_add_signed(more.into());
            }
            Role::Observer { .. } | Role::Impossible => {}
        }
    }

    /// What is not invoked yet, is by `until`, and crosses a line.
    fn at(&self, line: u64, until: u64) -> impl Iterator<Item = &'a Crossing> {
        let crossings = self.crossings;
        let place = line
            .checked_sub(crossings.lowest)
            .and_then(|line| usize::try_from(line).ok());
        let ends = place.and_then(|place| Some((*self.next.get(place)?, *crossings.starts.get(place + 1)?)));
        let (next, end) = ends.unwrap_or((0, 0));
        let behind = crossings.all[next as usize..end as usize].iter();
        behind.take_while(move |one| one.invoked <= until)
    }

    /// Of the changes in one direction that say nothing and are not invoked yet, but by `until`: how many, and of how many
    /// units.
    fn silent(&self, down: bool, until: u64) -> (u64, u128) {
        let (all, next) = (
            &self.crossings.silent[usize::from(down)],
            self.silent[usize::from(down)],
        );
        let count = all[next..].iter().take_while(|one| one.invoked <= until).count();
        let units_before = |end: usize| end.checked_sub(1).map_or(0, |last| all[last].units);
        (count as u64, units_before(next + count) - units_before(next))
    }
}

/// Looks from a past at what is open and what is to come.
pub(super) struct Lookout<'a, const WORDS: usize> {
    pub(super) ahead: &'a Ahead<'a>,
    pub(super) open: &'a Open<WORDS>,
    pub(super) past: &'a Configuration<WORDS>,
}

/// How many changes are missing at a line, ups and downs.
type Missing = [u64; 2];

impl<const WORDS: usize> Lookout<'_, WORDS> {
    /// Can everything open still get to the levels it needs, over the lines between the level `from` and that of the past?
    pub(super) fn has_future(&self, from: u64) -> bool {
        let (low, high) = (from.min(self.past.level), from.max(self.past.level));
        high - low > MOST_CROSSED || (low..high).all(|line| self.can_be_crossed(line))
    }

    fn can_be_crossed(&self, line: u64) -> bool {
        let Some(at) = self.at(line, u64::MAX) else {
            return true;
        };
        let ends = at.crossings.iter().map(|one| one.returned).chain([at.beyond]);
        ends.filter(|&t| t <= at.until).all(|t| {
            let missing = at.missing(t);
            missing == [0, 0] || self.can_be_filled(missing, t)
        })
    }

    /// Are there enough changes that say nothing for what is `missing` at one line, and for what is missing at all of
    /// them?
    fn can_be_filled(&self, missing: Missing, t: u64) -> bool {
        let mut units = [0; 2];
        for down in [false, true] {
            let (mut count, later) = self.ahead.silent(down, t);
            units[usize::from(down)] = later;
            for (kind, moves) in self.open.moves.iter().enumerate() {
                if moves.kind.down == down {
                    let left = self.open.left(kind, self.past);
                    count += left;
                    units[usize::from(down)] += u128::from(left) * u128::from(moves.kind.quantity);
                }
            }
            if count < missing[usize::from(down)] {
                return false;
            }
        }
        let levels = self
            .open
            .fixed
            .iter()
            .map(|group| group.kind.at)
            .chain([self.past.level]);
        let (low, high) = levels.fold((u64::MAX, 0), |(low, high), at| (low.min(at), high.max(at)));
        if high - low > MOST_BETWEEN {
            return true;
        }
        let mut missing = [0_u128; 2];
        for line in low.saturating_sub(1)..=high {
            if let Some(at) = self.at(line, t) {
                // What is to come is known no further than `until`: an earlier instant asks for no more.
                let here = at.missing(t.min(at.until));
                for way in [0, 1] {
                    missing[way] += u128::from(here[way]);
                    if missing[way] > units[way] {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// What is known of a line; of what is to come, no more than is invoked `by` an instant. `None` where nothing open has
    /// to do with it, or too much.
    fn at(&self, line: u64, by: u64) -> Option<Line> {
        let above = self.past.level > line;
        let left = |member: &&Member| !self.past.done.contains(member.slot);
        let mut crossings = SmallVec::new();
        let (mut beyond, mut until) = (u64::MAX, 0);
        let mut is_beyond = |members: &[Member]| {
            if let Some(member) = members.iter().find(left) {
                beyond = beyond.min(member.returned);
            }
        };
        for group in &self.open.fixed {
            let Fixed { at, change } = group.kind;
            if lines(at, change).contains(&line) {
                for member in group.members.iter().filter(left) {
                    until = until.max(member.returned);
                    crossings.push(Crossing {
                        line,
                        invoked: 0,
                        returned: member.returned,
                        down: change.down,
                    });
                }
            } else if (at > line) != above {
                is_beyond(&group.members);
            }
        }
        for group in &self.open.observers {
            let Observer { lowest, highest } = group.kind;
            if (above && highest <= line) || (!above && lowest > line) {
                is_beyond(&group.members);
            }
        }
        if beyond < u64::MAX {
            until = until.max(beyond);
        }
        let known = crossings.len();
        crossings.extend(self.ahead.at(line, until.min(by)).take(MOST_AT_A_LINE + 1).copied());
        let some = known > 0 || beyond < u64::MAX;
        (some && crossings.len() <= MOST_AT_A_LINE).then_some(Line {
            above,
            crossings,
            beyond,
            until,
        })
    }
}

/// A line, as a past sees it.
struct Line {
    above: bool,
    /// What crosses it and has not taken effect.
    crossings: SmallVec<[Crossing; MOST_AT_A_LINE]>,
    /// When the first open operation returns that needs a level on the other side.
    beyond: u64,
    /// When the last open operation returns that has to do with it.
    until: u64,
}

impl Line {
    /// How many ups and downs are missing up to the last operation that returns by `t`.
    fn missing(&self, t: u64) -> Missing {
        let (mut required, mut available) = ([0_u64; 2], [0_u64; 2]);
        for one in &self.crossings {
            let way = usize::from(one.down);
            required[way] += u64::from(one.returned <= t);
            available[way] += u64::from(one.invoked <= t);
        }
        let (over, back) = (usize::from(self.above), usize::from(!self.above));
        let mut missing = [0; 2];
        let first = u64::from(self.beyond <= t && t < u64::MAX);
        missing[over] = required[back].max(first).saturating_sub(available[over]);
        missing[back] = required[over].saturating_sub(available[back] + 1);
        missing
    }
}

#[cfg(test)]
mod tests {
    use oversell_spec::stock::{StockOp, StockRet};
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::engines::{
        Limits, Verdict,
        budget::Budget,
        families::{
            operation,
            stress::{Stress, with_and_without_lies},
        },
        stock::{
            check_stock,
            decision::Decision,
            frontier::{events::Events, widths},
            view::{Horizon, View},
        },
    };

    /// The levels that are needed are a thousand billion lines apart.
    #[test]
    fn levels_far_apart_take_no_time() {
        let stock = 10_u64.pow(12);
        let half = (stock / 2) as i64;
        let restocked = |at, stock| Some((at, StockRet::Restocked { stock }));
        for (level, right) in [(half + 3, true), (half + 1, false)] {
            let history = [
                operation(0, StockOp::Restock { quantity: 1 }, restocked(6, None)),
                operation(4, StockOp::Restock { quantity: 2 }, restocked(13, Some(half + 3))),
                operation(4, StockOp::Buy { quantity: stock / 2 }, None),
                operation(16, StockOp::Read, Some((17, StockRet::Stock(level)))),
            ];
            let verdict = check_stock(stock, &history, &Limits::default());
            assert_eq!(matches!(verdict, Verdict::Linearizable(_)), right, "{verdict:?}");
            assert_eq!(matches!(verdict, Verdict::Violation(_)), !right, "{verdict:?}");
        }
    }

    /// The walk without it is the oracle; that one is held against brute force.
    #[test]
    fn looking_ahead_drops_no_past_with_a_future() {
        let mut random = SmallRng::seed_from_u64(53);
        let (mut seen, mut looked) = ([0; 2], 0);
        for _ in 0..30_000 {
            let stress = Stress {
                operations: random.random_range(8..=24),
                clients: random.random_range(3..=7),
                initial: random.random_range(0..5),
                reads: 0.1,
                restocks: 0.4,
                lost: [0.0, 0.05, 0.2][random.random_range(0..3)],
                told: [1.0, 0.9, 0.6][random.random_range(0..3)],
                most_quantity: random.random_range(1..=3),
                most_restocked: random.random_range(1..=3),
            };
            for history in with_and_without_lies(stress.history(&mut random)) {
                let view = View::new(&history, Horizon::END);
                let events = Events::of(view);
                let crossings = Crossings::of(&events.invocations);
                looked += usize::from(crossings.is_some());
                let decide = |crossings| match widths::check::<1>(
                    &events,
                    crossings,
                    stress.initial,
                    Budget::new(Limits::default()),
                ) {
                    Decision::Order(_) => true,
                    Decision::Refuted(_) => false,
                    Decision::Undecided(limit) => panic!("{limit}"),
                };
                let truth = decide(None);
                assert_eq!(decide(crossings.as_ref()), truth, "{stress:?} {history:#?}");
                seen[usize::from(truth)] += 1;
            }
        }
        assert!(
            seen.iter().all(|&seen| seen > 20_000) && looked > 60_000,
            "{seen:?} {looked}"
        );
    }
}
