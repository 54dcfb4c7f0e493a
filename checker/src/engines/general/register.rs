//! What a register knows of itself.

use std::hash::Hash;

use oversell_spec::{
    Register,
    register::{RegisterOp, RegisterRet},
};
use rustc_hash::FxHashSet;

use super::{
    alike::Alike,
    foresight::{Effect, Foresee, Lookout},
    numbered::Numbered,
    zones::{self, Access},
};
use crate::{
    engines::{Limits, Verdict},
    history::Operation,
};

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

    /// All but a comparison that failed: where it had not, it would have set a value.
    fn is_idle_where_refused(op: &RegisterOp<V>, ret: &RegisterRet<V>) -> bool {
        matches!(
            (op, ret),
            (RegisterOp::Read, _) | (RegisterOp::Write(_) | RegisterOp::Cas(..), RegisterRet::Done)
        )
    }

    fn effect(op: &RegisterOp<V>, ret: Option<&RegisterRet<V>>) -> Effect {
        match (op, ret) {
            (RegisterOp::Write(_), None | Some(RegisterRet::Done)) => Effect::Resets,
            (RegisterOp::Read, _) | (RegisterOp::Cas(..), Some(RegisterRet::Mismatch)) => Effect::Observes,
            (RegisterOp::Cas(old, new), _) if old == new => Effect::Observes,
            _ => Effect::Any,
        }
    }

    /// Values that are read or compared.
    fn lookout<'a>(kinds: &[(&'a RegisterOp<V>, Option<&'a RegisterRet<V>>)]) -> Box<dyn Lookout<Self> + 'a>
    where
        V: 'a,
    {
        let told = kinds.iter().filter_map(|kind| match kind {
            (RegisterOp::Read, Some(RegisterRet::Value(told))) => Some(Alike(told)),
            (RegisterOp::Cas(old, _), _) => Some(Alike(old)),
            _ => None,
        });
        Box::new(Told(told.collect::<FxHashSet<_>>()))
    }

    fn numbered(&self, operations: &[(&RegisterOp<V>, Option<&RegisterRet<V>>)]) -> Option<Numbered> {
        Some(Numbered::of(&self.0, operations))
    }

    /// By zones, where nothing is compared and set: even one that failed says what was not there.
    fn decide(&self, operations: &[Operation<RegisterOp<V>, RegisterRet<V>>], _: &Limits) -> Option<Verdict> {
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

/// Values of a register that some answer names.
struct Told<'a, V>(FxHashSet<Alike<&'a V>>);

impl<V: Clone + PartialEq + Hash> Lookout<Register<V>> for Told<'_, V> {
    fn matters(&self, state: &Register<V>) -> bool {
        self.0.contains(&Alike(&state.0))
    }
}
