//! `window`: every order of a part of the history dies.
//!
//! The part begins with an operation `a` whose answer leaves few states possible (or with the beginning), and ends with the
//! response of another (or with the end). From each of these states, every order is tried.
//!
//! **Sound.** Take any linearization of the whole. What stands after `a` in it, and has been invoked by the end of the
//! part, is an order of the following kind, which starts in a state that `a` left. It leaves out what had returned before
//! `a` was invoked; it may have what overlaps `a`, each at most once and within its interval; it has everything that was
//! invoked after `a` returned and returned by the end; it may have what had not returned by then, with the answer it got
//! later. All orders of this kind are looked for, so if there is none, there is no linearization. Answers are made weaker
//! (`Provable::weaker`), and that an operation which overlaps `a` must stand either before or after it is used only for what
//! stands after: both let more orders live.
//!
//! **The search** goes from response to response and keeps every past: the state, and which of the open operations have
//! taken effect. A past that has not done the operation that returns is continued by every sequence of open operations that
//! ends with it: others can wait until a response needs them (Lowe's just-in-time rule). Two rules keep pasts few.
//! *Observers*, which change no state, are done as soon as the state suits them; that only rids a past of a duty. Of open
//! operations with the same argument and answer that are either all bound to take effect after `a` or all free to, the one
//! that returns first goes first: in any order, two such can change places if both are open.

use rustc_hash::FxHashSet;

use super::{outcome::Outcome, spec::Provable};
use crate::history::Operation;

/// Most pasts looked at.
pub(in crate::certificate) const MOST_CONFIGURATIONS: usize = 2_000_000;
/// Most operations open at one time: a bit each.
const MOST_OPEN: usize = u128::BITS as usize;

pub(super) fn dies<S: Provable>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    from: Option<usize>,
    to: Option<usize>,
    limit: usize,
) -> Outcome {
    let mut start = (0, 0);
    let mut states = vec![initial.clone()];
    if let Some(index) = from {
        let Some((operation, response)) = operations
            .get(index)
            .and_then(|operation| Some((operation, operation.response.as_ref()?)))
        else {
            return Outcome::Refuted;
        };
        states = S::left_by(&operation.op, &response.ret);
        start = (operation.invoked, response.at);
        if states.is_empty() {
            return Outcome::Refuted;
        }
    }
    let end = match to {
        None => u64::MAX,
        Some(index) => match operations.get(index).and_then(|operation| operation.response.as_ref()) {
            Some(response) => response.at,
            None => return Outcome::Refuted,
        },
    };
    let mut events = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let over_before = from.is_some() && operation.returned() < start.0;
        if over_before || operation.invoked > end || Some(index) == from {
            continue;
        }
        // Invocations come before responses of the same time: intervals are closed.
        events.push((operation.invoked, false, index));
        if let Some(response) = &operation.response
            && response.at <= end
        {
            events.push((response.at, true, index));
        }
    }
    events.sort_unstable();
    let mut search = Search {
        operations,
        free_until: from.map(|_| start.1),
        end,
        open: Vec::new(),
        used: 0,
        kinds: 0,
        pasts: states.into_iter().map(|state| (0, state)).collect(),
        left: limit,
    };
    for (_, is_response, index) in events {
        let enough = if is_response {
            search.respond(index)
        } else {
            search.invoke(index)
        };
        if !enough {
            return Outcome::TooLarge;
        }
        if search.pasts.is_empty() {
            return Outcome::Confirmed;
        }
    }
    Outcome::Refuted
}

/// Which of the open operations have taken effect, a bit each, and the state.
type Past<S> = (u128, S);

/// An open operation.
struct Open<Op, Ret> {
    index: usize,
    op: Op,
    ret: Option<Ret>,
    returned: u64,
    /// The bit that says that it took effect.
    bit: u128,
    /// May it have taken effect before the part began?
    free: bool,
    only_looks: bool,
    /// The same for those that can change places.
    kind: u64,
}

struct Search<'a, S: Provable> {
    operations: &'a [Operation<S::Op, S::Ret>],
    /// What was invoked up to then may have taken effect before the part began.
    free_until: Option<u64>,
    /// When the part ends.
    end: u64,
    /// Those that return first first.
    open: Vec<Open<S::Op, S::Ret>>,
    /// The bits of the open operations.
    used: u128,
    kinds: u64,
    pasts: FxHashSet<Past<S>>,
    /// How many more pasts may be looked at.
    left: usize,
}

impl<S: Provable> Search<'_, S> {
    /// Says whether there was room.
    fn invoke(&mut self, index: usize) -> bool {
        let operation = &self.operations[index];
        let free = self.free_until.is_some_and(|until| operation.invoked <= until);
        let ret = operation.response.as_ref().map(|response| S::weaker(&response.ret));
        let returned = operation.returned();
        let only_looks = S::only_looks(&operation.op, ret.as_ref());
        if only_looks && (free || ret.is_none() || returned > self.end) {
            // It needs no place in any order, and changes nothing.
            return true;
        }
        let slot = self.used.trailing_ones() as usize;
        if slot >= MOST_OPEN {
            return false;
        }
        let same = |open: &&Open<_, _>| open.free == free && open.op == operation.op && open.ret == ret;
        let kind = self.open.iter().find(same).map(|open| open.kind).unwrap_or_else(|| {
            self.kinds += 1;
            self.kinds
        });
        let place = self.open.partition_point(|open| open.returned <= returned);
        let bit = 1 << slot;
        self.used |= bit;
        self.open.insert(
            place,
            Open {
                index,
                op: operation.op.clone(),
                ret,
                returned,
                bit,
                free,
                only_looks,
                kind,
            },
        );
        true
    }

    /// Keeps the pasts in which this operation took effect, and those in which it may have done so before. Says whether the
    /// limit allowed it.
    fn respond(&mut self, index: usize) -> bool {
        let Some(place) = self.open.iter().position(|open| open.index == index) else {
            return true;
        };
        let (bit, free) = (self.open[place].bit, self.open[place].free);
        let mut kept = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut stack: Vec<Past<S>> = Vec::new();
        for past in std::mem::take(&mut self.pasts) {
            if free && past.0 & bit == 0 {
                kept.insert(past.clone());
            }
            stack.push(self.observed(past));
        }
        while let Some(past) = stack.pop() {
            if past.0 & bit != 0 {
                kept.insert((past.0 & !bit, past.1));
                continue;
            }
            if !seen.insert(past.clone()) {
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                return false;
            };
            self.left = left;
            self.continue_into(&past, &mut stack);
        }
        self.open.remove(place);
        self.used &= !bit;
        self.pasts = kept;
        true
    }

    /// Every past that has one more operation than this one.
    fn continue_into(&self, (done, state): &Past<S>, to: &mut Vec<Past<S>>) {
        let mut tried = Vec::new();
        for open in &self.open {
            if open.only_looks || done & open.bit != 0 || tried.contains(&open.kind) {
                continue;
            }
            tried.push(open.kind);
            let mut after = state.clone();
            let accepted = match &open.ret {
                Some(ret) => after.is_valid_step(&open.op, ret),
                None => {
                    after.invoke(&open.op);
                    after != *state
                }
            };
            if accepted {
                to.push(self.observed((done | open.bit, after)));
            }
        }
    }

    /// With all observers done that the state suits.
    fn observed(&self, (mut done, state): Past<S>) -> Past<S> {
        for open in self.open.iter().filter(|open| open.only_looks) {
            if let Some(ret) = &open.ret
                && done & open.bit == 0
                && state.clone().is_valid_step(&open.op, ret)
            {
                done |= open.bit;
            }
        }
        (done, state)
    }
}
