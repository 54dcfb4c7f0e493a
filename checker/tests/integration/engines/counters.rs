//! The engines by example: each shape of violation, and which engine takes what.

use oversell_checker::{
    engines::{Engine, Limit, Limits, Verdict, check_stock_with_engine, families::operation},
    history::StockOperation,
};
use oversell_spec::stock::{StockOp, StockRet, Unit};

fn buy(invoked: u64, returned: u64, ret: StockRet) -> StockOperation {
    operation(invoked, StockOp::Buy { quantity: 1 }, Some((returned, ret)))
}

fn read(invoked: u64, returned: u64, level: i64) -> StockOperation {
    operation(invoked, StockOp::Read, Some((returned, StockRet::Stock(level))))
}

fn lost(invoked: u64, op: StockOp) -> StockOperation {
    operation(invoked, op, None)
}

#[track_caller]
fn accepts(engine: Engine, initial: u64, operations: &[StockOperation]) {
    let (verdict, used) = check_stock_with_engine(initial, operations, &Limits::default());
    assert!(matches!(verdict, Verdict::Linearizable(_)), "{verdict:?}");
    assert_eq!(used, engine);
}

#[track_caller]
fn rejects(engine: Engine, initial: u64, operations: &[StockOperation], certain_at: usize) {
    let (verdict, used) = check_stock_with_engine(initial, operations, &Limits::default());
    let Verdict::Violation(violation) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(violation.certain_at, Some(certain_at));
    assert_eq!(used, engine);
}

#[test]
fn accepts_an_empty_history() {
    accepts(Engine::Counting, 0, &[]);
}

#[test]
fn rejects_two_buyers_of_the_last_unit() {
    let operations = [buy(0, 5, StockRet::BOUGHT), buy(1, 4, StockRet::BOUGHT)];
    rejects(Engine::Counting, 1, &operations, 0);
    accepts(Engine::Counting, 2, &operations);
}

#[test]
fn rejects_two_buyers_who_left_the_same() {
    rejects(
        Engine::Tiling,
        9,
        &[buy(0, 5, StockRet::bought(8)), buy(1, 6, StockRet::bought(8))],
        1,
    );
}

#[test]
fn rejects_a_unit_sold_twice() {
    let unit = |unit| StockRet::Bought {
        remaining: None,
        unit: Some(Unit(unit)),
    };
    rejects(
        Engine::Answers,
        9,
        &[buy(0, 9, unit(3)), buy(1, 6, unit(4)), buy(2, 3, unit(3))],
        0,
    );
    accepts(
        Engine::Counting,
        9,
        &[buy(0, 9, unit(3)), buy(1, 6, unit(4)), buy(2, 3, unit(5))],
    );
}

#[test]
fn rejects_a_negative_level() {
    rejects(
        Engine::Answers,
        1,
        &[buy(0, 1, StockRet::bought(0)), buy(2, 3, StockRet::bought(-1))],
        1,
    );
    rejects(Engine::Answers, 1, &[read(0, 1, -1)], 0);
}

/// ```text
/// buy        |--- bought, 0 left ---|
/// buy                                  |-- sold-out --|
/// buy   |-- sold-out --|
/// ```
#[test]
fn sold_out_needs_an_empty_stock_at_some_instant() {
    let bought = buy(5, 20, StockRet::bought(0));
    accepts(
        Engine::Tiling,
        1,
        &[bought, buy(25, 30, StockRet::SoldOut), buy(0, 10, StockRet::SoldOut)],
    );
    rejects(
        Engine::Tiling,
        1,
        &[bought, buy(25, 30, StockRet::SoldOut), buy(0, 4, StockRet::SoldOut)],
        2,
    );
}

/// An answer that never came may explain a sold-out, but not one that was over before it was asked.
#[test]
fn an_indeterminate_buy_may_have_taken_the_last_unit() {
    let sold_out = buy(10, 20, StockRet::SoldOut);
    accepts(Engine::Counting, 1, &[sold_out, lost(20, StockOp::Buy { quantity: 1 })]);
    rejects(
        Engine::Counting,
        1,
        &[sold_out, lost(21, StockOp::Buy { quantity: 1 })],
        0,
    );
}

/// ```text
/// read  |- 3 -|                            |- 2 -|
/// buy           |- bought -|  |- bought -|
/// ```
#[test]
fn rejects_more_sales_than_two_reads_leave_room_for() {
    let operations = [
        read(0, 5, 3),
        buy(10, 15, StockRet::BOUGHT),
        buy(20, 25, StockRet::BOUGHT),
        read(30, 35, 2),
    ];
    rejects(Engine::Sweep, 3, &operations, 3);
    accepts(Engine::Sweep, 3, &[operations[0], operations[1], operations[3]]);
}

#[test]
fn rejects_fewer_sales_than_two_reads_need() {
    rejects(
        Engine::Sweep,
        3,
        &[read(0, 5, 3), buy(10, 15, StockRet::BOUGHT), read(30, 35, 1)],
        2,
    );
}

#[test]
fn rejects_levels_in_the_wrong_order() {
    let operations = [buy(0, 5, StockRet::bought(1)), buy(6, 9, StockRet::bought(2))];
    rejects(Engine::Tiling, 3, &operations, 0);
    accepts(
        Engine::Tiling,
        3,
        &[buy(0, 6, StockRet::bought(1)), buy(6, 9, StockRet::bought(2))],
    );
}

#[test]
fn quantities_must_tile_the_stock() {
    let buy = |time, quantity, remaining| {
        let told = StockRet::bought(remaining);
        operation(time, StockOp::Buy { quantity }, Some((100, told)))
    };
    accepts(Engine::Tiling, 10, &[buy(0, 3, 7), buy(1, 5, 2), buy(2, 2, 0)]);
    rejects(Engine::Tiling, 10, &[buy(0, 3, 7), buy(1, 5, 1), buy(2, 1, 0)], 2);
    accepts(
        Engine::Tiling,
        1 << 40,
        &[buy(0, 1 << 39, 1 << 39), buy(1, 1 << 38, 1 << 38)],
    );
    rejects(
        Engine::Tiling,
        1 << 40,
        &[buy(0, 1 << 39, 1 << 39), buy(1, 1 << 39, 1 << 38)],
        1,
    );
}

#[test]
fn a_restock_makes_room_only_once_it_was_asked_for() {
    let told = Some((100, StockRet::Restocked { stock: None }));
    let restock = |time| operation(time, StockOp::Restock { quantity: 2 }, told);
    accepts(Engine::Eager, 0, &[buy(0, 10, StockRet::BOUGHT), restock(10)]);
    rejects(Engine::Eager, 0, &[buy(0, 10, StockRet::BOUGHT), restock(11)], 0);
    accepts(
        Engine::Eager,
        0,
        &[buy(0, 10, StockRet::BOUGHT), lost(10, StockOp::Restock { quantity: 1 })],
    );
}

#[test]
fn restocks_and_levels_are_searched() {
    let told = Some((20, StockRet::Restocked { stock: Some(3) }));
    let restock = operation(10, StockOp::Restock { quantity: 2 }, told);
    accepts(Engine::Frontier, 1, &[restock, read(10, 12, 1), read(14, 15, 3)]);
    rejects(Engine::Frontier, 1, &[restock, read(10, 12, 3), read(14, 15, 1)], 2);
}

/// Which of these buys came before the read? Nobody said, and none of the sums is right.
#[test]
fn says_undecided_and_which_limit_was_reached() {
    let buy = |quantity| operation(0, StockOp::Buy { quantity }, Some((50, StockRet::BOUGHT)));
    let mut operations: Vec<_> = (0..30).map(|client| buy(200 + 2 * client)).collect();
    operations.push(read(10, 20, 100_000 - 3_001));
    let limits = Limits {
        configurations: 1_000,
        ..Limits::default()
    };
    let (verdict, engine) = check_stock_with_engine(100_000, &operations, &limits);
    assert_eq!(verdict, Verdict::Undecided(Limit::Configurations(1_000)));
    assert_eq!(engine, Engine::Frontier);
}
