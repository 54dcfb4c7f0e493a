//! What the rules have to know of a specification besides its steps.

use std::hash::Hash;

use oversell_models::spec::{
    Kv, Register, Stock,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    stock::{StockOp, StockRet},
};
use stateright::semantics::SequentialSpec;

use super::level::after;
use crate::history::{Operation, StockOperation};

/// A specification of which violations can be confirmed.
pub(in crate::certificate) trait Provable:
    SequentialSpec<Op: Clone + PartialEq, Ret: Clone + PartialEq> + Clone + Eq + Hash
{
    /// The initial value, as histories have it.
    type Initial;

    /// The state before the first operation.
    fn start(initial: &Self::Initial) -> Self;

    /// All states there can be right after an operation with this answer, up to what [`weaker`](Self::weaker) forgets;
    /// none when they are too many to list.
    fn left_by(op: &Self::Op, ret: &Self::Ret) -> Vec<Self>;

    /// Does an operation with this answer (`None`: with any) leave every state as it is?
    fn only_looks(op: &Self::Op, ret: Option<&Self::Ret>) -> bool;

    /// An answer that is accepted wherever `ret` is and leaves the same level or value.
    fn weaker(ret: &Self::Ret) -> Self::Ret {
        ret.clone()
    }

    /// The level and the operations of a stock counter, if it is one.
    fn stock<'a>(_: &Self, _: &'a [Operation<Self::Op, Self::Ret>]) -> Option<(u64, &'a [StockOperation])> {
        None
    }
}

/// Most states in which a window may begin.
const MOST_STATES: i128 = 64;

impl Provable for Stock {
    type Initial = u64;

    fn start(initial: &u64) -> Self {
        Self::new(*initial)
    }

    /// Which units were sold before is forgotten.
    fn left_by(op: &StockOp, ret: &StockRet) -> Vec<Self> {
        let levels = after(op, Some(ret));
        if levels.most - levels.least >= MOST_STATES {
            return Vec::new();
        }
        (levels.least..=levels.most)
            .filter_map(|level| Some(Self::new(u64::try_from(level).ok()?)))
            .collect()
    }

    fn only_looks(op: &StockOp, ret: Option<&StockRet>) -> bool {
        *op == StockOp::Read || ret == Some(&StockRet::SoldOut)
    }

    /// Which unit it was is forgotten.
    fn weaker(ret: &StockRet) -> StockRet {
        match *ret {
            StockRet::Bought { remaining, .. } => StockRet::Bought { remaining, unit: None },
            ret => ret,
        }
    }

    fn stock<'a>(initial: &Self, operations: &'a [StockOperation]) -> Option<(u64, &'a [StockOperation])> {
        Some((initial.level(), operations))
    }
}

impl Provable for Register<String> {
    type Initial = String;

    fn start(initial: &String) -> Self {
        Self(initial.clone())
    }

    fn left_by(op: &RegisterOp<String>, ret: &RegisterRet<String>) -> Vec<Self> {
        match (op, ret) {
            (RegisterOp::Write(value) | RegisterOp::Cas(_, value), RegisterRet::Done)
            | (RegisterOp::Read, RegisterRet::Value(value)) => vec![Self(value.clone())],
            _ => Vec::new(),
        }
    }

    fn only_looks(op: &RegisterOp<String>, ret: Option<&RegisterRet<String>>) -> bool {
        *op == RegisterOp::Read || ret == Some(&RegisterRet::Mismatch)
    }
}

impl Provable for Kv {
    type Initial = String;

    fn start(initial: &String) -> Self {
        Self(initial.clone())
    }

    fn left_by(op: &KvOp, ret: &KvRet) -> Vec<Self> {
        match (op, ret) {
            (KvOp::Put(value), KvRet::Done) | (KvOp::Get, KvRet::Value(value)) => vec![Self(value.clone())],
            _ => Vec::new(),
        }
    }

    fn only_looks(op: &KvOp, _: Option<&KvRet>) -> bool {
        *op == KvOp::Get
    }
}
