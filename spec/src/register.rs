//! One register: read, write, compare-and-set.

use crate::sequential::SequentialSpec;

/// What a client asks of the register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisterOp<V> {
    /// What is in it?
    Read,
    /// Put this value in.
    Write(V),
    /// Put the second value in if the first is there now.
    Cas(V, V),
}

/// What the client was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisterRet<V> {
    /// Answer to a read.
    Value(V),
    /// A write was done, or a compare-and-set found what it expected.
    Done,
    /// A compare-and-set found something else; nothing changed.
    Mismatch,
}

/// The state of the register.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Register<V>(pub V);

impl<V: Clone + PartialEq> SequentialSpec for Register<V> {
    type Op = RegisterOp<V>;
    type Ret = RegisterRet<V>;

    fn invoke(&mut self, op: &RegisterOp<V>) -> RegisterRet<V> {
        match op {
            RegisterOp::Read => RegisterRet::Value(self.0.clone()),
            RegisterOp::Write(value) => {
                self.0 = value.clone();
                RegisterRet::Done
            }
            RegisterOp::Cas(old, new) if self.0 == *old => {
                self.0 = new.clone();
                RegisterRet::Done
            }
            RegisterOp::Cas(..) => RegisterRet::Mismatch,
        }
    }
}
