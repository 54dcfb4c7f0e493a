//! `oversell::prove` on code of one's own, and what it refuses.

use std::{
    panic::catch_unwind,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use oversell::{
    prove::{Conclusion, Fault, Misuse, Proof, Property, Proven, Saved, Verdict, explanation},
    report::terminal::Style,
    strategy::{self, AnyConnection, Context, Purchase},
};
use oversell_models::explorer::ROW;
use oversell_spec::stock::StockOp;
use redis::{AsyncCommands as _, RedisResult};

async fn naive(con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64) -> RedisResult<Purchase> {
    let stock: u64 = con.get(cx.key()).await?;
    if stock < quantity {
        return Ok(Purchase::SoldOut);
    }
    Ok(Purchase::bought_leaving(con.decr(cx.key(), quantity).await?))
}

/// The proof of one closure.
macro_rules! proof {
    ($($move:ident)? |$con:ident, $cx:ident, $quantity:ident| $body:block) => {
        oversell::prove(strategy::from_fn(
            "mine",
            async $($move)? |$con: &mut AnyConnection<'_>, $cx: &Context<'_>, $quantity: u64| -> RedisResult<Purchase> { $body },
        ))
    };
}

#[test]
fn the_panic_is_the_schedule() {
    let panic = catch_unwind(|| proof!(|con, cx, quantity| { naive(con, cx, quantity).await }).assert_proved());
    let panic = panic.expect_err("naive oversells");
    let text = panic.downcast_ref::<String>().unwrap();
    for part in [
        "SELLS MORE THAN IT HAS, in 4 steps",
        "client 2",
        "DECRBY stock 1 → -1",
        "why",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn a_decrement_that_gives_back_is_proved_for_single_units_and_loses_units_in_a_crash() {
    let proof = || {
        proof!(|con, cx, quantity| {
            let left: i64 = con.decr(cx.key(), quantity).await?;
            if left >= 0 {
                return Ok(Purchase::bought_leaving(left));
            }
            let _: i64 = con.incr(cx.key(), quantity).await?;
            Ok(Purchase::SoldOut)
        })
        .clients(3)
        .stock(1)
    };
    proof().assert_proved();
    let crashed = proof().fault(Fault::Crash).run().unwrap();
    assert_eq!(
        crashed.conclusion(),
        Conclusion::Violation,
        "the counter stays below zero"
    );
    assert_eq!(crashed.broken(), Some(Property::NoUnitLeaked));
}

#[test]
fn finds_the_sale_that_a_restock_uncovers() {
    let buyers = |buyers: usize| {
        let proof = proof!(|con, cx, quantity| { naive(con, cx, quantity).await }).stock(0);
        let proof = proof.client([StockOp::Restock { quantity: 1 }]);
        (0..buyers)
            .fold(proof, |proof, _| proof.client([StockOp::Buy { quantity: 1 }]))
            .run()
            .unwrap()
    };
    assert_eq!(
        buyers(1).conclusion(),
        Conclusion::Proved,
        "one buyer alone does no harm"
    );
    let found = buyers(2);
    assert_eq!(found.broken(), Some(Property::NeverOversold));
    assert_eq!(found.schedule.unwrap().len(), 5, "a restock, two GETs, two DECRs");
}

#[test]
fn somebody_who_waits_for_a_token_that_never_comes_gets_stuck() {
    let stuck = proof!(|con, cx, quantity| {
        loop {
            let stock: u64 = con.get(cx.key()).await?;
            if stock >= quantity {
                return Ok(Purchase::bought_leaving(con.decr(cx.key(), quantity).await?));
            }
            cx.retry().await;
        }
    })
    .clients(1)
    .stock(0)
    .run()
    .unwrap();
    assert_eq!(stuck.broken(), Some(Property::EveryoneFinishes));
}

fn misuse(proof: &Proof) -> Misuse {
    proof.run().expect_err("this cannot be explored")
}

#[test]
fn refuses_a_function_that_does_not_repeat_itself() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let random = proof!(|con, cx, quantity| {
        let name = CALLS.fetch_add(1, Ordering::Relaxed);
        let _: () = con.set(cx.subkey("seen"), name).await?;
        naive(con, cx, quantity).await
    });
    let error = misuse(&random);
    assert!(matches!(error, Misuse::Differs { after: 0, .. }), "{error}");
    assert!(error.to_string().contains("does not repeat itself"), "{error}");
}

#[test]
fn refuses_a_result_that_does_not_repeat_itself() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let random = proof!(|con, cx, quantity| {
        let stock: u64 = con.get(cx.key()).await?;
        let lucky = CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        Ok(if stock >= quantity && lucky {
            Purchase::bought()
        } else {
            Purchase::SoldOut
        })
    });
    assert!(matches!(misuse(&random), Misuse::Differs { after: 1, .. }));
}

#[test]
fn refuses_clocks_and_chance() {
    let timed = proof!(|con, cx, quantity| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let _: () = con.set(cx.subkey("last"), now.as_nanos() as u64).await?;
        naive(con, cx, quantity).await
    });
    assert!(matches!(misuse(&timed), Misuse::Differs { after: 0, .. }));
    let random = proof!(|con, cx, quantity| {
        let _: () = con.set(cx.subkey(&rand::random::<u64>().to_string()), 1).await?;
        naive(con, cx, quantity).await
    });
    assert!(matches!(misuse(&random), Misuse::Differs { after: 0, .. }));
}

#[test]
fn refuses_what_is_kept_between_calls() {
    // It loads its script once in the life of the program, as many do.
    static LOADED: AtomicBool = AtomicBool::new(false);
    let once = proof!(|con, cx, quantity| {
        if !LOADED.load(Ordering::Relaxed) {
            let _: String = redis::cmd("SCRIPT")
                .arg("LOAD")
                .arg("return 1")
                .query_async(con)
                .await?;
            LOADED.store(true, Ordering::Relaxed);
        }
        naive(con, cx, quantity).await
    });
    assert!(matches!(misuse(&once), Misuse::Differs { after: 0, .. }));
    // It changes its ways later than two calls with the same replies can show.
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let later = proof!(|con, cx, quantity| {
        let key = if CALLS.fetch_add(1, Ordering::Relaxed) < 9 {
            "early"
        } else {
            "late"
        };
        let _: () = con.set(cx.subkey(key), 1).await?;
        naive(con, cx, quantity).await
    });
    let error = misuse(&later);
    assert!(matches!(error, Misuse::Differs { .. }), "{error}");
    assert!(error.to_string().contains("stock:late"), "{error}");
}

#[test]
fn refuses_sleeping_and_spawning() {
    let sleeping = proof!(|con, cx, quantity| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        naive(con, cx, quantity).await
    });
    assert_eq!(misuse(&sleeping), Misuse::WaitsForItself { after: 0 });
    let spawning = proof!(|con, cx, quantity| {
        let left: i64 = con.get(cx.key()).await?;
        let _ = tokio::spawn(async move { left }).await;
        naive(con, cx, quantity).await
    });
    assert_eq!(misuse(&spawning), Misuse::WaitsForItself { after: 1 });
    let waiting = proof!(|con, cx, quantity| {
        let (_sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let sender = Box::leak(Box::new(_sender));
        let _ = (receiver.await, sender);
        naive(con, cx, quantity).await
    });
    let error = misuse(&waiting);
    assert_eq!(error, Misuse::WaitsForItself { after: 0 });
    assert!(error.to_string().contains("waits for something that is not Redis"));
    let panicking = proof!(|con, cx, _quantity| {
        let left: i64 = con.get(cx.key()).await?;
        assert!(left > 0, "somebody was faster");
        Ok(Purchase::bought_leaving(con.decr(cx.key(), 1).await?))
    });
    let error = misuse(&panicking.clients(3)).to_string();
    assert!(error.contains("somebody was faster"), "{error}");
}

#[test]
fn a_timeout_of_ones_own_can_be_explored() {
    let patient = proof!(|con, cx, quantity| {
        match tokio::time::timeout(Duration::from_secs(1), naive(con, cx, quantity)).await {
            Ok(told) => told,
            Err(_) => Ok(Purchase::SoldOut),
        }
    });
    assert_eq!(patient.run().unwrap().broken(), Some(Property::NeverOversold));
}

#[test]
fn refuses_what_has_no_end() {
    let at_once = proof!(|_con, cx, _quantity| {
        cx.retry().await;
        Ok(Purchase::SoldOut)
    });
    assert_eq!(misuse(&at_once), Misuse::RetriesAtOnce);
    let polling = proof!(|con, cx, _quantity| {
        loop {
            let stock: i64 = con.get(cx.key()).await?;
            if stock < 0 {
                return Ok(Purchase::SoldOut);
            }
        }
    });
    assert!(matches!(misuse(&polling.clients(1)), Misuse::Endless(_)));
}

/// Buys under a lock, which it tries to take so often; after each attempt in vain it may say so.
async fn locked(
    con: &mut AnyConnection<'_>,
    cx: &Context<'_>,
    quantity: u64,
    attempts: usize,
    says: bool,
) -> RedisResult<Purchase> {
    for _ in 0..attempts {
        let taken: bool = con.set_nx(cx.subkey("lock"), 1).await?;
        if taken {
            let answer = naive(con, cx, quantity).await;
            let () = con.del(cx.subkey("lock")).await?;
            return answer;
        }
        if says {
            cx.retry().await;
        }
    }
    Ok(Purchase::SoldOut)
}

#[test]
fn refuses_a_count_that_is_kept_over_retries_however_far_it_goes_in_the_row_that_is_tried() {
    for most in [3, 33, 200, ROW - 1] {
        let gives_up = proof!(move |con, cx, quantity| { locked(con, cx, quantity, most, true).await });
        assert_eq!(misuse(&gives_up), Misuse::Remembers(most));
    }
}

#[test]
fn refuses_what_was_seen_in_an_attempt_in_vain() {
    // It takes a lock that has not changed hands since its last attempt for one that was left behind.
    let remembers = proof!(|con, cx, quantity| {
        let (lock, mut last) = (cx.subkey("lock"), None);
        loop {
            let me = cx.unique();
            let taken: bool = con.set_nx(&lock, &me).await?;
            let owner: Option<String> = con.get(&lock).await?;
            if taken || owner == last {
                let answer = naive(con, cx, quantity).await;
                let () = con.del(&lock).await?;
                return answer;
            }
            last = owner;
            cx.retry().await;
        }
    });
    // The very first attempt sees an owner that is not `None`, every further one the same.
    assert_eq!(misuse(&remembers), Misuse::Remembers(1));
    // It gives up when the price has changed: with one price it would never show.
    let compares = proof!(|con, cx, quantity| {
        let mut first = None;
        loop {
            let () = redis::cmd("WATCH").arg(cx.key()).exec_async(con).await?;
            let left: u64 = con.get(cx.key()).await?;
            if left < quantity || first.is_some_and(|first| first != left) {
                let () = redis::cmd("UNWATCH").exec_async(con).await?;
                return Ok(Purchase::SoldOut);
            }
            let done: Option<(i64,)> = redis::pipe().atomic().decr(cx.key(), quantity).query_async(con).await?;
            if let Some((left,)) = done {
                return Ok(Purchase::bought_leaving(left));
            }
            first = Some(left);
            cx.retry().await;
        }
    });
    assert_eq!(misuse(&compares.clients(3).stock(3)), Misuse::Remembers(1));
}

#[test]
fn promises_are_judged_also_after_answers_that_make_no_sense() {
    // Whoever buys is told a stock that never was, so nothing that follows can be explained.
    let liar = |sells: i64| {
        let proof = proof!(move |con, cx, quantity| {
            let left: u64 = con.get(cx.key()).await?;
            if left < 2 {
                return Ok(Purchase::SoldOut);
            }
            let _: i64 = con.decr(cx.key(), quantity as i64 * sells).await?;
            Ok(Purchase::bought_leaving(99))
        });
        proof.stock(2).run().unwrap()
    };
    let broken = |proven: &Proven| -> Vec<Property> {
        let verdicts = proven.exploration.verdicts.iter();
        let broken = verdicts.filter(|(_, verdict)| matches!(verdict, Verdict::Violated(_)));
        broken.map(|(property, _)| *property).collect()
    };
    let turned_away = liar(1);
    assert_eq!(broken(&turned_away), [Property::SoldOutIsTrue, Property::Linearizable]);
    let text = explanation(&turned_away, &Saved::default(), &Style::default());
    assert!(text.contains("was told sold out at step"), "{text}");
    let lost = liar(2);
    assert!(broken(&lost).contains(&Property::NoUnitLeaked), "{:?}", broken(&lost));
}

#[test]
fn finds_the_false_sold_out_of_a_buyer_who_gives_up() {
    let gives_up = proof!(|con, cx, quantity| { locked(con, cx, quantity, 3, false).await });
    let found = gives_up.clients(2).stock(2).run().unwrap();
    assert_eq!(found.broken(), Some(Property::SoldOutIsTrue));
}

#[test]
fn sold_out_may_be_an_error() {
    let proof = proof!(|con, cx, quantity| {
        match naive(con, cx, quantity).await? {
            Purchase::SoldOut => Err(redis::RedisError::from((redis::ErrorKind::Client, "sold out"))),
            bought => Ok(bought),
        }
    });
    // With one unit, which is looked at when a smaller schedule is sought, every purchase of two is such an error.
    let found = proof.quantity(2).stock(3).run().unwrap();
    assert_eq!(found.broken(), Some(Property::NeverOversold));
    assert_eq!(found.schedule.unwrap().setup.stock, 2);
    assert!(found.exploration.failed.is_some_and(|why| why.contains("sold out")));
}

#[test]
fn names_a_command_that_the_model_lacks() {
    let proof = proof!(|con, _cx, _quantity| {
        redis::cmd("GEOADD")
            .arg("places")
            .arg(1)
            .arg(2)
            .arg("here")
            .exec_async(con)
            .await?;
        Ok(Purchase::SoldOut)
    });
    let error = misuse(&proof);
    assert!(error.to_string().contains("GEOADD"), "{error}");
}

#[test]
fn refuses_what_the_strategy_does_not_offer() {
    let two = oversell::prove(strategy::LPop).quantity(2);
    assert!(matches!(misuse(&two), Misuse::NotOffered(_)));
}

#[test]
fn plain_pipelines_are_interrupted_and_transactions_are_not() {
    let look_and_take = |atomic: bool| {
        oversell::prove(strategy::from_fn(
            "mine",
            async move |con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64| {
                let mut pipe = redis::pipe();
                if atomic {
                    pipe.atomic();
                }
                let (before, after): (i64, i64) = pipe.get(cx.key()).decr(cx.key(), quantity).query_async(con).await?;
                Ok(if before == after + 1 && after >= 0 {
                    Purchase::bought()
                } else {
                    Purchase::SoldOut
                })
            },
        ))
        .stock(2)
        .run()
        .unwrap()
        .exploration
        .progress
        .unique_states
    };
    assert!(look_and_take(false) > look_and_take(true));
}
