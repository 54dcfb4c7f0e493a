//! The monitor, event by event, against the engines that see the whole history.

use oversell_checker::{
    engines::{
        Limits, Monitor, Verdict, Watched, check_stock,
        families::{
            operation,
            streamed::{Counter, Streamed, feed},
            stress::{Stress, with_and_without_lies},
        },
    },
    history::StockOperation,
};
use oversell_spec::stock::{StockOp, StockRet};
use rand::{SeedableRng, rngs::SmallRng};

fn agrees(initial: u64, operations: &[StockOperation], kept: usize, random: &mut SmallRng) -> bool {
    let limits = Limits::default();
    let mut responses = 0;
    let looks_seldom = |monitor: &mut Counter| {
        responses += 1;
        responses % 50 == 0 && monitor.is_violation()
    };
    let monitor = Counter::keeping(initial, operations, kept, limits);
    let (_, watched) = feed(monitor, operations, looks_seldom, random);
    match (check_stock(initial, operations, &limits), watched) {
        (Verdict::Linearizable(_), Watched::Linearizable) => false,
        (Verdict::Violation(_), Watched::Violation(stretches)) => {
            for stretch in &stretches {
                let verdict = check_stock(stretch.initial, &stretch.operations, &limits);
                assert!(
                    matches!(verdict, Verdict::Violation(_)),
                    "{stretch:?} is a part of {operations:?}, from {initial} on"
                );
            }
            true
        }
        (verdict, watched) => panic!("{verdict:?}, but {watched:?}: {operations:?}, from {initial} on"),
    }
}

/// ```text
///     ├ buy ──── bought ┤ 4
///     ├ buy ──────────────── bought ┤ 7
///     ├ buy ──────────────── bought ┤ 7
///     ├ restock ─────────────────────── 1 ┤ 16
///     ├ restock …
/// ```
/// The first buy takes what the answered restock brought, so that the stretch that begins there must do without it.
#[test]
fn a_stretch_does_not_take_up_again_what_took_effect_before_it() {
    let buy = |at| operation(0, StockOp::Buy { quantity: 1 }, Some((at, StockRet::BOUGHT)));
    let restock = StockOp::Restock { quantity: 1 };
    let told = Some((16, StockRet::Restocked { stock: Some(1) }));
    let history = [
        buy(7),
        buy(4),
        operation(0, restock, None),
        buy(7),
        operation(0, restock, told),
    ];
    for seed in 0..20 {
        assert!(agrees(0, &history, 1, &mut SmallRng::seed_from_u64(seed)));
    }
}

#[test]
fn a_stretch_is_a_violation_if_and_only_if_the_whole_is() {
    let base = Stress {
        operations: 600,
        clients: 8,
        initial: 300,
        ..Stress::default()
    };
    let families = [
        base,
        Stress {
            reads: 0.2,
            lost: 0.02,
            ..base
        },
        Stress {
            told: 1.0,
            reads: 0.2,
            ..base
        },
        Stress {
            told: 0.5,
            restocks: 0.3,
            initial: 20,
            ..base
        },
        Stress {
            reads: 0.1,
            most_quantity: 3,
            initial: 900,
            ..base
        },
        Stress {
            restocks: 0.05,
            reads: 0.05,
            lost: 0.01,
            initial: 60,
            ..base
        },
        Stress {
            clients: 150,
            reads: 0.05,
            ..base
        },
    ];
    let mut violations = 0;
    for seed in 0..8 {
        for family in families {
            let mut random = SmallRng::seed_from_u64(seed);
            for history in with_and_without_lies(family.history(&mut random)) {
                violations += usize::from(agrees(family.initial, &history, 20, &mut random));
            }
        }
    }
    assert!(violations > 50, "{violations} violations");
}

#[test]
fn an_answer_that_never_comes_weakens_nothing_and_one_that_comes_too_late_does() {
    for late in [false, true] {
        let mut monitor = Monitor::new(1 << 20, Limits::default());
        let slow = monitor.invoke(0, 0, StockOp::Buy { quantity: 1 });
        let mut now = 0;
        for _ in 0..300_000 {
            let number = monitor.invoke(1, now + 1, StockOp::Buy { quantity: 1 });
            monitor.respond(number, now + 2, StockRet::BOUGHT);
            now += 3;
        }
        if late {
            monitor.respond(slow, now, StockRet::BOUGHT);
        } else {
            monitor.lose(slow);
        }
        let watched = monitor.finish();
        assert_eq!(matches!(watched, Watched::Undecided(_)), late, "{watched:?}");
        assert_eq!(matches!(watched, Watched::Linearizable), !late, "{watched:?}");
    }
}

#[test]
fn a_monitor_says_so_when_there_are_more_units_than_it_can_count() {
    let watched = |more: u64, is_put_back: bool| {
        let mut monitor = Monitor::new(u64::MAX - 5, Limits::default());
        let restock = monitor.invoke(0, 10, StockOp::Restock { quantity: more });
        if is_put_back {
            monitor.respond(restock, 20, StockRet::Restocked { stock: None });
        } else {
            monitor.fail(restock);
        }
        let buy = monitor.invoke(1, 30, StockOp::Buy { quantity: u64::MAX });
        monitor.respond(buy, 40, StockRet::BOUGHT);
        monitor.finish()
    };
    assert!(matches!(watched(5, true), Watched::Linearizable));
    assert!(matches!(watched(4, true), Watched::Violation(_)));
    assert!(matches!(watched(6, false), Watched::Violation(_)));
    let Watched::Undecided(limit) = watched(6, true) else {
        panic!("it cannot count so far");
    };
    assert_eq!(
        limit.to_string(),
        "units at first and units put back are more than 18,446,744,073,709,551,615 together"
    );
}

#[test]
fn a_monitor_that_has_given_up_goes_on_counting() {
    let family = Stress {
        operations: 20_000,
        reads: 0.1,
        most_quantity: 3,
        initial: 30_000,
        ..Stress::default()
    };
    let limits = Limits {
        configurations: 100,
        ..Limits::default()
    };
    let mut random = SmallRng::seed_from_u64(1);
    let history = family.history(&mut random);
    let monitor = Counter::keeping(family.initial, &history, 20, limits);
    let (_, watched) = feed(monitor, &history, |_| false, &mut random);
    assert!(matches!(watched, Watched::Undecided(_)), "{watched:?}");
}

/// What is kept of an endless history is bounded. Where more is open than that, a glance has nothing to look at: a violation is then
/// told later, and never missed.
#[test]
fn a_violation_is_known_at_once_where_enough_is_kept_and_otherwise_in_the_end() {
    let operation = |invoked, op, at, ret| operation(invoked, op, Some((at, ret)));
    let buy = |quantity| StockOp::Buy { quantity };
    let restock = |quantity| StockOp::Restock { quantity };
    let restocked = |stock| StockRet::Restocked { stock };
    let history = [
        operation(0, restock(1), 32, restocked(Some(10))),
        operation(0, StockOp::Read, 45, StockRet::Stock(5)),
        operation(0, buy(3), 18, StockRet::BOUGHT),
        operation(0, restock(3), 25, restocked(None)),
        operation(0, buy(3), 34, StockRet::BOUGHT),
        operation(2, buy(3), 22, StockRet::BOUGHT),
        operation(4, StockOp::Read, 33, StockRet::Stock(13)),
        operation(17, buy(3), 42, StockRet::bought(1)),
        operation(20, buy(4), 39, StockRet::BOUGHT),
        operation(32, restock(3), 60, restocked(None)),
    ];
    let known_after = |kept| {
        let monitor = Counter::keeping(9, &history, kept, Limits::default());
        feed(
            monitor,
            &history,
            Counter::is_violation,
            &mut SmallRng::seed_from_u64(1),
        )
    };
    let (known, watched) = known_after(1_000);
    assert_eq!(known, Some(1), "{watched:?}");
    let (known, watched) = known_after(1);
    assert_ne!(known, Some(1));
    assert!(matches!(watched, Watched::Violation(_)), "{watched:?}");
}
