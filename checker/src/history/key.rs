//! The operations on one key.

use std::fmt;

use oversell_spec::{
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet, Unit},
};

use super::{CommandLog, Operation, Texts};

/// Everything that was done to one key. Keys are independent: each is checked alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHistory<Op, Ret, Initial> {
    /// The key.
    pub key: String,
    /// Its value before the first operation.
    pub initial: Initial,
    /// The operations in the order in which they were invoked (in the order of the file or of the parts where two were
    /// invoked at the same time). Those that certainly had no effect are left out.
    pub operations: Vec<Operation<Op, Ret>>,
    /// The commands that clients sent within their operations, where they were recorded.
    pub commands: CommandLog,
    /// What is known of the operations without a response, in order of their index; not every one needs to be here.
    pub unknown: Vec<Unknown>,
    /// Who bought, where that is said and there is no limit for one buyer, so that it means nothing; in order of the operations'
    /// index. With a limit, the operations say it themselves.
    pub buyers: Vec<(u32, Buyer)>,
    /// The operations that were left out because they certainly had no effect (`fail`), where a file tells of them. Only for people.
    pub failed: Vec<Operation<Op, Ret>>,
}

/// The operations on one stock counter.
pub type StockHistory = KeyHistory<StockOp, StockRet, u64>;
/// The operations on one stock counter with a limit for each buyer.
pub type SalesHistory = KeyHistory<SalesOp, StockRet, OnSale>;
/// The operations on one register; its values are canonical JSON.
pub type RegisterHistory = KeyHistory<RegisterOp<String>, RegisterRet<String>, String>;
/// The operations on one key of a key-value store.
pub type KvHistory = KeyHistory<KvOp, KvRet, String>;

/// What is there before the first operation on a stock counter with a limit for each buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnSale {
    /// Units.
    pub stock: u64,
    /// Units that one buyer may have.
    pub limit: u64,
}

impl fmt::Display for OnSale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stock.fmt(f)
    }
}

/// Why an operation has no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The index of the operation.
    pub operation: u32,
    /// When the client gave up, in nanoseconds on the history's clock. It bounds nothing: the operation may take
    /// effect later.
    pub at: u64,
    /// In words: `timed out`.
    pub why: Box<str>,
}

/// A part of a key's operations, as one client recorded it: to be put together with [`KeyHistory::from_parts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<Op, Ret> {
    /// The operations, in any order.
    pub operations: Vec<Operation<Op, Ret>>,
    /// Their commands.
    pub commands: CommandLog,
    /// Why some have no response, in any order.
    pub unknown: Vec<Unknown>,
    /// Who bought, as in [`KeyHistory::buyers`], in any order.
    pub buyers: Vec<(u32, Buyer)>,
    /// As [`KeyHistory::failed`].
    pub failed: Vec<Operation<Op, Ret>>,
}

/// What one client did to a stock counter.
pub type StockPart = Part<StockOp, StockRet>;

impl<Op, Ret> Default for Part<Op, Ret> {
    fn default() -> Self {
        Self {
            operations: Vec::new(),
            commands: CommandLog::new(),
            unknown: Vec::new(),
            buyers: Vec::new(),
            failed: Vec::new(),
        }
    }
}

impl<Op, Ret, Initial> KeyHistory<Op, Ret, Initial> {
    /// No operations yet.
    #[must_use]
    pub fn new(key: impl Into<String>, initial: Initial) -> Self {
        Self {
            key: key.into(),
            initial,
            operations: Vec::new(),
            commands: CommandLog::new(),
            unknown: Vec::new(),
            buyers: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Puts the parts of a history together and sorts the operations by the time of their invocation.
    ///
    /// Needs memory for the result, for the largest part once more, and 4 bytes an operation.
    ///
    /// # Panics
    /// With more than 2³² operations.
    #[must_use]
    pub fn from_parts(
        key: impl Into<String>,
        initial: Initial,
        parts: impl IntoIterator<Item = Part<Op, Ret>>,
    ) -> Self {
        let parts: Vec<_> = parts.into_iter().collect();
        let mut history = Self::new(key, initial);
        history
            .operations
            .reserve_exact(parts.iter().map(|part| part.operations.len()).sum());
        for part in parts {
            let offset = index(history.operations.len());
            history.commands.append(offset as usize, part.commands);
            history.unknown.extend(part.unknown.into_iter().map(|unknown| Unknown {
                operation: unknown.operation + offset,
                ..unknown
            }));
            let buyers = part.buyers.into_iter();
            history
                .buyers
                .extend(buyers.map(|(operation, buyer)| (operation + offset, buyer)));
            history.operations.extend(part.operations);
            history.failed.extend(part.failed);
        }
        history.sort();
        history
    }

    /// Takes out the operations with these indices, which had no effect, keeps them apart, and sorts the others.
    pub fn settle(&mut self, mut failed: Vec<u32>) {
        if !failed.is_empty() {
            failed.sort_unstable();
            let stays = |index: u32| failed.binary_search(&index).is_err();
            let staying: Vec<u32> = (0..index(self.operations.len()))
                .filter(|&index| stays(index))
                .collect();
            self.commands.reorder(&staying);
            self.buyers.retain(|&(operation, _)| stays(operation));
            let mut place = 0;
            let gone = self.operations.extract_if(.., |_| {
                place += 1;
                !stays(place - 1)
            });
            self.failed.extend(gone);
            for unknown in &mut self.unknown {
                unknown.operation -= index(failed.partition_point(|&failed| failed < unknown.operation));
            }
            for (operation, _) in &mut self.buyers {
                *operation -= index(failed.partition_point(|failed| failed < operation));
            }
        }
        self.sort();
    }

    /// Sorts the operations by the time of their invocation; those invoked at the same time keep their order.
    fn sort(&mut self) {
        let mut order: Vec<u32> = (0..index(self.operations.len())).collect();
        if !self.operations.is_sorted_by_key(|operation| operation.invoked) {
            order.sort_by_key(|&old| self.operations[old as usize].invoked);
            self.commands.reorder(&order);
            let new = permute(&mut self.operations, order);
            for unknown in &mut self.unknown {
                unknown.operation = new[unknown.operation as usize];
            }
            for (operation, _) in &mut self.buyers {
                *operation = new[*operation as usize];
            }
        }
        self.unknown.sort_by_key(|unknown| unknown.operation);
        self.buyers.sort_unstable();
    }

    /// Who bought in the operation with this index, where it does not say so itself.
    #[must_use]
    pub fn buyer(&self, operation: usize) -> Option<Buyer> {
        let place = self
            .buyers
            .binary_search_by_key(&operation, |&(index, _)| index as usize);
        Some(self.buyers.get(place.ok()?)?.1)
    }

    /// Why the operation with this index has no response, where that was said.
    #[must_use]
    pub fn why_unknown(&self, operation: usize) -> Option<&Unknown> {
        let place = self
            .unknown
            .binary_search_by_key(&operation, |unknown| unknown.operation as usize);
        self.unknown.get(place.ok()?)
    }
}

/// Gives the unit names of one client's part the numbers that they have in the whole history.
///
/// To be called for each part, with the names that the client kept, before the parts are put together.
///
/// # Panics
/// When an operation names a unit that is not in `from`.
pub fn rename_units(operations: &mut [Operation<StockOp, StockRet>], from: &Texts, to: &mut Texts) {
    let new: Vec<u32> = from.iter().map(|name| to.intern(name)).collect();
    for operation in operations {
        if let Some(response) = &mut operation.response
            && let StockRet::Bought { unit: Some(unit), .. } = &mut response.ret
        {
            *unit = Unit(new[unit.0 as usize]);
        }
    }
}

/// [`rename_units`], and the names of those who bought.
///
/// # Panics
/// When an operation names a unit or a buyer that is not in `from`.
pub fn rename_names(operations: &mut [Operation<SalesOp, StockRet>], from: &Texts, to: &mut Texts) {
    let new: Vec<u32> = from.iter().map(|name| to.intern(name)).collect();
    for operation in operations {
        if let Some(Buyer(name)) = &mut operation.op.buyer {
            *name = new[*name as usize];
        }
        if let Some(response) = &mut operation.response
            && let StockRet::Bought { unit: Some(unit), .. } = &mut response.ret
        {
            *unit = Unit(new[unit.0 as usize]);
        }
    }
}

/// Moves the item at `order[i]` to `i`, without a second list of items. Returns where each item went.
fn permute<T>(items: &mut [T], order: Vec<u32>) -> Vec<u32> {
    let mut new = vec![0; order.len()];
    for (to, &from) in order.iter().enumerate() {
        new[from as usize] = index(to);
    }
    let mut target = order;
    target.copy_from_slice(&new);
    for place in 0..items.len() {
        // Each swap brings one item home, so there are at most as many swaps as items.
        while target[place] as usize != place {
            let home = target[place] as usize;
            items.swap(place, home);
            target.swap(place, home);
        }
    }
    new
}

pub(super) fn index(index: usize) -> u32 {
    match u32::try_from(index) {
        Ok(index) => index,
        Err(_) => panic!("more than 2^32 operations on one key"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::Command;

    fn buy(process: i64, invoked: u64) -> Operation<StockOp, StockRet> {
        Operation {
            process,
            invoked,
            op: StockOp::Buy { quantity: 1 },
            response: None,
        }
    }

    proptest! {
        #[test]
        fn putting_parts_together_is_sorting_them(
            parts in prop::collection::vec(prop::collection::vec((0..20u64, 0..3usize), 0..8), 0..5),
        ) {
            let mut given = Vec::new();
            let mut expected: Vec<(i64, u64, usize)> = Vec::new();
            for invocations in parts {
                let mut part = StockPart::default();
                for (at, commands) in invocations {
                    let id = expected.len();
                    let local = part.operations.len();
                    part.operations.push(buy(id as i64, at));
                    for _ in 0..commands {
                        part.commands.push(local, &Command::new(at, at, &format!("GET {id}"), "1"));
                    }
                    part.unknown.push(Unknown { operation: local as u32, at, why: format!("{id}").into() });
                    expected.push((id as i64, at, commands));
                }
                given.push(part);
            }
            expected.sort_by_key(|&(_, at, _)| at);
            let history = StockHistory::from_parts("k", 1, given);
            prop_assert_eq!(history.operations.len(), expected.len());
            for (index, (id, at, commands)) in expected.into_iter().enumerate() {
                prop_assert_eq!(history.operations[index], buy(id, at));
                let texts: Vec<_> = history.commands.of(index).map(|command| command.command.into_owned()).collect();
                prop_assert_eq!(texts, vec![format!("GET {id}"); commands]);
                prop_assert_eq!(&*history.why_unknown(index).unwrap().why, id.to_string());
            }
        }
    }

    #[test]
    fn settling_keeps_commands_and_reasons_with_their_operations() {
        let mut history = StockHistory::new("k", 1);
        for id in 0..4u32 {
            history.operations.push(buy(i64::from(id), u64::from(id)));
            history
                .commands
                .push(id as usize, &Command::new(0, 0, &format!("GET {id}"), "1"));
            let why = format!("{id}").into();
            history.unknown.push(Unknown {
                operation: id,
                at: 9,
                why,
            });
        }
        history.settle(vec![2, 0]);
        assert_eq!(history.failed, [buy(0, 0), buy(2, 2)]);
        assert_eq!(history.operations, [buy(1, 1), buy(3, 3)]);
        for (index, id) in [(0, "1"), (1, "3")] {
            assert_eq!(&*history.why_unknown(index).unwrap().why, id);
            assert_eq!(history.commands.of(index).next().unwrap().command, format!("GET {id}"));
        }
    }

    #[test]
    fn an_operation_on_stock_takes_at_most_80_bytes() {
        let size = size_of::<Operation<StockOp, StockRet>>();
        assert!(size <= 80, "{size}");
    }
}
