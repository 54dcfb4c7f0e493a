//! From a history to its verdict.

use std::{cell::LazyCell, hash::Hash};

use oversell_spec::SequentialSpec;

use super::{
    blurred::Blurred,
    certain,
    explore::{Explorer, Stuck},
    foresight::{Foresee, Searched, Unforeseen},
    stretches,
    timeline::Prefix,
};
use crate::{
    engines::{Limits, Verdict, budget::Budget},
    history::Operation,
};

/// Is the history linearizable from `initial_state` on? Exact, for any specification.
///
/// The operations may stand in any order. An operation without a response may take effect at any time after its
/// invocation, or never; its answer is then whatever [`SequentialSpec::invoke`] gives.
///
/// The specification must be deterministic: what a step does to a state depends on the state, the operation and its
/// answer alone.
///
/// Exponential in what is open at one time in the worst case; see [`Limits`].
pub fn check<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: SequentialSpec<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash,
{
    let budget = Budget::new(*limits);
    certain::verdict(operations, |last| {
        search(initial_state, operations, last, budget.further())
    })
}

/// [`check`] for specifications that can [foresee](Foresee): registers and key-value stores, and any that implements it.
///
/// The verdicts are the same. Where many operations are open at a time, this is the difference between milliseconds and for ever.
/// What the specification can [decide](Foresee::decide) itself is left to it: a register, or a key of a store that is only put
/// and got, of which no value that is read was written twice, is not searched at all, and reaches no limit.
///
/// ```
/// use oversell_checker::{engines::{Limits, Verdict, general}, history::{Operation, Response}};
/// use oversell_spec::kv::{Kv, KvOp, KvRet};
///
/// let operation = |process, op, ret| Operation { process, invoked: 0, op, response: Some(Response { at: 9, ret }) };
/// let names = (0..40).map(|client| format!("<{client}>"));
/// let mut history: Vec<_> = names.clone().enumerate()
///     .map(|(client, name)| operation(client as i64, KvOp::Append(name), KvRet::Done))
///     .collect();
/// let all: String = names.rev().collect();
/// history.push(operation(40, KvOp::Get, KvRet::Value(all)));
///
/// let verdict = general::check_foreseeing(&Kv::default(), &history, &Limits::default());
/// assert!(matches!(verdict, Verdict::Linearizable(_)));
/// ```
pub fn check_foreseeing<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: Foresee<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash,
{
    initial_state.decide(operations, limits).unwrap_or_else(|| {
        let budget = Budget::new(*limits);
        certain::verdict(operations, |last| {
            foreseen(initial_state, Prefix::upto(operations, last), &budget)
        })
    })
}

/// [`check_foreseeing`], where nobody asks when a violation was certain.
pub fn decide_foreseeing<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: Foresee<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash,
{
    let decided = initial_state.decide(operations, limits);
    decided.unwrap_or_else(|| foreseen(initial_state, Prefix::whole(operations), &Budget::new(*limits)).0)
}

/// First as it goes quickly when little is open at a time, then as it goes when much is.
pub(super) fn foreseen<S: Searched>(initial_state: &S, history: Prefix<'_, S>, budget: &Budget) -> (Verdict, Stuck) {
    match Explorer::new(initial_state, history, true, budget.further()).run() {
        (Verdict::Undecided(_), _) => in_stretches(initial_state, history, budget),
        decided => decided,
    }
}

/// The second half of [`check_foreseeing`] alone, which small histories hardly ever come to: for those who hold it against others.
#[doc(hidden)]
pub fn check_in_stretches<S>(initial_state: &S, operations: &[Operation<S::Op, S::Ret>], limits: &Limits) -> Verdict
where
    S: Foresee<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash,
{
    in_stretches(initial_state, Prefix::whole(operations), &Budget::new(*limits)).0
}

fn in_stretches<S: Searched>(initial_state: &S, history: Prefix<'_, S>, budget: &Budget) -> (Verdict, Stuck) {
    let blurred = LazyCell::new(|| Blurred::new(initial_state, history, budget));
    stretches::search(initial_state, history, budget.further(), &|culprits| {
        blurred.as_ref()?.refute(culprits)
    })
}

/// [`check`], up to one response, given by its time and the index of its operation.
pub(in crate::engines) fn search<S>(
    initial_state: &S,
    operations: &[Operation<S::Op, S::Ret>],
    last: (u64, usize),
    budget: Budget,
) -> (Verdict, Stuck)
where
    S: SequentialSpec<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash,
{
    let initial_state = Unforeseen(initial_state.clone());
    Explorer::new(&initial_state, Prefix::upto(operations, last), false, budget).run()
}
