//! Small histories of every kind, about half of them linearizable: what the engines are held against brute force with.
//!
//! A history is drafted as operations with an instant each. The specification answers in the order of the instants;
//! then a *twist* spoils an answer or moves an interval here and there, and some answers are lost.

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet, Unit},
};
use rand::{Rng, RngExt};

use crate::history::{Response, StockOperation};

/// What happens to the answer of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing.
    None,
    /// The level it names is one too high.
    Higher,
    /// The level it names is one too low.
    Lower,
    /// A buy is told the opposite.
    Opposite,
    /// A buy is told that it bought, whatever happened.
    Oversell,
    /// Its interval lies later than its instant, by this much.
    Later(u8),
    /// It is told a unit that was sold before.
    SameUnit,
}

/// One operation to be.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// When it takes effect.
    pub instant: u8,
    /// How long before it was invoked.
    pub before: u8,
    /// How long after it returned.
    pub after: u8,
    /// What is asked.
    pub op: StockOp,
    /// Is it told the level?
    pub told: bool,
    /// Is it told which unit it took?
    pub named: bool,
    /// Is the answer lost? And if so, did it take effect?
    pub lost: Option<bool>,
    /// What is spoilt.
    pub twist: Twist,
}

/// The history of `drafts` on a counter with `initial` units, in the order of `drafts`.
#[must_use]
pub fn history(initial: u64, drafts: &[Draft]) -> Vec<StockOperation> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|&index| drafts[index].instant);
    let mut stock = Stock::new(initial);
    let mut operations = vec![None; drafts.len()];
    let mut unit = 0;
    for index in order {
        let draft = &drafts[index];
        let later = if let Twist::Later(by) = draft.twist { by } else { 0 };
        let moved = u64::from(draft.instant) + u64::from(later);
        let answer = match draft.lost {
            Some(false) => None,
            _ => Some(stock.invoke(&draft.op)),
        };
        operations[index] = Some(StockOperation {
            process: index as i64,
            invoked: moved.saturating_sub(u64::from(draft.before)),
            op: draft.op,
            response: answer.filter(|_| draft.lost.is_none()).map(|answer| Response {
                at: moved + u64::from(draft.after),
                ret: spoil(answer, draft, &mut unit),
            }),
        });
    }
    operations.into_iter().flatten().collect()
}

fn spoil(answer: StockRet, draft: &Draft, unit: &mut u32) -> StockRet {
    let by = match draft.twist {
        Twist::Higher => 1,
        Twist::Lower => -1,
        _ => 0,
    };
    let told = |level: Option<i64>| level.map(|level| level + by).filter(|_| draft.told);
    match answer {
        StockRet::Bought { .. } if draft.twist == Twist::Opposite => StockRet::SoldOut,
        StockRet::SoldOut if matches!(draft.twist, Twist::Opposite | Twist::Oversell) => StockRet::BOUGHT,
        StockRet::Bought { remaining, .. } => {
            *unit += u32::from(draft.twist != Twist::SameUnit);
            StockRet::Bought {
                remaining: told(remaining),
                unit: draft.named.then_some(Unit(*unit)),
            }
        }
        StockRet::SoldOut | StockRet::Already | StockRet::Refused => answer,
        StockRet::Stock(level) => StockRet::Stock(level + by),
        StockRet::Restocked { stock } => StockRet::Restocked { stock: told(stock) },
    }
}

/// What a random history is made of. Shares are percentages.
#[derive(Clone, Copy, Debug)]
struct Mix {
    reads: u32,
    restocks: u32,
    told: u32,
    named: u32,
    lost: u32,
    twists: u32,
    oversells: u32,
    most_quantity: u64,
    /// Buys of more than there can ever be.
    huge: u32,
    /// Instants lie in `0..span`; intervals reach up to `reach` to each side.
    span: u8,
    reach: u8,
}

/// A random history of at most `most` operations and the stock it starts from.
pub fn random(random: &mut impl Rng, most: usize) -> (u64, Vec<StockOperation>) {
    let mut pick = |shares: &[u32]| shares[random.random_range(0..shares.len())];
    let mix = Mix {
        reads: pick(&[0, 0, 20, 50]),
        restocks: pick(&[0, 0, 0, 20, 40]),
        told: pick(&[0, 50, 100]),
        named: pick(&[0, 0, 0, 50]),
        lost: pick(&[0, 0, 10, 40]),
        twists: pick(&[0, 5, 15]),
        oversells: pick(&[0, 0, 0, 50]),
        most_quantity: u64::from(pick(&[1, 1, 1, 2, 3])),
        huge: pick(&[0, 0, 0, 20]),
        span: pick(&[8, 20, 60]) as u8,
        reach: pick(&[1, 4, 12]) as u8,
    };
    let count = random.random_range(1..=most);
    let initial = random.random_range(0..=4);
    let drafts: Vec<Draft> = (0..count).map(|_| draft(random, &mix)).collect();
    (initial, history(initial, &drafts))
}

fn draft(random: &mut impl Rng, mix: &Mix) -> Draft {
    let mut percent = |share: u32| random.random_range(0..100) < share;
    let (reads, restocks, told, named) = (
        percent(mix.reads),
        percent(mix.restocks),
        percent(mix.told),
        percent(mix.named),
    );
    let (lost, effective, twisted) = (percent(mix.lost), percent(50), percent(mix.twists));
    let (oversold, huge) = (percent(mix.oversells), percent(mix.huge));
    let quantity = random.random_range(1..=mix.most_quantity);
    // Sums of these are beyond 64 bits.
    let bought = if huge { u64::MAX } else { quantity };
    Draft {
        instant: random.random_range(0..mix.span),
        before: random.random_range(0..=mix.reach),
        after: random.random_range(0..=mix.reach),
        op: match (reads, restocks) {
            (true, _) => StockOp::Read,
            (_, true) => StockOp::Restock { quantity },
            _ => StockOp::Buy { quantity: bought },
        },
        told,
        named,
        lost: lost.then_some(effective),
        twist: match random.random_range(0..5u32) {
            _ if oversold => Twist::Oversell,
            _ if !twisted => Twist::None,
            0 => Twist::Higher,
            1 => Twist::Lower,
            2 => Twist::Opposite,
            3 => Twist::Later(random.random_range(1..=mix.span)),
            _ => Twist::SameUnit,
        },
    }
}
