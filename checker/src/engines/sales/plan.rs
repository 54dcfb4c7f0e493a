//! What the limit says of each buyer, as far as possible in the terms of the stock counter.
//!
//! All that follows rests on this: what a buyer has had never becomes less, and `bought` is right only while it stays within the limit.
//! So in every order the purchases of one buyer that take effect, told or not, are within the limit all together; and if they are,
//! each of them is. Where the purchase stands among those of others makes no difference to that.

use oversell_spec::stock::{StockOp, StockRet};

use crate::history::{Operation, Response, SalesOperation, StockOperation};

/// What is wrong about one buyer, whatever the stock was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// These were told bought, and are more than one buyer may have.
    TooMany(Vec<usize>),
    /// This was told `already`; of what this buyer bought, `before` may have taken effect before that, and is not enough. Those in
    /// `after` cannot have, and leave no room for more of what is in `before`.
    Untrue {
        told: usize,
        before: Vec<usize>,
        after: Vec<usize>,
    },
}

/// What becomes of an operation when the limit is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It stays as it is.
    Stays,
    /// A purchase that takes effect, at this time at the latest.
    By(u64),
    /// It was refused because too few were left.
    SoldOut,
    /// It changes nothing, and there is a place for it in any order of the others: the last that its interval allows.
    Aside,
    /// Not answered, and it never took effect.
    Never,
}

/// A refusal of which it is not known yet what makes it right.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// The operation.
    pub(super) index: u32,
    /// It is right when the buyer has had so many units.
    pub(super) need: u64,
    /// Is it also right when too few units are left?
    pub(super) or_sold_out: bool,
    /// What the buyer may have bought by then.
    pub(super) purchases: Vec<u32>,
    /// Some of that: if all of it took effect by then, the buyer has had enough.
    enough: Vec<u32>,
    /// Can all of it have?
    pub(super) can_have: bool,
}

/// What is supposed of an [`Open`] one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nothing.
    Free,
    /// The buyer had enough.
    Had,
    /// Too few units were left.
    SoldOut,
}

/// A history without its limit.
pub(super) struct Plan {
    fates: Vec<Fate>,
    /// Purchases without an answer that fit within the limit each, but not all together.
    crowded: Vec<u32>,
    pub(super) open: Vec<Open>,
}

/// A history of the stock counter.
pub(super) struct Projection {
    pub(super) operations: Vec<StockOperation>,
    /// Where each of them stands in the whole.
    pub(super) origin: Vec<u32>,
    /// Answered operations of the whole that are left out.
    pub(super) aside: Vec<u32>,
}

impl Plan {
    fn unsettled(operations: usize) -> Self {
        Self {
            fates: vec![Fate::Stays; operations],
            crowded: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Of a history in which one buyer may have `limit` units.
    ///
    /// # Errors
    /// When something is wrong about one buyer.
    pub(super) fn of(limit: u64, operations: &[SalesOperation]) -> Result<Self, Lie> {
        let mut plan = Self::unsettled(operations.len());
        for account in accounts(operations) {
            plan.settle(limit, operations, &account)?;
        }
        Ok(plan)
    }

    fn settle(&mut self, limit: u64, operations: &[SalesOperation], account: &[u32]) -> Result<(), Lie> {
        let account = Account::of(operations, account);
        if let Some(sold) = account.too_many(limit) {
            return Err(Lie::TooMany(sold));
        }
        match account.each() {
            Some(quantity) => self.settle_alike(limit, quantity, account),
            None => self.settle_any(limit, &account),
        }
    }

    /// All purchases are of the same quantity, so `most` of them are all that the buyer may have, and a refusal because of the limit
    /// is right after `most` of them, and not before.
    fn settle_alike(&mut self, limit: u64, quantity: u64, mut account: Account<'_>) -> Result<(), Lie> {
        let operations = account.operations;
        let at = |index: &u32| &operations[*index as usize];
        let most = usize::try_from(limit / quantity).unwrap_or(usize::MAX);
        // Of those not answered at most so many took effect, and it may as well be those invoked first: where a later one did, an
        // earlier one that did not can stand in its place. Nothing says that it was over by then, and what came before it in time
        // came before the later one, too.
        account.lost.sort_unstable_by_key(|index| (at(index).invoked, *index));
        let room = most - account.bought.len();
        for index in account.lost.iter().skip(room) {
            self.fates[*index as usize] = Fate::Never;
        }
        account.lost.truncate(room);
        let all: Vec<u32> = account.bought.iter().chain(&account.lost).copied().collect();
        let complete = all.len() == most;
        // Only then can all of them have been before.
        let begun = all.iter().map(|index| at(index).invoked).max().unwrap_or(0);
        let could_have_had = |told: &u32| complete && begun <= at(told).returned();
        if let Some(told) = account.already.iter().find(|told| !could_have_had(told)) {
            return Err(account.untrue(*told, &all));
        }
        // Each `already` is right after all of them: they take effect, before the first such answer. That is enough, too: it is
        // put behind all that was invoked by the time of its answer, and so behind them.
        let by = account.already.iter().map(|told| at(told).returned()).min();
        for told in &account.already {
            self.fates[*told as usize] = Fate::Aside;
        }
        // When the last of them had taken effect, where that is known.
        let mut over = Some(0u64);
        for index in &all {
            let known = at(index).response.map(|response| response.at);
            let known = known.into_iter().chain(by).min();
            if let (Some(known), Some(_)) = (known, by) {
                self.fates[*index as usize] = Fate::By(known);
            }
            over = over.zip(known).map(|(over, known): (u64, u64)| over.max(known));
        }
        for &told in &account.refused {
            let returned = at(&told).returned();
            self.fates[told as usize] = if !could_have_had(&told) {
                Fate::SoldOut
            } else if over.is_some_and(|over| over <= returned) {
                Fate::Aside
            } else {
                self.open.push(Open {
                    index: told,
                    need: (limit - quantity).saturating_add(1),
                    or_sold_out: true,
                    purchases: all.clone(),
                    enough: all.clone(),
                    can_have: true,
                });
                Fate::Aside
            };
        }
        Ok(())
    }

    /// Quantities differ. Only what follows for each operation by itself is used.
    fn settle_any(&mut self, limit: u64, account: &Account<'_>) -> Result<(), Lie> {
        let operations = account.operations;
        let at = |index: &u32| &operations[*index as usize];
        let sold = account.sum(&account.bought);
        let fits = |index: &u32| sold + u128::from(account.quantity(index)) <= u128::from(limit);
        let (lost, never): (Vec<u32>, Vec<u32>) = account.lost.iter().partition(|index| fits(index));
        for index in never {
            self.fates[index as usize] = Fate::Never;
        }
        if sold + account.sum(&lost) > u128::from(limit) {
            self.crowded.extend(&lost);
        }
        let refusals = account.already.iter().map(|told| (*told, false));
        for (told, or_sold_out) in refusals.chain(account.refused.iter().map(|told| (*told, true))) {
            let returned = at(&told).returned();
            self.fates[told as usize] = Fate::Aside;
            let Some(room) = limit.checked_sub(account.quantity(&told)) else {
                // It is too much by itself.
                continue;
            };
            let need = u128::from(room) + 1;
            let begun = |indices: &[u32]| -> Vec<u32> {
                let begun = indices.iter().filter(|index| at(index).invoked <= returned);
                begun.copied().collect()
            };
            let (bought, may) = (begun(&account.bought), begun(&lost));
            let (certain, possible) = (account.sum(&bought), account.sum(&may));
            // What is bought later must fit in, too.
            let most = (certain + possible).min(u128::from(limit) - (sold - certain));
            if most < need {
                if or_sold_out {
                    self.fates[told as usize] = Fate::SoldOut;
                    continue;
                }
                let all: Vec<u32> = account.bought.iter().chain(&lost).copied().collect();
                return Err(account.untrue(told, &all));
            }
            let over = bought.iter().filter(|index| at(index).returned() <= returned);
            if account.sum(&over.copied().collect::<Vec<_>>()) >= need {
                continue;
            }
            // Those that were over first, as far as they are needed, and where they are not enough, all that may have been.
            let mut by_end = bought.clone();
            by_end.sort_by_key(|index| at(index).returned());
            let mut sum = 0;
            let mut enough: Vec<u32> = Vec::new();
            for index in by_end {
                if sum < need {
                    sum += u128::from(account.quantity(&index));
                    enough.push(index);
                }
            }
            if sum < need {
                enough.extend(&may);
            }
            self.open.push(Open {
                index: told,
                need: u64::try_from(need).unwrap_or(u64::MAX),
                or_sold_out,
                can_have: sum >= need || sold + possible <= u128::from(limit),
                purchases: bought.into_iter().chain(may).collect(),
                enough,
            });
        }
        Ok(())
    }

    /// The history of the stock alone, if these choices are right.
    ///
    /// Without choices (all of them `Free`, and `roomy`) it is a history that has an order if the whole has one: each step above keeps
    /// an order. With choices, an order of it may be one of the whole; so it may if those that do not fit in together are left out,
    /// which is what not being `roomy` means.
    pub(super) fn project(&self, operations: &[SalesOperation], choices: &[Choice], roomy: bool) -> Projection {
        let mut fates = self.fates.clone();
        for &index in self.crowded.iter().filter(|_| !roomy) {
            fates[index as usize] = Fate::Never;
        }
        for (open, choice) in self.open.iter().zip(choices) {
            match choice {
                Choice::Free => {}
                Choice::SoldOut => fates[open.index as usize] = Fate::SoldOut,
                Choice::Had => {
                    let by = operations[open.index as usize].returned();
                    for &index in &open.enough {
                        let known = match fates[index as usize] {
                            Fate::By(known) => known,
                            _ => operations[index as usize].returned(),
                        };
                        fates[index as usize] = Fate::By(known.min(by));
                    }
                }
            }
        }
        project(operations, &fates)
    }
}

fn project(operations: &[SalesOperation], fates: &[Fate]) -> Projection {
    let mut projection = Projection {
        operations: Vec::with_capacity(operations.len()),
        origin: Vec::with_capacity(operations.len()),
        aside: Vec::new(),
    };
    for (index, (operation, fate)) in (0..).zip(operations.iter().zip(fates)) {
        let response = match (*fate, operation.response) {
            (Fate::Stays, response) => response,
            (Fate::By(at), Some(response)) => Some(Response { at, ..response }),
            (Fate::By(at), None) => Some(Response {
                at,
                ret: StockRet::BOUGHT,
            }),
            (Fate::SoldOut, response) => response.map(|response| Response {
                ret: StockRet::SoldOut,
                ..response
            }),
            (Fate::Aside, _) => {
                projection.aside.push(index);
                continue;
            }
            (Fate::Never, _) => continue,
        };
        projection.origin.push(index);
        projection.operations.push(Operation {
            process: operation.process,
            invoked: operation.invoked,
            op: operation.op.op,
            response,
        });
    }
    projection
}

/// What is wrong about one buyer, whatever the stock was: one for each buyer of whom something is.
pub(crate) fn lies(limit: u64, operations: &[SalesOperation]) -> Vec<Lie> {
    let mut plan = Plan::unsettled(operations.len());
    let accounts = accounts(operations).into_iter();
    accounts
        .filter_map(|account| plan.settle(limit, operations, &account).err())
        .collect()
}

/// The history of the stock alone, with nothing in it but what is in the whole: if it has no order, the whole has none. Where each
/// operation stands in the whole comes with it.
///
/// A `refused` that the limit cannot make right says that too few were left; other answers of the limit are left out, as they change
/// nothing. So are purchases without an answer that the limit keeps from taking effect, as far as one buyer is right.
pub(crate) fn without_buyers(limit: u64, operations: &[SalesOperation]) -> (Vec<StockOperation>, Vec<u32>) {
    let mut plan = Plan::unsettled(operations.len());
    for account in accounts(operations) {
        let right = plan.settle(limit, operations, &account).is_ok();
        for index in account {
            let operation = &operations[index as usize];
            let told = operation.response.map(|response| response.ret);
            let fate = &mut plan.fates[index as usize];
            *fate = match (told, *fate) {
                (Some(StockRet::Already), _) => Fate::Aside,
                (Some(StockRet::Refused), Fate::SoldOut) if right => Fate::SoldOut,
                (Some(StockRet::Refused), _) => Fate::Aside,
                (None, Fate::Never) if right => Fate::Never,
                _ => Fate::Stays,
            };
        }
    }
    let projection = project(operations, &plan.fates);
    (projection.operations, projection.origin)
}

/// The purchases of each buyer.
fn accounts(operations: &[SalesOperation]) -> Vec<Vec<u32>> {
    let mut purchases: Vec<(u64, u32)> = (0..)
        .zip(operations)
        .filter(|(_, operation)| matches!(operation.op.op, StockOp::Buy { .. }))
        .map(|(index, operation)| {
            // One of nobody known has a buyer of its own.
            let own = u64::from(u32::MAX) + 1 + u64::from(index);
            (operation.op.buyer.map_or(own, |buyer| u64::from(buyer.0)), index)
        })
        .collect();
    purchases.sort_unstable();
    let accounts = purchases.chunk_by(|one, other| one.0 == other.0);
    accounts
        .map(|account| account.iter().map(|&(_, index)| index).collect())
        .collect()
}

/// The purchases of one buyer, by what was told of them. Those told sold out are not among them: the limit says nothing of these.
struct Account<'a> {
    operations: &'a [SalesOperation],
    bought: Vec<u32>,
    lost: Vec<u32>,
    already: Vec<u32>,
    refused: Vec<u32>,
}

impl<'a> Account<'a> {
    fn of(operations: &'a [SalesOperation], indices: &[u32]) -> Self {
        let mut account = Self {
            operations,
            bought: Vec::new(),
            lost: Vec::new(),
            already: Vec::new(),
            refused: Vec::new(),
        };
        for &index in indices {
            match operations[index as usize].response.map(|response| response.ret) {
                Some(StockRet::Bought { .. }) => account.bought.push(index),
                None => account.lost.push(index),
                Some(StockRet::Already) => account.already.push(index),
                Some(StockRet::Refused) => account.refused.push(index),
                Some(StockRet::SoldOut | StockRet::Stock(_) | StockRet::Restocked { .. }) => {}
            }
        }
        account
    }

    fn quantity(&self, index: &u32) -> u64 {
        self.operations[*index as usize].op.quantity()
    }

    fn sum(&self, indices: &[u32]) -> u128 {
        indices.iter().map(|index| u128::from(self.quantity(index))).sum()
    }

    /// The quantity of every purchase, if it is the same.
    fn each(&self) -> Option<u64> {
        let all = [&self.bought, &self.lost, &self.already, &self.refused];
        let mut quantities = all.into_iter().flatten().map(|index| self.quantity(index));
        let first = quantities.next().filter(|&first| first > 0)?;
        quantities.all(|quantity| quantity == first).then_some(first)
    }

    /// The first answers by which more was bought than the limit.
    fn too_many(&self, limit: u64) -> Option<Vec<usize>> {
        if self.sum(&self.bought) <= u128::from(limit) {
            return None;
        }
        let mut bought = self.bought.clone();
        bought.sort_by_key(|index| self.operations[*index as usize].returned());
        let mut sum = 0;
        let mut sold = Vec::new();
        for index in bought {
            sum += u128::from(self.quantity(&index));
            sold.push(index as usize);
            if sum > u128::from(limit) {
                break;
            }
        }
        sold.sort_unstable();
        Some(sold)
    }

    fn untrue(&self, told: u32, all: &[u32]) -> Lie {
        let returned = self.operations[told as usize].returned();
        let is_before = |index: &u32| self.operations[*index as usize].invoked <= returned;
        let (before, after): (Vec<u32>, Vec<u32>) = all.iter().partition(|index| is_before(index));
        // What is not answered and came later says nothing.
        let after = after
            .into_iter()
            .filter(|index| self.operations[*index as usize].response.is_some());
        Lie::Untrue {
            told: told as usize,
            before: before.into_iter().map(|index| index as usize).collect(),
            after: after.map(|index| index as usize).collect(),
        }
    }
}
