//! One key of a key-value store: get, put, append. Keys are independent, so one key is the whole specification.

use crate::sequential::SequentialSpec;

/// What a client asks of the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KvOp {
    /// What is stored?
    Get,
    /// Store this.
    Put(String),
    /// Add this to the end of what is stored.
    Append(String),
}

/// What the client was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KvRet {
    /// Answer to a get.
    Value(String),
    /// A put or an append was done.
    Done,
}

/// What is stored under the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kv(pub String);

impl SequentialSpec for Kv {
    type Op = KvOp;
    type Ret = KvRet;

    fn is_valid_step(&mut self, op: &KvOp, ret: &KvRet) -> bool {
        match (op, ret) {
            // Without a copy of what may be long.
            (KvOp::Get, KvRet::Value(value)) => self.0 == *value,
            _ => self.invoke(op) == *ret,
        }
    }

    fn invoke(&mut self, op: &KvOp) -> KvRet {
        match op {
            KvOp::Get => KvRet::Value(self.0.clone()),
            KvOp::Put(value) => {
                self.0.clone_from(value);
                KvRet::Done
            }
            KvOp::Append(value) => {
                self.0.push_str(value);
                KvRet::Done
            }
        }
    }
}
