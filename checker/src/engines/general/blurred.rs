//! A violation of a register, seen with most of its values blurred into one.
//!
//! To most of what is wrong with a register only one value matters, or a few: one was read that had long been overwritten. So a search
//! that gets stuck looks at these values alone. All others are one value, and a history keeps its order when it is blurred so:
//! * a write, or an answer that tells a value, is one of the blurred value;
//! * a comparison that succeeded between blurred values tells that one of them was there;
//! * one that failed tells nothing when it asked for a blurred value, and is left out.
//!
//! Nor does it have to be seen from the start. Take an order of the whole, and cut it at an instant. What is behind the cut
//! explains the answers that came later, from the value that was there, whichever it was; what was open at the instant may be in front
//! of the cut, where it is not needed, or behind it: it is kept without its answer, and what only looks is left out.
//!
//! So a blurred part without an order, whatever it began with, refutes the whole. When it only asks for what was answered by some
//! response, then that response makes the violation certain. With few values, and most operations interchangeable, the search for such an
//! order is short.

use oversell_spec::{
    Register,
    register::{RegisterOp, RegisterRet},
};
use smallvec::SmallVec;

use super::{certain::responses, explore::Explorer, foresight::Foresee, stretches, timeline::Prefix};
use crate::{
    engines::{Verdict, budget::Budget},
    history::Operation,
};

/// States that a search for the order of a blurred part may visit.
const MOST_STATES: u64 = 20_000;

/// How many steps back it is asked where a value can have come from, and how long a part is looked at for that.
const PARTS: [(usize, usize); 5] = if cfg!(test) {
    [(0, 3), (1, 3), (2, 5), (0, 8), (1, 8)]
} else {
    [(0, 128), (1, 128), (2, 128), (0, 1024), (1, 1024)]
};

/// Values that are not blurred, at most.
const MOST_VALUES: usize = 6;

/// More of what a search got stuck for is not looked at.
const MOST_CULPRITS: usize = 8;

type History = Vec<Operation<RegisterOp<u32>, RegisterRet<u32>>>;

/// A register's history that is to be refuted.
pub(super) struct Blurred {
    initial: u32,
    operations: History,
    /// By invocation.
    begun: Vec<usize>,
    /// Answers in the order of their times, each with the index of its operation.
    answered: Vec<(u64, usize)>,
    /// For each search.
    budget: Budget,
}

impl Blurred {
    /// `None` where it is not one of a register.
    pub(super) fn new<S: Foresee>(initial: &S, history: Prefix<'_, S>, budget: &Budget) -> Option<Self> {
        let numbered = initial.numbered(&history.asked(0..history.len()))?;
        let asked = numbered.operations.into_iter().enumerate();
        let operations: History = asked.map(|(index, (op, ret))| history.retold(index, op, ret)).collect();
        let mut begun: Vec<usize> = (0..operations.len()).collect();
        begun.sort_by_key(|&index| operations[index].invoked);
        Some(Self {
            answered: responses(&operations),
            initial: numbered.initial,
            operations,
            begun,
            budget: budget.at_most(MOST_STATES),
        })
    }

    /// Can the answer of one of these be refuted, each the index of an operation that has been answered? The index of the response with
    /// which that is certain.
    pub(super) fn refute(&self, culprits: &[usize]) -> Option<usize> {
        let culprits = &culprits[..culprits.len().min(MOST_CULPRITS)];
        for (steps, length) in PARTS {
            for &culprit in culprits {
                let Some(values) = self.values(culprit, steps, length) else {
                    continue;
                };
                let late = self.last_of_those_open_at(culprit);
                for last in [Some(culprit), late].into_iter().flatten() {
                    let from = self.from(culprit, length);
                    if self.is_refuted(from, last, &values) {
                        return Some(self.earliest(from, last, &values));
                    }
                }
            }
        }
        None
    }

    /// The first response up to which the part that is refuted up to the last of them is refuted already, as far as that is seen.
    fn earliest(&self, from: u64, last: usize, values: &[u32]) -> usize {
        let end = (self.operations[last].returned(), last);
        let first = self.answered.partition_point(|&(at, _)| at < from);
        let upto = self.answered.partition_point(|&answer| answer < end);
        let responses = &self.answered[first..upto];
        let (mut fine, mut refuted) = (0, responses.len());
        // It is mostly one of the last.
        let mut step = 1;
        while fine < refuted {
            let probe = refuted.checked_sub(step).filter(|&probe| probe >= fine);
            let probe = probe.unwrap_or(fine + (refuted - fine) / 2);
            if self.is_refuted(from, responses[probe].1, values) {
                refuted = probe;
                step *= 2;
            } else {
                fine = probe + 1;
            }
        }
        responses.get(refuted).map_or(last, |&(_, index)| index)
    }

    /// The last answer of an operation that was open when this one was answered.
    fn last_of_those_open_at(&self, index: usize) -> Option<usize> {
        let end = self.operations[index].returned();
        let open = self.begun.iter().copied().filter(|&other| {
            let other = &self.operations[other];
            other.invoked <= end && other.returned() > end && other.response.is_some()
        });
        open.max_by_key(|&other| (self.operations[other].returned(), other))
    }

    /// The invocation before which, counted back from this response, there are so many.
    fn from(&self, index: usize, length: usize) -> u64 {
        let end = self.operations[index].returned();
        let upto = self
            .begun
            .partition_point(|&index| self.operations[index].invoked <= end);
        match upto.checked_sub(length) {
            Some(place) if place > 0 => self.operations[self.begun[place]].invoked,
            _ => 0,
        }
    }

    /// The value that an answer tells, and those it may have come from within so many comparisons; `None` when the last step brought
    /// none that is new.
    fn values(&self, culprit: usize, steps: usize, length: usize) -> Option<SmallVec<[u32; 8]>> {
        let operation = &self.operations[culprit];
        let told = match (&operation.op, &operation.response.as_ref()?.ret) {
            (RegisterOp::Read, RegisterRet::Value(told)) => *told,
            (RegisterOp::Cas(old, _), _) => *old,
            _ => return None,
        };
        let (from, end) = (self.from(culprit, length), operation.returned());
        let mut values = SmallVec::from_elem(told, 1);
        for _ in 0..steps {
            let before = values.len();
            for &index in &self.begun {
                let other = &self.operations[index];
                if other.returned() < from || other.invoked > end {
                    continue;
                }
                if let RegisterOp::Cas(old, new) = other.op
                    && values[..before].contains(&new)
                    && !values.contains(&old)
                    && !matches!(&other.response, Some(response) if response.ret == RegisterRet::Mismatch)
                    && values.len() < MOST_VALUES
                {
                    values.push(old);
                }
            }
            if values.len() == before {
                return None;
            }
        }
        Some(values)
    }

    /// Is there no order of the part from then on up to that response, with `values` in focus?
    fn is_refuted(&self, from: u64, last: usize, values: &[u32]) -> bool {
        let end = self.operations[last].returned();
        let number = |value: u32| {
            let place = values.iter().position(|&other| other == value);
            place.map_or(0, |place| place as u32 + 1)
        };
        let mut part = History::new();
        for &index in &self.begun {
            let operation = &self.operations[index];
            if operation.returned() < from {
                continue;
            }
            if operation.invoked > end {
                break;
            }
            let mut response = operation.response.clone();
            let mut invoked = operation.invoked;
            if from > 0 && invoked < from {
                (response, invoked) = (None, 0);
            }
            response = response.filter(|response| (response.at, index) <= (end, last));
            let op = match operation.op {
                RegisterOp::Read => RegisterOp::Read,
                RegisterOp::Write(value) => RegisterOp::Write(number(value)),
                RegisterOp::Cas(old, new) => {
                    if number(old) == 0 && response.as_ref().is_some_and(|r| r.ret == RegisterRet::Mismatch) {
                        continue;
                    }
                    RegisterOp::Cas(number(old), number(new))
                }
            };
            if response.is_none() && op == RegisterOp::Read {
                continue;
            }
            if let Some(response) = &mut response
                && let RegisterRet::Value(told) = &mut response.ret
            {
                *told = number(*told);
            }
            part.push(Operation {
                process: operation.process,
                invoked,
                op,
                response,
            });
        }
        let starts = if from == 0 {
            number(self.initial)..number(self.initial) + 1
        } else {
            0..values.len() as u32 + 1
        };
        starts.into_iter().all(|start| {
            let (initial, part) = (Register(start), Prefix::whole(&part));
            let verdict = match Explorer::new(&initial, part, true, self.budget.further()).run().0 {
                Verdict::Undecided(_) => stretches::search(&initial, part, self.budget.further(), &|_| None).0,
                decided => decided,
            };
            matches!(verdict, Verdict::Violation(_))
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    use super::*;
    use crate::engines::{
        Limits, brute_force,
        families::{
            truth::prefix,
            values::{Values, spoilt},
        },
    };

    #[test]
    fn what_is_refuted_has_no_order_up_to_that_response() {
        let mut random = SmallRng::seed_from_u64(43);
        let (mut refuted, mut missed, mut linearizable) = (0, 0, 0);
        for _ in 0..4_000 {
            let values = Values {
                clients: random.random_range(1..6),
                operations: random.random_range(2..11),
                reads: f64::from(random.random_range(1..6)) / 10.0,
                second: f64::from(random.random_range(0..6)) / 10.0,
                values: Some(random.random_range(2..7)),
                lost: [0.0, 0.1, 0.3][random.random_range(0..3)],
                lie: false,
            };
            let history = spoilt(values.register(&mut random), 0.12, &mut random);
            let answered: Vec<usize> = (0..history.len())
                .filter(|&index| history[index].response.is_some())
                .collect();
            let blurred = Blurred::new(&Register(0), Prefix::whole(&history), &Budget::new(Limits::default()))
                .expect("a register");
            let is_violation = |history: &[_]| matches!(brute_force(&Register(0), history), Verdict::Violation(_));
            match answered.iter().find_map(|&culprit| blurred.refute(&[culprit])) {
                Some(last) => {
                    refuted += 1;
                    let prefix = prefix(&history, (history[last].returned(), last));
                    assert!(is_violation(&prefix), "{last} of {history:#?}");
                }
                None if is_violation(&history) => missed += 1,
                None => linearizable += 1,
            }
        }
        assert!(
            refuted > 400 && missed < refuted / 4 && linearizable > 400,
            "{refuted} {missed} {linearizable}"
        );
    }
}
