//! What has to be known of a specification to shrink its histories.

use std::hash::Hash;

use oversell_spec::SequentialSpec;
use oversell_spec::{
    kv::{Kv, KvOp, KvRet},
    register::{Register, RegisterOp, RegisterRet},
};

use crate::{
    counterexample::Tell,
    history::{KvOperation, Operation, RegisterOperation},
};

/// A specification whose violations can be explained by [`explain`](super::explain).
///
/// Only [`value`](Self::value) is required. Each of the others says something that makes counterexamples smaller, or finds them
/// sooner; what it says must be true of every state, and in doubt it says what its default says. Operations need
/// [`Tell`], for the words. See the [module](super) for one's own specification, from the trait to the
/// explanation.
pub trait Explainable:
    SequentialSpec<Op: Tell<Ret = <Self as SequentialSpec>::Ret> + Clone + PartialEq, Ret: Clone + PartialEq>
    + Clone
    + Eq
    + Hash
{
    /// The state as people write it.
    fn value(&self) -> &str;

    /// The state after this operation, whatever it was before. A counterexample can then begin there instead of at the beginning.
    fn left_by(op: &Self::Op, ret: &Self::Ret) -> Option<Self> {
        let _ = (op, ret);
        None
    }

    /// The state that an operation leaves which changes it, where that does not depend on what was there.
    fn leaves(op: &Self::Op) -> Option<Self> {
        let _ = op;
        None
    }

    /// Can the operation, not answered or with the answer that it was done, take effect in every state?
    fn overwrites(op: &Self::Op) -> bool {
        let _ = op;
        false
    }

    /// Does an operation with this answer leave the state as it is? Then any order is one without it, too.
    fn only_looks(op: &Self::Op, ret: Option<&Self::Ret>) -> bool {
        let _ = (op, ret);
        false
    }

    /// Does no answer among `operations` show that this operation took effect? Then any order in which it did is, if it
    /// is left out, an order in which it did not.
    fn is_unseen(op: &Self::Op, operations: &[Operation<Self::Op, Self::Ret>]) -> bool {
        let _ = (op, operations);
        false
    }

    /// Can no answer among `operations` tell the state that this operation leaves from another of which that is true as well? Then one
    /// of them can stand for all.
    fn is_alike(op: &Self::Op, operations: &[Operation<Self::Op, Self::Ret>]) -> bool {
        Self::is_unseen(op, operations)
    }

    /// Is the answer about a value that none of the `operations` can have put there, and that was not there at first either? Then
    /// that is what is said of it.
    fn is_from_nobody(&self, op: &Self::Op, ret: &Self::Ret, operations: &[Operation<Self::Op, Self::Ret>]) -> bool {
        let _ = (op, ret, operations);
        false
    }
}

impl Explainable for Register<String> {
    fn value(&self) -> &str {
        &self.0
    }

    fn left_by(op: &RegisterOp<String>, ret: &RegisterRet<String>) -> Option<Self> {
        Self::leaves(op).filter(|_| *ret == RegisterRet::Done)
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
        let mismatches = |other: &RegisterOperation| {
            let response = other.response.as_ref();
            response.is_some_and(|response| response.ret == RegisterRet::Mismatch)
        };
        !operations.iter().any(|other| names(other, value) || mismatches(other))
    }

    /// Nobody reads its value or compares it: what mismatches it mismatches every other such value.
    fn is_alike(op: &RegisterOp<String>, operations: &[RegisterOperation]) -> bool {
        let (RegisterOp::Write(value) | RegisterOp::Cas(_, value)) = op else {
            return true;
        };
        !operations.iter().any(|other| names(other, value))
    }

    fn is_from_nobody(
        &self,
        op: &RegisterOp<String>,
        ret: &RegisterRet<String>,
        operations: &[RegisterOperation],
    ) -> bool {
        let ((RegisterRet::Value(value), RegisterOp::Read) | (RegisterRet::Done, RegisterOp::Cas(value, _))) =
            (ret, op)
        else {
            return false;
        };
        let puts = |other: &RegisterOperation| Self::leaves(&other.op).is_some_and(|left| left.0 == *value);
        self.0 != *value && !operations.iter().any(puts)
    }
}

/// Was this value read there, or is it to be exchanged?
fn names(operation: &RegisterOperation, value: &String) -> bool {
    let response = operation.response.as_ref();
    let reads = response.is_some_and(|response| matches!(&response.ret, RegisterRet::Value(read) if read == value));
    reads || matches!(&operation.op, RegisterOp::Cas(old, _) if old == value)
}

impl Explainable for Kv {
    fn value(&self) -> &str {
        &self.0
    }

    fn left_by(op: &KvOp, ret: &KvRet) -> Option<Self> {
        Self::leaves(op).filter(|_| *ret == KvRet::Done)
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
        operations.iter().all(|other| {
            let ret = other.response.as_ref().map(|response| &response.ret);
            match (op, ret) {
                (KvOp::Put(put), Some(KvRet::Value(got))) => !got.starts_with(put.as_str()),
                (KvOp::Append(end), Some(KvRet::Value(got))) => !got.contains(end.as_str()),
                _ => true,
            }
        })
    }

    /// What was there last was put, or ends with what was appended.
    fn is_from_nobody(&self, op: &KvOp, ret: &KvRet, operations: &[KvOperation]) -> bool {
        let (KvOp::Get, KvRet::Value(got)) = (op, ret) else {
            return false;
        };
        let leads_to = |other: &KvOperation| match &other.op {
            KvOp::Put(put) => put == got,
            KvOp::Append(end) => !end.is_empty() && got.ends_with(end.as_str()),
            KvOp::Get => false,
        };
        self.0 != *got && !operations.iter().any(leads_to)
    }
}
