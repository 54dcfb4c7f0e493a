//! Configurations that another makes superfluous.
//!
//! P dominates Q, two configurations at the same response, when whatever Q can do P can do, too:
//! * P has done every observer that Q has;
//! * P has done every operation that Q has and that says which level it left;
//! * of each change of the level, P can do what Q still has to do, and no earlier: counted from the one that returns last
//!   (indeterminate ones never return, so they come first), P never has fewer moves left than Q has moves and operations
//!   that P has done and that say which level they left. Then P can make at once what Q has made more, and is at the same
//!   level, as the level follows from what has been done. From there on it follows Q: each time Q makes a move, or does
//!   what P has done before, P makes a move that returns no earlier. The extra moves do not take the level below 0: ups
//!   are made first, and Q is not below 0.
//!
//! So an operation that says that it made just this change goes in place of a move, where it is needed: whatever it left
//! undone can be made up by that move.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::{
    configuration::{Configuration, Slots},
    open::Open,
    role::Change,
};
use crate::engines::{Limit, budget::Budget};

/// With this many kept that can be compared, only those with as many of each move made are compared: comparing all pairs
/// would cost more than it saves.
const MOST_COMPARED: usize = 1024;

/// How many of each move a configuration has made, as far as they are open or indeterminate, in lanes of 16 bits. Several
/// moves may share a lane, and a sum that does not fit is the largest that does: what dominates has no larger lane.
type Made = [u16; 8];

/// Drops every configuration that another one dominates. Those with fewer moves made come first in what is left.
pub(super) fn prune<const WORDS: usize>(
    frontier: &mut Vec<Configuration<WORDS>>,
    open: &Open<WORDS>,
    budget: &mut Budget,
) -> Result<(), Limit> {
    if frontier.len() < 2 {
        return Ok(());
    }
    let lanes = Lanes::of(open);
    let distinct: IndexSet<Configuration<WORDS>, FxBuildHasher> = frontier.drain(..).collect();
    let mut keyed: Vec<(u32, Made, Configuration<WORDS>)> = Vec::with_capacity(distinct.len());
    for configuration in distinct {
        budget.step()?;
        let (total, made) = count(&configuration, open);
        keyed.push((total, made, configuration));
    }
    // What dominates has made no more.
    keyed.sort_by_key(|&(total, ..)| total);
    let mut kept: Vec<(Made, Configuration<WORDS>)> = Vec::with_capacity(keyed.len());
    let mut alike: FxHashMap<(Slots<WORDS>, Made), Vec<usize>> = FxHashMap::default();
    // Those that have done the same of what says which level it left, and those that have changed the level equally often.
    let mut by_fixed: FxHashMap<Slots<WORDS>, Vec<usize>> = FxHashMap::default();
    let mut by_changes: FxHashMap<(Slots<WORDS>, Made), Vec<usize>> = FxHashMap::default();
    for (_, made, configuration) in keyed {
        budget.step()?;
        let fixed = configuration.done.and(&open.fixed_slots);
        let same = alike.entry((fixed, made)).or_default();
        let comparable = by_fixed.entry(fixed).or_default();
        let dominated_by = |at: &usize| {
            let (fewer, other) = &kept[*at];
            fewer.iter().zip(&made).all(|(fewer, most)| fewer <= most) && dominates(other, &configuration, open)
        };
        if same.iter().any(dominated_by) || comparable.iter().take(MOST_COMPARED).any(dominated_by) {
            continue;
        }
        let changes = lanes.as_ref().map(|lanes| lanes.changes(&configuration, made));
        let mut changed = changes.map(|changes| by_changes.entry(changes).or_default());
        if let Some(changed) = &changed
            && changed.iter().take(MOST_COMPARED).any(dominated_by)
        {
            continue;
        }
        // Two with as many made may compare either way.
        if let Some(&at) = same.iter().find(|&&at| dominates(&configuration, &kept[at].1, open)) {
            kept[at].1 = configuration;
        } else {
            same.push(kept.len());
            comparable.push(kept.len());
            if let Some(changed) = &mut changed {
                changed.push(kept.len());
            }
            kept.push((made, configuration));
        }
    }
    frontier.extend(kept.into_iter().map(|(_, configuration)| configuration));
    Ok(())
}

/// Of what says which level it left: in which lane the moves are that make the same change.
struct Lanes<const WORDS: usize> {
    lanes: Vec<(usize, Slots<WORDS>)>,
    /// What no move can make up for.
    others: Slots<WORDS>,
}

impl<const WORDS: usize> Lanes<WORDS> {
    /// `None` where no move can make up for any.
    fn of(open: &Open<WORDS>) -> Option<Self> {
        let mut lanes: Vec<(usize, Slots<WORDS>)> = Vec::new();
        let mut others = Slots::NONE;
        for group in &open.fixed {
            let lane = open.moves.iter().position(|moves| moves.kind == group.kind.change);
            let slots = match lane {
                None => &mut others,
                Some(lane) => {
                    let place = lanes.iter().position(|&(known, _)| known == lane).unwrap_or_else(|| {
                        lanes.push((lane, Slots::NONE));
                        lanes.len() - 1
                    });
                    &mut lanes[place].1
                }
            };
            for member in &group.members {
                slots.insert(member.slot);
            }
        }
        (!lanes.is_empty()).then_some(Self { lanes, others })
    }

    /// How often the level has changed in each way, and what has been done that no move can make up for.
    fn changes(&self, configuration: &Configuration<WORDS>, made: Made) -> (Slots<WORDS>, Made) {
        let mut changes = made;
        for (lane, slots) in &self.lanes {
            let done = u16::try_from(configuration.done.and(slots).len()).unwrap_or(u16::MAX);
            changes[lane % 8] = changes[lane % 8].saturating_add(done);
        }
        (configuration.done.and(&self.others), changes)
    }
}

fn count<const WORDS: usize>(configuration: &Configuration<WORDS>, open: &Open<WORDS>) -> (u32, Made) {
    let mut made = Made::default();
    let mut total = 0_u32;
    for (kind, moves) in open.moves.iter().enumerate() {
        let sum = configuration
            .taken(kind)
            .saturating_add(configuration.done.and(&moves.slots).len());
        total = total.saturating_add(sum);
        made[kind % 8] = made[kind % 8].saturating_add(u16::try_from(sum).unwrap_or(u16::MAX));
    }
    (total, made)
}

fn dominates<const WORDS: usize>(one: &Configuration<WORDS>, other: &Configuration<WORDS>, open: &Open<WORDS>) -> bool {
    let (mine, theirs) = (one.done.and(&open.fixed_slots), other.done.and(&open.fixed_slots));
    if !other.done.and(&open.observer_slots).within(&one.done) || !theirs.within(&mine) {
        return false;
    }
    // What the other still has to do and says which level it left: its change, and when it returns.
    let mut ahead_of: SmallVec<[(Change, u64); 8]> = SmallVec::new();
    if mine != theirs {
        for group in &open.fixed {
            let change = group.kind.change;
            let changes = open.moves.iter().any(|moves| moves.kind == change);
            for member in &group.members {
                if one.done.contains(member.slot) && !other.done.contains(member.slot) {
                    if !changes {
                        return false;
                    }
                    ahead_of.push((change, member.returned));
                }
            }
        }
        ahead_of.sort_unstable_by_key(|&(_, returned)| returned);
    }
    open.moves.iter().enumerate().all(|(kind, moves)| {
        let mut ahead = i64::from(other.taken(kind)) - i64::from(one.taken(kind));
        let mut told = ahead_of
            .iter()
            .rev()
            .filter(|(change, _)| *change == moves.kind)
            .peekable();
        if ahead < 0 {
            return false;
        }
        for member in moves.members.iter().rev() {
            while told.next_if(|&&(_, returned)| returned >= member.returned).is_some() {
                ahead -= 1;
            }
            if ahead < 0 {
                return false;
            }
            ahead += i64::from(other.done.contains(member.slot)) - i64::from(one.done.contains(member.slot));
            if ahead < 0 {
                return false;
            }
        }
        ahead >= told.count() as i64
    })
}

#[cfg(test)]
mod tests {
    use oversell_spec::Stock;
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use crate::engines::{
        Limits,
        families::{
            stress::{Stress, with_and_without_lies},
            truth::Truth,
        },
        stock::check_stock,
    };

    /// Where much is told and much is lost, what is told often goes in place of what is lost.
    #[test]
    fn told_operations_in_place_of_lost_ones_change_no_verdict() {
        let mut random = SmallRng::seed_from_u64(47);
        let mut seen = [0; 2];
        for _ in 0..1_500 {
            let stress = Stress {
                operations: random.random_range(5..=9),
                clients: random.random_range(2..=6),
                initial: random.random_range(0..4),
                reads: 0.1,
                restocks: 0.4,
                lost: 0.35,
                told: 0.8,
                most_quantity: random.random_range(1..=2),
                most_restocked: random.random_range(1..=2),
            };
            for history in with_and_without_lies(stress.history(&mut random)) {
                let stock = Stock::new(stress.initial);
                let truth = Truth::of(&stock, &history);
                let verdict = check_stock(stress.initial, &history, &Limits::default());
                assert_eq!(truth.confirm("the engine", &verdict), Ok(()), "{stress:?} {history:#?}");
                seen[usize::from(truth.is_linearizable())] += 1;
            }
        }
        assert!(seen.iter().all(|&seen| seen > 500), "{seen:?}");
    }
}
