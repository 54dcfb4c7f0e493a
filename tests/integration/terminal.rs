//! What people see in the terminal.

use expect_test::{Expect, expect};
use oversell::report::{About, Explanation, terminal::Style};
use oversell_checker::{
    counterexample::{Words, effects::Place},
    history::{Clock, Command, Response, StockHistory, StockOperation, Texts},
};
use oversell_spec::stock::{StockOp, StockRet, Unit};

use crate::counterexample::{
    explained_in,
    simulated::{Run, Sells},
};

fn view(title: &str, history: &StockHistory, style: &Style) -> String {
    let about = About {
        title,
        ..About::default()
    };
    view_of(&about, history, style)
}

fn view_of(about: &About<'_>, history: &StockHistory, style: &Style) -> String {
    let mut units = Texts::new();
    for unit in 0..50 {
        units.intern(&format!("seat-{unit}"));
    }
    let words = Words {
        clock: Clock::Nanoseconds,
        units: &units,
    };
    Explanation {
        title: about.title,
        finding: &explained_in(history, &words),
        stock: Place::of(history),
        operations: history.operations.len(),
        commands: &history.commands,
        words,
        fix: about.fix,
        saved: about.saved,
    }
    .render(style)
}

fn assert_view(text: &str, expected: &Expect) {
    expected.assert_eq(text);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "too long: {line}");
    }
}

fn run(sells: Sells, clients: usize) -> Run {
    Run {
        sells,
        clients,
        stock: 1_000,
        most: 10_000,
        told: true,
        seed: 5,
    }
}

/// A history by hand: process, invocation, response, what was asked and answered; times in microseconds.
fn by_hand(initial: u64, operations: &[(i64, u64, u64, StockOp, Option<StockRet>)]) -> StockHistory {
    let mut history = StockHistory::new("stock", initial);
    history.operations = operations
        .iter()
        .map(|&(process, invoked, returned, op, ret)| StockOperation {
            process,
            invoked: invoked * 1_000,
            op,
            response: ret.map(|ret| Response {
                at: returned * 1_000,
                ret,
            }),
        })
        .collect();
    history
}

const BUY: StockOp = StockOp::Buy { quantity: 1 };
const BOUGHT: Option<StockRet> = Some(StockRet::BOUGHT);
const SOLD_OUT: Option<StockRet> = Some(StockRet::SoldOut);

const fn left(left: i64) -> Option<StockRet> {
    Some(StockRet::bought(left))
}

const ASCII: Style = Style {
    width: 80,
    ascii: true,
    colour: false,
};

#[test]
fn the_deliberate_one() {
    let history = run(Sells::GetThenDecr, 8).history();
    let about = About {
        title: "naive (GET, then DECR)",
        fix: Some("check and take in one step: `lua`, `watch` or `lpop`"),
        saved: Some("histories/failed/7f3a.jsonl"),
    };
    assert_view(
        &view_of(&about, &history, &Style::default()),
        &expect![[r#"
            naive (GET, then DECR)    SOLD 2 UNITS MORE THAN IT HAD: 1,002 of 1,000
              the smallest part that shows it: 2 of 1,010 operations, from stock 1 (1,000 to
              begin with, 999 sold to others)

                        ms  buyer 4            buyer 7             stock
                    3.573   ┌ buy                                      6
                    3.576   │ GET → 6                                  6
                    3.588   │                  ┌ buy                   6
                 (others)   │                  │                       1
                    3.590   │                  │ GET → 1               1
                    3.590   │ DECR → 0         │                       0
                    3.593   │                  │ DECR → -1            −1
                    3.599   └ bought, 0 left   │                      −1
                    3.600                      └ bought, −1 left      −1  ← no such unit

              why     Others were sold 999 of the 1,000 units, so at most 1 was left for
                      buyer 4 and buyer 7; but buyer 4 was told bought at 3.599 ms and
                      buyer 7 was told bought at 3.600 ms: 2 units sold where 1 was left.
                      Both had asked before either was told.
              also    in the same history: 2 × told a stock below zero (negative-stock)
              fix     check and take in one step: `lua`, `watch` or `lpop`
              saved   histories/failed/7f3a.jsonl
        "#]],
    );
}

#[test]
fn lost_update_in_ascii() {
    let history = run(Sells::GetThenSet, 8).history();
    assert_view(
        &view("get-set (GET, then SET)", &history, &ASCII),
        &expect![[r#"
            get-set (GET, then SET)    SOLD 2,943 UNITS MORE THAN IT HAD: 3,943 of 1,000
              the smallest part that shows it: 2 of 3,951 operations, from stock 1 (1,000 to
              begin with, 999 sold to others)

                        ms  buyer 6           buyer 1            stock
                   14.111   , buy                                    1
                   14.129   |                 , buy                  1
                   14.129   | GET -> 1        |                      1
                   14.130   |                 | GET -> 1             1
                   14.138   |                 | SET 0 -> OK          0
                   14.140~  | SET 0 -> OK     |                      0
                   14.145   ` bought, 0 left  |                      0
                   14.146                     ` bought, 0 left       0  <- no such unit
              ~ neither clocks nor replies say whether this or the row above came first

              why     Others were sold 999 of the 1,000 units, so at most 1 was left for
                      buyer 6 and buyer 1; but buyer 6 was told bought at 14.145 ms and
                      buyer 1 was told bought at 14.146 ms: 2 units sold where 1 was left.
                      Both had asked before either was told, and both had read 1.
              also    in the same history: 2,943 x the same number left, told again
                      (duplicate-remaining), 1,472 x told a number left that cannot be
                      (wrong-remaining)
        "#]],
    );
}

#[test]
fn told_sold_out_while_units_were_there() {
    let history = by_hand(
        9,
        &[
            (1, 5_000, 5_400, BUY, BOUGHT),
            (2, 5_100, 5_900, BUY, None),
            (3, 5_500, 5_800, BUY, SOLD_OUT),
            (1, 5_700, 6_000, BUY, BOUGHT),
        ],
    );
    assert_view(
        &view("decr-compensate", &history, &Style::default()),
        &expect![[r#"
            decr-compensate
              TOLD SOLD OUT WHILE AT LEAST 6 UNITS WERE THERE THE WHOLE TIME
              the smallest part that shows it: 1 of 4 operations, from stock 6 (9 to begin
              with, at most 3 sold)

                        ms  buyer 3
                    5.500   ┌ buy
                    5.800   └ sold out          ← 6 units were there

              why     Buyer 3 was told sold out at 5.800 ms, but at least 6 units were there
                      the whole time: 9 to begin with, and at most 3 sold by then (1 of them
                      perhaps, to buyers who got no answer).
              lost    1 more operation got no answer; it may have happened or not, and this
                      is wrong either way
        "#]],
    );
}

#[test]
fn one_unit_for_two_buyers() {
    let unit = |unit| {
        Some(StockRet::Bought {
            remaining: None,
            unit: Some(Unit(unit)),
        })
    };
    let history = by_hand(
        40,
        &[
            (1, 150, 210, BUY, unit(40)),
            (2, 160, 260, BUY, unit(41)),
            (3, 310, 380, BUY, unit(41)),
        ],
    );
    assert_view(
        &view("lpop, sent again after a timeout", &history, &Style::default()),
        &expect![[r#"
            lpop, sent again after a timeout
              TWO BUYERS WERE HANDED THE SAME UNIT: seat-41
              the smallest part that shows it: 2 of 3 operations, from stock 40 (the initial
              stock)

                        ms  buyer 2                buyer 3
                    0.160   ┌ buy
                    0.260   └ bought unit seat-41
                    0.310                          ┌ buy
                    0.380                          └ bought unit seat-41
                                                                             ← seat-41 again

              why     Buyer 2 and buyer 3 were both handed unit seat-41, at 0.260 ms and
                      at 0.380 ms; a unit is sold once, so one of the two holds nothing.
        "#]],
    );
}

#[test]
fn the_stock_rose_by_itself() {
    let history = by_hand(
        10,
        &[
            (1, 150, 210, StockOp::Read, Some(StockRet::Stock(7))),
            (2, 120, 260, BUY, BOUGHT),
            (3, 130, 270, BUY, BOUGHT),
            (4, 140, 280, BUY, BOUGHT),
            (1, 310, 380, StockOp::Read, Some(StockRet::Stock(9))),
        ],
    );
    assert_view(
        &view("a stale replica", &history, &Style::default()),
        &expect![[r#"
            a stale replica    TOLD 9 WHILE AT MOST 7 UNITS WERE THERE
              the smallest part that shows it: 1 of 5 operations, from stock 7 (10 to begin
              with, 3 sold before)

                        ms  reader 1    stock
                    0.310   ┌ read
                    0.380   └ 9 left        9  ← at most 7

              why     Reader 1 was told 9 were left at 0.380 ms, but at most 7 units were
                      there: 10 to begin with, and 3 sold before it asked.
        "#]],
    );
}

#[test]
fn too_few_sales_between_two_reads() {
    let restock = StockOp::Restock { quantity: 2 };
    let history = by_hand(
        5,
        &[
            (1, 150, 210, StockOp::Read, Some(StockRet::Stock(5))),
            (2, 220, 260, BUY, left(4)),
            (5, 225, 265, restock, Some(StockRet::Restocked { stock: None })),
            (3, 230, 270, BUY, None),
            (1, 310, 380, StockOp::Read, Some(StockRet::Stock(3))),
        ],
    );
    assert_view(
        &view("my own", &history, &Style::default()),
        &expect![[r#"
            my own    TOLD 3 WHILE AT LEAST 5 UNITS WERE THERE
              the smallest part that shows it: 1 of 5 operations, from stock 5 (5 to begin
              with, 2 put back, at most 2 sold)

                        ms  reader 1    stock
                    0.310   ┌ read
                    0.380   └ 3 left        3  ← at least 5

              why     Reader 1 was told 3 were left at 0.380 ms, but at least 5 units were
                      there: 5 to begin with, 2 put back before it asked, and at most 2 sold
                      by then (1 of them perhaps, to buyers who got no answer).
              lost    1 more operation got no answer; it may have happened or not, and this
                      is wrong either way
        "#]],
    );
}

/// Without commands and without numbers in the answers, there is still the count.
#[test]
fn nothing_known_but_the_answers() {
    let history = by_hand(
        1,
        &[
            (1, 150, 900, BUY, BOUGHT),
            (2, 160, 560, BUY, BOUGHT),
            (3, 950, 990, BUY, SOLD_OUT),
        ],
    );
    assert_view(
        &view("my shop", &history, &Style::default()),
        &expect![[r#"
            my shop    SOLD 1 UNIT MORE THAN IT HAD: 2 of 1
              the smallest part that shows it: 2 of 3 operations, from stock 1 (the initial
              stock)

                        ms  buyer 1    buyer 2     stock
                    0.150   ┌ buy                      1
                    0.160   │          ┌ buy           1
                    0.560   │          └ bought        0
                    0.900   └ bought                  −1  ← no such unit

              why     There was 1 unit; but buyer 2 was told bought at 0.560 ms and buyer 1
                      was told bought at 0.900 ms: 2 units sold where 1 was left. Both had
                      asked before either was told.
        "#]],
    );
}

#[test]
fn more_sold_between_two_reads_than_were_there() {
    let read = |stock| Some(StockRet::Stock(stock));
    let history = by_hand(
        50,
        &[
            (9, 10, 400, BUY, None),
            (1, 150, 210, StockOp::Read, read(10)),
            (2, 220, 260, BUY, BOUGHT),
            (3, 225, 265, BUY, BOUGHT),
            (4, 230, 270, BUY, BOUGHT),
            (9, 10, 400, StockOp::Buy { quantity: 39 }, None),
            (1, 310, 380, StockOp::Read, read(8)),
        ],
    );
    assert_view(
        &view("my shop", &history, &Style::default()),
        &expect![[r#"
            my shop    SOLD 3 UNITS BETWEEN 10 LEFT AND 8 LEFT
              the smallest part that shows it: 5 of 7 operations, from stock 13 (50 to begin
              with; others may have bought the rest), with any number of other units sold at
              any time

                        ms  reader 1   buyer 2    buyer 3    buyer 4     stock
                    0.150   ┌ read
                    0.210   └ 10 left                                       10
                    0.220              ┌ buy
                    0.225              │          ┌ buy
                    0.230              │          │          ┌ buy
                    0.260              └ bought   │          │
                    0.265                         └ bought   │
                    0.270                                    └ bought
                    0.310   ┌ read
                    0.380   └ 8 left                                         8
                                                                          ← sold 1 unit more

              why     Reader 1 was told 10 were left at 0.210 ms; then buyer 2, buyer 3 and
                      buyer 4 were sold 3 units (0.220–0.270 ms); then reader 1 asked,
                      at 0.310 ms, and was told 8 were left. Nothing was put back, so at
                      most 2 can have been sold in between.
              lost    2 more operations got no answer; each may have happened or not, and
                      this is wrong either way
        "#]],
    );
}

/// Lines that are too long are cut but for the reply, and what was never answered is drawn open.
#[test]
fn long_commands_and_lost_answers() {
    let mut history = by_hand(
        2,
        &[
            (1, 150, 900, BUY, None),
            (2, 160, 560, BUY, left(-1)),
            (3, 170, 580, BUY, left(-1)),
        ],
    );
    for operation in 0..3 {
        let sent = 200_000 + 1_000 * operation as u64;
        let command = "EVALSHA 1f3a5b7c… 3 shop:{summer}:stock shop:{summer}:buyers shop:{summer}:log 1 buyer-1234567";
        let mut sent = Command::new(sent, sent + 90_000, command, "-1");
        if operation == 0 {
            sent.received = None;
            sent.reply = None;
        }
        history.commands.push(operation, &sent);
    }
    assert_view(
        &view("a script of my own", &history, &Style::default()),
        &expect![[r#"
            a script of my own    TOLD THAT −1 UNITS WERE LEFT
              the smallest part that shows it: 1 of 3 operations, from stock 2 (the initial
              stock)

                        ms  buyer 2                          stock
                    0.160   ┌ buy
                    0.201   │ EVALSHA 1f3a5b7c… 3 sh… → -1
                    0.560   └ bought, −1 left                   −1  ← no such stock

              why     Buyer 2 was told −1 were left at 0.560 ms; there is no such stock.
              lost    1 more operation got no answer; it may have happened or not, and this
                      is wrong either way
        "#]],
    );
}

#[test]
fn twelve_clients_in_blocks() {
    let mut operations = vec![(20, 100, 200, StockOp::Read, Some(StockRet::Stock(10)))];
    operations.extend((0..11).map(|buyer| {
        let buyer = buyer as u64;
        (buyer as i64, 210 + 7 * buyer, 300 + 13 * (buyer * 5 % 11), BUY, BOUGHT)
    }));
    let mut history = by_hand(30, &operations);
    let more = by_hand(
        30,
        &(0..20)
            .map(|n| (30 + n, 10 + n as u64, 99, BUY, None))
            .collect::<Vec<_>>(),
    );
    history.operations.extend(more.operations);
    assert_view(
        &view("a crowd", &history, &Style::default()),
        &expect![[r#"
            a crowd    SOLD 11 UNITS AFTER IT HAD 10 LEFT
              the smallest part that shows it: 12 of 32 operations, from stock 11 (30 to
              begin with; others may have bought the rest), with any number of other units
              sold at any time

                        ms  reader 20  buyer 0    buyer 1    buyer 2     stock
                1   0.100   ┌ read
                2   0.200   └ 10 left                                       10
                3   0.210              ┌ buy
                4   0.217              │          ┌ buy
                5   0.224              │          │          ┌ buy
               14   0.300              └ bought   │          │
               19   0.365                         └ bought   │
               24   0.430                                    └ bought
                                                                           ← 1 unit too many

                        ms  buyer 3    buyer 4    buyer 5    buyer 6     stock
                6   0.231   ┌ buy
                7   0.238   │          ┌ buy
                8   0.245   │          │          ┌ buy
                9   0.252   │          │          │          ┌ buy
               17   0.339   │          │          └ bought   │
               18   0.352   └ bought   │                     │
               22   0.404              │                     └ bought
               23   0.417              └ bought

                        ms  buyer 7    buyer 8    buyer 9    buyer 10    stock
               10   0.259   ┌ buy
               11   0.266   │          ┌ buy
               12   0.273   │          │          ┌ buy
               13   0.280   │          │          │          ┌ buy
               15   0.313   │          │          └ bought   │
               16   0.326   └ bought   │                     │
               20   0.378              │                     └ bought
               21   0.391              └ bought
              the numbers in front are the order of all rows

              why     Reader 20 was told 10 were left at 0.200 ms; then buyer 0, buyer 1,
                      buyer 2, buyer 3, buyer 4 and 6 others were sold 11 units
                      (0.210–0.430 ms). Nothing was put back, so at most 10 can have been
                      sold after that.
              lost    20 more operations got no answer; each may have happened or not, and
                      this is wrong either way
        "#]],
    );
}
