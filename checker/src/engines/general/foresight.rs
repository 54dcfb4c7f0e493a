//! What a specification knows of answers that are still to come: a past from which an open answer can no longer be given is
//! given up at once, not only when that answer is looked at.
//!
//! What [registers](super::register) and [keys of a store](super::store) know of themselves stands above the searches, which they
//! ask.

use std::hash::Hash;

use oversell_spec::SequentialSpec;

use super::numbered::Numbered;
use crate::{
    engines::{Limits, Verdict},
    history::Operation,
};

/// A specification that can tell what is in vain. See [`check_foreseeing`](super::check_foreseeing).
///
/// What it says must be true of every state; in doubt, it says what its default says. A response of `None` is an answer that
/// nobody knows.
///
/// ```
/// use oversell_checker::engines::general::{Effect, Foresee};
/// use oversell_spec::kv::{Kv, KvOp, KvRet};
///
/// let get = (KvOp::Get, KvRet::Value("ab".into()));
/// assert!(Kv("a".into()).may_lead_to(&get.0, &get.1), "an append may follow");
/// assert!(!Kv("b".into()).may_lead_to(&get.0, &get.1), "nothing takes the b away …");
/// assert!(Kv::brings(&KvOp::Put("a".into()), &get.0, &get.1), "… but a put");
/// assert_eq!(Kv::effect(&KvOp::Put("a".into()), None), Effect::Resets);
/// ```
pub trait Foresee: SequentialSpec {
    /// Can the answer be given here, or after steps none of which [brings](Self::brings) it? When this is `false`, the answer is
    /// refused in this state, and in all that follow up to the first operation that brings it.
    fn may_lead_to(&self, op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (op, ret);
        true
    }

    /// Can `by` make the answer possible where it was not? (The operation with the answer itself is not asked about.)
    fn brings(by: &Self::Op, op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (by, op, ret);
        true
    }

    /// Does this operation change nothing in the states that refuse its answer, and in the others, answered or not, the same?
    ///
    /// Then it says when a violation was certain with fewer searches.
    fn is_idle_where_refused(op: &Self::Op, ret: &Self::Ret) -> bool {
        let _ = (op, ret);
        false
    }

    /// What an operation with this answer does to states.
    fn effect(op: &Self::Op, ret: Option<&Self::Ret>) -> Effect {
        let _ = (op, ret);
        Effect::Any
    }

    /// What of a state can be told from these operations, one of each kind in the history, with their answers where they are
    /// known.
    fn lookout<'a>(kinds: &[(&'a Self::Op, Option<&'a Self::Ret>)]) -> Box<dyn Lookout<Self> + 'a>
    where
        Self: Sized + 'a,
        Self::Op: 'a,
        Self::Ret: 'a,
    {
        let _ = kinds;
        Box::new(Everything)
    }

    /// These operations, with their answers where they are known, as those of a [register of numbers](Numbered), if the object, which
    /// is this at first, is a register.
    ///
    /// Then a violation is found with fewer searches.
    fn numbered(&self, operations: &[(&Self::Op, Option<&Self::Ret>)]) -> Option<Numbered> {
        let _ = operations;
        None
    }

    /// The verdict on the operations of an object that is this at first, where the specification knows how to come to it without
    /// a search. It must be exact; `None`, where it is not known.
    fn decide(&self, operations: &[Operation<Self::Op, Self::Ret>], limits: &Limits) -> Option<Verdict> {
        let _ = (operations, limits);
        None
    }
}

/// What of a state the answers of a history can tell; in doubt, everything. See [`Foresee::lookout`].
pub trait Lookout<S: SequentialSpec> {
    /// Can this state make a difference to one of the answers?
    ///
    /// States that cannot must be alike: they refuse all of the answers that any of them refuses, and whatever is accepted leads
    /// from each of them to such a state again, unless it [resets](Effect::Resets) them.
    fn matters(&self, state: &S) -> bool {
        let _ = state;
        true
    }

    /// Can this operation, accepted in every state, lead to a state that matters?
    fn is_seen(&self, op: &S::Op) -> bool {
        let _ = op;
        true
    }
}

/// Everything matters.
struct Everything;

impl<S: SequentialSpec> Lookout<S> for Everything {}

/// What an operation does to a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is known.
    #[default]
    Any,
    /// It never changes a state.
    Observes,
    /// It is accepted in every state.
    Blind,
    /// It is accepted in every state, and leads to the same state from each.
    Resets,
}

/// A specification of which nothing is known.
#[derive(Clone, PartialEq, Hash)]
pub(super) struct Unforeseen<S>(pub(super) S);

impl<S: SequentialSpec> SequentialSpec for Unforeseen<S> {
    type Op = S::Op;
    type Ret = S::Ret;

    fn invoke(&mut self, op: &S::Op) -> S::Ret {
        self.0.invoke(op)
    }

    fn is_valid_step(&mut self, op: &S::Op, ret: &S::Ret) -> bool {
        self.0.is_valid_step(op, ret)
    }
}

impl<S: SequentialSpec> Foresee for Unforeseen<S> {}

/// What the searches ask of a specification.
pub(super) trait Searched:
    Foresee<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash
{
}

impl<S: Foresee<Op: PartialEq + Hash, Ret: PartialEq + Hash> + Clone + PartialEq + Hash> Searched for S {}
