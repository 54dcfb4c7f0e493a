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

use rustc_hash::FxHashSet;

use super::{configuration::Configuration, open::Open};

/// Beyond this many configurations only equal ones are looked for: comparing all pairs would cost more than it saves.
const MOST_COMPARED: usize = 512;

/// Drops every configuration that another one dominates.
pub(super) fn prune<const WORDS: usize>(frontier: &mut Vec<Configuration<WORDS>>, open: &Open<WORDS>) {
    if frontier.len() < 2 {
        return;
    }
    let mut seen = FxHashSet::default();
    frontier.retain(|configuration| {
        let mut key = configuration.clone();
        key.last = 0;
        seen.insert(key)
    });
    if frontier.len() < 2 || frontier.len() > MOST_COMPARED {
        return;
    }
    let mut kept: Vec<Configuration<WORDS>> = Vec::with_capacity(frontier.len());
    for configuration in frontier.drain(..) {
        if !kept.iter().any(|other| dominates(other, &configuration, open)) {
            kept.retain(|other| !dominates(&configuration, other, open));
            kept.push(configuration);
        }
    }
    *frontier = kept;
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
        ahead >= 0
            && moves.members.iter().rev().all(|member| {
                ahead += i64::from(other.done.contains(member.slot)) - i64::from(one.done.contains(member.slot));
                ahead >= 0
            })
    })
}
