//! Histories over many independent objects: each is checked alone, all cores at once.

use std::{collections::BTreeMap, hash::Hash};

use oversell_spec::SequentialSpec;

use super::check::check;
use crate::{
    engines::{Limits, Verdict, Witness, decide_each},
    history::Operation,
};

/// The verdict on each object of a history in which every operation is about one of several: a key, a row, an account.
///
/// A history is linearizable if and only if each object's part of it is (Herlihy and Wing's locality), and the parts are far
/// cheaper than the whole. They are checked in parallel, within `limits` each. `object` says which of them an operation is about
/// and `initial` what it was at first. Indices of the verdicts are those of `operations`.
///
/// ```
/// use oversell_checker::{engines::{Limits, Verdict, general}, history::{Operation, Response}};
/// use oversell_spec::kv::{Kv, KvOp, KvRet};
///
/// // Your operations may carry more than the specification asks for; here the key is the process.
/// let operation = |key, op, ret, at| Operation { process: key, invoked: at, op, response: Some(Response { at: at + 5, ret }) };
/// let history = [
///     operation(1, KvOp::Append("a".into()), KvRet::Done, 10),
///     operation(2, KvOp::Get, KvRet::Value("a".into()), 20),
///     operation(1, KvOp::Get, KvRet::Value("a".into()), 30),
/// ];
/// let verdicts = general::check_each(&history, |operation| operation.process, |_| Kv::default(), &Limits::default());
/// assert!(matches!(verdicts[&1], Verdict::Linearizable(_)));
/// assert!(matches!(&verdicts[&2], Verdict::Violation(violation) if violation.certain_at == Some(1)));
/// ```
pub fn check_each<K, S>(
    operations: &[Operation<S::Op, S::Ret>],
    object: impl Fn(&Operation<S::Op, S::Ret>) -> K,
    initial: impl Fn(&K) -> S,
    limits: &Limits,
) -> BTreeMap<K, Verdict>
where
    K: Ord + Send + Sync,
    S: SequentialSpec + Clone + PartialEq + Hash + Send + Sync,
    S::Op: Clone + PartialEq + Hash + Send + Sync,
    S::Ret: Clone + PartialEq + Hash + Send + Sync,
{
    let mut parts: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        parts.entry(object(operation)).or_default().push(index);
    }
    let parts = parts.into_iter().map(|(key, part)| (initial(&key), key, part));
    let parts: Vec<(S, K, Vec<usize>)> = parts.collect();
    let verdicts = decide_each(&parts, limits, |(start, _, part), limits| {
        let own: Vec<_> = part.iter().map(|&index| operations[index].clone()).collect();
        match check(start, &own, limits) {
            Verdict::Linearizable(Witness(order)) => {
                Verdict::Linearizable(Witness(order.into_iter().map(|index| part[index]).collect()))
            }
            Verdict::Violation(mut violation) => {
                violation.certain_at = violation.certain_at.map(|index| part[index]);
                Verdict::Violation(violation)
            }
            undecided => undecided,
        }
    });
    parts.into_iter().map(|(_, key, _)| key).zip(verdicts).collect()
}
