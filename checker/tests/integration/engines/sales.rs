//! Counters of which one buyer may have so many units: the checker against brute force, and by example.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use oversell_checker::{
    counterexample::{Confirmation, Kind, Words, explain_sales},
    engines::{Limits, SalesMonitor, Verdict, Watched, brute_force, check_sales, witness},
    history::{Clock, OnSale, Operation, Response, SalesHistory, SalesOperation, Texts},
};
use oversell_spec::{
    Sales, SequentialSpec as _,
    sales::{Buyer, SalesOp},
    stock::{StockOp, StockRet},
};
use proptest::prelude::*;
use rand::{SeedableRng as _, rngs::SmallRng};

/// An operation before it is known what it is told.
#[derive(Clone, Debug)]
struct Draft {
    invoked: u64,
    /// When it takes effect, after that.
    effect: u64,
    /// When it is answered, after that; `None`: never.
    answer: Option<u64>,
    op: SalesOp,
    /// A refusal says no more than that.
    is_vague: bool,
    lie: Option<StockRet>,
}

fn draft() -> impl Strategy<Value = Draft> {
    let quantity = prop_oneof![4 => Just(1u64), 1 => Just(2u64)];
    let buyer = prop_oneof![6 => (0..3u32).prop_map(|buyer| Some(Buyer(buyer))), 1 => Just(None)];
    let op = prop_oneof![
        8 => (quantity, buyer).prop_map(|(quantity, buyer)| SalesOp::buy(quantity, buyer)),
        1 => Just(SalesOp::from(StockOp::Read)),
        1 => (1..=2u64).prop_map(|quantity| StockOp::Restock { quantity }.into()),
    ];
    let answer = prop_oneof![5 => (0..4u64).prop_map(Some), 1 => Just(None)];
    let lie = prop_oneof![
        Just(StockRet::BOUGHT),
        Just(StockRet::SoldOut),
        Just(StockRet::Already),
        Just(StockRet::Refused),
    ];
    let lie = prop_oneof![12 => Just(None), 1 => lie.prop_map(Some)];
    (0..14u64, 0..4u64, answer, op, any::<bool>(), lie).prop_map(|(invoked, effect, answer, op, is_vague, lie)| Draft {
        invoked,
        effect,
        answer,
        op,
        is_vague,
        lie,
    })
}

/// What a server would have answered, but for the lies.
fn history(initial: OnSale, drafts: &[Draft]) -> Vec<SalesOperation> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|&index| drafts[index].invoked + drafts[index].effect);
    let mut sales = Sales::new(initial.stock, initial.limit);
    let mut answers = vec![None; drafts.len()];
    for index in order {
        let Draft { op, is_vague, lie, .. } = drafts[index];
        let answer = match sales.invoke(&op) {
            StockRet::SoldOut | StockRet::Already if is_vague => StockRet::Refused,
            StockRet::Bought { .. } if is_vague => StockRet::BOUGHT,
            answer => answer,
        };
        let is_purchase = matches!(op.op, StockOp::Buy { .. });
        answers[index] = Some(lie.filter(|_| is_purchase).unwrap_or(answer));
    }
    let operations = drafts.iter().zip(answers).enumerate();
    operations
        .map(|(process, (draft, answer))| Operation {
            process: process as i64,
            invoked: draft.invoked,
            op: draft.op,
            response: draft.answer.zip(answer).map(|(after, ret)| Response {
                at: draft.invoked + draft.effect + after,
                ret,
            }),
        })
        .collect()
}

fn key(initial: OnSale, operations: &[SalesOperation]) -> SalesHistory {
    let mut key = SalesHistory::new("k", initial);
    key.operations = operations.to_vec();
    key
}

/// What is found while the events arrive.
fn followed(initial: OnSale, operations: &[SalesOperation]) -> Watched {
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, false, index));
        events.extend(operation.response.map(|response| (response.at, true, index)));
    }
    events.sort_unstable();
    let mut monitor = SalesMonitor::new(initial, Limits::default());
    let mut numbers = BTreeMap::new();
    for (at, is_answer, index) in events {
        let operation = &operations[index];
        match operation.response.filter(|_| is_answer) {
            None => {
                numbers.insert(index, numbers.len() as u64);
                monitor.invoke(operation.process, at, operation.op);
            }
            Some(response) => monitor.respond(numbers[&index], at, response.ret),
        }
    }
    monitor.finish()
}

/// The verdict is that of brute force; a pass comes with an order, and a violation with the answer that made it one and with a
/// counterexample that is one.
fn agrees(initial: OnSale, operations: &[SalesOperation]) -> Result<bool, TestCaseError> {
    let start = Sales::new(initial.stock, initial.limit);
    let truth = |operations: &[_]| matches!(brute_force(&start, operations), Verdict::Linearizable(_));
    let is_linearizable = truth(operations);
    match check_sales(initial, operations, &Limits::default()) {
        Verdict::Linearizable(order) => {
            prop_assert!(is_linearizable, "passed {operations:#?}");
            prop_assert_eq!(witness::verify(start, operations, &order), Ok(()));
        }
        Verdict::Violation(violation) => {
            prop_assert!(!is_linearizable, "refuted {operations:#?}");
            let certain = violation.certain_at.expect("small histories are decided");
            let last = (operations[certain].returned(), certain);
            let upto = |includes: bool| -> Vec<SalesOperation> {
                let begun = operations.iter().enumerate().filter(|(_, one)| one.invoked <= last.0);
                let known = begun.map(|(index, one)| SalesOperation {
                    response: one
                        .response
                        .filter(|response| (response.at, index) < last || includes && index == certain),
                    ..*one
                });
                known.collect()
            };
            prop_assert!(!truth(&upto(true)) && truth(&upto(false)), "not certain at {certain}");
            let units = Texts::new();
            let words = Words {
                clock: Clock::Nanoseconds,
                units: &units,
            };
            let finding = explain_sales(&key(initial, operations), &words, &violation, &Limits::default());
            prop_assert_eq!(finding.confirmation, Confirmation::Confirmed, "{:#?}", finding);
        }
        Verdict::Undecided(limit) => prop_assert!(false, "undecided: {limit}"),
    }
    let watched = matches!(followed(initial, operations), Watched::Linearizable);
    prop_assert_eq!(watched, is_linearizable, "followed");
    Ok(is_linearizable)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn agrees_with_brute_force(
        stock in 0..4u64, limit in 1..3u64, drafts in prop::collection::vec(draft(), 1..8),
    ) {
        let initial = OnSale { stock, limit };
        let operations = history(initial, &drafts);
        agrees(initial, &operations)?;
    }
}

fn buy(buyer: u32, invoked: u64, answer: Option<(u64, StockRet)>) -> SalesOperation {
    Operation {
        process: invoked as i64,
        invoked,
        op: SalesOp::buy(1, Some(Buyer(buyer))),
        response: answer.map(|(at, ret)| Response { at, ret }),
    }
}

fn kind(initial: OnSale, operations: &[SalesOperation]) -> Option<Kind> {
    agrees(initial, operations).expect("it agrees with brute force");
    let Verdict::Violation(violation) = check_sales(initial, operations, &Limits::default()) else {
        return None;
    };
    let units = Texts::new();
    let words = Words {
        clock: Clock::Nanoseconds,
        units: &units,
    };
    Some(explain_sales(&key(initial, operations), &words, &violation, &Limits::default()).kind)
}

#[test]
fn says_what_is_wrong() {
    let one = OnSale { stock: 5, limit: 1 };
    let bought = |at| Some((at, StockRet::BOUGHT));
    let already = |at| Some((at, StockRet::Already));
    let twice = [buy(1, 10, bought(20)), buy(1, 30, bought(40))];
    assert_eq!(kind(one, &twice), Some(Kind::TooManyForOneBuyer));
    assert_eq!(kind(one, &[buy(1, 10, already(20))]), Some(Kind::AlreadyUntrue));
    let too_early = [buy(1, 10, already(20)), buy(1, 30, bought(40))];
    assert_eq!(kind(one, &too_early), Some(Kind::AlreadyUntrue));
    // The first cannot have taken effect, as the second did.
    let lost = [buy(1, 5, None), buy(1, 10, already(20)), buy(1, 30, bought(40))];
    assert_eq!(kind(one, &lost), Some(Kind::AlreadyUntrue));
    assert_eq!(kind(one, &[buy(1, 5, None), buy(1, 10, already(20))]), None);
    let false_sold_out = [buy(1, 10, bought(20)), buy(2, 30, Some((40, StockRet::SoldOut)))];
    assert_eq!(kind(one, &false_sold_out), Some(Kind::FalseSoldOut));
    let refused = [buy(1, 10, bought(20)), buy(2, 30, Some((40, StockRet::Refused)))];
    assert_eq!(kind(one, &refused), Some(Kind::FalseSoldOut));
    let last = OnSale { stock: 1, limit: 1 };
    let oversold = [buy(1, 10, bought(20)), buy(2, 30, bought(40))];
    assert_eq!(kind(last, &oversold), Some(Kind::Oversold));
    // A lost purchase has to have taken the last unit, which somebody else has then bought.
    let both = [buy(1, 5, None), buy(1, 10, already(20)), buy(2, 30, bought(40))];
    assert_eq!(kind(last, &both), Some(Kind::NotLinearizable));
}

/// Clients in turns of a server: what each is told is what the specification says at some instant of its interval.
fn large(purchases: usize, clients: usize, stock: u64, lie: bool) -> (OnSale, Vec<SalesOperation>) {
    let initial = OnSale { stock, limit: 1 };
    let mut random = SmallRng::seed_from_u64(7);
    let mut sales = Sales::new(stock, 1);
    let mut free = vec![0u64; clients];
    // Everybody tries twice, at about the same time.
    let mut pairs: Vec<u32> = (0..purchases as u32 / 2).flat_map(|buyer| [buyer, buyer]).collect();
    for place in 0..pairs.len() - 1 {
        let other = (place + random.random_range(0..clients)).min(pairs.len() - 1);
        pairs.swap(place, other);
    }
    let mut operations = Vec::new();
    for (turn, buyer) in (0u64..).zip(pairs) {
        let client = (0..clients).min_by_key(|&client| free[client]).unwrap_or(0);
        // The server does one every 10; a request waits for its turn.
        let effect = (turn + clients as u64) * 10;
        let invoked = free[client].min(effect);
        let at = effect + random.random_range(1..200);
        free[client] = at + 1;
        let op = SalesOp::buy(1, Some(Buyer(buyer)));
        let ret = match sales.invoke(&op) {
            StockRet::Bought { .. } if random.random_bool(0.5) => StockRet::BOUGHT,
            StockRet::SoldOut | StockRet::Already if random.random_bool(0.5) => StockRet::Refused,
            ret => ret,
        };
        let is_lost = random.random_bool(0.001);
        operations.push(Operation {
            process: client as i64,
            invoked,
            op,
            response: (!is_lost).then_some(Response { at, ret }),
        });
    }
    if lie {
        let middle = operations.len() / 2;
        operations[middle].response = operations[middle].response.map(|response| Response {
            ret: StockRet::SoldOut,
            ..response
        });
    }
    operations.sort_by_key(|operation| operation.invoked);
    (initial, operations)
}

#[test]
fn large_histories_are_decided_the_fast_way() {
    // Enough for all, for half of them, and for nearly none: refusals of both sorts.
    for stock in [100_000, 25_000, 10] {
        let (initial, operations) = large(100_000, 64, stock, false);
        let started = Instant::now();
        let verdict = check_sales(initial, &operations, &Limits::default());
        println!("{stock}: {:?}", started.elapsed());
        let Verdict::Linearizable(order) = verdict else {
            panic!("{stock}: {verdict:?}")
        };
        let start = Sales::new(initial.stock, initial.limit);
        assert_eq!(witness::verify(start, &operations, &order), Ok(()));
    }
    let (initial, operations) = large(100_000, 64, 60_000, true);
    let started = Instant::now();
    let verdict = check_sales(initial, &operations, &Limits::default());
    println!("lie: {:?}", started.elapsed());
    assert!(matches!(verdict, Verdict::Violation(violation) if violation.certain_at.is_some()));
}

/// Refusals of which several purchases can be the reason. Where buyers ask for different quantities, the fast way may not come to an end.
#[test]
fn large_histories_of_several_units_for_each_are_never_refuted() {
    for (limit, most) in [(2u64, 1u64), (3, 2), (4, 3)] {
        let initial = OnSale { stock: 40_000, limit };
        let mut random = SmallRng::seed_from_u64(9);
        let mut drafts = Vec::new();
        for turn in 0..100_000u64 {
            let buyer = (turn / 6) as u32 + random.random_range(0..20);
            drafts.push(Draft {
                invoked: turn * 10,
                effect: random.random_range(0..320),
                answer: (!random.random_bool(0.001)).then(|| random.random_range(0..320)),
                op: SalesOp::buy(random.random_range(1..=most), Some(Buyer(buyer))),
                is_vague: random.random_bool(0.5),
                lie: None,
            });
        }
        let operations = history(initial, &drafts);
        let limits = Limits {
            time: Duration::from_secs(5),
            ..Limits::default()
        };
        let started = Instant::now();
        let verdict = check_sales(initial, &operations, &limits);
        let is_decided = matches!(verdict, Verdict::Linearizable(_));
        println!("limit {limit}: {is_decided} {:?}", started.elapsed());
        assert!(is_decided || most > 1, "{limit}");
        assert!(!matches!(verdict, Verdict::Violation(_)), "{limit}");
    }
}
