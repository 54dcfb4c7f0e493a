//! What a broken proof advises fits what happened; and scripts that have to be loaded first are no part of it.

use oversell::{
    prove::{Fault, Proof, Saved, explanation},
    report::terminal::Style,
    strategy::{self, AnyConnection, Context, Purchase},
};
use redis::{AsyncCommands as _, RedisResult};

const BOUGHT: Purchase = Purchase::Bought {
    remaining: None,
    unit: None,
};

/// The proof of one closure.
macro_rules! proof {
    (|$con:ident, $cx:ident| $body:block) => {
        oversell::prove(strategy::from_fn(
            "mine",
            async |$con: &mut AnyConnection<'_>, $cx: &Context<'_>, _: u64| -> RedisResult<Purchase> { $body },
        ))
    };
}

async fn buy(con: &mut AnyConnection<'_>, cx: &Context<'_>) -> RedisResult<Purchase> {
    let stock: i64 = con.get(cx.key()).await?;
    if stock < 1 {
        return Ok(Purchase::SoldOut);
    }
    let _: i64 = con.decr(cx.key(), 1).await?;
    Ok(BOUGHT)
}

/// One script that does all, as everybody calls it.
async fn script(con: &mut AnyConnection<'_>, cx: &Context<'_>) -> RedisResult<Purchase> {
    let text =
        "if tonumber(redis.call('GET', KEYS[1]) or 0) < 1 then return 0 end return redis.call('DECR', KEYS[1]) + 1";
    let left: i64 = redis::Script::new(text).key(cx.key()).invoke_async(con).await?;
    Ok(if left > 0 { BOUGHT } else { Purchase::SoldOut })
}

/// The text of the violation, in one line.
fn broken(proof: Proof, fault: Fault) -> String {
    let proven = proof.quantity(1).fault(fault).run().unwrap();
    let text = explanation(&proven, &Saved::default(), &Style::default());
    assert!(!text.is_empty(), "nothing is broken");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_guard_that_stays_is_named() {
    let text = broken(
        proof!(|con, cx| {
            while !con.set_nx::<_, _, bool>("guard", 1).await? {
                cx.retry().await;
            }
            let () = con.expire("guard", 10).await?;
            let answer = buy(con, cx).await;
            let () = con.del("guard").await?;
            answer
        }),
        Fault::Crash,
    );
    assert!(text.contains("`guard` stays when whoever took it is gone"), "{text}");
}

#[test]
fn a_lease_is_one_that_is_taken_and_given_back() {
    let leased = |fault| {
        broken(
            proof!(|con, cx| {
                let mut take = redis::cmd("SET");
                take.arg("lease").arg(1).arg("NX").arg("PX").arg(100);
                while take.query_async::<Option<String>>(con).await?.is_none() {
                    cx.retry().await;
                }
                let answer = buy(con, cx).await;
                let () = con.del("lease").await?;
                answer
            }),
            fault,
        )
    };
    assert!(leased(Fault::Expiry).contains("a lease that runs out stops nobody"));
    assert!(leased(Fault::Eviction).contains("that can be evicted"));
}

#[test]
fn a_stock_with_a_time_to_live_is_no_lease_and_no_lock() {
    let text = broken(
        proof!(|con, cx| {
            let answer = script(con, cx).await;
            let () = con.expire(cx.key(), 60).await?;
            answer
        })
        .stock(2),
        Fault::Expiry,
    );
    assert!(text.contains("a stock with a time to live is lost"), "{text}");
    assert!(text.contains("expires ──"), "{text}");
    let text = broken(proof!(|con, cx| { script(con, cx).await }).stock(2), Fault::Eviction);
    assert!(text.contains("a stock that can be evicted is none"), "{text}");
    assert!(
        text.contains("was not sold") && !text.contains("the whole time"),
        "{text}"
    );
    assert!(!text.contains("lock") && !text.contains("NOSCRIPT"), "{text}");
}
