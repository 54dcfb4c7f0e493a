//! Proofs of purchases of which one buyer may have only so many.

use std::{collections::BTreeSet, ops::ControlFlow};

use oversell::prove::{Conclusion, Proof, Property, Verdict};
use oversell_models::explorer::{Interleavings, Limits, Setup, explore};

use super::prove::strategy_named;

/// One buyer in two windows, and another one.
fn broken(name: &str, limit: u64, stock: u64) -> BTreeSet<Property> {
    let setup = Setup {
        limit: Some(limit),
        ..Setup::new(strategy_named(name), 3, stock)
    };
    let model = Interleavings::new(setup).unwrap();
    let found = explore(&model, &Limits::default(), |_| ControlFlow::Continue(())).unwrap();
    let broken = found.verdicts.iter().filter(|(_, verdict)| *verdict != Verdict::Proved);
    broken.map(|(property, _)| *property).collect()
}

#[test]
fn a_limit_for_each_buyer_is_kept_or_broken() {
    let both = BTreeSet::from([Property::LimitPerBuyer, Property::Linearizable]);
    assert_eq!(broken("sismember-sadd", 1, 3), both);
    for stock in 0..4 {
        assert_eq!(broken("one-each", 1, stock), BTreeSet::new(), "{stock}");
    }
    // Who may have two and is told to have theirs after one is told wrong.
    assert_eq!(broken("one-each", 2, 3), both);
}

/// Whoever gives the bounds does not have to say who is who.
#[test]
fn two_clients_are_one_buyer_whatever_the_bounds() {
    for proof in [
        Proof::of(strategy_named("sismember-sadd")),
        Proof::of(strategy_named("sismember-sadd")).clients(2).stock(2),
    ] {
        let schedule = proof.run().unwrap().schedule.unwrap();
        assert_eq!(schedule.property, Property::LimitPerBuyer);
        assert_eq!((schedule.len(), schedule.setup.clients.len()), (6, 2));
    }
    let safe = Proof::of(strategy_named("one-each")).clients(3).stock(2).run().unwrap();
    assert_eq!(safe.conclusion(), Conclusion::Proved);
}
