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
    code::{Count, Shop, said},
    judge::judge,
    rehearsal::{Asked, Rehearsal, STOCKS, Unrehearsed},
};
use crate::strategy::{Connection, Context, Environment, Strategy as _};

/// Quantities from 1 on that are all tried, besides the largest.
const MOST_SIZES: u64 = 4;
/// Units, at most, of which one buyer alone tries to have more than the limit.
const MOST_FOR_ONE: u64 = 103;

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
        put.map_err(|error| Unrehearsed(format!("`put` failed with {stock} units: {}", words(&error))))?;
        let count = self.count(&Context::new(&item.key, &scene)).await?;
        match count.and_then(|count| self.shop.miscounts(count, stock)) {
            Some(why) => Err(Unrehearsed(why)),
            None => Ok(item),
        }
    }

    /// A buyer who has not been there yet.
    fn newcomer(&mut self) -> u64 {
        self.buyers += 1;
        self.buyers
    }

    /// One purchase.
    async fn buy(&mut self, item: &Item, buyer: u64, quantity: u64) -> Result<(), Unrehearsed> {
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
            drifts: before != after && taken < quantity && self.shop.is_past_end(after, item.stock),
            elsewhere: self
                .asked
                .iter()
                .filter(of)
                .any(|asked| asked.trial != item.trial && asked.taken > 0),
        });
        Ok(())
    }

    async fn count(&mut self, cx: &Context<'_>) -> Result<Option<i64>, Unrehearsed> {
        let count = self.shop.count(self.con, cx).await;
        count.map_err(|error| {
            let name = if matches!(self.shop.left, Count::Left(_)) {
                "left"
            } else {
                "sold"
            };
            Unrehearsed(format!("`{name}` failed: {}", words(&error)))
        })
    }

    async fn clear(&mut self, item: &Item) -> Result<(), Unrehearsed> {
        let scene = item.scene(0, 0);
        Ok(self.shop.cleanup(self.con, &Context::new(&item.key, &scene)).await?)
    }

    /// Purchases of one size, by new buyers, until two in a row take nothing where so much is not left.
    async fn sell_out(&mut self, stock: u64, quantity: u64) -> Result<(), Unrehearsed> {
        let item = self.put(stock).await?;
        let is_over = |asked: &Asked| asked.taken == 0 && asked.left < quantity;
        self.until_twice(&item, quantity, Self::newcomer, is_over).await?;
        self.clear(&item).await
    }

    /// One buyer again and again, and at another item.
    async fn come_again(&mut self, quantity: u64) -> Result<(), Unrehearsed> {
        // Enough for one more than the limit.
        let stock = self
            .shop
            .limit
            .map_or(0, |limit| limit.saturating_add(3))
            .clamp(10, MOST_FOR_ONE);
        let item = self.put(stock).await?;
        let buyer = self.newcomer();
        self.until_twice(&item, quantity, |_| buyer, |asked| asked.taken == 0)
            .await?;
        let other = self.put(3).await?;
        self.buy(&other, buyer, 1).await?;
        if let Some(limit) = self.shop.limit.filter(|limit| quantity > 1 && *limit <= MOST_FOR_ONE) {
            // One short of the limit, and then too many.
            let buyer = self.newcomer();
            let nearly = self.put(limit + quantity).await?;
            for _ in 1..limit {
                self.buy(&nearly, buyer, 1).await?;
            }
            self.buy(&nearly, buyer, quantity).await?;
            self.clear(&nearly).await?;
        }
        self.clear(&item).await?;
        self.clear(&other).await
    }

    /// Purchases until two in a row are such, or three more than there are units: whoever is sold something for nothing then
    /// has been sold more than there is.
    async fn until_twice(
        &mut self,
        item: &Item,
        quantity: u64,
        buyer: impl Fn(&mut Self) -> u64,
        is_such: impl Fn(&Asked) -> bool,
    ) -> Result<(), Unrehearsed> {
        let mut in_a_row = 0;
        for _ in 0..item.stock + 3 {
            let buyer = buyer(self);
            self.buy(item, buyer, quantity).await?;
            in_a_row = if self.asked.last().is_some_and(&is_such) {
                in_a_row + 1
            } else {
                0
            };
            if in_a_row == 2 {
                break;
            }
        }
        Ok(())
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
    said(error).unwrap_or_else(|| error.to_string())
}

/// One buyer alone, on whatever server `con` leads to, at items below `key`. Purchases are numbered from `first_request` on.
pub(crate) async fn rehearse<C: Connection>(
    shop: &Shop,
    con: &mut C,
    key: &str,
    first_request: u64,
) -> Result<Rehearsal, Unrehearsed> {
    let mut trials = Trials {
        shop,
        con,
        key,
        asked: Vec::new(),
        trials: 0,
        buyers: 0,
        requests: first_request,
    };
    // The most may be more than anybody gets; proofs ask for two.
    let mut sizes: Vec<u64> = (1..=shop.quantity.min(MOST_SIZES)).chain([shop.quantity]).collect();
    sizes.dedup();
    for &quantity in &sizes {
        for stock in STOCKS {
            trials.sell_out(stock, quantity).await?;
        }
    }
    if shop.knows_buyers() {
        for &quantity in &sizes {
            trials.come_again(quantity).await?;
        }
    }
    judge(shop, trials.asked)
}
