//! How operations and results are written, as the reader's `vocabulary` reads them.

use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::SalesOp,
    stock::{StockOp, StockRet},
};

use crate::history::Texts;

/// An operation that can be written.
pub(crate) trait Print {
    /// What it may be answered with.
    type Ret;
    /// The field `f`.
    fn f(&self) -> &'static str;
    /// The field `value` of the invocation.
    fn argument(&self, to: &mut Vec<u8>);
    /// The field `buyer` of the invocation, where it has one.
    fn buyer<'a>(&self, _: &'a Texts) -> Option<&'a str> {
        None
    }
    /// The field `value` of the completion. `None`: such an answer is written as `fail`.
    fn result(&self, ret: &Self::Ret, units: &Texts, to: &mut Vec<u8>) -> Option<()>;
}

impl Print for StockOp {
    type Ret = StockRet;

    fn f(&self) -> &'static str {
        match self {
            Self::Buy { .. } => "buy",
            Self::Read => "read",
            Self::Restock { .. } => "restock",
        }
    }

    fn argument(&self, to: &mut Vec<u8>) {
        match *self {
            Self::Buy { quantity } | Self::Restock { quantity } => number(quantity, to),
            Self::Read => null(to),
        }
    }

    fn result(&self, ret: &StockRet, units: &Texts, to: &mut Vec<u8>) -> Option<()> {
        match *ret {
            StockRet::Bought { remaining, unit } => {
                to.extend(br#"{"outcome":"bought""#);
                if let Some(remaining) = remaining {
                    to.extend(br#","remaining":"#);
                    number(remaining, to);
                }
                if let Some(name) = unit.and_then(|unit| units.get(unit.0)) {
                    to.extend(br#","unit":"#);
                    string(name, to);
                }
                to.push(b'}');
            }
            StockRet::SoldOut => to.extend(br#"{"outcome":"sold-out"}"#),
            StockRet::Already => to.extend(br#"{"outcome":"already"}"#),
            StockRet::Refused => to.extend(br#"{"outcome":"refused"}"#),
            StockRet::Stock(stock) | StockRet::Restocked { stock: Some(stock) } => number(stock, to),
            StockRet::Restocked { stock: None } => null(to),
        }
        Some(())
    }
}

impl Print for SalesOp {
    type Ret = StockRet;

    fn f(&self) -> &'static str {
        Print::f(&self.op)
    }

    fn argument(&self, to: &mut Vec<u8>) {
        self.op.argument(to);
    }

    fn buyer<'a>(&self, names: &'a Texts) -> Option<&'a str> {
        names.get(self.buyer?.0)
    }

    fn result(&self, ret: &StockRet, units: &Texts, to: &mut Vec<u8>) -> Option<()> {
        self.op.result(ret, units, to)
    }
}

impl Print for RegisterOp<String> {
    type Ret = RegisterRet<String>;

    fn f(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write(_) => "write",
            Self::Cas(..) => "cas",
        }
    }

    fn argument(&self, to: &mut Vec<u8>) {
        match self {
            Self::Read => null(to),
            Self::Write(value) => to.extend(value.as_bytes()),
            Self::Cas(old, new) => {
                to.push(b'[');
                to.extend(old.as_bytes());
                to.push(b',');
                to.extend(new.as_bytes());
                to.push(b']');
            }
        }
    }

    /// A mismatch is a `fail`: files have no other word for it. What it says about the register is lost with that.
    fn result(&self, ret: &RegisterRet<String>, _: &Texts, to: &mut Vec<u8>) -> Option<()> {
        match (ret, self) {
            (RegisterRet::Value(value), _) | (RegisterRet::Done, Self::Write(value)) => to.extend(value.as_bytes()),
            (RegisterRet::Done, _) => null(to),
            (RegisterRet::Mismatch, _) => return None,
        }
        Some(())
    }
}

impl Print for KvOp {
    type Ret = KvRet;

    fn f(&self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put(_) => "put",
            Self::Append(_) => "append",
        }
    }

    fn argument(&self, to: &mut Vec<u8>) {
        match self {
            Self::Get => null(to),
            Self::Put(value) | Self::Append(value) => string(value, to),
        }
    }

    fn result(&self, ret: &KvRet, _: &Texts, to: &mut Vec<u8>) -> Option<()> {
        match ret {
            KvRet::Value(value) => string(value, to),
            KvRet::Done => null(to),
        }
        Some(())
    }
}

pub(super) fn number(number: impl itoa::Integer, to: &mut Vec<u8>) {
    to.extend(itoa::Buffer::new().format(number).as_bytes());
}

pub(super) fn string(text: &str, to: &mut Vec<u8>) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        to.push(b'"');
        to.extend(text.as_bytes());
        to.push(b'"');
    } else {
        to.extend(serde_json::Value::from(text).to_string().as_bytes());
    }
}

fn null(to: &mut Vec<u8>) {
    to.extend(b"null");
}
