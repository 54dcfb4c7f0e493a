//! Operations in a few words: what was asked, and what was answered.

use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::SalesOp,
    stock::{StockOp, StockRet},
};

use serde_json::Value;

use super::words::{Words, number, signed};
use crate::history::{Operation, Print, Texts, process, visible};

/// An operation that can be told in words.
pub trait Tell {
    /// What it may be answered with.
    type Ret;
    /// Who does such things: `buyer`.
    fn role(&self) -> &'static str;
    /// What was asked: `buy 3`.
    fn asked(&self) -> String;
    /// What was answered: `bought, 2 left`.
    fn answered(&self, ret: &Self::Ret, words: &Words<'_>) -> String;
    /// The field `f` of history files.
    fn f(&self) -> &'static str;
    /// The field `value` of an invocation in history files.
    fn argument(&self) -> Value;
    /// The field `buyer` of an invocation in history files, where it has one.
    fn buyer<'a>(&self, _: &'a Texts) -> Option<&'a str> {
        None
    }
    /// The field `value` of a completion in history files.
    fn result(&self, ret: &Self::Ret, units: &Texts) -> Value;
    /// The stock that the answer tells, where this is about stock.
    fn told(&self, _: &Self::Ret) -> Option<i64> {
        None
    }
    /// The units that it took according to the answer, where this is about stock.
    fn taken(&self, _: &Self::Ret) -> u64 {
        0
    }
}

impl Words<'_> {
    /// Who did it: `buyer 7`.
    #[must_use]
    pub fn actor<Op: Tell, Ret>(&self, operation: &Operation<Op, Ret>) -> String {
        format!(
            "{} {}",
            operation.op.role(),
            process::in_words(operation.process, self.units)
        )
    }

    /// What was asked, and for whom where that is said: `buy 3 for u7`.
    #[must_use]
    pub fn asked<Op: Tell>(&self, op: &Op) -> String {
        match op.buyer(self.units) {
            Some(buyer) => format!("{} for {}", op.asked(), visible(buyer)),
            None => op.asked(),
        }
    }
}

impl Tell for StockOp {
    type Ret = StockRet;

    fn role(&self) -> &'static str {
        match self {
            Self::Buy { .. } => "buyer",
            Self::Read => "reader",
            Self::Restock { .. } => "supplier",
        }
    }

    fn asked(&self) -> String {
        match *self {
            Self::Buy { quantity: 1 } => "buy".to_string(),
            Self::Buy { quantity } => format!("buy {}", number(quantity)),
            Self::Read => "read".to_string(),
            Self::Restock { quantity } => format!("restock {}", number(quantity)),
        }
    }

    fn answered(&self, ret: &StockRet, words: &Words<'_>) -> String {
        match *ret {
            StockRet::Bought { remaining, unit } => {
                let mut text = "bought".to_string();
                if let Some(unit) = unit {
                    text += &format!(" unit {}", words.unit(unit));
                }
                if let Some(left) = remaining {
                    text += &format!(", {} left", signed(left));
                }
                text
            }
            StockRet::SoldOut => "sold out".to_string(),
            StockRet::Already => "already had".to_string(),
            StockRet::Refused => "refused".to_string(),
            StockRet::Stock(stock) => format!("{} left", signed(stock)),
            StockRet::Restocked { stock: Some(stock) } => format!("done, now {}", signed(stock)),
            StockRet::Restocked { stock: None } => "done".to_string(),
        }
    }

    #[inline]
    fn told(&self, ret: &StockRet) -> Option<i64> {
        match *ret {
            StockRet::Bought { remaining, .. } => remaining,
            StockRet::Stock(stock) => Some(stock),
            StockRet::Restocked { stock } => stock,
            StockRet::SoldOut | StockRet::Already | StockRet::Refused => None,
        }
    }

    fn taken(&self, ret: &StockRet) -> u64 {
        match (self, ret) {
            (Self::Buy { quantity }, StockRet::Bought { .. }) => *quantity,
            _ => 0,
        }
    }

    fn f(&self) -> &'static str {
        Print::f(self)
    }

    fn argument(&self) -> Value {
        argument(self)
    }

    fn result(&self, ret: &StockRet, units: &Texts) -> Value {
        result(self, ret, units)
    }
}

/// As of the stock counter. A process that buys is a client: who is the buyer is said by name.
impl Tell for SalesOp {
    type Ret = StockRet;

    fn role(&self) -> &'static str {
        match self.op {
            StockOp::Buy { .. } => "client",
            StockOp::Read | StockOp::Restock { .. } => self.op.role(),
        }
    }

    fn asked(&self) -> String {
        self.op.asked()
    }

    fn answered(&self, ret: &StockRet, words: &Words<'_>) -> String {
        self.op.answered(ret, words)
    }

    #[inline]
    fn told(&self, ret: &StockRet) -> Option<i64> {
        self.op.told(ret)
    }

    fn taken(&self, ret: &StockRet) -> u64 {
        self.op.taken(ret)
    }

    fn f(&self) -> &'static str {
        Tell::f(&self.op)
    }

    fn argument(&self) -> Value {
        Tell::argument(&self.op)
    }

    fn buyer<'a>(&self, names: &'a Texts) -> Option<&'a str> {
        Print::buyer(self, names)
    }

    fn result(&self, ret: &StockRet, units: &Texts) -> Value {
        Tell::result(&self.op, ret, units)
    }
}

impl Tell for RegisterOp<String> {
    type Ret = RegisterRet<String>;

    fn role(&self) -> &'static str {
        match self {
            Self::Read => "reader",
            Self::Write(_) | Self::Cas(..) => "writer",
        }
    }

    fn asked(&self) -> String {
        match self {
            Self::Read => "read".to_string(),
            Self::Write(value) => format!("write {value}"),
            Self::Cas(old, new) => format!("cas {old} → {new}"),
        }
    }

    fn answered(&self, ret: &RegisterRet<String>, _: &Words<'_>) -> String {
        match ret {
            RegisterRet::Value(value) => value.clone(),
            RegisterRet::Done => "done".to_string(),
            RegisterRet::Mismatch => "another value".to_string(),
        }
    }

    fn f(&self) -> &'static str {
        Print::f(self)
    }

    fn argument(&self) -> Value {
        argument(self)
    }

    fn result(&self, ret: &RegisterRet<String>, units: &Texts) -> Value {
        result(self, ret, units)
    }
}

impl Tell for KvOp {
    type Ret = KvRet;

    fn role(&self) -> &'static str {
        match self {
            Self::Get => "reader",
            Self::Put(_) | Self::Append(_) => "writer",
        }
    }

    fn asked(&self) -> String {
        match self {
            Self::Get => "get".to_string(),
            Self::Put(value) => format!("put {value:?}"),
            Self::Append(value) => format!("append {value:?}"),
        }
    }

    fn answered(&self, ret: &KvRet, _: &Words<'_>) -> String {
        match ret {
            KvRet::Value(value) => format!("{value:?}"),
            KvRet::Done => "done".to_string(),
        }
    }

    fn f(&self) -> &'static str {
        Print::f(self)
    }

    fn argument(&self) -> Value {
        argument(self)
    }

    fn result(&self, ret: &KvRet, units: &Texts) -> Value {
        result(self, ret, units)
    }
}

fn argument(op: &impl Print) -> Value {
    let mut text = Vec::new();
    op.argument(&mut text);
    parsed(&text)
}

fn result<Op: Print>(op: &Op, ret: &Op::Ret, units: &Texts) -> Value {
    let mut text = Vec::new();
    op.result(ret, units, &mut text).map_or(Value::Null, |()| parsed(&text))
}

/// A register's values are JSON as a rule; whatever else is in one is given as text.
fn parsed(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap_or_else(|_| String::from_utf8_lossy(text).into())
}
