//! What a specification knows of answers that are still to come: a past from which an open answer can no longer be given is
//! given up at once, not only when that answer is looked at.

use std::hash::Hash;

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};

use rustc_hash::FxHashSet;

use super::{
    alike::Alike,
    appended::as_register,
    blurred::Numbered,
    certain,
    explore::Stuck,
    foreseen,
    timeline::Prefix,
    zones::{self, Access},
};
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
    fn may_lead_to(&self, op: &Self::Op, ret: &Self::Ret) -> bool;

    /// Can `by` make the answer possible where it was not? (The operation with the answer itself is not asked about.)
    fn brings(by: &Self::Op, op: &Self::Op, ret: &Self::Ret) -> bool;

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

/// What of a state the answers of a history can tell. See [`Foresee::lookout`].
pub trait Lookout<S: SequentialSpec> {
    /// Can this state make a difference to one of the answers?
    ///
    /// States that cannot must be alike: they refuse all of the answers that any of them refuses, and whatever is accepted leads
    /// from each of them to such a state again, unless it [resets](Effect::Resets) them.
    fn matters(&self, state: &S) -> bool;

    /// Can this operation, accepted in every state, lead to a state that matters?
    fn is_seen(&self, op: &S::Op) -> bool;
}

/// Everything matters.
struct Everything;

impl<S: SequentialSpec> Lookout<S> for Everything {
    fn matters(&self, _: &S) -> bool {
        true
    }

    fn is_seen(&self, _: &S::Op) -> bool {
        true
    }
}

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

    fn is_idle_where_refused(op: &KvOp, ret: &KvRet) -> bool {
        matches!(
            (op, ret),
            (KvOp::Get, _) | (KvOp::Put(_) | KvOp::Append(_), KvRet::Done)
        )
    }

    fn effect(op: &KvOp, ret: Option<&KvRet>) -> Effect {
        match (op, ret) {
            (KvOp::Put(_), None | Some(KvRet::Done)) => Effect::Resets,
            (KvOp::Append(_), None | Some(KvRet::Done)) => Effect::Blind,
            (KvOp::Get, _) => Effect::Observes,
            _ => Effect::Any,
        }
    }

    /// Beginnings of what was got.
    fn lookout<'a>(kinds: &[(&'a KvOp, Option<&'a KvRet>)]) -> Box<dyn Lookout<Self> + 'a>
    where
        Self: 'a,
    {
        let got = kinds.iter().filter_map(|kind| match kind {
            (KvOp::Get, Some(KvRet::Value(got))) => Some(got.as_str()),
            _ => None,
        });
        let mut got: Vec<&str> = got.collect();
        got.sort_unstable();
        Box::new(Got(got))
    }

    /// By zones, where nothing is appended: it is a register then. As another register, where it is clear what was appended to
    /// what; by a search as it is otherwise.
    fn decide(&self, operations: &[Operation<KvOp, KvRet>], limits: &Limits) -> Option<Verdict> {
        let by_zones = zones::decide(&self.0, operations, |op, ret| match (op, ret) {
            (KvOp::Put(value), None | Some(KvRet::Done)) => Some(Access::Write(value)),
            (KvOp::Get, Some(KvRet::Value(value))) => Some(Access::Read(value)),
            (KvOp::Get, None) => Some(Access::Nothing),
            _ => None,
        });
        by_zones.or_else(|| {
            Some(certain::verdict(operations, |last| {
                let prefix = Prefix::upto(operations, last);
                let Some((register, operations)) = as_register(self, prefix) else {
                    return foreseen(self, prefix, limits);
                };
                let (verdict, stuck) = foreseen(&register, Prefix::upto(&operations, last), limits);
                // What came later may have said what an operation did.
                (
                    verdict,
                    Stuck {
                        certain: false,
                        ..stuck
                    },
                )
            }))
        })
    }
}

/// Values of a register that some answer names.
struct Told<'a, V>(FxHashSet<Alike<&'a V>>);

impl<V: Clone + PartialEq + Hash> Lookout<Register<V>> for Told<'_, V> {
    fn matters(&self, state: &Register<V>) -> bool {
        self.0.contains(&Alike(&state.0))
    }

    fn is_seen(&self, _: &RegisterOp<V>) -> bool {
        true
    }
}

/// What was got, sorted.
struct Got<'a>(Vec<&'a str>);

impl Lookout<Kv> for Got<'_> {
    fn matters(&self, state: &Kv) -> bool {
        let place = self.0.partition_point(|got| *got < state.0.as_str());
        self.0.get(place).is_some_and(|got| got.starts_with(&state.0))
    }

    fn is_seen(&self, op: &KvOp) -> bool {
        let KvOp::Append(text) = op else {
            return true;
        };
        // What is the beginning of the next contains nothing more.
        let longest = |place: usize| {
            !self
                .0
                .get(place + 1)
                .is_some_and(|next| next.starts_with(self.0[place]))
        };
        (0..self.0.len()).any(|place| longest(place) && self.0[place].contains(text.as_str()))
    }
}

/// Foresight as the search sees it: that of a specification, or none.
pub(super) trait Foresight<S: SequentialSpec> {
    /// Is there any?
    const ANY: bool;
    fn may_lead_to(state: &S, op: &S::Op, ret: &S::Ret) -> bool;
    fn brings(by: &S::Op, op: &S::Op, ret: &S::Ret) -> bool;
    fn is_idle_where_refused(op: &S::Op, ret: &S::Ret) -> bool;
    fn effect(op: &S::Op, ret: Option<&S::Ret>) -> Effect;
    /// Does an operation with this answer change no state that accepts it? `None`: the search has to find out.
    fn is_harmless(op: &S::Op, ret: Option<&S::Ret>) -> Option<bool>;
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

    fn is_idle_where_refused(_: &S::Op, _: &S::Ret) -> bool {
        false
    }

    fn effect(_: &S::Op, _: Option<&S::Ret>) -> Effect {
        Effect::Any
    }

    fn is_harmless(_: &S::Op, _: Option<&S::Ret>) -> Option<bool> {
        None
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

    fn is_idle_where_refused(op: &S::Op, ret: &S::Ret) -> bool {
        S::is_idle_where_refused(op, ret)
    }

    fn effect(op: &S::Op, ret: Option<&S::Ret>) -> Effect {
        match S::effect(op, ret) {
            // To the search that goes deep first that is only what changes nothing (rule 3).
            Effect::Observes => Effect::Any,
            effect => effect,
        }
    }

    fn is_harmless(op: &S::Op, ret: Option<&S::Ret>) -> Option<bool> {
        match S::effect(op, ret) {
            Effect::Observes => Some(true),
            // There may be states that it does not change, but not many.
            Effect::Blind | Effect::Resets => Some(false),
            Effect::Any => None,
        }
    }
}
