//! When a violation was first certain: the shortest prefix of the history that no order explains.

use super::{
    decision::{Decision, Refutation},
    engine::decide,
    frontier::{self, Rest},
    outline::Outline,
    view::{Horizon, View},
};
use crate::{engines::budget::Budget, history::StockOperation};

/// Where a prefix that passes is longer than this, the next ones begin later.
const LONG: usize = if cfg!(any(test, fuzzing)) { 3 } else { 256 };

/// Decides ever longer prefixes: each from the last instant at which only one past was left, as far as that is known.
pub(super) struct Prefixes<'a> {
    operations: &'a [StockOperation],
    initial: u64,
    budget: &'a Budget,
    /// Do they begin later where they can? That takes a walk of the frontier.
    shortens: bool,
    /// What they are decided from, if not from the start.
    rest: Option<Rest>,
}

impl<'a> Prefixes<'a> {
    pub(super) const fn new(
        operations: &'a [StockOperation],
        initial: u64,
        budget: &'a Budget,
        shortens: bool,
    ) -> Self {
        Self {
            operations,
            initial,
            budget,
            shortens,
            rest: None,
        }
    }

    /// No prefix that ends before `first` is asked for from here on: what came before it may be left out. `rest` is what is known to
    /// be left then, if anything is.
    pub(super) fn begin_before(&mut self, first: Horizon, rest: Option<Rest>) {
        if !self.shortens {
            return;
        }
        if let Some(rest) = rest {
            self.rest = Some(rest);
        }
        let (initial, operations) = self.now();
        let shorter = frontier::rest_before(operations, initial, self.within(first), self.budget);
        if let Some(mut shorter) = shorter {
            if let Some(rest) = &self.rest {
                shorter
                    .indices
                    .iter_mut()
                    .for_each(|place| *place = rest.indices[*place]);
            }
            self.rest = Some(shorter);
        }
    }

    /// Decides the prefix up to this response; after one that passes, only longer ones may be asked for.
    pub(super) fn decide(&mut self, horizon: Horizon) -> Decision {
        let (initial, operations) = self.now();
        let view = View::new(operations, self.within(horizon));
        match decide(&Outline::of(view), initial, self.budget).0 {
            Decision::Order(order) => {
                if view.iter().take(LONG + 1).count() > LONG {
                    self.begin_before(horizon, None);
                }
                Decision::Order(order)
            }
            Decision::Refuted(refutation) => {
                let whole = |within: Horizon| Horizon {
                    index: self
                        .rest
                        .as_ref()
                        .map_or(within.index, |rest| rest.indices[within.index]),
                    ..within
                };
                Decision::Refuted(Refutation::Known {
                    not_before: refutation.not_before().map(whole),
                    rest: None,
                })
            }
            undecided @ Decision::Undecided(_) => undecided,
        }
    }

    /// What is decided now: the units at first, and the operations.
    fn now(&self) -> (u64, &[StockOperation]) {
        let rest = self.rest.as_ref();
        rest.map_or((self.initial, self.operations), |rest| (rest.level, &rest.operations))
    }

    /// A response, as it is named in what is decided now.
    fn within(&self, horizon: Horizon) -> Horizon {
        self.rest.as_ref().map_or(horizon, |rest| rest.horizon(horizon))
    }
}

/// The index of the response with which the violation is certain, given that the whole history is a violation.
///
/// A prefix of a linearizable history is linearizable (what is open at its end becomes indeterminate), so a bisection
/// finds it; from `not_before` on it is looked for in growing steps first, as it is seldom far. What an engine knows of a
/// prefix that it refutes narrows the search further: it is true of the shorter ones. The prefix up to `not_after` is known
/// to be a violation. `None` when `decide` is undecided on the way.
pub(super) fn first_certain(
    operations: &[StockOperation],
    not_before: Option<Horizon>,
    not_after: Option<Horizon>,
    mut decide: impl FnMut(Horizon) -> Decision,
) -> Option<usize> {
    let responses = Horizon::responses(operations);
    let place = |horizon: Horizon| responses.partition_point(|&response| response < horizon);
    let (mut linearizable, mut violating) = (0, not_after.map_or(responses.len(), place));
    let mut step = usize::MAX;
    if let Some(first) = not_before {
        linearizable = place(first);
        step = 1;
    }
    while linearizable < violating {
        let middle = linearizable + ((violating - linearizable) / 2).min(step - 1);
        step = step.saturating_mul(2);
        match decide(responses[middle]) {
            Decision::Order(_) => linearizable = middle + 1,
            Decision::Refuted(refutation) => {
                violating = middle;
                let first = refutation.not_before().map_or(0, place);
                if first > linearizable {
                    linearizable = first;
                    step = 1;
                }
            }
            Decision::Undecided(_) => return None,
        }
    }
    responses.get(violating).map(|certain| certain.index)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::engines::{
        Limits, Verdict, check_stock, decide_stock,
        families::{
            stress::{Stress, with_and_without_lies},
            truth::prefix,
        },
    };

    /// Histories that are long enough that prefixes are decided from later and later beginnings; each prefix by itself, from the
    /// start, is the oracle.
    #[test]
    fn it_is_the_first_prefix_that_is_a_violation() {
        let mut random = SmallRng::seed_from_u64(71);
        let limits = Limits::default();
        let mut seen = 0;
        for _ in 0..4_000 {
            let stress = Stress {
                operations: random.random_range(20..=70),
                clients: random.random_range(2..=4),
                initial: random.random_range(0..12),
                reads: [0.0, 0.1, 0.3][random.random_range(0..3)],
                restocks: [0.1, 0.4][random.random_range(0..2)],
                lost: [0.0, 0.02][random.random_range(0..2)],
                told: [1.0, 0.9, 0.5][random.random_range(0..3)],
                most_quantity: random.random_range(1..=2),
                most_restocked: random.random_range(1..=2),
            };
            for history in with_and_without_lies(stress.history(&mut random)) {
                let Verdict::Violation(violation) = check_stock(stress.initial, &history, &limits) else {
                    continue;
                };
                let violates = |last: &Horizon| {
                    let verdict = decide_stock(stress.initial, &prefix(&history, (last.at, last.index)), &limits);
                    matches!(verdict, Verdict::Violation(_))
                };
                let first = Horizon::responses(&history).into_iter().find(violates);
                assert_eq!(
                    violation.certain_at,
                    first.map(|last| last.index),
                    "{stress:?} {history:#?}"
                );
                seen += 1;
            }
        }
        assert!(seen > 4_000, "{seen}");
    }
}
