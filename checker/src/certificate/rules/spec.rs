//! What the rules have to know of a specification besides its steps.

use std::hash::Hash;

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register, Sales, Stock,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::SalesOp,
    stock::{StockOp, StockRet},
};

use super::level::after;
use crate::history::{KvOperation, OnSale, Operation, StockOperation};

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

    /// The text and the operations of a key of a key-value store, if it is one.
    fn texts<'a>(_: &'a Self, _: &'a [Operation<Self::Op, Self::Ret>]) -> Option<(&'a str, &'a [KvOperation])> {
        None
    }

    /// The value that is there, if the state is a value.
    fn value(&self) -> Option<&str> {
        None
    }

    /// The value that is there right before an operation with this answer, if that says it.
    fn finds<'a>(_op: &'a Self::Op, _ret: &'a Self::Ret) -> Option<&'a str> {
        None
    }

    /// The value that is there right after an operation with this answer, if that says it.
    fn leaves<'a>(_op: &'a Self::Op, _ret: &'a Self::Ret) -> Option<&'a str> {
        None
    }

    /// The values that an operation with this answer shows to have been there: right before it, and right after.
    fn shows<'a>(op: &'a Self::Op, ret: &'a Self::Ret) -> [Option<&'a str>; 2] {
        [Self::finds(op, ret), Self::leaves(op, ret)]
    }

    /// Can this value not be there right after an operation with this answer?
    fn cannot_leave(op: &Self::Op, ret: &Self::Ret, value: &str) -> bool {
        Self::leaves(op, ret).is_some_and(|left| left != value)
    }

    /// May an operation with this answer (`None`: with any) have turned another value into this one?
    fn may_put(_op: &Self::Op, _ret: Option<&Self::Ret>, _value: &str) -> bool {
        true
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
        *op == StockOp::Read || matches!(ret, Some(StockRet::SoldOut | StockRet::Refused))
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

impl Provable for Sales {
    type Initial = OnSale;

    fn start(initial: &OnSale) -> Self {
        Self::new(initial.stock, initial.limit)
    }

    /// No answer says what each buyer has had.
    fn left_by(_: &SalesOp, _: &StockRet) -> Vec<Self> {
        Vec::new()
    }

    fn only_looks(asked: &SalesOp, ret: Option<&StockRet>) -> bool {
        <Stock as Provable>::only_looks(&asked.op, ret) || ret == Some(&StockRet::Already)
    }

    fn weaker(ret: &StockRet) -> StockRet {
        <Stock as Provable>::weaker(ret)
    }
}

impl Provable for Register<String> {
    type Initial = String;

    fn start(initial: &String) -> Self {
        Self(initial.clone())
    }

    fn left_by(op: &RegisterOp<String>, ret: &RegisterRet<String>) -> Vec<Self> {
        let value = Self::leaves(op, ret).map(str::to_string);
        value.map(Self).into_iter().collect()
    }

    fn only_looks(op: &RegisterOp<String>, ret: Option<&RegisterRet<String>>) -> bool {
        *op == RegisterOp::Read || ret == Some(&RegisterRet::Mismatch)
    }

    fn value(&self) -> Option<&str> {
        Some(&self.0)
    }

    fn finds<'a>(op: &'a RegisterOp<String>, ret: &'a RegisterRet<String>) -> Option<&'a str> {
        match (op, ret) {
            (RegisterOp::Read, RegisterRet::Value(value)) | (RegisterOp::Cas(value, _), RegisterRet::Done) => {
                Some(value)
            }
            _ => None,
        }
    }

    fn leaves<'a>(op: &'a RegisterOp<String>, ret: &'a RegisterRet<String>) -> Option<&'a str> {
        match (op, ret) {
            (RegisterOp::Read, RegisterRet::Value(value))
            | (RegisterOp::Write(value) | RegisterOp::Cas(_, value), RegisterRet::Done) => Some(value),
            _ => None,
        }
    }

    fn cannot_leave(op: &RegisterOp<String>, ret: &RegisterRet<String>, value: &str) -> bool {
        match (op, ret) {
            (RegisterOp::Cas(expected, _), RegisterRet::Mismatch) => expected == value,
            _ => Self::leaves(op, ret).is_some_and(|left| left != value),
        }
    }

    fn may_put(op: &RegisterOp<String>, ret: Option<&RegisterRet<String>>, value: &str) -> bool {
        match op {
            RegisterOp::Read => false,
            RegisterOp::Write(new) => new == value,
            RegisterOp::Cas(_, new) => new == value && ret != Some(&RegisterRet::Mismatch),
        }
    }
}

impl Provable for Kv {
    type Initial = String;

    fn start(initial: &String) -> Self {
        Self(initial.clone())
    }

    fn left_by(op: &KvOp, ret: &KvRet) -> Vec<Self> {
        let value = Self::leaves(op, ret).map(str::to_string);
        value.map(Self).into_iter().collect()
    }

    fn only_looks(op: &KvOp, _: Option<&KvRet>) -> bool {
        *op == KvOp::Get
    }

    fn texts<'a>(initial: &'a Self, operations: &'a [KvOperation]) -> Option<(&'a str, &'a [KvOperation])> {
        Some((&initial.0, operations))
    }

    fn value(&self) -> Option<&str> {
        Some(&self.0)
    }

    fn finds<'a>(_: &'a KvOp, ret: &'a KvRet) -> Option<&'a str> {
        match ret {
            KvRet::Value(value) => Some(value),
            KvRet::Done => None,
        }
    }

    fn leaves<'a>(op: &'a KvOp, ret: &'a KvRet) -> Option<&'a str> {
        match (op, ret) {
            (KvOp::Put(value), KvRet::Done) | (KvOp::Get, KvRet::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn cannot_leave(op: &KvOp, ret: &KvRet, value: &str) -> bool {
        match op {
            KvOp::Append(end) => !value.ends_with(end.as_str()),
            _ => Self::leaves(op, ret).is_some_and(|left| left != value),
        }
    }

    fn may_put(op: &KvOp, _: Option<&KvRet>, value: &str) -> bool {
        match op {
            KvOp::Get => false,
            KvOp::Put(new) => new == value,
            KvOp::Append(end) => value.ends_with(end.as_str()),
        }
    }
}
