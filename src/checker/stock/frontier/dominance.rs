//! Configurations that another makes superfluous.
//!
//! P dominates Q, two configurations at the same response, when whatever Q can do P can do, too:
//! * P has done every observer that Q has;
//! * both have done the same operations that say which level they left;
//! * of each move, P can do what Q still has to do, and no earlier: counted from the one that returns last (indeterminate
//!   ones never return, so they come first), P never has fewer left than Q. Then P can make at once what Q has made more,
//!   and is at the same level, as the level follows from what has been done. From there on it follows Q: each time Q makes
//!   a move P makes one that returns no earlier. The extra moves do not take the level below 0: ups are made first, and
//!   Q is not below 0.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    configuration::{Configuration, Slots},
    open::Open,
};

/// With this many kept that can be compared, only those with as many of each move made are compared: comparing all pairs
/// would cost more than it saves.
const MOST_COMPARED: usize = 1024;

/// How many of each move a configuration has made, as far as they are open or indeterminate, in lanes of 16 bits. Several
/// moves may share a lane, and a sum that does not fit is the largest that does: what dominates has no larger lane.
type Made = [u16; 8];

/// Drops every configuration that another one dominates. Those with fewer moves made come first in what is left.
pub(super) fn prune<const WORDS: usize>(frontier: &mut Vec<Configuration<WORDS>>, open: &Open<WORDS>) {
    if frontier.len() < 2 {
        return;
    }
    let mut distinct = FxHashSet::default();
    let mut keyed: Vec<(u32, Made, Configuration<WORDS>)> = Vec::with_capacity(frontier.len());
    for configuration in frontier.drain(..) {
        if distinct.insert((configuration.done, configuration.taken.clone())) {
            let (total, made) = count(&configuration, open);
            keyed.push((total, made, configuration));
        }
    }
    // What dominates has made no more.
    keyed.sort_by_key(|&(total, ..)| total);
    let mut kept: Vec<(Made, Configuration<WORDS>)> = Vec::with_capacity(keyed.len());
    let mut alike: FxHashMap<(Slots<WORDS>, Made), Vec<usize>> = FxHashMap::default();
    // Only those that have done the same of what says which level it left can dominate each other.
    let mut by_fixed: FxHashMap<Slots<WORDS>, Vec<usize>> = FxHashMap::default();
    for (_, made, configuration) in keyed {
        let fixed = configuration.done.and(&open.fixed_slots);
        let same = alike.entry((fixed, made)).or_default();
        let comparable = by_fixed.entry(fixed).or_default();
        let dominated = same.iter().any(|&at| dominates(&kept[at].1, &configuration, open))
            || comparable.iter().take(MOST_COMPARED).any(|&at| {
                let (fewer, other) = &kept[at];
                fewer.iter().zip(&made).all(|(fewer, most)| fewer <= most) && dominates(other, &configuration, open)
            });
        if dominated {
            continue;
        }
        // Two with as many made may compare either way.
        if let Some(&at) = same.iter().find(|&&at| dominates(&configuration, &kept[at].1, open)) {
            kept[at].1 = configuration;
        } else {
            same.push(kept.len());
            comparable.push(kept.len());
            kept.push((made, configuration));
        }
    }
    frontier.extend(kept.into_iter().map(|(_, configuration)| configuration));
}

fn count<const WORDS: usize>(configuration: &Configuration<WORDS>, open: &Open<WORDS>) -> (u32, Made) {
    let mut made = Made::default();
    let mut total = 0_u32;
    for (kind, moves) in open.moves.iter().enumerate() {
        let taken = configuration.taken.get(kind).copied().unwrap_or(0);
        let done = configuration.done.and(&moves.slots).len();
        let sum = taken.saturating_add(done);
        total = total.saturating_add(sum);
        made[kind % 8] = made[kind % 8].saturating_add(u16::try_from(sum).unwrap_or(u16::MAX));
    }
    (total, made)
}

fn dominates<const WORDS: usize>(one: &Configuration<WORDS>, other: &Configuration<WORDS>, open: &Open<WORDS>) -> bool {
    if !other.done.and(&open.observer_slots).within(&one.done)
        || one.done.and(&open.fixed_slots) != other.done.and(&open.fixed_slots)
    {
        return false;
    }
    open.moves.iter().enumerate().all(|(kind, moves)| {
        let taken =
            |configuration: &Configuration<WORDS>| i64::from(configuration.taken.get(kind).copied().unwrap_or(0));
        let mut ahead = taken(other) - taken(one);
        let mine = one.done.and(&moves.slots);
        let theirs = other.done.and(&moves.slots);
        ahead >= 0
            && (mine == theirs
                || moves.members.iter().rev().all(|member| {
                    ahead += i64::from(other.done.contains(member.slot)) - i64::from(one.done.contains(member.slot));
                    ahead >= 0
                }))
    })
}
