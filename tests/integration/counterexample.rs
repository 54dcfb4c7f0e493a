//! What the tests of counterexamples in the checker share with those of their pictures.
#![allow(dead_code, reason = "each uses a part of it")]

#[path = "../../checker/tests/integration/counterexample/explained.rs"]
mod explained;
#[path = "../../checker/tests/integration/counterexample/simulated.rs"]
pub(crate) mod simulated;

pub(crate) use explained::*;
