//! Answers that contradict the clock, or each other, without any search.

use std::cmp::{Ordering, Reverse};

use oversell_spec::stock::{StockOp, StockRet};
use rayon::{
    iter::{IndexedParallelIterator as _, ParallelIterator as _},
    slice::ParallelSlice as _,
};
use rustc_hash::FxHashMap;

use super::{
    kind::Kind,
    ledger::{Ledger, answer, is_bought, is_sold_out, quantity, told, told_levels},
    nearly,
    parts::{Counterexample, Others, Shown},
    reason::{Candidate, Reason},
    repeated::Repeated,
    steps::{change_answer, without_unit},
};
use crate::history::StockOperation;

/// Collects what was found of each kind, keeping the first of each.
#[derive(Default)]
pub(super) struct Findings(Vec<(Kind, u64, u64, Candidate)>);

impl Findings {
    fn add(&mut self, certain_at: u64, candidate: impl FnOnce() -> Candidate, kind: Kind) {
        match self.0.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, count, at, known)) => {
                *count += 1;
                if certain_at < *at {
                    *at = certain_at;
                    *known = candidate();
                }
            }
            None => self.0.push((kind, 1, certain_at, candidate())),
        }
    }

    /// What was found in the one and then in the other.
    pub(super) fn and(mut self, others: Self) -> Self {
        for (kind, count, at, candidate) in others.0 {
            self.add(at, || candidate, kind);
            if let Some((_, known, ..)) = self.0.iter_mut().find(|(known, ..)| *known == kind) {
                *known += count - 1;
            }
        }
        self
    }

    /// How many answers of each kind there are, and the counterexample that shows the one that was certain first.
    pub(super) fn into_found(self) -> impl Iterator<Item = (u64, Candidate)> {
        self.0.into_iter().map(|(_, count, _, candidate)| (count, candidate))
    }
}

/// Answers that the level cannot have allowed, whatever it was exactly.
///
/// Sound: the bounds hold in every order of the whole history, so in every order the operation alone meets a level
/// within them. With the nearest such level as the stock, it is a counterexample by itself.
pub(super) fn outside_the_bounds(history: &[StockOperation], ledger: &Ledger) -> Findings {
    let parts = history.par_chunks(PART).enumerate();
    parts
        .map(|(part, operations)| outside_the_bounds_from(part * PART, operations, ledger))
        .reduce(Findings::default, Findings::and)
}

/// So many operations are looked at by one core at a time.
const PART: usize = 1 << 16;

fn outside_the_bounds_from(first: usize, operations: &[StockOperation], ledger: &Ledger) -> Findings {
    let mut findings = Findings::default();
    let mut look = ledger.look();
    for (index, operation) in (first..).zip(operations) {
        if is_sold_out(operation) {
            let (least, bound) = look.at_least(operation);
            if least >= i128::from(quantity(operation)) {
                let found = || alone(index, operation, least, Kind::FalseSoldOut, Reason::LevelAtLeast(bound));
                findings.add(operation.returned(), found, Kind::FalseSoldOut);
            }
        } else if let Some((before, after)) = told_levels(operation) {
            let kind = kind_of(operation);
            let (most, upper) = look.at_most(operation);
            let (least, lower) = look.at_least(operation);
            if most < 0 {
                // Sold beyond nothing already, whatever this answer says.
            } else if before > most || before.min(after) < 0 {
                let found = || alone(index, operation, most, kind, Reason::LevelAtMost(upper));
                findings.add(operation.returned(), found, kind);
            } else if before < least {
                let found = || alone(index, operation, least, kind, Reason::LevelAtLeast(lower));
                findings.add(operation.returned(), found, kind);
            }
        }
    }
    findings
}

fn alone(index: usize, operation: &StockOperation, level: i128, kind: Kind, reason: Reason) -> Candidate {
    let mut shown = Shown::anytime(index, operation, answer(operation).unwrap_or(StockRet::BOUGHT));
    change_answer(&mut shown.relaxed, without_unit);
    Candidate {
        kind,
        counterexample: Counterexample {
            initial: u64::try_from(level).unwrap_or(0),
            operations: vec![shown],
            others: Others::NONE,
        },
        reason,
    }
}

/// What kind of wrong it is when the stock that this answer tells cannot have been.
fn kind_of(operation: &StockOperation) -> Kind {
    match (told(operation), operation.op) {
        (Some(..0), _) => Kind::NegativeStock,
        (_, StockOp::Read) => Kind::WrongRead,
        _ => Kind::WrongRemaining,
    }
}

/// Named units that were handed out twice.
///
/// Sound: a unit is sold at most once in any order, whatever else happens. Everything else can be left out: sales only
/// take from what these two need, and restocks, which may be needed, are all put to the beginning.
pub(super) fn same_unit_twice(initial: u64, history: &[StockOperation]) -> Findings {
    let mut findings = Findings::default();
    let mut holders: FxHashMap<_, usize> = FxHashMap::default();
    for (index, operation) in history.iter().enumerate() {
        let Some(StockRet::Bought { unit: Some(unit), .. }) = answer(operation) else {
            continue;
        };
        let Some(&holder) = holders.get(&unit) else {
            holders.insert(unit, index);
            continue;
        };
        let certain_at = operation.returned().max(history[holder].returned());
        let candidate = || {
            let ret = StockRet::Bought {
                remaining: None,
                unit: Some(unit),
            };
            Candidate {
                kind: Kind::DuplicateUnit,
                counterexample: Counterexample {
                    initial: initial.max(quantity(operation).saturating_add(quantity(&history[holder]))),
                    operations: by_invocation(vec![
                        Shown::anytime(holder, &history[holder], ret),
                        Shown::anytime(index, operation, ret),
                    ]),
                    others: Others::NONE,
                },
                reason: Reason::SameUnit,
            }
        };
        findings.add(certain_at, candidate, Kind::DuplicateUnit);
    }
    findings
}

fn by_invocation(mut operations: Vec<Shown<StockOp, StockRet>>) -> Vec<Shown<StockOp, StockRet>> {
    operations.sort_by_key(|shown| (shown.original.invoked, shown.index));
    operations
}

/// Pairs of answers that contradict each other as long as nothing is put back.
///
/// Sound: without restocks the level never rises, whoever else buys whatever. So the level that an answer tells is not
/// above one that was told before, and the stretches of units that two buys say they took off do not overlap.
/// Answers that came after the first restock began are not looked at.
pub(super) fn contradictions(history: &[StockOperation], ledger: &Ledger) -> Findings {
    let until = ledger.first_restock().unwrap_or(u64::MAX);
    let tells = |operation: &StockOperation| {
        operation.response.is_some()
            && operation.returned() < until
            && told_levels(operation).is_some_and(|(_, after)| after >= 0)
    };
    // Four bytes each: there may be as many as operations. What is not used of the room takes no memory.
    let mut tellers = Vec::with_capacity(history.len());
    tellers.extend(
        (0..u32::MAX)
            .zip(history)
            .filter(|(_, one)| tells(one))
            .map(|(index, _)| index),
    );
    let (rises, overlaps) = rayon::join(
        || rises(history, &tellers),
        || overlaps(history, contested(history, &tellers)),
    );
    rises.and(overlaps)
}

/// An operation that tells the level just before and just after it.
#[derive(Clone, Copy)]
struct Teller {
    index: usize,
    before: i128,
    after: i128,
}

impl Teller {
    /// The operation at `index`, which tells its levels.
    #[inline]
    fn new(history: &[StockOperation], index: u32) -> Self {
        let index = index as usize;
        let (before, after) = told_levels(&history[index]).expect("only operations that tell are listed");
        Self { index, before, after }
    }

    const fn levels(&self) -> (i128, i128) {
        (self.before, self.after)
    }
}

/// Levels that are above one told by an operation that was over before.
fn rises(history: &[StockOperation], tellers: &[u32]) -> Findings {
    let mut findings = Findings::default();
    let returned = |&index: &u32| (history[index as usize].returned(), index);
    let mut by_response: Vec<(u64, u32)> = tellers.iter().map(returned).collect();
    nearly::sort(&mut by_response, |&teller| teller);
    let mut by_invocation = tellers.to_vec();
    nearly::sort(&mut by_invocation, |&index| (history[index as usize].invoked, index));
    let mut over = by_response.into_iter().peekable();
    let mut lowest: Option<Teller> = None;
    for later in by_invocation {
        let later = Teller::new(history, later);
        while let Some((_, earlier)) = over.next_if(|&(returned, _)| returned < history[later.index].invoked) {
            let earlier = Teller::new(history, earlier);
            if lowest.is_none_or(|lowest| earlier.after < lowest.after) {
                lowest = Some(earlier);
            }
        }
        let Some(earlier) = lowest.filter(|earlier| earlier.after < later.before) else {
            continue;
        };
        let kind = kind_of(&history[later.index]);
        let candidate = || pair(history, kind, [&earlier, &later], Reason::LevelRose);
        findings.add(history[later.index].returned(), candidate, kind);
    }
    findings
}

/// Buys that say they took the same units off the counter, and levels told between those before and after a buy.
fn overlaps(history: &[StockOperation], tellers: Vec<u32>) -> Findings {
    let mut findings = Findings::default();
    // Levels fall: from the highest on, they are nearly in order.
    let mut by_level = tellers;
    nearly::sort(&mut by_level, |&index| {
        let teller = Teller::new(history, index);
        let level = (Reverse(teller.after), Reverse(teller.before));
        (level, history[teller.index].returned(), index)
    });
    let level = |index: u32| Teller::new(history, index).levels();
    let same_levels = by_level.chunk_by(|&one, &other| level(one) == level(other));
    // By level, the stretch (after, before] of a buy overlaps that of the next only if any overlap at all.
    let mut highest: Option<Teller> = None;
    for &upper in same_levels.rev().flatten() {
        let upper = Teller::new(history, upper);
        let lower = highest.filter(|lower| upper.after < lower.before && lower.before > lower.after);
        if let Some(lower) = lower {
            let certain_at = history[lower.index].returned().max(history[upper.index].returned());
            let both_buy = is_bought(&history[lower.index]) && is_bought(&history[upper.index]);
            if both_buy {
                let kind = if lower.after == upper.after {
                    Kind::DuplicateRemaining
                } else {
                    Kind::WrongRemaining
                };
                let candidate = || pair(history, kind, [&lower, &upper], Reason::SameUnits);
                findings.add(certain_at, candidate, kind);
            } else if upper.after > lower.after {
                let candidate = || pair(history, Kind::WrongRead, [&lower, &upper], Reason::WithinABuy);
                findings.add(certain_at, candidate, Kind::WrongRead);
            }
        }
        if highest.is_none_or(|highest| upper.before > highest.before) {
            highest = Some(upper);
        }
    }
    findings
}

/// The tellers without buys that overlap none and have no told level within, and without the levels that are within none:
/// in the order of levels, each of these is as far from all others as [`overlaps`] asks for. All where looking for them
/// takes more than sorting.
fn contested(history: &[StockOperation], tellers: &[u32]) -> Vec<u32> {
    let each = || tellers.iter().map(|&index| Teller::new(history, index));
    let buys = || each().filter(|teller| teller.before > teller.after);
    let most = 8 * tellers.len();
    let taken = Repeated::of(buys().map(|buy| buy.after + 1..=buy.before), most);
    let within = Repeated::of(buys().map(|buy| buy.after + 1..=buy.before - 1), most);
    let levels = Repeated::of(
        each()
            .filter(|one| one.before == one.after)
            .map(|one| one.after..=one.after),
        most,
    );
    let (Some(taken), Some(within), Some(levels)) = (taken, within, levels) else {
        return tellers.to_vec();
    };
    let counts = |teller: &Teller| match teller.before.cmp(&teller.after) {
        Ordering::Greater => {
            taken.any_twice(teller.after + 1..=teller.before)
                || (teller.after + 1..teller.before).any(|level| levels.contains(level))
        }
        Ordering::Equal => within.contains(teller.after),
        Ordering::Less => true,
    };
    let contested = each().filter(counts).map(|teller| teller.index as u32);
    contested.collect()
}

/// Two operations with the levels they tell, among any number of other sales.
fn pair(history: &[StockOperation], kind: Kind, tellers: [&Teller; 2], reason: Reason) -> Candidate {
    let level = enough_for_both(history, tellers);
    let operations = tellers.map(|teller| {
        let operation = &history[teller.index];
        let mut shown = Shown::whole(teller.index, operation);
        // Of two levels of which the second rose, the first's response and the second's invocation are needed.
        if reason != Reason::LevelRose || teller.index == tellers[0].index {
            shown.relaxed.invoked = 0;
        }
        if let Some(response) = &mut shown.relaxed.response
            && (reason != Reason::LevelRose || teller.index == tellers[1].index)
        {
            response.at = u64::MAX;
        }
        change_answer(&mut shown.relaxed, without_unit);
        shown
    });
    let others = if tellers.iter().all(|teller| teller.before == level) && reason == Reason::SameUnits {
        Others::NONE
    } else {
        Others::ANY_SALES
    };
    Candidate {
        kind,
        counterexample: Counterexample {
            initial: u64::try_from(level).unwrap_or(u64::MAX),
            operations: by_invocation(operations.into()),
            others,
        },
        reason,
    }
}

/// A stock from which each of the two could be told what it was told if the other only were not, so that it is the
/// contradiction between the two that is shown. It may be any: without restocks such answers contradict each other
/// from every stock.
fn enough_for_both(history: &[StockOperation], [one, other]: [&Teller; 2]) -> i128 {
    let needed = |teller: &Teller, partner: &Teller| {
        let taken = i128::from(quantity(&history[partner.index]));
        if teller.after < taken {
            teller.before + taken
        } else {
            teller.before
        }
    };
    needed(one, other).max(needed(other, one))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use super::*;
    use crate::{engines::families::small, history::Response};

    #[test]
    fn what_is_not_contested_contradicts_nothing() {
        let mut random = SmallRng::seed_from_u64(2);
        let (mut found, mut fewer) = (0, 0);
        for _ in 0..20_000 {
            let (_, mut history) = small::random(&mut random, 12);
            for operation in &mut history {
                let at = operation.returned().min(1 << 40);
                let level = random.random_range(0..12);
                let ret = match operation.op {
                    StockOp::Buy { .. } => StockRet::Bought {
                        remaining: Some(level),
                        unit: None,
                    },
                    StockOp::Read => StockRet::Stock(level),
                    StockOp::Restock { .. } => continue,
                };
                operation.response = Some(Response { at, ret });
            }
            history.retain(|operation| !matches!(operation.op, StockOp::Restock { .. }));
            let tells = |index: &u32| told_levels(&history[*index as usize]).is_some();
            let tellers: Vec<u32> = (0..history.len() as u32).filter(tells).collect();
            let fast = overlaps(&history, contested(&history, &tellers));
            fewer += usize::from(contested(&history, &tellers).len() < tellers.len());
            let slow = overlaps(&history, tellers);
            found += usize::from(!slow.0.is_empty());
            assert_eq!(fast.0, slow.0, "{history:#?}");
        }
        assert!(found > 1_000 && fewer > 1_000, "{found} {fewer}");
    }
}
