//! What people see in the terminal.

use expect_test::{Expect, expect};
use oversell::{
    counterexample::Words,
    history::{Clock, StockHistory, Texts},
    report::terminal::{Explanation, Style},
};

use crate::counterexample::{
    explained,
    simulated::{Run, Sells},
};

fn view(title: &str, history: &StockHistory, style: &Style) -> String {
    let finding = explained(history);
    let texts = Texts::new();
    Explanation {
        title,
        finding: &finding,
        operations: history.operations.len(),
        commands: &history.commands,
        words: Words {
            clock: Clock::Nanoseconds,
            units: &texts,
        },
        fix: Some("check and take in one step: `lua`, `watch` or `lpop`"),
        saved: Some("histories/failed/naive-7f3a.jsonl"),
        replay: Some("oversell check histories/failed/naive-7f3a.jsonl"),
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

#[test]
fn the_deliberate_one() {
    let history = run(Sells::GetThenDecr, 8).history();
    assert_view(
        &view("naive (GET, then DECR)", &history, &Style::default()),
        &expect![[r#"
            naive (GET, then DECR)    SOLD 2 UNITS MORE THAN IT HAD: 1,002 of 1,000
              the smallest part that shows it: 2 of 1,010 operations, from stock 1

                        ms  buyer 4            buyer 7             stock
                    3.573   ┌ buy                                      6
                    3.576   │ GET → 6                                  6
                    3.588   │                  ┌ buy                   6
                            │                  │                       1  (others)
                    3.590   │                  │ GET → 1               1
                    3.590   │ DECR → 0         │                       0
                    3.593   │                  │ DECR → -1            −1
                    3.599   └ bought, 0 left   │                      −1
                    3.600                      └ bought, −1 left      −1  ← no such unit

              why     Others were sold 999 of the 1,000 units, so at most 1 was left for
                      buyer 4 and buyer 7; but buyer 4 was told bought at 3.599 ms and
                      buyer 7 was told bought at 3.600 ms: 2 units sold where 1 was left.
                      Both had asked before either was told.
              also    in the same history: 2 × negative-stock
              fix     check and take in one step: `lua`, `watch` or `lpop`
              saved   histories/failed/naive-7f3a.jsonl
              replay  oversell check histories/failed/naive-7f3a.jsonl
        "#]],
    );
}
#[test]
fn lost_update() {
    let history = run(Sells::GetThenSet, 8).history();
    assert_view(
        &view(
            "get-set (GET, then SET)",
            &history,
            &Style {
                ascii: true,
                ..Style::default()
            },
        ),
        &expect![[r#"
            get-set (GET, then SET)    SOLD 2,943 UNITS MORE THAN IT HAD: 3,943 of 1,000
              the smallest part that shows it: 2 of 3,951 operations, from stock 1

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
              also    in the same history: 2,943 x duplicate-remaining, 1,472 x
                      wrong-remaining
              fix     check and take in one step: `lua`, `watch` or `lpop`
              saved   histories/failed/naive-7f3a.jsonl
              replay  oversell check histories/failed/naive-7f3a.jsonl
        "#]],
    );
}
