//! What each specification's events say: from `f` and `value` to operations and results.

use std::{borrow::Cow, fmt::Display};

use oversell_spec::{
    Kv, Register, Sales, Stock,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet, Unit},
};

use super::line::{Answer, F, Name, Outcome, Value};
use crate::history::{
    Body, Header, KeyHistory, KvHistory, OnSale, Operation, RegisterHistory, SalesHistory, SalesOperation, Spec,
    StockHistory, StockOperation, Texts, rename_names, rename_units,
};

/// What was expected instead of a value.
pub(super) type Expected = &'static str;

/// A specification that history files know: what its events may say.
///
/// Implemented by [`Stock`], [`Sales`], [`Register`]`<String>` (its values are canonical JSON) and [`Kv`].
#[allow(
    private_interfaces,
    private_bounds,
    reason = "sealed: only this crate knows how lines are parsed"
)]
pub trait Vocabulary: Sized + Send + Sync + 'static {
    /// What a client asks.
    type Op: Clone + Send;
    /// What it is told.
    type Ret: Clone + Send;
    /// The value of a key before the first operation.
    type Initial: Clone + Send + PartialEq + Display;

    /// The specification.
    const SPEC: Spec;
    /// Its operations, for messages.
    const OPERATIONS: Expected;
    /// Its initial values, for messages.
    const INITIAL: Expected;

    #[doc(hidden)]
    fn initial(value: Value<'_>) -> Option<Self::Initial>;

    /// What the header says of every key beside its value.
    #[doc(hidden)]
    fn about(initial: Self::Initial, _: &Header) -> Self::Initial {
        initial
    }

    /// Do its operations name who acts?
    #[doc(hidden)]
    const NAMES_BUYERS: bool = false;

    /// Who buys, where that is named.
    #[doc(hidden)]
    fn by(op: Self::Op, _: &Name<'_>, _: &mut Texts) -> Self::Op {
        op
    }

    /// The operation that an invocation asks for. `None`: the specification has no such operation.
    #[doc(hidden)]
    fn op(f: F, value: Value<'_>) -> Option<Result<Self::Op, Expected>>;

    /// The result that a completion tells of. `None`: the specification has no such operation.
    #[doc(hidden)]
    fn ret(f: F, value: Value<'_>, units: &mut Texts) -> Option<Result<Self::Ret, Expected>>;

    /// What the operation asks for, where its completion may say it again.
    #[doc(hidden)]
    fn asked(_: &Self::Op) -> Option<String> {
        None
    }

    /// What a completion says again of what was asked.
    #[doc(hidden)]
    fn repeated(_: F, _: &Value<'_>) -> Result<Option<String>, Expected> {
        Ok(None)
    }

    /// Units that the operation adds to the stock.
    #[doc(hidden)]
    fn added(_: &Self::Op) -> u64 {
        0
    }

    /// Units that are there in the beginning.
    #[doc(hidden)]
    fn level(_: &Self::Initial) -> u64 {
        0
    }

    /// Renames the units that operations name, as indices into `from`, to indices into `to`.
    #[doc(hidden)]
    fn rename_units(_: &mut [Operation<Self::Op, Self::Ret>], _from: &Texts, _to: &mut Texts) {}

    #[doc(hidden)]
    fn body(keys: Vec<KeyHistory<Self::Op, Self::Ret, Self::Initial>>) -> Body;
}

const ANSWER: Expected = r#"{"outcome":"bought"}, with or without an integer `remaining` and a string `unit`, or an `outcome` "sold-out", "already" or "refused""#;
const QUANTITY: Expected = "a quantity: an integer from 1 to 18446744073709551615";

#[allow(private_interfaces, reason = "see the trait")]
impl Vocabulary for Stock {
    type Op = StockOp;
    type Ret = StockRet;
    type Initial = u64;

    const SPEC: Spec = Spec::Stock;
    const OPERATIONS: Expected = r#""buy", "read" or "restock""#;
    const INITIAL: Expected = "an integer from 0 to 18446744073709551615";

    fn initial(value: Value<'_>) -> Option<u64> {
        value.count()
    }

    fn op(f: F, value: Value<'_>) -> Option<Result<StockOp, Expected>> {
        let quantity = value.count().filter(|&quantity| quantity > 0).ok_or(QUANTITY);
        Some(match (f, value) {
            (F::Buy, Value::Null) => Ok(StockOp::Buy { quantity: 1 }),
            (F::Buy, _) => quantity.map(|quantity| StockOp::Buy { quantity }),
            (F::Read, Value::Null) => Ok(StockOp::Read),
            (F::Read, _) => Err("null: a read has no argument"),
            (F::Restock, _) => quantity.map(|quantity| StockOp::Restock { quantity }),
            _ => return None,
        })
    }

    fn ret(f: F, value: Value<'_>, units: &mut Texts) -> Option<Result<StockRet, Expected>> {
        Some(match (f, value) {
            (F::Buy, Value::Answer(answer)) => bought(answer, units).ok_or(ANSWER),
            (F::Buy, Value::Object(fields)) => {
                let answer = Answer::loosely(fields).and_then(|answer| bought(answer, units));
                answer.ok_or(ANSWER)
            }
            (F::Buy, _) => Err(ANSWER),
            (F::Read, value) => match value.integer() {
                Some(stock) => Ok(StockRet::Stock(stock)),
                None => Err("the stock: an integer of 64 bits"),
            },
            (F::Restock, Value::Null) => Ok(StockRet::Restocked { stock: None }),
            (F::Restock, value) => match value.integer() {
                Some(stock) => Ok(StockRet::Restocked { stock: Some(stock) }),
                None => Err("null or the new stock: an integer of 64 bits"),
            },
            _ => return None,
        })
    }

    fn added(op: &StockOp) -> u64 {
        match *op {
            StockOp::Restock { quantity } => quantity,
            _ => 0,
        }
    }

    fn level(initial: &u64) -> u64 {
        *initial
    }

    fn rename_units(operations: &mut [StockOperation], from: &Texts, to: &mut Texts) {
        rename_units(operations, from, to);
    }

    fn body(keys: Vec<StockHistory>) -> Body {
        Body::Stock(keys)
    }
}

fn bought(answer: Answer<'_>, units: &mut Texts) -> Option<StockRet> {
    let Answer {
        outcome,
        remaining,
        unit,
    } = answer;
    let refusal = match outcome? {
        Outcome::Bought => {
            return Some(StockRet::Bought {
                remaining,
                unit: unit.map(|name| Unit(units.intern(&name))),
            });
        }
        Outcome::SoldOut => StockRet::SoldOut,
        Outcome::Already => StockRet::Already,
        Outcome::Refused => StockRet::Refused,
    };
    (remaining.is_none() && unit.is_none()).then_some(refusal)
}

/// As those of the stock counter, and who buys.
#[allow(private_interfaces, reason = "see the trait")]
impl Vocabulary for Sales {
    type Op = SalesOp;
    type Ret = StockRet;
    type Initial = OnSale;

    const SPEC: Spec = Spec::Sales;
    const OPERATIONS: Expected = Stock::OPERATIONS;
    const INITIAL: Expected = Stock::INITIAL;
    const NAMES_BUYERS: bool = true;

    /// Without a header, nobody may have anything.
    fn initial(value: Value<'_>) -> Option<OnSale> {
        Some(OnSale {
            stock: value.count()?,
            limit: 0,
        })
    }

    fn about(initial: OnSale, header: &Header) -> OnSale {
        OnSale {
            limit: header.limit().unwrap_or(0),
            ..initial
        }
    }

    fn by(asked: SalesOp, buyer: &Name<'_>, names: &mut Texts) -> SalesOp {
        match (asked.op, buyer) {
            (StockOp::Buy { .. }, Name::Text(name)) => SalesOp {
                buyer: Some(Buyer(names.intern(name))),
                ..asked
            },
            _ => asked,
        }
    }

    fn op(f: F, value: Value<'_>) -> Option<Result<SalesOp, Expected>> {
        Some(Stock::op(f, value)?.map(SalesOp::from))
    }

    fn ret(f: F, value: Value<'_>, units: &mut Texts) -> Option<Result<StockRet, Expected>> {
        Stock::ret(f, value, units)
    }

    fn added(asked: &SalesOp) -> u64 {
        Stock::added(&asked.op)
    }

    fn level(initial: &OnSale) -> u64 {
        initial.stock
    }

    fn rename_units(operations: &mut [SalesOperation], from: &Texts, to: &mut Texts) {
        rename_names(operations, from, to);
    }

    fn body(keys: Vec<SalesHistory>) -> Body {
        Body::Sales(keys)
    }
}

#[allow(private_interfaces, reason = "see the trait")]
impl Vocabulary for Register<String> {
    type Op = RegisterOp<String>;
    type Ret = RegisterRet<String>;
    type Initial = String;

    const SPEC: Spec = Spec::Register;
    const OPERATIONS: Expected = r#""read", "write" or "cas""#;
    const INITIAL: Expected = "a JSON value without numbers beyond 64 bits";

    fn initial(value: Value<'_>) -> Option<String> {
        json(value).ok()
    }

    fn op(f: F, value: Value<'_>) -> Option<Result<Self::Op, Expected>> {
        Some(match (f, value) {
            (F::Read, Value::Null) => Ok(RegisterOp::Read),
            (F::Read, _) => Err("null: a read has no argument"),
            (F::Write, value) => json(value).map(RegisterOp::Write),
            (F::Cas, Value::List(pair)) => match <[Value<'_>; 2]>::try_from(pair) {
                Ok([old, new]) => json(old).and_then(|old| Ok(RegisterOp::Cas(old, json(new)?))),
                Err(_) => Err(PAIR),
            },
            (F::Cas, _) => Err(PAIR),
            _ => return None,
        })
    }

    fn asked(op: &Self::Op) -> Option<String> {
        match op {
            RegisterOp::Read => None,
            RegisterOp::Write(value) => Some(value.clone()),
            RegisterOp::Cas(old, new) => Some(format!("[{old},{new}]")),
        }
    }

    fn repeated(f: F, value: &Value<'_>) -> Result<Option<String>, Expected> {
        match (f, value) {
            (_, Value::Null) => Ok(None),
            (F::Write | F::Cas, value) => repeated(value.clone()).map(Some),
            _ => Ok(None),
        }
    }

    /// What a completed write or compare-and-set repeats is held against what was asked, and says nothing more.
    fn ret(f: F, value: Value<'_>, _: &mut Texts) -> Option<Result<Self::Ret, Expected>> {
        Some(match f {
            F::Read => json(value).map(RegisterRet::Value),
            F::Write | F::Cas => Ok(RegisterRet::Done),
            _ => return None,
        })
    }

    fn body(keys: Vec<RegisterHistory>) -> Body {
        Body::Register(keys)
    }
}

const PAIR: Expected = "a list of two values, [old, new]";

/// How deep a value may be nested. A line may be 127 deep, and other formats put more around a value than ours does.
const DEEPEST: usize = 100;

fn json(value: Value<'_>) -> Result<String, Expected> {
    if value.depth() > DEEPEST {
        return Err("a JSON value that is nested no more than 100 deep; write what is deeper as a string");
    }
    repeated(value)
}

fn repeated(value: Value<'_>) -> Result<String, Expected> {
    value.canonical().or(Err(
        "a JSON value without numbers beyond 64 bits; write such a number as a string",
    ))
}

#[allow(private_interfaces, reason = "see the trait")]
impl Vocabulary for Kv {
    type Op = KvOp;
    type Ret = KvRet;
    type Initial = String;

    const SPEC: Spec = Spec::Kv;
    const OPERATIONS: Expected = r#""get", "put" or "append""#;
    const INITIAL: Expected = "a string";

    fn initial(value: Value<'_>) -> Option<String> {
        string(value).ok()
    }

    fn op(f: F, value: Value<'_>) -> Option<Result<KvOp, Expected>> {
        Some(match (f, value) {
            (F::Get, Value::Null) => Ok(KvOp::Get),
            (F::Get, _) => Err("null: a get has no argument"),
            (F::Put, value) => string(value).map(KvOp::Put),
            (F::Append, value) => string(value).map(KvOp::Append),
            _ => return None,
        })
    }

    fn ret(f: F, value: Value<'_>, _: &mut Texts) -> Option<Result<KvRet, Expected>> {
        Some(match f {
            F::Get => string(value).map(KvRet::Value),
            F::Put | F::Append => Ok(KvRet::Done),
            _ => return None,
        })
    }

    fn body(keys: Vec<KvHistory>) -> Body {
        Body::Kv(keys)
    }
}

fn string(value: Value<'_>) -> Result<String, Expected> {
    match value {
        Value::Text(text) => Ok(Cow::into_owned(text)),
        _ => Err("a string"),
    }
}
