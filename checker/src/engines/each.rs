//! Many keys, all cores at once.

use std::time::Instant;

use rayon::prelude::*;

use super::{Limit, Limits, Verdict};

/// The verdict on each of the keys, within `limits` each; memory is for all of them together.
///
/// Those for which there was none left beside the others are decided once more, alone.
pub(crate) fn decide_each<T: Sync>(
    keys: &[T],
    limits: &Limits,
    decide: impl Fn(&T, &Limits) -> Verdict + Sync,
) -> Vec<Verdict> {
    let first = |key| {
        let started = Instant::now();
        let verdict = decide(key, limits);
        (verdict, limits.rest(started))
    };
    let verdicts: Vec<(Verdict, Limits)> = keys.par_iter().map(first).collect();
    let again = |(key, (verdict, rest))| match verdict {
        Verdict::Undecided(Limit::Memory(_)) if keys.len() > 1 => decide(key, &rest),
        verdict => verdict,
    };
    keys.iter().zip(verdicts).map(again).collect()
}
