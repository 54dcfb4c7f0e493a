//! Registers of numbers: what a register's history comes to when only it matters which values are equal.

use std::hash::Hash;

use oversell_spec::register::{RegisterOp, RegisterRet};
use rustc_hash::FxHashMap;

use super::alike::Alike;

/// A register's history in which each value is a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered {
    /// What is there at first.
    pub initial: u32,
    /// Each operation, with its answer where it is known.
    pub operations: Vec<Asked>,
}

/// What was asked of a register of numbers, and answered.
pub type Asked = (RegisterOp<u32>, Option<RegisterRet<u32>>);

impl Numbered {
    /// Numbers for values in the order in which they come.
    pub(super) fn of<V: PartialEq + Hash>(
        initial: &V,
        operations: &[(&RegisterOp<V>, Option<&RegisterRet<V>>)],
    ) -> Self {
        let mut numbers: FxHashMap<Alike<&V>, u32> = FxHashMap::default();
        numbers.insert(Alike(initial), 0);
        let mut of = |value| {
            let next = numbers.len() as u32;
            *numbers.entry(Alike(value)).or_insert(next)
        };
        let operations = operations.iter().map(|(op, ret)| {
            let op = match op {
                RegisterOp::Read => RegisterOp::Read,
                RegisterOp::Write(value) => RegisterOp::Write(of(value)),
                RegisterOp::Cas(old, new) => RegisterOp::Cas(of(old), of(new)),
            };
            let ret = ret.map(|ret| match ret {
                RegisterRet::Value(value) => RegisterRet::Value(of(value)),
                RegisterRet::Done => RegisterRet::Done,
                RegisterRet::Mismatch => RegisterRet::Mismatch,
            });
            (op, ret)
        });
        Self {
            initial: 0,
            operations: operations.collect(),
        }
    }
}
