//! From a violation to its explanation.

use std::time::Instant;

use oversell_spec::stock::{StockOp, StockRet};

use super::{
    beside::{self, Beside},
    confirm::{BRIEFLY, Confirmation, confirm, try_within},
    effects::Place,
    failed,
    kind::Kind,
    ledger::Ledger,
    orders::Orders,
    origin, oversold,
    parts::{Counterexample, Shown},
    reason::Candidate,
    remedy, search, sentence, told,
    words::{Words, number},
};
use crate::{
    engines::{Limits, Violation, decide_stock},
    history::{CommandLog, Operation, StockHistory},
};

/// A violation, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<State, Op, Ret> {
    /// What sort of wrong it is.
    pub kind: Kind,
    /// What happened, in a few words: `sold 3 units more than it had: 1,003 of 1,000`.
    pub headline: String,
    /// Why no order of the operations shown is possible: a short proof, made of facts of the counterexample.
    pub explanation: String,
    /// What is wrong with the last answer, in a few words to be put beside it.
    pub note: Option<String>,
    /// The operations.
    pub counterexample: Counterexample<State, Op, Ret>,
    /// How it came about, where an operation that is not needed for the contradiction shows it.
    pub beside: Option<Beside<Op, Ret>>,
    /// Where the start of the counterexample comes from: `8 to begin with, 7 sold to others`.
    pub origin: String,
    /// What to write instead, as far as the answers and the commands tell what was written.
    pub remedy: Option<String>,
    /// How many of the operations that are not shown never got an answer: each may have happened or not.
    pub unanswered: u64,
    /// What trying every order of them has shown.
    pub confirmation: Confirmation,
    /// What else is wrong in the history, by kind, most telling first: units oversold, or answers that cannot be right.
    /// Counts only what is seen without a search, so there may be more.
    pub counts: Vec<(Kind, u64)>,
}

impl<State, Op, Ret> Finding<State, Op, Ret> {
    /// What there is to say where trying every order has not confirmed the counterexample.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let operations = number(self.counterexample.operations.len() as u64);
        match self.confirmation {
            Confirmation::Confirmed => None,
            Confirmation::TooMany => Some(format!(
                "the checker's word alone: these {operations} operations have too many orders to try each of them here. A \
                 certificate can be confirmed without the checker (`check --certificate`, then `verify`)"
            )),
            Confirmation::Refuted => Some(format!(
                "trying every order of these {operations} operations has found one that explains the answers: a mistake of \
                 oversell. Please report it, with the history"
            )),
        }
    }

    /// The same of a history of another kind.
    pub(super) fn retold<S, O, R>(self, initial: S, shown: impl Fn(Shown<Op, Ret>) -> Shown<O, R>) -> Finding<S, O, R> {
        let Counterexample { operations, others, .. } = self.counterexample;
        Finding {
            kind: self.kind,
            headline: self.headline,
            explanation: self.explanation,
            note: self.note,
            beside: self.beside.map(|beside| Beside {
                shown: shown(beside.shown),
                sentence: beside.sentence,
            }),
            counterexample: Counterexample {
                initial,
                operations: operations.into_iter().map(shown).collect(),
                others,
            },
            origin: self.origin,
            remedy: self.remedy,
            unanswered: self.unanswered,
            confirmation: self.confirmation,
            counts: self.counts,
        }
    }
}

/// An explained violation of the stock counter.
pub type StockFinding = Finding<u64, StockOp, StockRet>;

/// Explains a violation of the stock counter.
///
/// Smaller histories are decided only when no rule of thumb explains the violation; then as often as shrinking takes. The limits are
/// for all of that together: what is found by then is sound, only perhaps not minimal.
pub fn explain_stock(
    history: &StockHistory,
    words: &Words<'_>,
    violation: &Violation,
    limits: &Limits,
) -> StockFinding {
    let started = Instant::now();
    let (counts, candidates) = at_a_glance(history);
    let known = candidates
        .into_iter()
        .find(|candidate| confirm(&candidate.counterexample) == Confirmation::Confirmed);
    let (candidate, confirmation) =
        known.map_or_else(|| shrink(history, violation, &limits.rest(started)), search::polish);
    finding(candidate, confirmation, history, words, counts)
}

/// Explains a violation of the stock counter by shrinking alone, without any rule of thumb.
///
/// [`explain_stock`] is faster and more telling; this is for holding the two against each other.
pub fn shrink_stock(history: &StockHistory, words: &Words<'_>, violation: &Violation, limits: &Limits) -> StockFinding {
    let (candidate, confirmation) = shrink(history, violation, limits);
    finding(candidate, confirmation, history, words, Vec::new())
}

/// What is wrong in a history, by kind, as far as it is seen without a search: units oversold, or answers that cannot
/// be right. Empty for a linearizable history, and for some that are not.
#[must_use]
pub fn count_stock(history: &StockHistory) -> Vec<(Kind, u64)> {
    at_a_glance(history).0
}

fn at_a_glance(history: &StockHistory) -> (Vec<(Kind, u64)>, Vec<Candidate>) {
    let (initial, operations) = (history.initial, history.operations.as_slice());
    let place = Place::of(history);
    let seen = |index: usize| stock_seen(place.as_ref()?, &history.commands, index);
    let (ledger, units) = rayon::join(
        || Ledger::new(initial, operations),
        || told::same_unit_twice(initial, operations),
    );
    let (bounds, (contradictions, excess)) = rayon::join(
        || told::outside_the_bounds(operations, &ledger),
        || {
            rayon::join(
                || told::contradictions(operations, &ledger),
                || oversold::excess(operations, &ledger),
            )
        },
    );
    let findings = bounds.and(units).and(contradictions);
    let mut counts = Vec::new();
    let mut candidates = Vec::new();
    if let Some(excess) = excess {
        counts.push((Kind::Oversold, excess.units));
        candidates.extend(oversold::find(initial, operations, &ledger, &excess, &seen));
    }
    for (count, candidate) in findings.into_found() {
        counts.push((candidate.kind, count));
        candidates.push(candidate);
    }
    counts.sort_unstable();
    candidates.sort_by_key(|candidate| (candidate.kind, candidate.counterexample.operations.len()));
    (counts, candidates)
}

fn shrink(history: &StockHistory, violation: &Violation, limits: &Limits) -> (Candidate, Confirmation) {
    let started = Instant::now();
    let left = || limits.rest(started);
    let check = |initial: u64, operations: &[_]| decide_stock(initial, operations, &left());
    let orders = Orders::new(&check);
    let is_violation = |level: u64, operations: &[_]| orders.is_violation(level, operations);
    search::find(
        history.initial,
        &history.operations,
        violation.certain_at,
        &is_violation,
        &left,
    )
}

fn finding(
    candidate: Candidate,
    confirmation: Confirmation,
    history: &StockHistory,
    words: &Words<'_>,
    mut counts: Vec<(Kind, u64)>,
) -> StockFinding {
    if counts.is_empty() {
        counts.push((candidate.kind, 1));
    }
    let beside = beside::find(history, &candidate, words);
    let shown = &candidate.counterexample;
    let failed = failed::told(&history.failed, &shown.operations, words, |operations| {
        try_within(BRIEFLY, shown.initial, operations, &shown.others) == Confirmation::Refuted
    });
    Finding {
        kind: candidate.kind,
        origin: origin::of(&candidate, history.initial),
        remedy: Some(remedy::of(history, &candidate, beside.is_some())),
        unanswered: unanswered(&history.operations, &candidate.counterexample.operations),
        headline: sentence::headline(&candidate, words),
        explanation: sentence::explanation(&candidate, words) + &failed.unwrap_or_default(),
        beside,
        note: Some(sentence::note(&candidate, words)),
        confirmation,
        counterexample: candidate.counterexample,
        counts,
    }
}

/// How many operations never got an answer, besides those that are shown.
pub(super) fn unanswered<Op, Ret>(history: &[Operation<Op, Ret>], shown: &[Shown<Op, Ret>]) -> u64 {
    let open = |operation: &Operation<Op, Ret>| operation.response.is_none();
    let all = history.iter().filter(|operation| open(operation)).count();
    let here = shown.iter().filter(|shown| open(&shown.original)).count();
    all.saturating_sub(here) as u64
}

/// The stock that an operation read before it acted on it: the last that it read, when something else follows.
fn stock_seen(place: &Place, commands: &CommandLog, index: usize) -> Option<i64> {
    let (mut seen, mut follows) = (None, false);
    for command in commands.of(index) {
        let effect = place.effect(&command);
        let read = effect.before().filter(|_| effect.only_reads());
        follows = read.is_none();
        seen = read.or(seen);
    }
    seen.filter(|_| follows)
}
