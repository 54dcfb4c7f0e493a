//! A sweep from end to end, and, where it fails, with which response the violation was certain.
//!
//! The sweep takes into account what an operation will be told, so it may fail before that is known. Let it have failed at
//! response d. A prefix that is a violation has no order when more is known, so none is that ends before d. The prefix
//! that ends when all that was open at d has returned is one: the sweep through it does not differ up to d. In between
//! bisection finds the first.
//!
//! These sweeps need not begin at the start. Up to an instant before everything that was open at d was invoked, they
//! are all the same: what was open then returned before d. So each continues from there.

use super::walk::{Border, Recorder, Sweep};
use crate::engines::{
    Witness,
    stock::{
        invocations::Invocations,
        outline::Outline,
        view::{Horizon, View},
    },
};

/// A past is kept every so many blocks, the last two of them.
const KEPT: usize = if cfg!(any(test, fuzzing)) { 2 } else { 16 };

/// What is left of a sweep that failed.
pub(in crate::engines::stock) struct Dead {
    /// With this response.
    pub(in crate::engines::stock) died: Horizon,
    /// Pasts on the way, the latest first.
    pasts: [Option<Sweep>; 2],
}

/// Sweeps over the history.
pub(in crate::engines::stock) fn run(outline: &Outline<'_>, initial: u64) -> Result<Witness, Box<Dead>> {
    run_from(outline, initial, &[], Vec::new())
}

/// Sweeps over the history from the last of these borders on, up to which this is the order.
pub(in crate::engines::stock) fn run_from(
    outline: &Outline<'_>,
    initial: u64,
    borders: &[Border],
    order: Vec<usize>,
) -> Result<Witness, Box<Dead>> {
    let invocations = &outline.invocations;
    let mut line = Recorder {
        kept: true,
        order,
        maybes: Vec::with_capacity(outline.summary.maybe_buys),
    };
    line.order.reserve(outline.summary.len() - line.order.len());
    let mut sweep = behind_last(outline, initial, borders);
    let earlier = borders.len().checked_sub(KEPT);
    let earlier = earlier.map(|border| Sweep::resumed(outline, initial, &borders[border]));
    let mut pasts = [(!borders.is_empty()).then(|| sweep.clone()), earlier];
    for block in 0.. {
        if block % KEPT == KEPT - 1 {
            pasts.swap(0, 1);
            pasts[0] = Some(sweep.clone());
        }
        match sweep.block(invocations, outline.view(), &mut line) {
            Ok(true) => {}
            Ok(false) => break,
            Err(died) => return Err(Box::new(Dead { died, pasts })),
        }
    }
    Ok(Witness(line.order))
}

/// A sweep that goes on from the last of these borders.
fn behind_last(outline: &Outline<'_>, initial: u64, borders: &[Border]) -> Sweep {
    let last = borders.last();
    last.map_or_else(
        || Sweep::new(initial),
        |border| Sweep::resumed(outline, initial, border),
    )
}

impl Dead {
    /// Sweeps on from the last of these borders, until it fails.
    pub(in crate::engines::stock) fn behind(
        outline: &Outline<'_>,
        initial: u64,
        borders: &[Border],
    ) -> Option<Box<Self>> {
        let died = behind_last(outline, initial, borders).dies(&outline.invocations, outline.view())?;
        let back = std::iter::successors(Some(1_usize), |back| Some(2 * back));
        let back = back.map_while(|back| borders.get(borders.len().checked_sub(back)?));
        let past = back
            .map(|border| Sweep::resumed(outline, initial, border))
            .find(|past| past.is_before(died));
        Some(Box::new(Self {
            died,
            pasts: [past, None],
        }))
    }

    /// The first response with which the violation is certain, given that buys are of one unit, also those whose answer is
    /// not known yet.
    pub(in crate::engines::stock) fn first_certain(self, outline: &Outline<'_>, initial: u64) -> Horizon {
        let (view, invocations) = (outline.view(), &outline.invocations);
        let died = self.died;
        let past = self.pasts.into_iter().flatten().find(|past| past.is_before(died));
        let mut past = past.unwrap_or_else(|| Sweep::new(initial));
        // The latest one will do.
        let mut later = past.clone();
        while let Ok(true) = later.block(invocations, view, &mut Recorder::default()) {
            if later.is_before(died) {
                past.clone_from(&later);
            }
        }
        let responses = responses(&past, died, invocations);
        let violates = |horizon: Horizon| {
            let known = View::new(view.operations(), horizon);
            past.clone().dies(invocations, known).is_some()
        };
        // It is seldom far.
        let (mut certain, mut not_yet, mut step) = (responses.len() - 1, 0, 1);
        while not_yet < certain {
            let middle = (not_yet + step - 1).min(usize::midpoint(not_yet, certain));
            if violates(responses[middle]) {
                certain = middle;
            } else {
                not_yet = middle + 1;
                step *= 2;
            }
        }
        responses[certain]
    }
}

/// Every response from `died` on, until all that was open then has returned.
fn responses(past: &Sweep, died: Horizon, invocations: &Invocations<'_>) -> Vec<Horizon> {
    let from = |time: u64| {
        let seen = invocations.from(past.window.place()).map(|(_, seen)| seen);
        let known = seen
            .take_while(move |seen| seen.invoked <= time)
            .filter(|seen| !seen.is_indeterminate());
        known.map(|seen| seen.horizon()).filter(|&response| response >= died)
    };
    let until = from(died.at).max().unwrap_or(died);
    let mut responses: Vec<Horizon> = from(until.at).filter(|&response| response <= until).collect();
    responses.sort_unstable();
    responses
}

/// Here blocks are short, and few sales ahead are addressed directly: small histories go through all there is.
#[cfg(test)]
mod tests {
    use oversell_spec::Stock;
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    use super::*;
    use crate::{
        engines::{
            Limits, Verdict, Violation,
            budget::Budget,
            check_stock,
            families::stress::{Stress, with_and_without_lies},
            stock::{certain, counting, decision::Decision, frontier, units},
            witness,
        },
        history::StockOperation,
    };

    /// Holds the sweep, and the engine that is chosen, against the frontier; says whether there was an order.
    fn compare(initial: u64, operations: &[StockOperation]) -> Option<bool> {
        let view = View::new(operations, Horizon::END);
        let outline = Outline::of(view);
        let summary = &outline.summary;
        if !summary.by_one() || summary.impossible || units::first_duplicate(view).is_some() {
            return None;
        }
        let decide = |horizon: Horizon| {
            let view = View::new(operations, horizon);
            frontier::check(view, initial, &Budget::new(Limits::default())).expect("few are open")
        };
        let swept = run(&outline, initial);
        match (swept, decide(Horizon::END)) {
            (Ok(order), Decision::Order(_)) => {
                let chosen = check_stock(initial, operations, &Limits::default());
                let Verdict::Linearizable(chosen) = chosen else {
                    panic!("the engine: {chosen:?}, {initial} {operations:#?}")
                };
                for order in [order, chosen] {
                    assert_eq!(
                        witness::verify(Stock::new(initial), operations, &order),
                        Ok(()),
                        "{initial} {operations:#?}"
                    );
                }
                Some(true)
            }
            (Err(dead), Decision::Refuted(_)) => {
                let found = dead.first_certain(&outline, initial).index;
                let truth = certain::first_certain(operations, None, None, decide);
                assert_eq!(Some(found), truth, "{initial} {operations:#?}");
                let chosen = check_stock(initial, operations, &Limits::default());
                let certain_at = truth;
                assert_eq!(
                    chosen,
                    Verdict::Violation(Violation { certain_at }),
                    "{initial} {operations:#?}"
                );
                if summary.valued + summary.reads == 0 {
                    let counted = counting::first_certain(&outline, initial).map(|first| first.index);
                    assert_eq!(counted, truth, "{initial} {operations:#?}");
                }
                Some(false)
            }
            (swept, _) => panic!("the sweep: {}, {initial} {operations:#?}", swept.is_ok()),
        }
    }

    #[test]
    fn the_sweep_and_the_frontier_agree() {
        let mut random = SmallRng::seed_from_u64(12);
        let mut seen = [0; 2];
        for _ in 0..400 {
            let operations = random.random_range(20..200);
            let stress = Stress {
                operations,
                clients: random.random_range(1..20),
                initial: random.random_range(0..=operations as u64),
                reads: [0.0, 0.3][random.random_range(0..2)],
                lost: [0.0, 0.1][random.random_range(0..2)],
                told: [0.0, 0.5, 1.0][random.random_range(0..3)],
                ..Stress::default()
            };
            for history in with_and_without_lies(stress.history(&mut random)) {
                if let Some(linearizable) = compare(stress.initial, &history) {
                    seen[usize::from(linearizable)] += 1;
                }
            }
        }
        assert!(seen.iter().all(|&seen| seen > 300), "{seen:?}");
    }
}
