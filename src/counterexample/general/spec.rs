//! What has to be known of a specification to shrink its histories.

use std::hash::Hash;

use oversell_models::spec::{
    kv::{Kv, KvOp, KvRet},
    register::{Register, RegisterOp, RegisterRet},
};
use stateright::semantics::SequentialSpec;

use crate::history::{KvOperation, Operation, RegisterOperation, Response};

/// A specification whose violations can be explained.
pub trait Explainable: SequentialSpec + Clone + Eq + Hash {
    /// The state as people write it.
    fn value(&self) -> &str;

    /// The state after this operation, whatever it was before.
    fn left_by(op: &Self::Op, ret: &Self::Ret) -> Option<Self>;

    /// The state that an operation leaves which changes it, where that does not depend on what was there.
    fn leaves(op: &Self::Op) -> Option<Self>;

    /// Can the operation, not answered or with the answer that it was done, take effect in every state?
    fn overwrites(op: &Self::Op) -> bool;

    /// Does an operation with this answer leave the state as it is? Then any order is one without it, too.
    fn only_looks(op: &Self::Op, ret: Option<&Self::Ret>) -> bool;

    /// Does no answer among `operations` show that this operation took effect? Then any order in which it did is, if it
    /// is left out, an order in which it did not.
    fn is_unseen(op: &Self::Op, operations: &[Operation<Self::Op, Self::Ret>]) -> bool;
}

impl Explainable for Register<String> {
    fn value(&self) -> &str {
        &self.0
    }

    fn left_by(op: &RegisterOp<String>, ret: &RegisterRet<String>) -> Option<Self> {
        match (op, ret) {
            (RegisterOp::Write(value) | RegisterOp::Cas(_, value), RegisterRet::Done) => Some(Self(value.clone())),
            _ => None,
        }
    }

    fn leaves(op: &RegisterOp<String>) -> Option<Self> {
        match op {
            RegisterOp::Write(value) | RegisterOp::Cas(_, value) => Some(Self(value.clone())),
            RegisterOp::Read => None,
        }
    }

    fn overwrites(op: &RegisterOp<String>) -> bool {
        matches!(op, RegisterOp::Write(_))
    }

    fn only_looks(op: &RegisterOp<String>, ret: Option<&RegisterRet<String>>) -> bool {
        *op == RegisterOp::Read || ret == Some(&RegisterRet::Mismatch)
    }

    /// Until it is overwritten, nobody reads its value, or exchanges it, or says that it is not the one expected.
    fn is_unseen(op: &RegisterOp<String>, operations: &[RegisterOperation]) -> bool {
        let (RegisterOp::Write(value) | RegisterOp::Cas(_, value)) = op else {
            return true;
        };
        operations.iter().all(|other| {
            let ret = other.response.as_ref().map(|response| &response.ret);
            let reads = matches!(ret, Some(RegisterRet::Value(read)) if read == value);
            let exchanges = matches!(&other.op, RegisterOp::Cas(old, _) if old == value);
            !reads && !exchanges && ret != Some(&RegisterRet::Mismatch)
        })
    }
}

impl Explainable for Kv {
    fn value(&self) -> &str {
        &self.0
    }

    fn left_by(op: &KvOp, ret: &KvRet) -> Option<Self> {
        match (op, ret) {
            (KvOp::Put(value), KvRet::Done) => Some(Self(value.clone())),
            _ => None,
        }
    }

    fn leaves(op: &KvOp) -> Option<Self> {
        match op {
            KvOp::Put(value) => Some(Self(value.clone())),
            KvOp::Append(_) | KvOp::Get => None,
        }
    }

    fn overwrites(op: &KvOp) -> bool {
        matches!(op, KvOp::Put(_))
    }

    fn only_looks(op: &KvOp, _: Option<&KvRet>) -> bool {
        *op == KvOp::Get
    }

    /// Until the next `put`, every value begins with what was put, or has in it what was appended; nobody gets such a
    /// value, so nobody gets any, and what the value is makes no difference.
    fn is_unseen(op: &KvOp, operations: &[KvOperation]) -> bool {
        operations.iter().all(|other| match (op, &other.response) {
            (
                KvOp::Put(put),
                Some(Response {
                    ret: KvRet::Value(got), ..
                }),
            ) => !got.starts_with(put.as_str()),
            (
                KvOp::Append(end),
                Some(Response {
                    ret: KvRet::Value(got), ..
                }),
            ) => !got.contains(end.as_str()),
            _ => true,
        })
    }
}
