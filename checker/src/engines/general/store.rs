//! What a key of a store knows of itself.

use oversell_spec::{
    Kv,
    kv::{KvOp, KvRet},
};

use super::{
    appended::as_register,
    certain,
    check::foreseen,
    explore::Stuck,
    foresight::{Effect, Foresee, Lookout},
    timeline::Prefix,
    zones::{self, Access},
};
use crate::{
    engines::{Limits, Verdict, budget::Budget},
    history::Operation,
};

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
            let budget = Budget::new(*limits);
            Some(certain::verdict(operations, |last| {
                let prefix = Prefix::upto(operations, last);
                let Some((register, operations)) = as_register(self, prefix) else {
                    return foreseen(self, prefix, &budget);
                };
                let (verdict, stuck) = foreseen(&register, Prefix::upto(&operations, last), &budget);
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
