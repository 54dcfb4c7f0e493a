//! Registers and keys of a store: the search with foresight and what it leaves to others, the search without, the one in stretches,
//! the monitor and the certificates.

use std::{fmt::Debug, hash::Hash};

use oversell_checker::{
    engines::{
        Limit, Limits, Watched,
        families::{
            streamed::{Streamed, feed},
            truth::{Disagreement, Truth},
        },
        general::{self, Followed, Foresee},
    },
    history::{Body, History, KvOperation, Operation, RegisterOperation, Spec},
};
use oversell_spec::{Kv, Register};
use rand::{SeedableRng, rngs::SmallRng};

use super::certified;

/// What came of a comparison in which everything fits together.
pub(crate) struct Compared {
    pub(crate) linearizable: bool,
    /// The monitor decided: it has a limit for the pasts that are possible at once, which a dozen appends that nobody reads reach.
    #[allow(dead_code, reason = "the fuzz target does not count")]
    pub(crate) followed: bool,
}

/// Of a register that holds `"0"` at first: what came of it, or what does not fit together?
pub(crate) fn compare_register(operations: &[RegisterOperation], seed: u64) -> Result<Compared, Disagreement> {
    let initial = "0".to_string();
    compare(&Register(initial.clone()), operations, seed, || {
        certified::history(Spec::Register, initial, operations, Body::Register)
    })
}

/// Of a key that is empty at first.
pub(crate) fn compare_kv(operations: &[KvOperation], seed: u64) -> Result<Compared, Disagreement> {
    compare(&Kv::default(), operations, seed, || {
        certified::history(Spec::Kv, String::new(), operations, Body::Kv)
    })
}

fn compare<S>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    seed: u64,
    history: impl FnOnce() -> History,
) -> Result<Compared, Disagreement>
where
    S: Followed<Op: PartialEq + Hash + Debug, Ret: PartialEq + Hash + Debug> + Foresee + Eq + Hash,
{
    let random = &mut SmallRng::seed_from_u64(seed);
    let limits = Limits::default();
    let truth = Truth::of(initial, operations);
    let verdict = general::check_foreseeing(initial, operations, &limits);
    truth.confirm_exactly("the search with foresight", &verdict)?;
    truth.confirm_exactly("the search", &general::check(initial, operations, &limits))?;
    truth.confirm(
        "the search in stretches",
        &general::check_in_stretches(initial, operations, &limits),
    )?;
    let mut followed = true;
    for look in [true, false] {
        let monitor = general::Monitor::new(initial, limits);
        let (certain_at, watched) = feed(monitor, operations, |monitor| look && monitor.is_violation(), random);
        match (&watched, truth.is_linearizable()) {
            (Watched::Linearizable, true) | (Watched::Violation(_), false) => {}
            (Watched::Undecided(Limit::Pasts(_)), _) => {
                followed = false;
                truth.confirm_not_before("the monitor", certain_at)?;
                continue;
            }
            _ => return Err(format!("the monitor, looked at: {look}, says {watched:?}")),
        }
        if look {
            truth.confirm_certain_at("the monitor", certain_at)?;
        }
    }
    if operations.is_sorted_by_key(|operation| operation.invoked) {
        certified::confirm(&history(), &verdict, random)?;
    }
    Ok(Compared {
        linearizable: truth.is_linearizable(),
        followed,
    })
}
