//! Made-up histories, and what is true of them, for tests, benches and fuzzing. Everything random takes its generator from the caller.

pub mod small;
pub mod small_values;
pub mod streamed;
pub mod stress;
pub mod truth;
pub mod values;

use crate::history::{Operation, Response};

/// An operation, and when it was told what, if it ever was.
pub fn operation<Op, Ret>(invoked: u64, op: Op, answer: Option<(u64, Ret)>) -> Operation<Op, Ret> {
    Operation {
        process: 0,
        invoked,
        op,
        response: answer.map(|(at, ret)| Response { at, ret }),
    }
}
