//! The cheapest exact engine decides; and when a violation was certain.

use super::{
    certain::{self, Prefixes},
    counting,
    decision::{Decision, Refutation},
    eager,
    engine::{Engine, decide},
    frontier::{self, Rest},
    outline::Outline,
    summary::Summary,
    sweep, units,
    view::{Horizon, View},
};
use crate::{
    engines::{Limits, Verdict, Violation, budget::Budget},
    history::StockOperation,
};

/// Is the history of one stock counter that held `initial` units linearizable?
///
/// The operations may stand in any order; that of their invocations is the fastest. Named units must not be sold
/// twice; other than that they mean nothing here.
pub fn check_stock(initial: u64, operations: &[StockOperation], limits: &Limits) -> Verdict {
    check_stock_with_engine(initial, operations, limits).0
}

/// [`check_stock`], without looking for when a violation was certain: `certain_at` is then `None`. For those who ask often, as a
/// counterexample is made.
pub fn decide_stock(initial: u64, operations: &[StockOperation], limits: &Limits) -> Verdict {
    let outline = Outline::of(View::new(operations, Horizon::END));
    verdict(decide(&outline, initial, &Budget::new(*limits)).0, |_| None)
}

/// [`check_stock`], and which algorithm gave the verdict.
pub fn check_stock_with_engine(initial: u64, operations: &[StockOperation], limits: &Limits) -> (Verdict, Engine) {
    let outline = Outline::of(View::new(operations, Horizon::END));
    let budget = Budget::new(*limits);
    let (decision, engine) = decide(&outline, initial, &budget);
    let certain_at = |refutation| certain_at(&outline, initial, &budget, engine, refutation);
    (verdict(decision, certain_at), engine)
}

fn verdict(decision: Decision, certain_at: impl FnOnce(Refutation) -> Option<usize>) -> Verdict {
    match decision {
        Decision::Order(witness) => Verdict::Linearizable(witness),
        Decision::Refuted(refutation) => Verdict::Violation(Violation {
            certain_at: certain_at(refutation),
        }),
        Decision::Undecided(limit) => Verdict::Undecided(limit),
    }
}

/// What is left of a history from the last instant before the response of `last` on at which there was only one past, if there is
/// one and it is found within the limits. The history up to that response is linearizable if and only if the rest
/// is, from its level on.
pub(crate) fn since_settled(initial: u64, operations: &[StockOperation], last: usize, limits: &Limits) -> Option<Rest> {
    let at = operations.get(last)?.returned();
    frontier::shortest_rest(operations, initial, Horizon { at, index: last }, &Budget::new(*limits))
}

/// The response with which the violation was certain. Where all buys are of one unit and nothing is put back, the engines
/// know; elsewhere prefixes are decided.
fn certain_at(
    outline: &Outline<'_>,
    initial: u64,
    budget: &Budget,
    engine: Engine,
    refutation: Refutation,
) -> Option<usize> {
    let view = outline.view();
    let summary = &outline.summary;
    if summary.by_one() && engine != Engine::Search {
        let levels = match refutation {
            Refutation::Swept(dead) => Some(dead.first_certain(outline, initial)),
            Refutation::Known { .. } if engine == Engine::Counting => counting::first_certain(outline, initial),
            Refutation::Tiled(borders) => {
                sweep::Dead::behind(outline, initial, &borders).map(|dead| dead.first_certain(outline, initial))
            }
            Refutation::Known { .. } => {
                let swept = sweep::run(outline, initial);
                swept.err().map(|dead| dead.first_certain(outline, initial))
            }
        };
        let named = (summary.named > 0).then(|| units::first_duplicate(view)).flatten();
        return [levels, named].into_iter().flatten().min().map(|first| first.index);
    }
    let operations = view.operations();
    let not_after = first_impossible(view, initial, summary, engine);
    let mut latest = refutation;
    if let Some(impossible) = not_after {
        // Mostly it was certain just there. Where it was before, that prefix tells from where on to look.
        let Some(shorter) = impossible.just_before() else {
            return Some(impossible.index);
        };
        match decide(&Outline::of(View::new(operations, shorter)), initial, budget).0 {
            Decision::Order(_) => return Some(impossible.index),
            Decision::Undecided(_) => return None,
            Decision::Refuted(refutation) if refutation.not_before() >= latest.not_before() => latest = refutation,
            Decision::Refuted(_) => {}
        }
    }
    let not_before = latest.not_before();
    let mut prefixes = Prefixes::new(operations, initial, budget, engine == Engine::Frontier);
    if let Some(first) = not_before {
        prefixes.begin_before(first, latest.into_rest());
    }
    certain::first_certain(operations, not_before, not_after, |horizon| prefixes.decide(horizon))
}

/// Something that no history can contain, found without a search, at its first: the prefix up to there is a violation.
///
/// The search for the shortest violating prefix starts from it: a lie of this kind costs a pass or two then.
fn first_impossible(view: View<'_>, initial: u64, summary: &Summary, engine: Engine) -> Option<Horizon> {
    if engine == Engine::Search || summary.zero || !summary.levels_fit(initial) {
        return None;
    }
    let unsold = eager::first_without_stock(view, initial, summary);
    let unreachable = matches!(engine, Engine::Frontier | Engine::Answers)
        .then(|| frontier::first_unreachable(view, initial))
        .flatten();
    let named = (summary.named > 0).then(|| units::first_duplicate(view)).flatten();
    [unsold, unreachable, named].into_iter().flatten().min()
}

/// Here blocks and chunks are of two or three operations: small histories go through several.
#[cfg(test)]
mod tests {
    use oversell_spec::Stock;
    use rand::{SeedableRng, rngs::SmallRng};

    use super::*;
    use crate::engines::families::{small, truth::Truth};

    #[test]
    fn engines_agree_with_brute_force_across_chunks() {
        let mut random = SmallRng::seed_from_u64(31);
        let mut seen = std::collections::BTreeMap::<Engine, [u32; 2]>::new();
        for _ in 0..45_000 {
            let (initial, mut operations) = small::random(&mut random, 9);
            if operations.len() % 2 == 0 {
                operations.sort_by_key(|operation| operation.invoked);
            }
            let (verdict, engine) = check_stock_with_engine(initial, &operations, &Limits::default());
            let stock = Stock::new(initial);
            let truth = Truth::of(&stock, &operations);
            let confirmed = truth.confirm_exactly("the engine", &verdict);
            assert_eq!(confirmed, Ok(()), "{engine}, {initial} {operations:#?}");
            seen.entry(engine).or_default()[usize::from(truth.is_linearizable())] += 1;
        }
        for engine in [Engine::Counting, Engine::Tiling, Engine::Sweep] {
            assert!(seen[&engine].iter().all(|&seen| seen > 500), "{seen:?}");
        }
    }
}
