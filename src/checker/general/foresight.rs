//! What a specification knows of answers that are still to come: a past from which an open answer can no longer be given is
//! given up at once, not only when that answer is looked at.

use std::hash::Hash;

use oversell_models::spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use stateright::semantics::SequentialSpec;

use super::zones::{self, Access};
use crate::{checker::Verdict, history::Operation};

/// A specification that can tell what is in vain. See [`check_foreseeing`](super::check_foreseeing).
///
/// What it says must be true of every state; in doubt, it says what its default says. A response of `None` is an answer that
/// nobody knows.
///
/// ```
/// use oversell::checker::general::{Effect, Foresee};
/// use oversell_models::spec::kv::{Kv, KvOp, KvRet};
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
    fn may_lead_to(&self, op: &Self::Op, ret: &Self::Ret) -> bool;

    /// Can `by` make the answer possible where it was not? (The operation with the answer itself is not asked about.)
    fn brings(by: &Self::Op, op: &Self::Op, ret: &Self::Ret) -> bool;

    /// What an operation with this answer does to states.
    fn effect(op: &Self::Op, ret: Option<&Self::Ret>) -> Effect {
        let _ = (op, ret);
        Effect::Any
    }

    /// The verdict on the operations of an object that is this at first, where the specification knows how to come to it without
    /// a search. It must be exact; `None`, where it is not known.
    fn decide(&self, operations: &[Operation<Self::Op, Self::Ret>]) -> Option<Verdict> {
        let _ = operations;
        None
    }
}

/// What an operation does to a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is known.
    #[default]
    Any,
    /// It is accepted in every state.
    Blind,
    /// It is accepted in every state, and leads to the same state from each.
    Resets,
}

/// An answer says what was in the register, or what was not.
impl<V: Clone + PartialEq + Hash> Foresee for Register<V> {
    fn may_lead_to(&self, op: &RegisterOp<V>, ret: &RegisterRet<V>) -> bool {
        allows(&self.0, op, ret)
    }

    fn brings(by: &RegisterOp<V>, op: &RegisterOp<V>, ret: &RegisterRet<V>) -> bool {
        match by {
            RegisterOp::Write(new) | RegisterOp::Cas(_, new) => allows(new, op, ret),
            RegisterOp::Read => false,
        }
    }

    fn effect(op: &RegisterOp<V>, ret: Option<&RegisterRet<V>>) -> Effect {
        match (op, ret) {
            (RegisterOp::Write(_), None | Some(RegisterRet::Done)) => Effect::Resets,
            _ => Effect::Any,
        }
    }

    /// By zones, where nothing is compared and set: even one that failed says what was not there.
    fn decide(&self, operations: &[Operation<RegisterOp<V>, RegisterRet<V>>]) -> Option<Verdict> {
        zones::decide(&self.0, operations, |op, ret| match (op, ret) {
            (RegisterOp::Write(value), None | Some(RegisterRet::Done)) => Some(Access::Write(value)),
            (RegisterOp::Read, Some(RegisterRet::Value(value))) => Some(Access::Read(value)),
            (RegisterOp::Read, None) => Some(Access::Nothing),
            _ => None,
        })
    }
}

/// Is this the answer when `value` is in the register?
fn allows<V: PartialEq>(value: &V, op: &RegisterOp<V>, ret: &RegisterRet<V>) -> bool {
    match (op, ret) {
        (RegisterOp::Read, RegisterRet::Value(told)) => value == told,
        (RegisterOp::Cas(old, _), RegisterRet::Done) => value == old,
        (RegisterOp::Cas(old, _), RegisterRet::Mismatch) => value != old,
        _ => true,
    }
}

/// A value only grows, until it is put anew.
impl Foresee for Kv {
    fn may_lead_to(&self, op: &KvOp, ret: &KvRet) -> bool {
        match (op, ret) {
            (KvOp::Get, KvRet::Value(value)) => value.starts_with(&self.0),
            _ => true,
        }
    }

    fn brings(by: &KvOp, op: &KvOp, ret: &KvRet) -> bool {
        match (by, op, ret) {
            (KvOp::Put(new), KvOp::Get, KvRet::Value(value)) => value.starts_with(new.as_str()),
            _ => false,
        }
    }

    fn effect(op: &KvOp, ret: Option<&KvRet>) -> Effect {
        match (op, ret) {
            (KvOp::Put(_), None | Some(KvRet::Done)) => Effect::Resets,
            (KvOp::Append(_), None | Some(KvRet::Done)) => Effect::Blind,
            _ => Effect::Any,
        }
    }

    /// By zones, where nothing is appended: it is a register then.
    fn decide(&self, operations: &[Operation<KvOp, KvRet>]) -> Option<Verdict> {
        zones::decide(&self.0, operations, |op, ret| match (op, ret) {
            (KvOp::Put(value), None | Some(KvRet::Done)) => Some(Access::Write(value)),
            (KvOp::Get, Some(KvRet::Value(value))) => Some(Access::Read(value)),
            (KvOp::Get, None) => Some(Access::Nothing),
            _ => None,
        })
    }
}

/// Foresight as the search sees it: that of a specification, or none.
pub(super) trait Foresight<S: SequentialSpec> {
    /// Is there any?
    const ANY: bool;
    fn may_lead_to(state: &S, op: &S::Op, ret: &S::Ret) -> bool;
    fn brings(by: &S::Op, op: &S::Op, ret: &S::Ret) -> bool;
    fn effect(op: &S::Op, ret: Option<&S::Ret>) -> Effect;
}

/// For specifications of which nothing is known.
pub(super) struct Unforeseen;

impl<S: SequentialSpec> Foresight<S> for Unforeseen {
    const ANY: bool = false;

    fn may_lead_to(_: &S, _: &S::Op, _: &S::Ret) -> bool {
        true
    }

    fn brings(_: &S::Op, _: &S::Op, _: &S::Ret) -> bool {
        true
    }

    fn effect(_: &S::Op, _: Option<&S::Ret>) -> Effect {
        Effect::Any
    }
}

/// That of the specification.
pub(super) struct Foreseen;

impl<S: Foresee> Foresight<S> for Foreseen {
    const ANY: bool = true;

    fn may_lead_to(state: &S, op: &S::Op, ret: &S::Ret) -> bool {
        state.may_lead_to(op, ret)
    }

    fn brings(by: &S::Op, op: &S::Op, ret: &S::Ret) -> bool {
        S::brings(by, op, ret)
    }

    fn effect(op: &S::Op, ret: Option<&S::Ret>) -> Effect {
        S::effect(op, ret)
    }
}
