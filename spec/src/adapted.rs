//! Between our trait and stateright's, which say the same.

use stateright::semantics::SequentialSpec as Theirs;

use crate::sequential::SequentialSpec as Ours;

/// A specification of one of the two traits as one of the other: for stateright's testers and models, and for our checker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Adapted<S>(pub S);

impl<S: Ours> Theirs for Adapted<S> {
    type Op = S::Op;
    type Ret = S::Ret;

    fn invoke(&mut self, op: &Self::Op) -> Self::Ret {
        self.0.invoke(op)
    }

    fn is_valid_step(&mut self, op: &Self::Op, ret: &Self::Ret) -> bool {
        self.0.is_valid_step(op, ret)
    }
}

impl<S: Theirs> Ours for Adapted<S> {
    type Op = S::Op;
    type Ret = S::Ret;

    fn invoke(&mut self, op: &Self::Op) -> Self::Ret {
        self.0.invoke(op)
    }

    fn is_valid_step(&mut self, op: &Self::Op, ret: &Self::Ret) -> bool {
        self.0.is_valid_step(op, ret)
    }
}
