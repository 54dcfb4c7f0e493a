//! The rehearsal: one buyer alone, so that nothing can be a race.
//!
//! What units left before and after a purchase says what it took, so it is found out what the answers mean, and whether the code is
//! right at all when nobody else is there.

use std::{
    cell::Cell,
    future::{Future, ready},
    pin::Pin,
};

use redis::RedisError;

use super::{
    answer::{Answer, Kind, Path, number},
    infer::{self, Seen},
    meaning::{Unclear, Where},
    shop::{Count, Shop},
    template::Placeholder,
};
use crate::strategy::{Connection, Context, Environment, Strategy as _};

/// Units to begin with. 10 and 11 are for texts that are compared as texts.
const STOCKS: [u64; 5] = [3, 0, 1, 10, 11];

/// One purchase of a rehearsal.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Purchases with the same number are of one item, one after the other.
    pub(crate) trial: usize,
    /// Units put on sale.
    pub(crate) stock: u64,
    pub(crate) buyer: u64,
    pub(crate) quantity: u64,
    pub(crate) answer: Answer,
    /// What the counter said.
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
    /// Units left before.
    pub(crate) left: u64,
    /// Units that it took.
    pub(crate) taken: u64,
    /// Units of this item that the buyer had had.
    pub(crate) had: u64,
    /// The buyer had something of another item.
    pub(crate) elsewhere: bool,
    /// The counter went on past its end: it says that more was taken than there was.
    pub(crate) drifts: bool,
}

/// What is wrong although nobody else was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// More was sold than was put on sale.
    Oversold {
        /// Units told to be bought, until then.
        sold: u64,
    },
    /// Refused while enough was left, to somebody who had nothing.
    Refused {
        /// Units left.
        left: u64,
    },
    /// Told to have had theirs, without having had any of this item.
    NeverHad,
    /// Sold again to somebody who may have no more.
    TooMany {
        /// Units that the buyer has then.
        has: u64,
        /// Units that one buyer may have.
        limit: u64,
    },
    /// Told sold out, and units are gone.
    Lost {
        /// So many.
        taken: u64,
    },
    /// Sold, and another number of units is gone.
    Miscounted {
        /// Units asked for.
        asked: u64,
        /// Units gone.
        taken: u64,
    },
}

/// A fault and the purchase, as its place, that shows it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) wrong: Wrong,
    pub(crate) at: usize,
}

/// All that a rehearsal found out.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsal {
    /// The shop, with what its answers mean.
    pub(crate) shop: Shop,
    pub(crate) asked: Vec<Asked>,
    /// In the order in which they were found; the first is the one to be told.
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<String>,
}

/// Who acts, and on what.
struct Scene {
    stock: u64,
    buyer: u64,
    requests: Cell<u64>,
}

impl Environment for Scene {
    fn unique(&self) -> u64 {
        self.requests.set(self.requests.get() + 1);
        self.requests.get()
    }

    fn buyer(&self) -> u64 {
        self.buyer
    }

    fn stock(&self) -> u64 {
        self.stock
    }

    fn retry(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(ready(()))
    }

    fn stall(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(ready(()))
    }
}

/// Why a rehearsal says nothing.
#[derive(Debug)]
pub(crate) enum Unrehearsed {
    /// The connection, or a command of the shop.
    Redis(String),
    /// It does not say what the answers mean, or that the stock is the one that the code looks at.
    Unclear(String),
}

impl From<RedisError> for Unrehearsed {
    fn from(error: RedisError) -> Self {
        Self::Redis(error.to_string())
    }
}

/// Purchases, one after the other, at items of their own below `key`.
struct Trials<'a, C> {
    shop: &'a Shop,
    con: &'a mut C,
    key: &'a str,
    asked: Vec<Asked>,
    trials: usize,
    buyers: u64,
    requests: u64,
}

impl<C: Connection> Trials<'_, C> {
    /// An item of its own with so many units.
    async fn put(&mut self, stock: u64) -> Result<Item, Unrehearsed> {
        self.trials += 1;
        let item = Item {
            trial: self.trials,
            key: format!("{}:{}", self.key, self.trials),
            stock,
        };
        let scene = item.scene(0, 0);
        let put = self
            .shop
            .prepare(self.con, &Context::new(&item.key, &scene), stock)
            .await;
        put.map_err(|error| Unrehearsed::Redis(format!("`put` failed with {stock} units: {}", words(&error))))?;
        Ok(item)
    }

    /// A buyer who has not been there yet.
    fn newcomer(&mut self) -> u64 {
        self.buyers += 1;
        self.buyers
    }

    /// One purchase; units that it took.
    async fn buy(&mut self, item: &Item, buyer: u64, quantity: u64) -> Result<u64, Unrehearsed> {
        let scene = item.scene(buyer, self.requests);
        let cx = Context::new(&item.key, &scene);
        let before = self.count(&cx).await?;
        let answer = self.shop.ask(self.con, &cx, quantity).await?;
        let after = self.count(&cx).await?;
        let left = self.shop.units_left(before, item.stock);
        let taken = left.saturating_sub(self.shop.units_left(after, item.stock));
        let of = |asked: &&Asked| asked.buyer == buyer;
        let had = self.asked.iter().filter(of).filter(|asked| asked.trial == item.trial);
        self.requests = scene.requests.get();
        self.asked.push(Asked {
            trial: item.trial,
            stock: item.stock,
            buyer,
            quantity,
            answer,
            before,
            after,
            left,
            taken,
            had: had.map(|asked| asked.taken).sum(),
            drifts: before != after && taken < quantity * self.shop.units && self.shop.is_past_end(after, item.stock),
            elsewhere: self
                .asked
                .iter()
                .filter(of)
                .any(|asked| asked.trial != item.trial && asked.taken > 0),
        });
        Ok(taken)
    }

    async fn count(&mut self, cx: &Context<'_>) -> Result<Option<i64>, Unrehearsed> {
        let count = self.shop.count(self.con, cx).await;
        count.map_err(|error| {
            let name = if matches!(self.shop.left, Count::Left(_)) {
                "left"
            } else {
                "sold"
            };
            Unrehearsed::Redis(format!("`{name}` failed: {}", words(&error)))
        })
    }

    async fn clear(&mut self, item: &Item) -> Result<(), Unrehearsed> {
        let scene = item.scene(0, 0);
        Ok(self.shop.cleanup(self.con, &Context::new(&item.key, &scene)).await?)
    }

    /// Purchases of one size, by new buyers, until two in a row take nothing.
    async fn sell_out(&mut self, stock: u64, quantity: u64) -> Result<(), Unrehearsed> {
        let item = self.put(stock).await?;
        let mut in_a_row = 0;
        for _ in 0..stock + 3 {
            let buyer = self.newcomer();
            in_a_row = if self.buy(&item, buyer, quantity).await? == 0 {
                in_a_row + 1
            } else {
                0
            };
            if in_a_row == 2 {
                break;
            }
        }
        self.clear(&item).await
    }

    /// One buyer again and again, and at another item.
    async fn come_again(&mut self) -> Result<(), Unrehearsed> {
        let item = self.put(10).await?;
        let buyer = self.newcomer();
        let mut in_a_row = 0;
        for _ in 0..8 {
            in_a_row = if self.buy(&item, buyer, 1).await? == 0 {
                in_a_row + 1
            } else {
                0
            };
            if in_a_row == 2 {
                break;
            }
        }
        let other = self.put(3).await?;
        self.buy(&other, buyer, 1).await?;
        self.clear(&item).await?;
        self.clear(&other).await
    }
}

struct Item {
    trial: usize,
    key: String,
    stock: u64,
}

impl Item {
    const fn scene(&self, buyer: u64, requests: u64) -> Scene {
        Scene {
            stock: self.stock,
            buyer,
            requests: Cell::new(requests),
        }
    }
}

fn words(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    }
}

/// One buyer alone, on whatever server `con` leads to, at items below `key`.
pub(crate) async fn rehearse<C: Connection>(shop: &Shop, con: &mut C, key: &str) -> Result<Rehearsal, Unrehearsed> {
    let mut trials = Trials {
        shop,
        con,
        key,
        asked: Vec::new(),
        trials: 0,
        buyers: 0,
        requests: 0,
    };
    for stock in STOCKS {
        trials.sell_out(stock, 1).await?;
    }
    if shop.quantity > 1 {
        for stock in STOCKS {
            trials.sell_out(stock, shop.quantity).await?;
        }
    }
    if shop.asks_with(Placeholder::Buyer) {
        trials.come_again().await?;
    }
    judge(shop, trials.asked)
}

/// What the purchases say of the code.
fn judge(shop: &Shop, mut asked: Vec<Asked>) -> Result<Rehearsal, Unrehearsed> {
    let mut shop = shop.clone();
    let mut notes = Vec::new();
    if shop.quantity > 1 && asked.iter().all(|asked| asked.quantity == 1 || asked.taken == 0) {
        notes.push(format!(
            "a purchase of {} is refused whatever is left, so purchases of 1 are all that is asked for",
            shop.quantity
        ));
        shop.quantity = 1;
        asked.retain(|asked| asked.quantity == 1);
    }
    let stuck = asked.iter().all(|asked| asked.taken == 0);
    if stuck {
        nothing_taken(&shop, &asked)?;
    }
    if shop.limit.is_none() {
        shop.limit = limit(&asked);
    }
    if !shop.is_given {
        let rules = if stuck {
            by_stock(&asked)
        } else {
            by_what_was_taken(&shop, &asked)
        };
        shop.meaning.rules = rules.ok_or_else(|| Unrehearsed::Unclear(unclear(&shop, &asked)))?;
    }
    if shop.meaning.remaining.is_none() {
        shop.meaning.remaining = remaining(&shop, &asked);
    }
    let faults = faults(&shop, &asked)?;
    if asked
        .iter()
        .any(|asked| asked.drifts && shop.meaning.of(&asked.answer, asked.stock) != Ok(Kind::Bought))
    {
        notes.push("the counter goes on past its end when it refuses; units left are counted as none then".to_string());
    }
    Ok(Rehearsal {
        shop,
        asked,
        faults,
        notes,
    })
}

/// `left` never moved. Where answers follow what was put on sale, the code looks at it, and never takes from it.
fn nothing_taken(shop: &Shop, asked: &[Asked]) -> Result<(), Unrehearsed> {
    let Some(first) = asked.first() else { return Ok(()) };
    let same = asked.iter().all(|asked| asked.answer == first.answer);
    if same {
        return Err(Unrehearsed::Unclear(format!(
            "nothing is ever sold: every purchase, from 0 to {} units, is answered with {}; is the stock that `put` makes where the code \
             looks for it?",
            STOCKS.iter().max().copied().unwrap_or(0),
            first.answer
        )));
    }
    if shop.is_given || by_stock(asked).is_some() {
        return Ok(());
    }
    Err(Unrehearsed::Unclear(
        "answers differ, but the number of units left never changes: is this the stock that the code takes from?"
            .to_string(),
    ))
}

/// Of stock that is never taken from: what is answered whenever there are units, and never when there are none.
fn by_stock(asked: &[Asked]) -> Option<Vec<super::answer::Rule>> {
    let fresh = |asked: &&Asked| asked.had == 0 && !asked.elsewhere;
    let seen: Vec<Seen<'_>> = asked
        .iter()
        .filter(fresh)
        .map(|asked| {
            seen(
                asked,
                if asked.left >= asked.quantity {
                    Kind::Bought
                } else {
                    Kind::SoldOut
                },
            )
        })
        .collect();
    // An error is nothing that was sold.
    let errors = seen
        .iter()
        .any(|seen| seen.means == Kind::Bought && matches!(seen.answer, Answer::Error(_)));
    if errors { None } else { infer::rules(&seen) }
}

fn seen(asked: &Asked, means: Kind) -> Seen<'_> {
    Seen {
        answer: &asked.answer,
        means,
        stock: asked.stock,
        before: asked.before,
        after: asked.after,
    }
}

/// How many units one buyer got who came again and again while enough was left.
fn limit(asked: &[Asked]) -> Option<u64> {
    let refused = asked
        .iter()
        .find(|asked| asked.had > 0 && asked.taken == 0 && asked.left >= asked.quantity)?;
    Some(refused.had)
}

fn by_what_was_taken(shop: &Shop, asked: &[Asked]) -> Option<Vec<super::answer::Rule>> {
    let is_unmoved = |asked: &Asked| asked.taken == 0 && !asked.drifts;
    // A counter that goes on when it refuses says nothing of its own accord where others do.
    let stays = asked.iter().any(|asked| is_unmoved(asked) && !is_enough(shop, asked));
    let mut list = Vec::new();
    for one in asked {
        let means = if one.drifts && stays {
            continue;
        } else if one.taken > 0 && !one.drifts {
            Kind::Bought
        } else if is_enough(shop, one) {
            // Only somebody who has had theirs is rightly refused then.
            if one.had == 0 {
                continue;
            }
            Kind::Already
        } else {
            Kind::SoldOut
        };
        list.push(seen(one, means));
    }
    infer::rules(&list).or_else(|| {
        let merged = list.iter().map(|seen| Seen {
            means: if seen.means == Kind::Bought {
                Kind::Bought
            } else {
                Kind::Refused
            },
            ..seen.clone()
        });
        infer::rules(&merged.collect::<Vec<_>>())
    })
}

/// Was enough left for what was asked?
fn is_enough(shop: &Shop, asked: &Asked) -> bool {
    asked.left >= asked.quantity * shop.units
}

/// A number that always was what was left after a purchase.
fn remaining(shop: &Shop, asked: &[Asked]) -> Option<Where> {
    let sold: Vec<&Asked> = asked.iter().filter(|asked| asked.taken > 0).collect();
    let Answer::Reply(first) = &sold.first()?.answer else {
        return None;
    };
    let mut places = vec![Path::default()];
    if let Some(items) = first.as_array() {
        places.extend((0..items.len()).map(|index| Path(vec![super::answer::Step::Index(index)])));
    }
    if let Some(fields) = first.as_object() {
        places.extend(
            fields
                .keys()
                .map(|field| Path(vec![super::answer::Step::Field(field.clone())])),
        );
    }
    let told = |path: &Path, asked: &Asked| match &asked.answer {
        Answer::Reply(value) => path.of(value).and_then(number),
        Answer::Error(_) => None,
    };
    let left = |asked: &Asked| i64::try_from(shop.units_left(asked.after, asked.stock)).ok();
    let place = places.into_iter().find(|path| {
        sold.iter()
            .all(|asked| told(path, asked).is_some() && told(path, asked) == left(asked))
    })?;
    Some(Where::Path(place))
}

fn unclear(shop: &Shop, asked: &[Asked]) -> String {
    let same = asked.iter().find_map(|one| {
        let other = asked
            .iter()
            .find(|other| other.answer == one.answer && (other.taken > 0) != (one.taken > 0))?;
        Some((one, other))
    });
    let why = match same {
        Some((one, other)) => format!(
            "{} is answered when {} taken and when {} taken, so it does not say whether something was sold",
            one.answer,
            units(one.taken),
            units(other.taken)
        ),
        None => "what tells the answers apart was not found".to_string(),
    };
    format!(
        "{why}; say it in {}:\n  [buy.answer]\n  bought   = 1\n  sold-out = 0",
        shop.name
    )
}

fn units(count: u64) -> String {
    match count {
        0 => "nothing is".to_string(),
        1 => "1 unit is".to_string(),
        count => format!("{count} units are"),
    }
}

/// What contradicts: each answer is held against what the purchase did.
fn faults(shop: &Shop, asked: &[Asked]) -> Result<Vec<Fault>, Unrehearsed> {
    let mut faults = Vec::new();
    let mut sold = (0, 0);
    let mut bought = false;
    for (at, one) in asked.iter().enumerate() {
        if sold.0 != one.trial {
            sold = (one.trial, 0);
        }
        let kind = match shop.meaning.of(&one.answer, one.stock) {
            Ok(kind) => kind,
            Err(Unclear::Several(first, other)) => {
                return Err(Unrehearsed::Unclear(format!(
                    "the answer {} fits the rules of {first} and of {other}: make them differ in [buy.answer]",
                    one.answer
                )));
            }
            Err(Unclear::Unknown) => {
                return Err(Unrehearsed::Unclear(format!(
                    "no rule fits the answer {}, which a buyer alone got while {}; say in [buy.answer] what it means",
                    one.answer,
                    left(one.left)
                )));
            }
        };
        let asks = one.quantity * shop.units;
        let wrong = match kind {
            Kind::Bought => {
                bought = true;
                sold.1 += asks;
                if sold.1 > one.stock {
                    Some(Wrong::Oversold { sold: sold.1 })
                } else if one.taken != asks && one.taken > 0 {
                    Some(Wrong::Miscounted {
                        asked: asks,
                        taken: one.taken,
                    })
                } else if let Some(limit) = shop.limit
                    && one.had + asks > limit
                {
                    Some(Wrong::TooMany {
                        has: one.had + asks,
                        limit,
                    })
                } else {
                    None
                }
            }
            _ if one.taken > 0 => Some(Wrong::Lost { taken: one.taken }),
            _ if is_enough(shop, one) && one.had == 0 => Some(match kind {
                Kind::Already => Wrong::NeverHad,
                _ if one.elsewhere => Wrong::NeverHad,
                _ => Wrong::Refused { left: one.left },
            }),
            Kind::SoldOut if is_enough(shop, one) => Some(Wrong::Refused { left: one.left }),
            _ => None,
        };
        if let Some(wrong) = wrong {
            faults.push(Fault { wrong, at });
        }
    }
    if !bought {
        let answer = asked
            .iter()
            .find(|one| is_enough(shop, one))
            .map(|one| one.answer.to_string());
        return Err(Unrehearsed::Unclear(format!(
            "nothing is ever sold: with units left, a buyer alone is answered {}; is the stock that `put` makes where the code looks for it?",
            answer.unwrap_or_default()
        )));
    }
    Ok(faults)
}

/// `1 unit was left`.
fn left(count: u64) -> String {
    match count {
        0 => "nothing was left".to_string(),
        1 => "1 unit was left".to_string(),
        count => format!("{count} units were left"),
    }
}
