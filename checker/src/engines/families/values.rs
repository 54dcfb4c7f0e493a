//! Histories of one register, and of one key of a store, as a stress run records them: clients in a closed loop.

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rand::{Rng, RngExt};

use super::stress::closed_loop;
use crate::history::{Operation, Response};

/// What a history is made of. Shares are of all operations, between 0 and 1.
#[derive(Clone, Copy, Debug)]
pub struct Values {
    /// Clients with one operation in flight each.
    pub clients: usize,
    /// Operations.
    pub operations: usize,
    /// Share of reads.
    pub reads: f64,
    /// Share of compare-and-sets on a register, of puts on a key. The rest are writes and appends.
    pub second: f64,
    /// Values written to a register are below this; `None`: each is written once.
    pub values: Option<u32>,
    /// Share of lost answers. The operations took effect.
    pub lost: f64,
    /// In the middle, a register's read is told a value of long ago, and an append is told that it was done, but was not.
    pub lie: bool,
}

impl Default for Values {
    /// 50 clients, 3,000 operations, half of them reads.
    fn default() -> Self {
        Self {
            clients: 50,
            operations: 3_000,
            reads: 0.5,
            second: 0.0,
            values: None,
            lost: 0.0,
            lie: false,
        }
    }
}

/// The history of a register of numbers.
pub type RegisterHistory = Vec<Operation<RegisterOp<u32>, RegisterRet<u32>>>;

impl Values {
    /// The history of a register that holds 0 at first.
    pub fn register(&self, random: &mut impl Rng) -> RegisterHistory {
        let mut register = Register(0);
        let mut past = Vec::new();
        let mut lie = self.lie;
        self.history(random, |number, random| {
            let mut value = || self.values.map_or(number + 1, |values| random.random_range(0..values));
            let (first, second) = (value(), value());
            let op = match self.kind(random) {
                Kind::Read => RegisterOp::Read,
                Kind::Second => RegisterOp::Cas(if random.random_bool(0.5) { register.0 } else { first }, second),
                Kind::First => RegisterOp::Write(first),
            };
            let mut ret = register.invoke(&op);
            past.push(register.0);
            let long_ago = past[past.len().saturating_sub(4 * self.clients)];
            if let RegisterRet::Value(told) = &mut ret
                && number as usize > self.operations / 2
                && *told != long_ago
                && std::mem::take(&mut lie)
            {
                *told = long_ago;
            }
            (op, ret)
        })
    }

    /// The history of a key that holds "" at first.
    pub fn kv(&self, random: &mut impl Rng) -> Vec<Operation<KvOp, KvRet>> {
        let mut key = Kv::default();
        let mut lie = self.lie;
        self.history(random, |number, random| {
            let op = match self.kind(random) {
                Kind::Read => KvOp::Get,
                Kind::Second => KvOp::Put(format!("{number} ")),
                Kind::First => KvOp::Append(format!("{number} ")),
            };
            let middle = number as usize > self.operations / 2;
            if middle && matches!(op, KvOp::Append(_)) && std::mem::take(&mut lie) {
                return (op, KvRet::Done);
            }
            let ret = key.invoke(&op);
            (op, ret)
        })
    }

    fn kind(&self, random: &mut impl Rng) -> Kind {
        let kind = random.random::<f64>();
        if kind < self.reads {
            Kind::Read
        } else if kind < self.reads + self.second {
            Kind::Second
        } else {
            Kind::First
        }
    }

    /// `act` does the operation of a number and says what came back.
    fn history<R: Rng, Op, Ret>(
        &self,
        random: &mut R,
        mut act: impl FnMut(u32, &mut R) -> (Op, Ret),
    ) -> Vec<Operation<Op, Ret>> {
        closed_loop(self.clients, self.operations, random, |number, random| {
            let (op, ret) = act(number, random);
            let lost = self.lost > 0.0 && random.random_bool(self.lost);
            (op, (!lost).then_some(ret))
        })
    }
}

/// The history of a register of which such a share of the answers is made up, with values below 6.
pub fn spoilt(mut history: RegisterHistory, share: f64, random: &mut impl Rng) -> RegisterHistory {
    for Operation { op, response, .. } in &mut history {
        if let Some(Response { ret, .. }) = response
            && random.random_bool(share)
        {
            *ret = match ret {
                RegisterRet::Value(_) => RegisterRet::Value(random.random_range(0..6)),
                RegisterRet::Done if matches!(op, RegisterOp::Cas(..)) => RegisterRet::Mismatch,
                RegisterRet::Done | RegisterRet::Mismatch => RegisterRet::Done,
            };
        }
    }
    history
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Second,
    First,
}
