//! Proofs of purchases of which one buyer may have only so many.

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc};

use oversell::{
    prove::{Property, Verdict},
    strategy::{self, AnyConnection, AnyStrategy, Context, Purchase},
};
use oversell_models::explorer::{Interleavings, Limits, Setup, explore};
use redis::{AsyncCommands as _, RedisResult};

/// One customer in two windows, and another one.
#[test]
fn a_limit_for_each_buyer_is_kept_or_broken() {
    let looks_first = strategy::from_fn(
        "looks-first",
        async |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| -> RedisResult<Purchase> {
            let (buyers, buyer) = (cx.subkey("buyers"), cx.buyer());
            if con.sismember(&buyers, &buyer).await? {
                return Ok(Purchase::Already);
            }
            let left: i64 = con.decr(cx.key(), 1).await?;
            if left < 0 {
                let _: i64 = con.incr(cx.key(), 1).await?;
                return Ok(Purchase::SoldOut);
            }
            con.sadd(&buyers, &buyer).await.map(|_: i64| Purchase::bought())
        },
    );
    let in_one_step = strategy::from_fn(
        "in-one-step",
        async |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| -> RedisResult<Purchase> {
            let script = redis::Script::new(
                "if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 2 end
                 if tonumber(redis.call('GET', KEYS[1])) < 1 then return 1 end
                 redis.call('SADD', KEYS[2], ARGV[1]) redis.call('DECR', KEYS[1]) return 0",
            );
            let (buyers, buyer) = (cx.subkey("buyers"), cx.buyer());
            Ok(
                match script
                    .key(cx.key())
                    .key(buyers)
                    .arg(buyer)
                    .invoke_async::<i64>(con)
                    .await?
                {
                    0 => Purchase::bought(),
                    1 => Purchase::SoldOut,
                    _ => Purchase::Already,
                },
            )
        },
    );
    let limited = |strategy: AnyStrategy, limit, stock| Setup {
        buyers: vec![0, 0, 1],
        limit: Some(limit),
        ..Setup::new(strategy, 3, stock)
    };
    let broken = |setup: Setup| -> BTreeSet<Property> {
        let model = Interleavings::new(setup).unwrap();
        let found = explore(&model, &Limits::default(), |_| ControlFlow::Continue(())).unwrap();
        let broken = found.verdicts.iter().filter(|(_, verdict)| *verdict != Verdict::Proved);
        broken.map(|(property, _)| *property).collect()
    };
    let looks_first: AnyStrategy = Arc::new(looks_first);
    let in_one_step: AnyStrategy = Arc::new(in_one_step);
    assert!(broken(limited(Arc::clone(&looks_first), 1, 3)).contains(&Property::LimitPerBuyer));
    for stock in 0..4 {
        assert!(
            broken(limited(Arc::clone(&in_one_step), 1, stock)).is_empty(),
            "{stock}"
        );
    }
    // Who may have two and is told to have theirs after one is told wrong.
    assert!(broken(limited(in_one_step, 2, 3)).contains(&Property::LimitPerBuyer));
}
